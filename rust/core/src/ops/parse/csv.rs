//! DecodeCSV: lines of comma-separated text as columns.

use crate::error::{Error, Result};
use crate::graph::attr::{Attr, AttrList};
use crate::graph::infer::ShapeCtx;
use crate::ops::string::to_number::real;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor};

pub static DECODE_CSV: OpDef = OpDef {
    name: "DecodeCSV",
    doc: "Each record as one value per column; RFC 4180 quotes. An empty field, or `na_value`, takes the column's default; without one it is required.",
    inputs: &[arg_of("records", DType::Str), args_by_types("record_defaults", "OUT_TYPE")],
    outputs: &[args_by_types("output", "OUT_TYPE")],
    attrs: &[
        attr("OUT_TYPE", AttrKind::ListType).within(&[DType::F32, DType::F64, DType::I32, DType::I64, DType::Str]).at_least(1),
        string("field_delim").default_str(","),
        flag("use_quote_delim", true),
        string("na_value").default_str(""),
        attr("select_cols", AttrKind::ListInt).default_empty(),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        for i in 1..c.inputs() {
            let s = c.input(i);
            if s.rank().is_some_and(|r| r > 1) || s.dims().is_some_and(|d| d.first().is_some_and(|n| *n > 1)) {
                return Err(Error::value("Shape of a default must be a length-0 or length-1 vector, or a scalar."));
            }
        }
        for i in 0..c.outputs() {
            let s = c.input(0).clone();
            c.set(i, s);
        }
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let records = (0..dims.iter().product()).map(|i: usize| format!("{i},\"a \"\"{i}\"\"\"").into_bytes().into()).collect();
        Case::new()
            .input(Tensor::strings(records, &dims))
            .input(Tensor::vector(&[0f32]))
            .input(Tensor::strings(vec![], &[0]))
            .attr("OUT_TYPE", Attr::List(AttrList::Type(vec![DType::F32.number(), DType::Str.number()])))
    }),
    ..OpDef::BASE
};

enum Out {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Str(Vec<Bytes>),
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let attrs = c.attrs();
    let &[delimiter] = attrs.str("field_delim")?.as_bytes() else {
        return Err(Error::invalid("field_delim should be only 1 char"));
    };
    let (quotes, missing, chosen) = (attrs.bool("use_quote_delim")?, attrs.str("na_value")?, attrs.ints("select_cols")?);
    let columns = c.outputs();
    if !chosen.is_empty() && chosen.len() != columns {
        return Err(Error::invalid("select_cols should match output size"));
    }
    if chosen.first().is_some_and(|f| *f < 0) || chosen.windows(2).any(|w| w[0] >= w[1]) {
        return Err(Error::invalid("select_cols should be strictly increasing indices"));
    }
    let defaults: Vec<&Tensor> = c.input_range(1..c.inputs());
    if let Some(i) = defaults.iter().position(|d| d.len() > 1) {
        return Err(Error::invalid(format!("There should only be 1 default per field but field {i} has {}", defaults[i].len())));
    }
    let mut out: Vec<Out> = (0..columns)
        .map(|i| match c.output_dtype(i) {
            DType::F32 => Out::F32(vec![]),
            DType::F64 => Out::F64(vec![]),
            DType::I32 => Out::I32(vec![]),
            DType::I64 => Out::I64(vec![]),
            _ => Out::Str(vec![]),
        })
        .collect();
    for (i, record) in c.input(0).as_strings().iter().enumerate() {
        let mut fields = fields(record, delimiter, quotes)?;
        if !chosen.is_empty() {
            fields = chosen.iter().filter_map(|at| fields.get_mut(*at as usize).map(std::mem::take)).collect();
        }
        if fields.len() != columns {
            return Err(Error::invalid(format!("Expect {columns} fields but have {} in record {i}", fields.len())));
        }
        for (f, ((field, default), column)) in fields.into_iter().zip(&defaults).zip(&mut out).enumerate() {
            if field.is_empty() || field == missing.as_bytes() {
                if default.is_empty() {
                    return Err(Error::invalid(format!("Field {f} is required but missing in record {i}!")));
                }
                column.push_default(default);
            } else {
                column.push(field).map_err(|(t, field)| {
                    Error::invalid(format!("Field {f} in record {i} is not a valid {t}: {}", String::from_utf8_lossy(&field)))
                })?;
            }
        }
    }
    let dims = c.input(0).dims().to_vec();
    for (i, column) in out.into_iter().enumerate() {
        let y = match column {
            Out::F32(v) => Tensor::from_slice(&v, &dims),
            Out::F64(v) => Tensor::from_slice(&v, &dims),
            Out::I32(v) => Tensor::from_slice(&v, &dims),
            Out::I64(v) => Tensor::from_slice(&v, &dims),
            Out::Str(v) => Tensor::strings(v, &dims),
        };
        c.set(i, y);
    }
    Ok(())
}

