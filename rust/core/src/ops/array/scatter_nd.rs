//! ScatterNd and GatherNd: slices written and read by index rows.

use super::sizes;
use crate::error::{Error, Result};
use crate::grad::Slices;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::indexing::gather::gather_nd;
use graphpb_kernels::indexing::scatter::{Combine, scatter_nd};
use graphpb_kernels::{DType, Tensor, shape_text};

pub static SCATTER_ND: OpDef = OpDef {
    name: "ScatterNd",
    doc: "Zeros of sizes `shape` with `updates` added at the positions that the rows of `indices` name; duplicates add up.",
    inputs: &[arg("indices", "Tindices"), arg("updates", "T"), arg("shape", "Tindices")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_in("Tindices", &[DType::I16, DType::I32, DType::I64]), string("bad_indices_policy").default_str("")],
    traits: Traits::PURE,
    shape: |c| {
        let out = c.shape_value(2);
        check_scatter(c.input(0), c.input(1), &out)?;
        c.set(0, out);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let dims = sizes(&c.ints(2)?)?;
        if c.input(0).rank() < 1 || c.input(1).rank() < 1 {
            return Err(Error::invalid("Indices and updates must be at least one-dimensional"));
        }
        let lead = c.input(0).rank() - 1;
        if c.input(1).dims().get(..lead) != Some(&c.input(0).dims()[..lead]) {
            return Err(Error::invalid(format!(
                "Dimensions [0,{lead}) of indices[shape={}] must match dimensions [0,{lead}) of updates[shape={}]",
                shape_text(c.input(0).dims()),
                shape_text(c.input(1).dims())
            )));
        }
        let zeros = Tensor::try_zeros(c.input(1).dtype(), &dims)?;
        let y = scatter_nd(zeros, c.input(0), c.input(1), Combine::Add)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.call("GatherNd", &[g, c.input(0)])?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let depth = 1 + d.below(dims.len());
        let lead = d.full_dims(1, 2);
        let ix = super::scatter_nd::index_rows(d, &lead, &dims[..depth]);
        let mut up = lead;
        up.extend(&dims[depth..]);
        Case::new().input(ix).input(d.tensor(&up)).constant(d.shape_vector(&dims))
    }),
    ..OpDef::BASE
};

pub static GATHER_ND: OpDef = OpDef {
    name: "GatherNd",
    doc: "The slices of `params` that the rows of `indices` (its last axis) name.",
    inputs: &[arg("params", "Tparams"), arg("indices", "Tindices")],
    outputs: &[arg("output", "Tparams")],
    attrs: &[type_any("Tparams"), type_in("Tindices", &[DType::I16, DType::I32, DType::I64]), string("bad_indices_policy").default_str("")],
    traits: Traits::PURE,
    shape: |c| {
        let (p, ix) = (c.input(0), c.input(1).with_rank_at_least(1)?);
        let (Some(pr), Some(ir)) = (p.rank(), ix.rank()) else { return Ok(()) };
        let depth = ix.dim(ir - 1);
        if depth < 0 {
            return Ok(());
        }
        if depth > pr as i64 {
            return Err(Error::value(format!("indices.shape[-1] must be <= params.rank, but saw indices shape: {ix} and params shape: {p}")));
        }
        let s = ix.sub(0..ir - 1).concat(&p.sub(depth as usize..pr));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let y = gather_nd(c.input(0), c.input(1)).map_err(|e| {
            if e.message.contains("does not index into") { Error::invalid(format!("{}, node name: {}", e.message, c.name())) } else { e.into() }
        })?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (g, params, ix) = (c.grad(0)?, c.input(0), c.input(1));
        if c.shape_of(ix).rank() == Some(2) && c.shape_of(ix).dim(1) == 1 {
            let dense_shape = c.shape_tensor(params)?;
            let axes = Attr::List(AttrList::Int(vec![-1]));
            let indices = c.op("Squeeze", &[ix], Attrs::new().with("squeeze_dims", axes))?;
            c.set_slices(0, Slices { values: g, indices, dense_shape: Some(dense_shape) });
            return Ok(());
        }
        let kind = c.dtype(ix);
        let to = if kind == DType::I16 { DType::I32 } else { kind };
        let shape = c.op("Shape", &[params], Attrs::new().with("out_type", to))?;
        let ix = c.cast(ix, to)?;
        let r = c.call("ScatterNd", &[ix, g, shape])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let depth = d.below(dims.len() + 1);
        let lead = d.full_dims(1, 2);
        let ix = index_rows(d, &lead, &dims[..depth]);
        Case::new().input(d.tensor(&dims)).input(ix)
    }),
    ..OpDef::BASE
};

/// Random index rows into `dims`, of sizes `lead` + `[dims.len()]`.
pub fn index_rows(d: &mut crate::testing::cases::Draw, lead: &[usize], dims: &[usize]) -> Tensor {
    let n: usize = lead.iter().product();
    let v: Vec<i32> = (0..n).flat_map(|_| dims.iter().map(|&s| d.below(s) as i32).collect::<Vec<_>>()).collect();
    let mut shape = lead.to_vec();
    shape.push(dims.len());
    Tensor::from_slice(&v, &shape)
}

/// Whether updates and index rows fit the shape that they are scattered into, as far as it is known.
pub fn check_scatter(ix: &Shape, updates: &Shape, out: &Shape) -> Result<()> {
    let (Some(ir), Some(ur)) = (ix.rank(), updates.rank()) else { return Ok(()) };
    if ir == 0 {
        return Err(Error::value("Shape must be at least rank 1 but is rank 0"));
    }
    let lead = ir - 1;
    if ur < lead || !updates.sub(0..lead).is_compatible(&ix.sub(0..lead)) {
        return Err(Error::value(format!(
            "Dimensions [0,{lead}) of indices[shape={ix}] = {} must match dimensions [0,{lead}) of updates[shape={updates}] = {}",
            ix.sub(0..lead),
            updates.sub(0..lead.min(ur))
        )));
    }
    let (depth, Some(or)) = (ix.dim(lead), out.rank()) else { return Ok(()) };
    if let Ok(depth) = usize::try_from(depth) {
        if depth > or || !updates.sub(lead..ur).is_compatible(&out.sub(depth..or)) {
            return Err(Error::value(format!(
                "Dimensions [{depth},{or}) of input[shape={out}] = {} must match dimensions [{lead},{ur}) of updates[shape={updates}] = {}",
                out.sub(depth.min(or)..or),
                updates.sub(lead..ur)
            )));
        }
    }
    Ok(())
}
