//! Features of many examples gathered into tensors: dense, of varying length, sparse and ragged.

use prost::Message;

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::proto::feature::Kind;
use crate::proto::{Feature, Features};
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Bytes, DType, Tensor};

/// Numbers or strings of one of the three types that features have.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Int(Vec<i64>),
    Float(Vec<f32>),
    Str(Vec<Bytes>),
}

impl Values {
    pub fn new(dtype: DType) -> Values {
        match dtype {
            DType::I64 => Values::Int(vec![]),
            DType::F32 => Values::Float(vec![]),
            _ => Values::Str(vec![]),
        }
    }
    pub fn len(&self) -> usize {
        match self {
            Values::Int(v) => v.len(),
            Values::Float(v) => v.len(),
            Values::Str(v) => v.len(),
        }
    }
    /// Add the values of a feature of the same type.
    pub fn extend(&mut self, feature: &Kind) {
        match (self, feature) {
            (Values::Int(v), Kind::Int64List(l)) => v.extend(&l.value),
            (Values::Float(v), Kind::FloatList(l)) => v.extend(&l.value),
            (Values::Str(v), Kind::BytesList(l)) => v.extend(l.value.iter().map(|b| Bytes::from(b.as_slice()))),
            _ => {}
        }
    }
    /// Add all elements of a tensor of the same type.
    pub fn extend_tensor(&mut self, t: &Tensor) {
        match self {
            Values::Int(v) => v.extend_from_slice(t.slice::<i64>()),
            Values::Float(v) => v.extend_from_slice(t.slice::<f32>()),
            Values::Str(v) => v.extend_from_slice(t.as_strings()),
        }
    }
    /// Make it `n` elements long with the only element of `padding`, or with zeros.
    pub fn pad(&mut self, n: usize, padding: Option<&Tensor>) {
        match self {
            Values::Int(v) => v.resize(n, padding.and_then(|p| p.slice::<i64>().first().copied()).unwrap_or(0)),
            Values::Float(v) => v.resize(n, padding.and_then(|p| p.slice::<f32>().first().copied()).unwrap_or(0.0)),
            Values::Str(v) => v.resize(n, padding.and_then(|p| p.as_strings().first().cloned()).unwrap_or_else(|| Bytes::from(&b""[..]))),
        }
    }
    pub fn into_tensor(self, dims: &[usize]) -> Result<Tensor> {
        let dtype = match &self {
            Values::Int(_) => DType::I64,
            Values::Float(_) => DType::F32,
            Values::Str(_) => DType::Str,
        };
        if checked_len(dtype, dims)? != self.len() {
            return Err(Error::internal("a parsed column has the wrong length"));
        }
        Ok(match self {
            Values::Int(v) => Tensor::from_slice(&v, dims),
            Values::Float(v) => Tensor::from_slice(&v, dims),
            Values::Str(v) => Tensor::strings(v, dims),
        })
    }
}

/// The type and number of a feature's values.
pub(super) fn kind_of(kind: &Kind) -> (DType, usize) {
    match kind {
        Kind::Int64List(l) => (DType::I64, l.value.len()),
        Kind::FloatList(l) => (DType::F32, l.value.len()),
        Kind::BytesList(l) => (DType::Str, l.value.len()),
    }
}

/// A message; INVALID_ARGUMENT when the bytes are none.
pub(super) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    M::decode(bytes)
        .map_err(|e| Error::invalid(format!("Could not parse example input, value: '{}': {e}", String::from_utf8_lossy(bytes).escape_debug())))
}

/// The values of `key`, if there are any.
pub(super) fn find<'a>(features: Option<&'a Features>, key: &str) -> Option<&'a Kind> {
    features?.feature.get(key).and_then(|f: &Feature| f.kind.as_ref())
}

/// A feature to parse.
pub(super) struct Column {
    pub key: String,
    pub dtype: DType,
}

/// A dense feature: every example gives `shape`, or, when its first size is unknown, any number of rows.
pub(super) struct DenseColumn {
    pub column: Column,
    pub shape: Shape,
    /// What stands for a missing feature, or fills the rows of a varying one; empty when the feature is required.
    pub default: Tensor,
}

impl DenseColumn {
    /// Sizes after the first, when the first is unknown.
    pub fn row(&self) -> Option<Result<Vec<usize>>> {
        let dims = self.shape.dims()?;
        if dims.first() != Some(&-1) {
            return None;
        }
        let rest = dims.get(1..).unwrap_or(&[]);
        Some(rest.iter().map(|d| usize::try_from(*d).map_err(|_| self.unknown_shape())).collect())
    }
    /// The sizes, when all are known.
    pub fn fixed(&self) -> Result<Vec<usize>> {
        self.shape.to_known().ok_or_else(|| self.unknown_shape())
    }
    fn unknown_shape(&self) -> Error {
        Error::invalid(format!("dense_shapes of {} must be known except for the first size, got {}", self.column.key, self.shape))
    }
}

/// Who is parsed, for messages: example `i` of a batch, with its name, or a single example.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub names: &'a [Bytes],
    pub index: usize,
    pub single: bool,
}

