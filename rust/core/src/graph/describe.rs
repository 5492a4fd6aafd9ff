//! One-line descriptions of attribute values, tensors and nodes, for people.

use std::fmt::Write;

use graphpb_kernels::{Bool, C64, C128, DType, Tensor, bf16, f16, shape_text};

use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList};
use crate::graph::node::{NodeId, Out};
use crate::io::text::{float32_text, float64_text};

/// One element of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    Int(i128),
    /// Of a type with at most 32 bits.
    Single(f32),
    Double(f64),
    Bool(bool),
    Str(&'a [u8]),
    Complex(f64, f64),
    /// A type whose elements have no readable form; the bits where it has any.
    Opaque(u8),
}

/// Element `i` of `tensor` in row-major order; None beyond the end.
pub fn scalar(tensor: &Tensor, i: usize) -> Option<Scalar<'_>> {
    if i >= tensor.len() {
        return None;
    }
    Some(match tensor.dtype() {
        DType::F32 => Scalar::Single(tensor.slice::<f32>()[i]),
        DType::F16 => Scalar::Single(tensor.slice::<f16>()[i].to_f32()),
        DType::BF16 => Scalar::Single(tensor.slice::<bf16>()[i].to_f32()),
        DType::F64 => Scalar::Double(tensor.slice::<f64>()[i]),
        DType::I8 | DType::QI8 | DType::I4 | DType::I2 => Scalar::Int(tensor.raw::<i8>()[i].into()),
        DType::U8 | DType::QU8 | DType::U4 | DType::U2 => Scalar::Int(tensor.raw::<u8>()[i].into()),
        DType::I16 | DType::QI16 => Scalar::Int(tensor.raw::<i16>()[i].into()),
        DType::U16 | DType::QU16 => Scalar::Int(tensor.raw::<u16>()[i].into()),
        DType::I32 | DType::QI32 => Scalar::Int(tensor.raw::<i32>()[i].into()),
        DType::U32 => Scalar::Int(tensor.slice::<u32>()[i].into()),
        DType::I64 => Scalar::Int(tensor.slice::<i64>()[i].into()),
        DType::U64 => Scalar::Int(tensor.slice::<u64>()[i].into()),
        DType::Bool => Scalar::Bool(tensor.slice::<Bool>()[i].get()),
        DType::C64 => {
            let v = tensor.slice::<C64>()[i];
            Scalar::Complex(v.re.into(), v.im.into())
        }
        DType::C128 => {
            let v = tensor.slice::<C128>()[i];
            Scalar::Complex(v.re, v.im)
        }
        DType::Str => Scalar::Str(&tensor.as_strings()[i]),
        DType::Resource | DType::Variant => Scalar::Opaque(0),
        DType::F8E5M2 | DType::F8E4M3FN | DType::F8E4M3FNUZ | DType::F8E4M3B11FNUZ | DType::F8E5M2FNUZ | DType::F4E2M1FN => {
            Scalar::Opaque(tensor.raw::<u8>()[i])
        }
    })
}

impl std::fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Int(v) => write!(f, "{v}"),
            Scalar::Single(v) => f.write_str(&float32_text(*v)),
            Scalar::Double(v) => f.write_str(&float64_text(*v)),
            Scalar::Bool(v) => write!(f, "{v}"),
            Scalar::Str(v) => f.write_str(&string_text(v)),
            Scalar::Complex(re, im) => write!(f, "{}{}{}j", float64_text(*re), if *im < 0.0 { "" } else { "+" }, float64_text(*im)),
            Scalar::Opaque(v) => write!(f, "0x{v:02x}"),
        }
    }
}

