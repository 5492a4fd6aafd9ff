//! StringJoin, ReduceJoin and UnsortedSegmentJoin: strings put together.

use crate::error::Error;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::transpose::transpose;
use graphpb_kernels::tensor::filled;
use graphpb_kernels::{Bytes, Code, DType, Tensor, shape_text};

pub static STRING_JOIN: OpDef = OpDef {
    name: "StringJoin",
    doc: "The inputs joined element by element with `separator` between them; scalars broadcast.",
    inputs: &[args_of("inputs", "N", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[int("N").at_least(0), string("separator").default_str("")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let mut s = Shape::scalar();
        let mut known = true;
        for i in 0..c.inputs() {
            match c.input(i).rank() {
                Some(0) => {}
                None => known = false,
                Some(_) if s.rank() == Some(0) => s = c.input(i).clone(),
                Some(_) => s = s.merge(c.input(i))?,
            }
        }
        c.set(0, if known || s.rank() != Some(0) { s } else { Shape::UNKNOWN });
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let sep = c.attrs().bytes("separator")?.clone();
        let parts = c.input_range(0..c.inputs());
        let mut dims: &[usize] = &[];
        for p in parts.iter().filter(|p| p.rank() > 0) {
            if dims.is_empty() {
                dims = p.dims();
            } else if p.dims() != dims {
                return Err(Error::invalid(format!("Input shapes do not match: {} vs. {}", shape_text(dims), shape_text(p.dims()))));
            }
        }
        let n = dims.iter().product();
        let out = (0..n)
            .map(|i| {
                let row: Vec<&[u8]> = parts.iter().map(|p| &*p.as_strings()[if p.rank() == 0 { 0 } else { i }]).collect();
                Bytes::from(row.join(&*sep))
            })
            .collect();
        let y = Tensor::strings(out, dims);
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let a = d.tensor_of(DType::Str, &dims, 0.0, 0.0);
        let b = d.tensor_of(DType::Str, &[], 0.0, 0.0);
        let c = d.tensor_of(DType::Str, &dims, 0.0, 0.0);
        Case::new().input(a).input(b).input(c).attr("separator", d.one_of(&["", "-", ", "]))
    }),
    ..OpDef::BASE
};

pub static REDUCE_JOIN: OpDef = OpDef {
    name: "ReduceJoin",
    doc: "Strings joined over the axes `reduction_indices`, in the order in which these are given.",
    inputs: &[arg_of("inputs", DType::Str), arg_of("reduction_indices", DType::I32)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[flag("keep_dims", false), string("separator").default_str("")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let keep = c.attrs().bool("keep_dims")?;
        let (Some(dims), Some(axes)) = (c.input(0).dims(), c.ints(1)) else {
            let rank = c.input(0).rank().filter(|_| keep);
            c.set(0, rank.map_or(Shape::UNKNOWN, Shape::of_rank));
            return Ok(());
        };
        let mut gone = vec![false; dims.len()];
        for &a in &axes {
            match resolve_axis(a, dims.len()) {
                Some(at) => gone[at] = true,
                None => return Err(Error::value(format!("Invalid reduction dimension {a} for input with {} dimension(s)", dims.len()))),
            }
        }
        let out: Vec<i64> = dims.iter().zip(&gone).filter(|(_, g)| keep || !**g).map(|(&d, &g)| if g { 1 } else { d }).collect();
        c.set(0, Shape::of(&out));
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (x, axes) = (c.input(0).clone(), c.ints(1)?);
        let (keep, sep) = (c.attrs().bool("keep_dims")?, c.attrs().bytes("separator")?.clone());
        let rank = x.rank();
        let mut reduced = Vec::new();
        for &a in &axes {
            let at = resolve_axis(a, rank)
                .ok_or_else(|| Error::status(Code::OutOfRange, format!("Invalid reduction dimension {a} for input with {rank} dimension(s)")))?;
            if reduced.contains(&at) {
                return Err(Error::invalid(format!("Duplicate reduction dimension {a}")));
            }
            reduced.push(at);
        }
        let kept: Vec<usize> = (0..rank).filter(|k| !reduced.contains(k)).collect();
        let dims: Vec<usize> = (0..rank).filter(|k| keep || kept.contains(k)).map(|k| if kept.contains(&k) { x.dims()[k] } else { 1 }).collect();
        let per: usize = reduced.iter().map(|&k| x.dims()[k]).product();
        let n: usize = kept.iter().map(|&k| x.dims()[k]).product();
        // The first axis given is joined first, so it varies fastest.
        let order: Vec<usize> = kept.iter().chain(reduced.iter().rev()).copied().collect();
        let sorted = transpose(&x, &order)?;
        let s = sorted.as_strings();
        let out = (0..n)
            .map(|i| {
                let row: Vec<&[u8]> = s[i * per..(i + 1) * per].iter().map(|b| &**b).collect();
                Bytes::from(row.join(&*sep))
            })
            .collect();
        c.set(0, Tensor::strings(out, &dims));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let axes: Vec<i32> = (0..dims.len() as i32).rev().filter(|_| d.flag()).collect();
        let keep = d.flag();
        Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0)).constant(Tensor::vector(&axes)).attr("keep_dims", keep).attr("separator", "+")
    }),
    ..OpDef::BASE
};

