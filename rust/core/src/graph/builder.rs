//! Adding one node: attributes are inferred and checked, the name made, static shapes computed.

use std::sync::Arc;

use graphpb_kernels::{DType, Tensor};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs, Encoding, TensorAttr};
use crate::graph::constant::GraphValues;
use crate::graph::fact::{Fact, Shape};
use crate::graph::infer::{ShapeCtx, Values};
use crate::graph::name::is_valid_op_name;
use crate::graph::node::{Node, NodeExtra, NodeId, OpRef, Out, Site};
use crate::registry::{Arg, ArgType, AttrKind, AttrSpec, Default as Dflt, OpDef, lookup};

/// How a new node gets its name.
#[derive(Clone, Copy, Debug)]
pub enum Name<'a> {
    /// Full name, made unique by a suffix.
    Unique(&'a str),
    /// Exactly this full name; taken already is an error.
    Exact(&'a str),
}

/// A node to be added.
pub struct NewNode<'a> {
    pub op: &'a str,
    pub name: Name<'a>,
    pub inputs: &'a [Out],
    pub controls: &'a [NodeId],
    /// Attributes that cannot be inferred from the inputs, or differ from the default.
    pub attrs: Attrs,
    pub device: &'a str,
    pub site: Option<Site>,
}

impl<'a> NewNode<'a> {
    pub fn new(op: &'a str, name: Name<'a>, inputs: &'a [Out]) -> NewNode<'a> {
        NewNode { op, name, inputs, controls: &[], attrs: Attrs::new(), device: "", site: None }
    }
    pub fn attr(mut self, name: &'static str, value: impl Into<Attr>) -> NewNode<'a> {
        self.attrs.set(name, value);
        self
    }
}

impl Graph {
    /// Add a node. TypeError for inputs of wrong types or number, ValueError for impossible shapes and bad names.
    pub fn add(&mut self, new: NewNode) -> Result<NodeId> {
        if self.finalized {
            return Err(Error::runtime("Graph is finalized and cannot be modified."));
        }
        // The name is used up even when the op then fails, as in TensorFlow.
        let name = match new.name {
            Name::Exact(n) => {
                if self.find(n).is_some() {
                    return Err(Error::value(format!("Duplicate node name in graph: '{n}'")));
                }
                self.names.mark(n);
                n.to_owned()
            }
            Name::Unique(n) => {
                let u = self.names.unique(n, true);
                // A name from a file may be in the graph in another case.
                if self.find(&u).is_some() { self.names.unique(n, true) } else { u }
            }
        };
        if !is_valid_op_name(&name) {
            return Err(Error::value(format!(
                "'{name}' is not a valid node name. Accepted names conform to Regex /^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$/"
            )));
        }
        let site = |g: &Graph, s: Option<Site>| s.and_then(|s| Some(format!("{}:{}", g.codes.get(s.code as usize)?.file, s.line)));
        let Some(def) = lookup(new.op) else {
            let at = site(self, new.site);
            return Err(Error::value(format!("Op type not registered '{}'", new.op)).at_node(&name, new.op).at_site(at));
        };
        if let Some(bad) = new.inputs.iter().find(|&&o| !self.has(o)) {
            return Err(Error::internal(format!("input {bad:?} is not in the graph")));
        }
        let mut attrs = new.attrs;
        let inputs: SmallVec<[Fact; 4]> = new.inputs.iter().map(|&o| self.fact(o).clone()).collect();
        let mut built = || -> Result<SmallVec<[Fact; 1]>> {
            infer_attrs(def, &inputs, &mut attrs)?;
            check_inputs(def, &inputs, &attrs)?;
            let mut outputs = output_facts(def, &attrs)?;
            let values = GraphValues { graph: self, inputs: new.inputs };
            infer_shapes(def, &attrs, &inputs, &mut outputs, &values).map_err(|e| shape_error(e, &name, def, &attrs, &inputs))?;
            Ok(outputs)
        };
        let outputs = match built() {
            Ok(o) => o,
            Err(e) => {
                let at = site(self, new.site);
                return Err(e.at_node(&name, def.name).at_site(at));
            }
        };
        let device = self.intern_device(new.device);
        Ok(self.push(Node {
            name: name.into(),
            op: OpRef::Known(def),
            inputs: new.inputs.into(),
            controls: new.controls.into(),
            attrs,
            device,
            outputs,
            site: new.site,
            extra: None::<Box<NodeExtra>>,
        }))
    }
}

impl Graph {
    /// What a known node would give with these inputs and (complete) attributes.
    pub(crate) fn facts_of(&self, id: NodeId, inputs: &[Out], attrs: &Attrs) -> Result<SmallVec<[Fact; 1]>> {
        let Some(def) = self.node(id).op.def() else { return Err(Error::unimplemented("op is not in the registry")) };
        if let Some(bad) = inputs.iter().find(|&&o| !self.has(o)) {
            return Err(Error::internal(format!("input {bad:?} is not in the graph")));
        }
        let facts: SmallVec<[Fact; 4]> = inputs.iter().map(|&o| self.fact(o).clone()).collect();
        check_inputs(def, &facts, attrs)?;
        let mut outputs = output_facts(def, attrs)?;
        infer_shapes(def, attrs, &facts, &mut outputs, &GraphValues { graph: self, inputs })?;
        Ok(outputs)
    }
}

/// A shape function's error in TensorFlow's build-time form.
fn shape_error(e: Error, name: &str, def: &OpDef, attrs: &Attrs, inputs: &[Fact]) -> Error {
    let shapes: Vec<String> = inputs.iter().map(|f| f.shape.to_string()).collect();
    let types: Vec<String> = attrs.iter().filter_map(|(n, v)| Some(format!("{}={}", &**n, attr_text(v)?))).collect();
    Error::value(format!("{} for '{{{{node {name}}}}} = {}[{}]' with input shapes: {}.", e.message(), def.name, types.join(", "), shapes.join(", ")))
}

fn attr_text(v: &Attr) -> Option<String> {
    Some(match v {
        Attr::Int(v) => v.to_string(),
        Attr::Float(v) => v.to_string(),
        Attr::Bool(v) => v.to_string(),
        Attr::Str(v) => format!("{:?}", String::from_utf8_lossy(v)),
        Attr::Type(n) => DType::from_number(*n)?.enum_name().to_owned(),
        Attr::Shape(s) => s.to_string(),
        _ => return None,
    })
}

/// How many tensors the argument stands for.
pub fn arg_len(arg: &Arg, attrs: &Attrs) -> Result<usize> {
    if let ArgType::ListAttr(a) = arg.ty {
        return Ok(attrs.dtypes(a)?.len());
    }
    match arg.number {
        Some(n) => {
            let v = attrs.int(n)?;
            usize::try_from(v).ok().filter(|&v| v < 1 << 24).ok_or_else(|| Error::invalid(format!("attr '{n}' has the value {v}")))
        }
        None => Ok(1),
    }
}

/// The types of all tensors of an argument.
pub fn arg_types(arg: &Arg, attrs: &Attrs) -> Result<SmallVec<[DType; 2]>> {
    Ok(match arg.ty {
        ArgType::ListAttr(a) => attrs.dtypes(a)?.into_iter().collect(),
        ArgType::Is(d) => SmallVec::from_elem(d, arg_len(arg, attrs)?),
        ArgType::Attr(a) => SmallVec::from_elem(attrs.dtype(a)?, arg_len(arg, attrs)?),
    })
}

fn kind_matches(kind: AttrKind, v: &Attr) -> bool {
    use AttrKind::*;
    match (kind, v) {
        (_, Attr::Unset) | (_, Attr::Placeholder(_)) => true,
        (Int, Attr::Int(_)) | (Float, Attr::Float(_)) | (Bool, Attr::Bool(_)) | (Str, Attr::Str(_)) | (Type, Attr::Type(_)) => true,
        (Shape, Attr::Shape(_)) | (Tensor, Attr::Tensor(_)) | (Func, Attr::Func(_)) => true,
        (ListInt, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Int(_)),
        (ListFloat, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Float(_)),
        (ListBool, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Bool(_)),
        (ListStr, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Str(_)),
        (ListType, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Type(_)),
        (ListShape, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Shape(_)),
        (ListTensor, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Tensor(_)),
        (ListFunc, Attr::List(l)) => matches!(l, AttrList::Empty | AttrList::Func(_)),
        _ => false,
    }
}

/// The default of an attribute as a value; None when it is required.
pub fn default_value(spec: &AttrSpec) -> Option<Attr> {
    let list_of = |kind: AttrKind| match kind {
        AttrKind::ListInt => AttrList::Int(vec![]),
        _ => AttrList::Empty,
    };
    Some(match spec.default {
        Dflt::Required => return None,
        Dflt::Int(v) => Attr::Int(v),
        Dflt::Float(v) => Attr::Float(v),
        Dflt::Bool(v) => Attr::Bool(v),
        Dflt::Str(v) => Attr::from(v),
        Dflt::Type(v) => Attr::from(v),
        Dflt::UnknownShape => Attr::Shape(Shape::UNKNOWN),
        Dflt::Shape(v) => Attr::Shape(Shape::of(v)),
        Dflt::EmptyList => Attr::List(list_of(spec.kind)),
        Dflt::Ints(v) => Attr::List(AttrList::Int(v.to_vec())),
        Dflt::Floats(v) => Attr::List(AttrList::Float(v.to_vec())),
        Dflt::Strs(v) => Attr::List(AttrList::Str(v.iter().map(|s| Arc::from(s.as_bytes())).collect())),
        Dflt::Types(v) => Attr::List(AttrList::Type(v.iter().map(|d| d.number()).collect())),
        Dflt::Bytes(v) => Attr::Tensor(Arc::new(TensorAttr::from_value(Tensor::vector(v), Encoding::Full))),
    })
}

fn type_list(types: &[DType]) -> String {
    types.iter().map(|d| d.name()).collect::<Vec<_>>().join(", ")
}

/// Check an attribute's kind, its allowed values and its minimum.
pub fn check_attr(spec: &AttrSpec, v: &Attr) -> Result<()> {
    if !kind_matches(spec.kind, v) {
        return Err(Error::invalid(format!("AttrValue of '{}' must be of type {}", spec.name, spec.kind.text())));
    }
    let type_ok = |n: i32| DType::from_number(n).is_some_and(|d| spec.types.is_empty() || spec.types.contains(&d));
    let bad_type = |n: i32| {
        let name = DType::from_number(n).map_or_else(|| n.to_string(), |d| d.c_name().to_owned());
        Error::invalid(format!("Value for attr '{}' of {name} is not in the list of allowed values: {}", spec.name, type_list(spec.types)))
    };
    match v {
        Attr::Type(n) if !type_ok(*n) => return Err(bad_type(*n)),
        Attr::List(AttrList::Type(l)) => {
            if let Some(&n) = l.iter().find(|&&n| !type_ok(n)) {
                return Err(bad_type(n));
            }
        }
        Attr::Str(s) if !spec.strings.is_empty() && !spec.strings.iter().any(|a| a.as_bytes() == &**s) => {
            let allowed: Vec<String> = spec.strings.iter().map(|s| format!("\"{s}\"")).collect();
            return Err(Error::invalid(format!(
                "Value for attr '{}' of \"{}\" is not in the list of allowed values: {}",
                spec.name,
                String::from_utf8_lossy(s),
                allowed.join(", ")
            )));
        }
        Attr::Int(i) if spec.minimum.is_some_and(|m| *i < m) => {
            return Err(Error::invalid(format!("Value for attr '{}' of {i} must be at least minimum {}", spec.name, spec.minimum.unwrap_or(0))));
        }
        Attr::List(l) if spec.minimum.is_some_and(|m| (l.len() as i64) < m) => {
            return Err(Error::invalid(format!(
                "Length for attr '{}' of {} must be at least minimum {}",
                spec.name,
                l.len(),
                spec.minimum.unwrap_or(0)
            )));
        }
        _ => {}
    }
    Ok(())
}

/// Fill in the attributes that follow from the inputs and those with defaults; check the given ones.
fn infer_attrs(def: &'static OpDef, inputs: &[Fact], attrs: &mut Attrs) -> Result<()> {
    infer_counts(def, inputs, attrs)?;
    let mut at = 0;
    // The argument that fixed each type attribute, for the message.
    let mut fixed: SmallVec<[(&str, &str, DType); 2]> = SmallVec::new();
    for a in def.inputs {
        let n = match a.ty {
            ArgType::ListAttr(name) if attrs.get(name).is_none() => {
                let rest: usize = remaining(def, a, attrs)?;
                let n = inputs.len().saturating_sub(at + rest);
                let types = inputs[at.min(inputs.len())..(at + n).min(inputs.len())].iter().map(|f| f.dtype.number()).collect();
                attrs.set(name, Attr::List(AttrList::Type(types)));
                n
            }
            _ => arg_len(a, attrs)?,
        };
        if let ArgType::Attr(name) = a.ty {
            for f in inputs.iter().skip(at).take(n) {
                match fixed.iter().find(|(t, _, _)| *t == name) {
                    Some((_, first, d)) if *d != f.dtype => {
                        if a.number.is_some() && *first == a.name {
                            let all: Vec<_> = inputs[at..(at + n).min(inputs.len())].iter().map(|f| f.dtype.name()).collect();
                            return Err(Error::type_error(format!(
                                "Tensors in list passed to '{}' of '{}' Op have types [{}] that don't all match.",
                                a.name,
                                def.name,
                                all.join(", ")
                            )));
                        }
                        return Err(Error::type_error(format!(
                            "Input '{}' of '{}' Op has type {} that does not match type {} of argument '{first}'.",
                            a.name,
                            def.name,
                            f.dtype.name(),
                            d.name()
                        )));
                    }
                    Some(_) => {}
                    None => {
                        fixed.push((name, a.name, f.dtype));
                        if attrs.get(name).is_none() {
                            attrs.set(name, f.dtype);
                        }
                    }
                }
            }
        }
        at += n;
    }
    for spec in def.attrs {
        if attrs.get(spec.name).is_none() {
            match default_value(spec) {
                Some(v) => attrs.set(spec.name, v),
                None => return Err(Error::type_error(format!("{} missing required attribute '{}'", def.name, spec.name))),
            }
        }
        if let Some(v) = attrs.get(spec.name) {
            check_attr(spec, v).map_err(|e| match (v, def.inputs.iter().find(|a| a.ty == ArgType::Attr(spec.name))) {
                (Attr::Type(n), Some(a)) => {
                    let got = DType::from_number(*n).map_or("unknown", |d| d.name());
                    Error::type_error(format!(
                        "Value passed to parameter '{}' has DataType {got} not in list of allowed values: {}",
                        a.name,
                        type_list(spec.types)
                    ))
                }
                _ => e.into_value(),
            })?;
        }
    }
    Ok(())
}

/// The number of tensors of the arguments after `arg`.
fn remaining(def: &OpDef, arg: &Arg, attrs: &Attrs) -> Result<usize> {
    let mut seen = false;
    let mut n = 0;
    for a in def.inputs {
        if seen {
            n += arg_len(a, attrs)?;
        }
        seen |= std::ptr::eq(a, arg);
    }
    Ok(n)
}

/// Solve for the one missing list length from the number of inputs.
fn infer_counts(def: &OpDef, inputs: &[Fact], attrs: &mut Attrs) -> Result<()> {
    let mut missing: Option<&'static str> = None;
    let (mut fixed, mut times) = (0usize, 0usize);
    for a in def.inputs {
        match (a.ty, a.number) {
            (ArgType::ListAttr(t), _) if attrs.get(t).is_none() => return Ok(()),
            (_, Some(n)) if attrs.get(n).is_none() => {
                if missing.is_some_and(|m| m != n) {
                    return Err(Error::type_error(format!("{} needs the attribute '{n}'", def.name)));
                }
                missing = Some(n);
                times += 1;
            }
            _ => fixed += arg_len(a, attrs)?,
        }
    }
    if let Some(n) = missing {
        let rest = inputs.len().checked_sub(fixed).filter(|r| r % times == 0);
        let Some(rest) = rest else {
            return Err(Error::type_error(format!("{} expects lists of equal length, got {} inputs", def.name, inputs.len())));
        };
        attrs.set(n, (rest / times) as i64);
    }
    Ok(())
}

/// Check the number and the types of the inputs.
pub fn check_inputs(def: &OpDef, inputs: &[Fact], attrs: &Attrs) -> Result<()> {
    let mut at = 0;
    for a in def.inputs {
        for want in arg_types(a, attrs)? {
            let Some(f) = inputs.get(at) else {
                return Err(Error::type_error(format!("{} expects {} inputs, got {}", def.name, total_inputs(def, attrs)?, inputs.len())));
            };
            if f.dtype != want {
                return Err(Error::type_error(format!(
                    "Input '{}' of '{}' Op has type {} that does not match expected type of {}.",
                    a.name,
                    def.name,
                    f.dtype.name(),
                    want.name()
                )));
            }
            if a.is_ref && !f.is_ref {
                return Err(Error::type_error(format!(
                    "'{}' Op requires that input '{}' be a mutable tensor (e.g.: a tf.Variable)",
                    def.name, a.name
                )));
            }
            at += 1;
        }
    }
    if at != inputs.len() {
        return Err(Error::type_error(format!("{} expects {at} inputs, got {}", def.name, inputs.len())));
    }
    Ok(())
}

fn total_inputs(def: &OpDef, attrs: &Attrs) -> Result<usize> {
    def.inputs.iter().map(|a| arg_len(a, attrs)).sum()
}

/// Types of the outputs; shapes unknown.
pub fn output_facts(def: &OpDef, attrs: &Attrs) -> Result<SmallVec<[Fact; 1]>> {
    let mut out = SmallVec::new();
    for a in def.outputs {
        for dtype in arg_types(a, attrs)? {
            out.push(Fact { dtype, is_ref: a.is_ref, shape: Shape::UNKNOWN });
        }
    }
    Ok(out)
}

/// Run the shape function and store what it found.
pub fn infer_shapes(def: &'static OpDef, attrs: &Attrs, inputs: &[Fact], outputs: &mut [Fact], values: &dyn Values) -> Result<()> {
    let mut ctx = ShapeCtx::new(attrs, inputs, outputs.len(), values);
    (def.shape)(&mut ctx)?;
    for (o, s) in outputs.iter_mut().zip(ctx.into_outputs()) {
        o.shape = s;
    }
    Ok(())
}
