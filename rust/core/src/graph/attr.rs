//! Attribute values of nodes, kept as they came so that saving is lossless.

use std::sync::{Arc, OnceLock};

use graphpb_kernels::{DType, Tensor};

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::proto;
pub use crate::proto::tensor::Encoding;

/// A tensor attribute: the message it came in, or the value it was built from; decoded at most once.
#[derive(Debug)]
pub struct TensorAttr {
    proto: Option<proto::TensorProto>,
    value: OnceLock<Result<Tensor>>,
    encoding: Encoding,
}

impl TensorAttr {
    pub fn from_proto(proto: proto::TensorProto) -> TensorAttr {
        TensorAttr { proto: Some(proto), value: OnceLock::new(), encoding: Encoding::Full }
    }
    pub fn from_value(value: Tensor, encoding: Encoding) -> TensorAttr {
        let cell = OnceLock::new();
        let _ = cell.set(Ok(value));
        TensorAttr { proto: None, value: cell, encoding }
    }
    /// The tensor; an error when the message is malformed.
    pub fn tensor(&self) -> Result<&Tensor> {
        let r = self.value.get_or_init(|| match &self.proto {
            Some(p) => proto::tensor::decode(p).map_err(Error::from),
            None => Err(Error::internal("tensor attribute without a value")),
        });
        r.as_ref().map_err(Clone::clone)
    }
    pub fn to_proto(&self) -> Result<proto::TensorProto> {
        match &self.proto {
            Some(p) => Ok(p.clone()),
            None => Ok(proto::tensor::encode(self.tensor()?, self.encoding)?),
        }
    }
    /// Element type and sizes, read without decoding the values.
    pub fn dtype(&self) -> Option<DType> {
        match &self.proto {
            Some(p) => DType::from_number(p.dtype),
            None => self.tensor().ok().map(Tensor::dtype),
        }
    }
}

/// A function attribute: a function's name and the attributes it is instantiated with.
#[derive(Clone, Debug, PartialEq)]
pub struct FuncAttr {
    pub name: Arc<str>,
    pub attrs: Attrs,
}

/// A list attribute. An empty list has no element type in the file: `Empty`.
#[derive(Clone, Debug)]
pub enum AttrList {
    Empty,
    Int(Vec<i64>),
    Float(Vec<f32>),
    Bool(Vec<bool>),
    Str(Vec<Arc<[u8]>>),
    /// `DataType` numbers.
    Type(Vec<i32>),
    Shape(Vec<Shape>),
    Tensor(Vec<Arc<TensorAttr>>),
    Func(Vec<Arc<FuncAttr>>),
}

#[derive(Clone, Debug)]
pub enum Attr {
    /// An AttrValue with nothing set.
    Unset,
    Int(i64),
    Float(f32),
    Bool(bool),
    Str(Arc<[u8]>),
    /// A `DataType` number.
    Type(i32),
    Shape(Shape),
    Tensor(Arc<TensorAttr>),
    Func(Arc<FuncAttr>),
    /// The name of an attribute of the enclosing function.
    Placeholder(Arc<str>),
    List(AttrList),
}

fn same_tensor(a: &Arc<TensorAttr>, b: &Arc<TensorAttr>) -> bool {
    if Arc::ptr_eq(a, b) {
        return true;
    }
    match (a.tensor(), b.tensor()) {
        (Ok(x), Ok(y)) => {
            x.dtype() == y.dtype()
                && x.dims() == y.dims()
                && if x.dtype() == DType::Str { x.as_strings() == y.as_strings() } else { x.bytes() == y.bytes() }
        }
        _ => false,
    }
}

impl PartialEq for AttrList {
    fn eq(&self, o: &AttrList) -> bool {
        use AttrList::*;
        match (self, o) {
            (Int(a), Int(b)) => a == b,
            (Float(a), Float(b)) => a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits())),
            (Bool(a), Bool(b)) => a == b,
            (Str(a), Str(b)) => a == b,
            (Type(a), Type(b)) => a == b,
            (Shape(a), Shape(b)) => a == b,
            (Tensor(a), Tensor(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same_tensor(x, y)),
            (Func(a), Func(b)) => a == b,
            (a, b) => a.is_empty() && b.is_empty(),
        }
    }
}