pub static UNSORTED_SEGMENT_JOIN: OpDef = OpDef {
    name: "UnsortedSegmentJoin",
    doc: "Strings that share a segment id joined with `separator`, in the order of appearance.",
    inputs: &[arg_of("inputs", DType::Str), arg("segment_ids", "Tindices"), arg("num_segments", "Tnumsegments")],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[string("separator").default_str(""), type_in("Tindices", INDEX), type_index("Tnumsegments")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let (Some(dr), Some(ir)) = (c.input(0).rank(), c.input(1).rank()) else { return Ok(()) };
        if dr < ir {
            return Err(Error::value(format!("Shape must be at least rank {ir} but is rank {dr}")));
        }
        let s = Shape::vector(c.int(2).unwrap_or(-1)).concat(&c.input(0).sub(ir..dr));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (x, ids, n) = (c.input(0), c.ints(1)?, crate::ops::array::sizes(&[c.int(2)?])?[0]);
        let k = c.input(1).rank();
        if x.rank() < k || x.dims()[..k] != *c.input(1).dims() {
            return Err(Error::invalid(format!(
                "data.shape = {} does not start with segment_ids.shape = {}",
                shape_text(x.dims()),
                shape_text(c.input(1).dims())
            )));
        }
        let sep = c.attrs().bytes("separator")?.clone();
        let mut dims = vec![n];
        dims.extend(&x.dims()[k..]);
        let mut out = Tensor::try_scratch(DType::Str, &dims)?;
        let inner: usize = x.dims()[k..].iter().product();
        let mut parts: Vec<Vec<&[u8]>> = filled(n.saturating_mul(inner), Vec::new())?;
        for (i, &id) in ids.iter().enumerate() {
            if id < 0 {
                continue;
            }
            if id >= n as i64 {
                return Err(Error::invalid(format!("segment_ids[{i}] = {id} is out of range [0, {n})")));
            }
            for j in 0..inner {
                parts[id as usize * inner + j].push(&x.as_strings()[i * inner + j]);
            }
        }
        for (o, p) in out.as_strings_mut().iter_mut().zip(&parts) {
            *o = p.join(&*sep).into();
        }
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let n = d.below(5);
        let ids = d.integers(DType::I32, &[n], -1, 2);
        Case::new().input(d.tensor_of(DType::Str, &[n, 2], 0.0, 0.0)).input(ids).constant(Tensor::scalar(3i32)).attr("separator", ":")
    }),
    ..OpDef::BASE
};