impl Place<'_> {
    fn name(&self) -> String {
        self.names.get(self.index).map_or("<unknown>".into(), |n| String::from_utf8_lossy(n).into_owned())
    }
    /// `Name: n, Key: k, Index: i.  ` or `Key: k.  `.
    pub fn key(&self, key: &str) -> String {
        if self.single { format!("Key: {key}.  ") } else { format!("Name: {}, Key: {key}, Index: {}.  ", self.name(), self.index) }
    }
    pub fn required(&self, c: &Column) -> Error {
        let name = if self.single { String::new() } else { format!("Name: {}, ", self.name()) };
        Error::invalid(format!("{name}Feature: {} (data type: {}) is required but could not be found.", c.key, c.dtype.c_name()))
    }
    pub fn list(&self, key: &str, rest: &str) -> Error {
        Error::invalid(format!("Name: {}, Feature list '{key}' {rest}", self.name()))
    }
    pub fn list_item(&self, key: &str, item: usize, rest: &str) -> Error {
        Error::invalid(format!("Name: {}, Feature list: {key}, Index: {item}.  {rest}", self.name()))
    }
}

/// One dense feature of a batch (or of a single example) as a tensor.
pub(super) fn dense(column: &DenseColumn, examples: &[Option<&Features>], names: &[Bytes], single: bool) -> Result<Tensor> {
    let Column { key, dtype } = &column.column;
    let mut out = Values::new(*dtype);
    let place = |index| Place { names, index, single };
    let checked = |i: usize, kind: &Kind| {
        let (found, n) = kind_of(kind);
        if found == *dtype {
            return Ok(n);
        }
        let (at, found, wanted) = (place(i).key(key), found.c_name(), dtype.c_name());
        Err(Error::invalid(format!("{at}Data types don't match. Data type: {found} but expected type: {wanted}")))
    };
    let batch: &[usize] = if single { &[] } else { &[examples.len()] };
    if let Some(row) = column.row() {
        let row = row?;
        let stride = checked_len(*dtype, &row)?.max(1);
        let mut most = 0;
        for (i, features) in examples.iter().enumerate() {
            let n = find(*features, key).map_or(Ok(0), |k| checked(i, k))?;
            if n % stride != 0 {
                let (at, t, shape) = (place(i).key(key), dtype.c_name(), &column.shape);
                return Err(Error::invalid(format!(
                    "{at}Number of {t} values is not a multiple of stride length. Saw {n} values but output shape is: {shape}"
                )));
            }
            most = most.max(n);
        }
        let dims = [batch, &[most / stride], &row].concat();
        // Refused here, before it is filled, when memory cannot hold it.
        checked_len(*dtype, &dims)?;
        for (i, features) in examples.iter().enumerate() {
            if let Some(kind) = find(*features, key) {
                out.extend(kind);
            }
            out.pad((i + 1) * most, Some(&column.default));
        }
        return out.into_tensor(&dims);
    }
    let dims = column.fixed()?;
    let size = checked_len(*dtype, &dims)?;
    for (i, features) in examples.iter().enumerate() {
        let Some(kind) = find(*features, key) else {
            if column.default.len() != size || (size == 0 && column.default.rank() != dims.len()) {
                return Err(place(i).required(&column.column));
            }
            out.extend_tensor(&column.default);
            continue;
        };
        let n = checked(i, kind)?;
        if n != size {
            let (at, t, shape) = (place(i).key(key), dtype.c_name(), &column.shape);
            return Err(Error::invalid(format!("{at}Number of {t} values != expected.  Values size: {n} but output shape: {shape}")));
        }
        out.extend(kind);
    }
    out.into_tensor(&[batch, &dims].concat())
}

/// Values of a feature and how many each example has.
pub(super) fn ragged(column: &Column, examples: &[Option<&Features>], names: &[Bytes], single: bool) -> Result<(Values, Vec<usize>)> {
    let mut out = Values::new(column.dtype);
    let mut lengths = Vec::with_capacity(examples.len());
    for (index, features) in examples.iter().enumerate() {
        let mut n = 0;
        if let Some(kind) = find(*features, &column.key) {
            let (found, count) = kind_of(kind);
            if found != column.dtype && count > 0 {
                let at = Place { names, index, single }.key(&column.key);
                let (found, wanted) = (found.c_name(), column.dtype.c_name());
                return Err(Error::invalid(format!("{at}Data types don't match. Expected type: {wanted}, Actual type: {found}")));
            }
            n = count;
            out.extend(kind);
        }
        lengths.push(n);
    }
    Ok((out, lengths))
}

/// Indices, values and shape of a sparse tensor with rows of these lengths.
pub(super) fn sparse(values: Values, lengths: &[usize], single: bool) -> Result<[Tensor; 3]> {
    let mut indices = Vec::with_capacity(values.len() * 2);
    for (i, n) in lengths.iter().enumerate() {
        for j in 0..*n {
            if !single {
                indices.push(i as i64);
            }
            indices.push(j as i64);
        }
    }
    let most = lengths.iter().copied().max().unwrap_or(0) as i64;
    let shape = if single { vec![most] } else { vec![lengths.len() as i64, most] };
    let n = values.len();
    Ok([Tensor::from_slice(&indices, &[n, shape.len()]), values.into_tensor(&[n])?, Tensor::vector(&shape)])
}

/// Where each row of a ragged tensor starts, and the end.
pub(super) fn splits(lengths: &[usize], dtype: DType) -> Tensor {
    let starts = std::iter::once(0).chain(lengths.iter().scan(0, |sum, n| {
        *sum += n;
        Some(*sum)
    }));
    match dtype {
        DType::I32 => Tensor::vector(&starts.map(|n| n as i32).collect::<Vec<_>>()),
        _ => Tensor::vector(&starts.map(|n| n as i64).collect::<Vec<_>>()),
    }
}

/// The strings of a vector, as keys.
pub(super) fn keys(t: &Tensor) -> Vec<String> {
    t.as_strings().iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect()
}