impl Out {
    fn push_default(&mut self, t: &Tensor) {
        match self {
            Out::F32(v) => v.extend(t.slice::<f32>().first()),
            Out::F64(v) => v.extend(t.slice::<f64>().first()),
            Out::I32(v) => v.extend(t.slice::<i32>().first()),
            Out::I64(v) => v.extend(t.slice::<i64>().first()),
            Out::Str(v) => v.extend(t.as_strings().first().cloned()),
        }
    }
    /// The field's number; the name of the type and the field when it is none.
    fn push(&mut self, field: Vec<u8>) -> Result<(), (&'static str, Vec<u8>)> {
        if let Out::Str(v) = self {
            v.push(field.into());
            return Ok(());
        }
        let text = std::str::from_utf8(&field).unwrap_or("").trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        let (pushed, name) = match self {
            Out::F32(v) => (real(text).map(|n| v.push(n.0)), "float"),
            Out::F64(v) => (real(text).map(|n| v.push(n.1)), "double"),
            Out::I32(v) => (text.parse().ok().map(|n| v.push(n)), "int32"),
            Out::I64(v) => (text.parse().ok().map(|n| v.push(n)), "int64"),
            Out::Str(_) => (None, "string"),
        };
        pushed.ok_or((name, field))
    }
}

/// The fields of one record.
fn fields(record: &[u8], delimiter: u8, quotes: bool) -> Result<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    let mut rest = record;
    if rest.is_empty() {
        return Ok(out);
    }
    loop {
        let mut field = Vec::new();
        let more;
        if let (true, [b'"', tail @ ..]) = (quotes, rest) {
            let mut tail = tail;
            loop {
                match tail {
                    [b'"', b'"', t @ ..] => {
                        field.push(b'"');
                        tail = t;
                    }
                    [b'"', t @ ..] => {
                        tail = t;
                        break;
                    }
                    [b, t @ ..] => {
                        field.push(*b);
                        tail = t;
                    }
                    [] => return Err(Error::invalid("Quoted field has to end with quote followed by delim or end")),
                }
            }
            more = match tail {
                [] => None,
                [b, t @ ..] if *b == delimiter => Some(t),
                _ => return Err(Error::invalid("Quote inside a string has to be escaped by another quote")),
            };
        } else {
            let end = rest.iter().position(|b| *b == delimiter);
            let (head, tail) = rest.split_at(end.unwrap_or(rest.len()));
            if quotes && head.iter().any(|b| matches!(b, b'"' | b'\n' | b'\r')) {
                return Err(Error::invalid("Unquoted fields cannot have quotes/CRLFs inside"));
            }
            field.extend_from_slice(head);
            more = tail.get(1..).filter(|_| end.is_some());
        }
        out.push(field);
        match more {
            None => return Ok(out),
            Some(t) => rest = t,
        }
    }
}