impl AttrList {
    pub fn len(&self) -> usize {
        use AttrList::*;
        match self {
            Empty => 0,
            Int(v) => v.len(),
            Float(v) => v.len(),
            Bool(v) => v.len(),
            Str(v) => v.len(),
            Type(v) => v.len(),
            Shape(v) => v.len(),
            Tensor(v) => v.len(),
            Func(v) => v.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PartialEq for Attr {
    fn eq(&self, o: &Attr) -> bool {
        use Attr::*;
        match (self, o) {
            (Unset, Unset) => true,
            (Int(a), Int(b)) => a == b,
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Bool(a), Bool(b)) => a == b,
            (Str(a), Str(b)) => a == b,
            (Type(a), Type(b)) => a == b,
            (Shape(a), Shape(b)) => a == b,
            (Tensor(a), Tensor(b)) => same_tensor(a, b),
            (Func(a), Func(b)) => a == b,
            (Placeholder(a), Placeholder(b)) => a == b,
            (List(a), List(b)) => a == b,
            _ => false,
        }
    }
}

impl From<i64> for Attr {
    fn from(v: i64) -> Attr {
        Attr::Int(v)
    }
}
impl From<f32> for Attr {
    fn from(v: f32) -> Attr {
        Attr::Float(v)
    }
}
impl From<bool> for Attr {
    fn from(v: bool) -> Attr {
        Attr::Bool(v)
    }
}
impl From<&str> for Attr {
    fn from(v: &str) -> Attr {
        Attr::Str(Arc::from(v.as_bytes()))
    }
}
impl From<DType> for Attr {
    fn from(v: DType) -> Attr {
        Attr::Type(v.number())
    }
}
impl From<Shape> for Attr {
    fn from(v: Shape) -> Attr {
        Attr::Shape(v)
    }
}
impl From<AttrList> for Attr {
    fn from(v: AttrList) -> Attr {
        Attr::List(v)
    }
}
impl From<Tensor> for Attr {
    fn from(v: Tensor) -> Attr {
        Attr::Tensor(Arc::new(TensorAttr::from_value(v, Encoding::Full)))
    }
}

/// The name of an attribute: one of the registry's, or one that a file brought along.
#[derive(Clone, Debug)]
pub enum AttrName {
    Static(&'static str),
    Owned(Arc<str>),
}
impl std::ops::Deref for AttrName {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        match self {
            AttrName::Static(s) => s,
            AttrName::Owned(s) => s,
        }
    }
}
impl From<&'static str> for AttrName {
    fn from(s: &'static str) -> AttrName {
        AttrName::Static(s)
    }
}
impl From<String> for AttrName {
    fn from(s: String) -> AttrName {
        AttrName::Owned(s.into())
    }
}

/// The attributes of a node, sorted by name.
#[derive(Clone, Debug, Default)]
pub struct Attrs(Vec<(AttrName, Attr)>);

impl PartialEq for Attrs {
    fn eq(&self, o: &Attrs) -> bool {
        self.0.len() == o.0.len() && self.0.iter().zip(&o.0).all(|(a, b)| *a.0 == *b.0 && a.1 == b.1)
    }
}

impl Attrs {
    pub fn new() -> Attrs {
        Attrs::default()
    }
    /// For chained building: `Attrs::new().with("T", DType::F32)`.
    pub fn with(mut self, name: impl Into<AttrName>, value: impl Into<Attr>) -> Attrs {
        self.set(name, value);
        self
    }
    pub fn set(&mut self, name: impl Into<AttrName>, value: impl Into<Attr>) {
        let (name, value) = (name.into(), value.into());
        match self.0.binary_search_by(|(n, _)| (**n).cmp(&name)) {
            Ok(i) => self.0[i].1 = value,
            Err(i) => self.0.insert(i, (name, value)),
        }
    }
    pub fn remove(&mut self, name: &str) -> Option<Attr> {
        let i = self.0.binary_search_by(|(n, _)| (**n).cmp(name)).ok()?;
        Some(self.0.remove(i).1)
    }
    pub fn get(&self, name: &str) -> Option<&Attr> {
        // A node has few attributes: a scan beats a binary search.
        self.0.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&AttrName, &Attr)> {
        self.0.iter().map(|(n, v)| (n, v))
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn missing<T>(&self, name: &str, kind: &str) -> Result<T> {
        Err(match self.get(name) {
            None => Error::invalid(format!("NodeDef missing attr '{name}'")),
            Some(_) => Error::invalid(format!("AttrValue of '{name}' must be of type {kind}")),
        })
    }
    pub fn int(&self, name: &str) -> Result<i64> {
        if let Some(Attr::Int(v)) = self.get(name) { Ok(*v) } else { self.missing(name, "int") }
    }
    pub fn float(&self, name: &str) -> Result<f32> {
        if let Some(Attr::Float(v)) = self.get(name) { Ok(*v) } else { self.missing(name, "float") }
    }
    pub fn bool(&self, name: &str) -> Result<bool> {
        if let Some(Attr::Bool(v)) = self.get(name) { Ok(*v) } else { self.missing(name, "bool") }
    }
    /// A string attribute that must be UTF-8 (`padding`, `data_format`).
    pub fn str(&self, name: &str) -> Result<&str> {
        match self.get(name) {
            Some(Attr::Str(v)) => std::str::from_utf8(v).map_err(|_| Error::invalid(format!("attr '{name}' is not UTF-8"))),
            _ => self.missing(name, "string"),
        }
    }
    pub fn bytes(&self, name: &str) -> Result<&Arc<[u8]>> {
        if let Some(Attr::Str(v)) = self.get(name) { Ok(v) } else { self.missing(name, "string") }
    }
    pub fn dtype(&self, name: &str) -> Result<DType> {
        match self.get(name) {
            Some(Attr::Type(n)) => DType::from_number(*n).ok_or_else(|| Error::invalid(format!("attr '{name}' has the unknown type {n}"))),
            _ => self.missing(name, "type"),
        }
    }
    pub fn shape(&self, name: &str) -> Result<&Shape> {
        if let Some(Attr::Shape(v)) = self.get(name) { Ok(v) } else { self.missing(name, "shape") }
    }
    pub fn tensor(&self, name: &str) -> Result<&Tensor> {
        if let Some(Attr::Tensor(v)) = self.get(name) { v.tensor() } else { self.missing(name, "tensor") }
    }
    pub fn func(&self, name: &str) -> Result<&Arc<FuncAttr>> {
        if let Some(Attr::Func(v)) = self.get(name) { Ok(v) } else { self.missing(name, "func") }
    }
    pub fn ints(&self, name: &str) -> Result<&[i64]> {
        match self.get(name) {
            Some(Attr::List(AttrList::Int(v))) => Ok(v),
            Some(Attr::List(AttrList::Empty)) => Ok(&[]),
            _ => self.missing(name, "list(int)"),
        }
    }
    pub fn floats(&self, name: &str) -> Result<&[f32]> {
        match self.get(name) {
            Some(Attr::List(AttrList::Float(v))) => Ok(v),
            Some(Attr::List(AttrList::Empty)) => Ok(&[]),
            _ => self.missing(name, "list(float)"),
        }
    }
    pub fn strs(&self, name: &str) -> Result<&[Arc<[u8]>]> {
        match self.get(name) {
            Some(Attr::List(AttrList::Str(v))) => Ok(v),
            Some(Attr::List(AttrList::Empty)) => Ok(&[]),
            _ => self.missing(name, "list(string)"),
        }
    }
    pub fn dtypes(&self, name: &str) -> Result<Vec<DType>> {
        match self.get(name) {
            Some(Attr::List(AttrList::Type(v))) => {
                v.iter().map(|&n| DType::from_number(n).ok_or_else(|| Error::invalid(format!("attr '{name}' has the unknown type {n}")))).collect()
            }
            Some(Attr::List(AttrList::Empty)) => Ok(Vec::new()),
            _ => self.missing(name, "list(type)"),
        }
    }
    pub fn shapes(&self, name: &str) -> Result<&[Shape]> {
        match self.get(name) {
            Some(Attr::List(AttrList::Shape(v))) => Ok(v),
            Some(Attr::List(AttrList::Empty)) => Ok(&[]),
            _ => self.missing(name, "list(shape)"),
        }
    }
    pub fn funcs(&self, name: &str) -> Result<&[Arc<FuncAttr>]> {
        match self.get(name) {
            Some(Attr::List(AttrList::Func(v))) => Ok(v),
            Some(Attr::List(AttrList::Empty)) => Ok(&[]),
            _ => self.missing(name, "list(func)"),
        }
    }
}
