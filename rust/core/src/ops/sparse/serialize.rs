//! SerializeSparse, SerializeManySparse, DeserializeSparse: sparse tensors as rows of three variants or strings, as datasets hold them.

use std::sync::Arc;

use prost::Message;

use super::Sparse;
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::ops::summary::tensor::content;
use crate::plan::kernel::KernelCtx;
use crate::proto::TensorProto;
use crate::proto::tensor::decode;
use crate::registry::*;
use graphpb_kernels::{DType, Handle, Tensor, shape_text};

const STRING_OR_VARIANT: &[DType] = &[DType::Str, DType::Variant];
const OUT_TYPE: AttrSpec = type_in("out_type", STRING_OR_VARIANT).default_type(DType::Str);

/// Tensors as the elements of a string or variant tensor.
fn wrapped(parts: Vec<Tensor>, dtype: DType, dims: &[usize]) -> Result<Tensor> {
    if dtype == DType::Variant {
        return Ok(Tensor::handles(dtype, parts.into_iter().map(|t| Arc::new(t.into_owned()) as Handle).collect(), dims));
    }
    let texts = parts.iter().map(|t| Ok(content(t)?.encode_to_vec().into())).collect::<Result<_>>()?;
    Ok(Tensor::strings(texts, dims))
}

const INPUTS: &[Arg] = &[arg_of("sparse_indices", DType::I64), arg("sparse_values", "T"), arg_of("sparse_shape", DType::I64)];

