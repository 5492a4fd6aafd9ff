//! Select and SelectV2: one of two tensors, element by element.

use crate::error::{Code, Error, Result};
use crate::grad::GradCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::{pointwise, shape_text};

const TYPES: &[DType] = &[F32, F64, I32, U8, I16, I8, C64, I64, BF16, U16, C128, F16, U32, U64, DType::Bool, Str];

pub static SELECT_V2: OpDef = OpDef {
    name: "SelectV2",
    doc: "`t` where the condition holds, `e` elsewhere; all three broadcast.",
    inputs: &[arg_of("condition", DType::Bool), arg("t", "T"), arg("e", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(1).broadcast(c.input(2))?.broadcast(c.input(0))?;
        c.set(0, s);
        Ok(())
    },
    fused: Some(graphpb_kernels::tile::Op::Select),
    kernel: Kernel::Plain(|c| {
        let (cond, t, e) = (c.input(0), c.input(1), c.input(2));
        let y = pointwise::select(cond, t, e).map_err(|err| {
            if err.code != Code::InvalidArgument {
                return err.into();
            }
            Error::invalid(format!(
                "condition {}, then {}, and else {} must be broadcastable",
                shape_text(cond.dims()),
                shape_text(t.dims()),
                shape_text(e.dims())
            ))
        })?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (cond, t, e, z) = (c.input(0), c.input(1), c.input(2), c.output(0));
        let zero = c.number(c.dtype(g), 0.0)?;
        let gt = c.select(cond, g, zero)?;
        let ge = c.select(cond, zero, g)?;
        let (gt, _) = c.unbroadcast_pair(t, z, Some(gt), None)?;
        let (ge, _) = c.unbroadcast_pair(e, z, Some(ge), None)?;
        set_both(c, gt, ge)
    }),
    sample: Some(|d| {
        let (a, b) = d.broadcast_pair(3);
        let cond = if d.flag() { a.clone() } else { vec![] };
        let cond = d.bools(&cond);
        let t = d.tensor(&a);
        Case::new().input(cond).input(t).input(d.tensor(&b))
    }),
    ..OpDef::BASE
};

fn set_both(c: &mut GradCtx, t: Option<crate::Out>, e: Option<crate::Out>) -> Result<()> {
    if let Some(t) = t {
        c.set(1, t);
    }
    if let Some(e) = e {
        c.set(2, e);
    }
    Ok(())
}

pub static SELECT: OpDef = OpDef {
    name: "Select",
    doc: "`t` where the condition holds, `e` elsewhere. The condition has their shape, or is a scalar, or is a vector that chooses rows.",
    inputs: &[arg_of("condition", DType::Bool), arg("t", "T"), arg("e", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let data = c.input(1).merge(c.input(2))?;
        let cond = c.input(0);
        let merged = match (cond.rank(), data.rank()) {
            // One vector of row choices, or a scalar.
            (Some(0), _) | (None, _) | (_, None) => data,
            (Some(1), Some(r)) if r != 1 => {
                if r == 0 {
                    return Err(Error::value(format!("Shape must be rank 1 but is rank {r}")));
                }
                let first = data.sub(0..1).merge(cond)?;
                data.with_dim(0, first.dim(0))
            }
            _ => data.merge(cond)?,
        };
        c.set(0, merged);
        Ok(())
    },
    kernel: Kernel::Plain(run_select),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (cond, t) = (c.input(0), c.input(1));
        let zeros = c.zeros_like(t)?;
        let gt = c.call("Select", &[cond, g, zeros])?;
        let ge = c.call("Select", &[cond, zeros, g])?;
        set_both(c, Some(gt), Some(ge))
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let cond = match d.below(3) {
            0 => vec![],
            1 if !dims.is_empty() => vec![dims[0]],
            _ => dims.clone(),
        };
        let cond = d.bools(&cond);
        let t = d.tensor(&dims);
        Case::new().input(cond).input(t).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

fn run_select(c: &mut KernelCtx) -> Result<()> {
    let (cond, t, e) = (c.input(0), c.input(1), c.input(2));
    if t.dims() != e.dims() {
        return Err(Error::invalid(format!(
            "'then' and 'else' must have the same size.  but received: {} vs. {}",
            shape_text(t.dims()),
            shape_text(e.dims())
        )));
    }
    let y = if cond.rank() == 0 || cond.dims() == t.dims() {
        pointwise::select(cond, t, e)?
    } else if cond.rank() == 1 && t.dims().first() == Some(&cond.len()) {
        pointwise::select_rows(cond, t, e)?
    } else {
        let detail = if cond.rank() == 1 && t.rank() > 1 {
            format!("Number of batches of 'then' must match size of 'cond', but saw: {} vs. {}", t.dims()[0], cond.len())
        } else {
            format!(
                "Inputs to operation {} of type Select must have the same size and shape.  Input 0: {} != input 1: {}",
                c.name(),
                shape_text(cond.dims()),
                shape_text(t.dims())
            )
        };
        return Err(Error::invalid(detail));
    };
    c.set(0, y);
    Ok(())
}
