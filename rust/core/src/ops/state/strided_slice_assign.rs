//! StridedSliceAssign and ResourceStridedSliceAssign: write to the part of a variable that an index expression names.

use graphpb_kernels::movement::slice::{resolve, slice_assign};
use graphpb_kernels::movement::transpose::broadcast_to;
use graphpb_kernels::{DType, Tensor, shape_text};

use crate::error::{Error, Result};
use crate::ops::array::strided_slice::masks;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;

fn run(c: &mut KernelCtx) -> Result<()> {
    let masks = masks(c.attrs())?;
    let var = c.any_variable(0)?;
    let (begin, end, strides) = (c.ints(1)?, c.ints(2)?, c.ints(3)?);
    let value = c.input(4);
    var.update(|t| {
        let dims: Vec<i64> = t.dims().iter().map(|&d| d as i64).collect();
        let part = resolve(&dims, Some(&begin), Some(&end), &strides, masks)?;
        let want: Vec<usize> = part.shape.iter().map(|&d| usize::try_from(d).unwrap_or(0)).collect();
        if value.dtype() != t.dtype() {
            return Err(Error::invalid(format!("the value has type {}, the variable has {}", value.dtype().name(), t.dtype().name())));
        }
        let value = broadcast_to(value, &want).map_err(|_| {
            Error::invalid(format!("the value has shape {}, the part of the variable {}", shape_text(value.dims()), shape_text(&want)))
        })?;
        let old = std::mem::replace(t, Tensor::zeros(DType::F32, &[0]));
        *t = slice_assign(old, &part, &value);
        Ok(())
    })?;
    if c.outputs() > 0 {
        c.set_ref(0, var);
    }
    Ok(())
}

const MASKS: [AttrSpec; 5] = [
    int("begin_mask").default_int(0),
    int("end_mask").default_int(0),
    int("ellipsis_mask").default_int(0),
    int("new_axis_mask").default_int(0),
    int("shrink_axis_mask").default_int(0),
];

const BASE: OpDef = OpDef {
    doc: "Writes `value` where StridedSlice with the same arguments reads. INVALID_ARGUMENT when its shape does not broadcast to that of the part.",
    attrs: &[type_any("T"), type_in("Index", INDEX), MASKS[0], MASKS[1], MASKS[2], MASKS[3], MASKS[4]],
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("an update is an effect"),
    ..OpDef::BASE
};

pub static STRIDED_SLICE_ASSIGN: OpDef = OpDef {
    name: "StridedSliceAssign",
    inputs: &[arg("ref", "T").by_ref(), arg("begin", "Index"), arg("end", "Index"), arg("strides", "Index"), arg("value", "T")],
    outputs: &[arg("output_ref", "T").by_ref()],
    shape: |c| {
        let s = c.input(0).clone();
        c.set(0, s);
        Ok(())
    },
    ..BASE
};

pub static RESOURCE_STRIDED_SLICE_ASSIGN: OpDef = OpDef {
    name: "ResourceStridedSliceAssign",
    inputs: &[arg_of("ref", DType::Resource), arg("begin", "Index"), arg("end", "Index"), arg("strides", "Index"), arg("value", "T")],
    traits: Traits::STATEFUL,
    ..BASE
};