pub static SERIALIZE_SPARSE: OpDef = OpDef {
    name: "SerializeSparse",
    doc: "A sparse tensor as three serialized tensors: its indices, values and shape.",
    inputs: INPUTS,
    outputs: &[arg("serialized_sparse", "out_type")],
    attrs: &[type_any("T"), OUT_TYPE],
    shape: |c| {
        c.set(0, Shape::vector(3));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        Sparse::of(c, 0)?;
        let y = wrapped((0..3).map(|i| c.take(i)).collect(), c.output_dtype(0), &[3])?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("serialized tensors have no gradient"),
    ..OpDef::BASE
};

pub static SERIALIZE_MANY_SPARSE: OpDef = OpDef {
    name: "SerializeManySparse",
    doc: "The rows of a sparse tensor, each as three serialized tensors. INVALID_ARGUMENT when the entries are not sorted by row.",
    inputs: INPUTS,
    outputs: &[arg("serialized_sparse", "out_type")],
    attrs: &[type_any("T"), OUT_TYPE],
    shape: |c| {
        c.set(0, Shape::of(&[-1, 3]));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let sparse = Sparse::of(c, 0)?;
        let Some((&rows, rest)) = sparse.dims.split_first().filter(|(_, rest)| !rest.is_empty()) else {
            return Err(Error::invalid(format!("Rank of input SparseTensor should be > 1, but saw rank: {}", sparse.dims.len())));
        };
        let rank = rest.len();
        let first = |k: usize| sparse.at.get(k * (rank + 1)).copied();
        if (1..sparse.count).any(|k| first(k) < first(k - 1)) {
            return Err(Error::invalid("the entries of the sparse tensor must be sorted by row"));
        }
        graphpb_kernels::tensor::checked_len(c.output_dtype(0), &[rows, 3])?;
        let shape = Tensor::vector(&rest.iter().map(|&d| d as i64).collect::<Vec<_>>());
        let mut parts = Vec::new();
        let mut entry = 0;
        for row in 0..rows {
            c.env().check_cancelled()?;
            let start = entry;
            while first(entry) == Some(row) {
                entry += 1;
            }
            let n = entry - start;
            let at: Vec<i64> = (start..entry).flat_map(|k| sparse.at[k * (rank + 1) + 1..(k + 1) * (rank + 1)].iter().map(|&i| i as i64)).collect();
            parts.extend([Tensor::from_slice(&at, &[n, rank]), c.input(1).rows(start, n), shape.clone()]);
        }
        let y = wrapped(parts, c.output_dtype(0), &[rows, 3])?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("serialized tensors have no gradient"),
    ..OpDef::BASE
};

/// The tensors that a string or variant tensor holds.
fn unwrapped(t: &Tensor) -> Result<Vec<Tensor>> {
    if t.dtype() == DType::Variant {
        let found = t.as_handles().iter().map(|h| h.downcast_ref::<Tensor>().cloned());
        return found.map(|t| t.ok_or_else(|| Error::invalid("a variant holds no serialized tensor"))).collect();
    }
    let parse = |bytes: &[u8]| TensorProto::decode(bytes).map_err(|_| Error::invalid("Could not parse a serialized tensor"));
    t.as_strings().iter().map(|s| Ok(decode(&parse(s)?)?)).collect()
}

fn deserialize(c: &mut KernelCtx) -> Result<()> {
    let x = c.input(0);
    let Some((&3, outer)) = x.dims().split_last() else {
        return Err(Error::invalid(format!("Serialized sparse should have 3 columns, got shape {}", shape_text(x.dims()))));
    };
    let (parts, outer) = (unwrapped(x)?, outer.to_vec());
    let dtype = c.output_dtype(1);
    let (mut indices, mut values, mut dims): (Vec<i64>, Vec<Tensor>, Option<Vec<i64>>) = (Vec::new(), Vec::new(), None);
    for (n, three) in parts.chunks_exact(3).enumerate() {
        let [at, value, shape] = three else { continue };
        let fits = at.dtype() == DType::I64 && shape.dtype() == DType::I64 && value.rank() == 1 && shape.rank() == 1;
        if !fits || at.dims() != [value.len(), shape.len()] {
            return Err(Error::invalid("a serialized sparse tensor needs indices [n, rank], values [n] and a shape [rank]"));
        }
        if value.dtype() != dtype {
            return Err(Error::invalid(format!(
                "Requested SparseTensor of type {} but SparseTensor[{n}].values.dtype() == {}",
                dtype.c_name(),
                value.dtype().c_name()
            )));
        }
        let shape = shape.slice::<i64>();
        match &mut dims {
            None => dims = Some(shape.to_vec()),
            Some(d) if d.len() == shape.len() => d.iter_mut().zip(shape).for_each(|(d, s)| *d = (*d).max(*s)),
            Some(d) => {
                return Err(Error::invalid(format!(
                    "Inconsistent rank across SparseTensors: rank prior to SparseTensor[{n}] was: {} but rank of SparseTensor[{n}] is: {}",
                    d.len(),
                    shape.len()
                )));
            }
        }
        // Where this tensor stands among the outer dimensions.
        let mut place = vec![0i64; outer.len()];
        outer.iter().zip(&mut place).rev().fold(n, |k, (&d, p)| {
            *p = (k % d.max(1)) as i64;
            k / d.max(1)
        });
        for row in at.slice::<i64>().chunks_exact(shape.len().max(1)).take(value.len()) {
            indices.extend_from_slice(&place);
            indices.extend_from_slice(row);
        }
        values.push(value.clone());
    }
    let rest = dims.unwrap_or_default();
    let all: Vec<i64> = outer.iter().map(|&d| d as i64).chain(rest).collect();
    let count = values.iter().map(Tensor::len).sum::<usize>();
    let joined = match values.as_slice() {
        [] => Tensor::try_zeros(dtype, &[0])?,
        some => graphpb_kernels::movement::concat::concat(&some.iter().collect::<Vec<_>>(), 0)?,
    };
    c.set(0, Tensor::from_slice(&indices, &[count, all.len()]));
    c.set(1, joined);
    c.set(2, Tensor::vector(&all));
    Ok(())
}

pub static DESERIALIZE_SPARSE: OpDef = OpDef {
    name: "DeserializeSparse",
    doc: "The sparse tensor of serialized ones `[…, 3]`, whose places are its outer dimensions; inner sizes are those of the largest.",
    inputs: &[arg("serialized_sparse", "Tserialized")],
    outputs: &[arg_of("sparse_indices", DType::I64), arg("sparse_values", "dtype"), arg_of("sparse_shape", DType::I64)],
    attrs: &[type_any("dtype"), type_in("Tserialized", STRING_OR_VARIANT).default_type(DType::Str)],
    shape: |c| {
        c.set(0, Shape::of_rank(2));
        c.set(1, Shape::vector(-1));
        c.set(2, Shape::vector(-1));
        Ok(())
    },
    kernel: Kernel::Plain(deserialize),
    grad: Grad::NotDifferentiable("serialized tensors have no gradient"),
    ..OpDef::BASE
};