/// `bytes` quoted; what is neither printable ASCII nor UTF-8 is escaped.
pub fn string_text(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for part in bytes.utf8_chunks() {
        for c in part.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                c if c.is_control() => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        for b in part.invalid() {
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    out.push('"');
    out
}

/// How many elements a description shows before it stops.
const SHOWN: usize = 6;

fn joined(items: impl ExactSizeIterator<Item = String>) -> String {
    let left = items.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = items.take(SHOWN).collect();
    if left > 0 {
        shown.push(format!("… {left} more"));
    }
    format!("[{}]", shown.join(", "))
}

/// `float32[784,10]`, and the values of a small tensor.
pub fn tensor_text(tensor: &Tensor) -> String {
    let head = format!("{}{}", tensor.dtype().name(), shape_text(tensor.dims()));
    let values: Vec<String> = (0..tensor.len().min(SHOWN + 1)).filter_map(|i| Some(scalar(tensor, i)?.to_string())).collect();
    match (tensor.rank(), values.as_slice()) {
        (0, [value]) => format!("{head} {value}"),
        (_, values) if (1..=SHOWN).contains(&values.len()) => format!("{head} [{}]", values.join(", ")),
        _ => head,
    }
}

fn type_text(number: i32) -> String {
    match DType::from_number(number) {
        Some(d) if number > 100 => format!("{}_ref", d.name()),
        Some(d) => d.name().to_owned(),
        None => format!("type {number}"),
    }
}

/// An attribute value on one line.
pub fn attr_text(attr: &Attr) -> String {
    match attr {
        Attr::Unset => "(nothing)".into(),
        Attr::Int(v) => v.to_string(),
        Attr::Float(v) => float32_text(*v),
        Attr::Bool(v) => v.to_string(),
        Attr::Str(v) => string_text(v),
        Attr::Type(v) => type_text(*v),
        Attr::Shape(v) => v.to_string(),
        Attr::Tensor(v) => v.tensor().map_or_else(|e| format!("(bad tensor: {})", e.message()), tensor_text),
        Attr::Func(v) => v.name.to_string(),
        Attr::Placeholder(v) => format!("${v}"),
        Attr::List(list) => match list {
            AttrList::Empty => "[]".into(),
            AttrList::Int(v) => joined(v.iter().map(i64::to_string)),
            AttrList::Float(v) => joined(v.iter().map(|v| float32_text(*v))),
            AttrList::Bool(v) => joined(v.iter().map(bool::to_string)),
            AttrList::Str(v) => joined(v.iter().map(|v| string_text(v))),
            AttrList::Type(v) => joined(v.iter().map(|v| type_text(*v))),
            AttrList::Shape(v) => joined(v.iter().map(ToString::to_string)),
            AttrList::Tensor(v) => joined(v.iter().map(|t| attr_text(&Attr::Tensor(t.clone())))),
            AttrList::Func(v) => joined(v.iter().map(|f| f.name.to_string())),
        },
    }
}

impl Graph {
    /// Type and shape of a tensor: `float32[?,10]`.
    pub fn fact_text(&self, out: Out) -> String {
        let fact = self.fact(out);
        format!("{}{}{}", fact.dtype.name(), if fact.is_ref { "_ref" } else { "" }, fact.shape)
    }

    /// A node on one line: `y = MatMul(x, W) {transpose_a: true} -> float32[?,10]`, attributes other than defaults only.
    pub fn node_text(&self, id: NodeId) -> String {
        let node = self.node(id);
        let mut inputs: Vec<String> = node.inputs.iter().map(|o| self.input_text(*o)).collect();
        inputs.extend(node.controls.iter().map(|c| format!("^{}", self.node(*c).name)));
        let mut line = format!("{} = {}({})", node.name, node.op_name(), inputs.join(", "));
        let types_show = |name: &str| node.outputs.len() == 1 && matches!(name, "dtype" | "T" | "shape");
        let attrs: Vec<String> = node
            .attrs
            .iter()
            .filter(|(name, value)| {
                let default = node.op.def().and_then(|d| d.attr_spec(name)).and_then(crate::graph::builder::default_value);
                default.as_ref() != Some(value) && !types_show(name) && &***name != "_output_shapes"
            })
            .map(|(name, value)| format!("{}: {}", &**name, attr_text(value)))
            .collect();
        if !attrs.is_empty() {
            line.push_str(&format!(" {{{}}}", attrs.join(", ")));
        }
        if !node.device.is_empty() {
            line.push_str(&format!(" @{}", node.device));
        }
        let outputs: Vec<String> = (0..node.outputs.len().min(SHOWN)).map(|i| self.fact_text(id.out(i))).collect();
        if !outputs.is_empty() {
            line.push_str(&format!(" -> {}", outputs.join(", ")));
        }
        if node.outputs.len() > SHOWN {
            line.push_str(&format!(", … {} more", node.outputs.len() - SHOWN));
        }
        line
    }
}
