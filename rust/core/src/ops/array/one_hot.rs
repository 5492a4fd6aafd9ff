//! OneHot: indices as vectors with one element on.

use super::sizes;
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::indexing::one_hot::one_hot;
use graphpb_kernels::{DType, Tensor};

pub static ONE_HOT: OpDef = OpDef {
    name: "OneHot",
    doc: "A new axis of size `depth` at `axis` that holds `on_value` at each index and `off_value` elsewhere; an index outside gives all off.",
    inputs: &[arg("indices", "TI"), arg_of("depth", DType::I32), arg("on_value", "T"), arg("off_value", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[int("axis").default_int(-1), type_any("T"), type_in("TI", &[DType::U8, DType::I8, DType::I32, DType::I64]).default_type(DType::I64)],
    traits: Traits::PURE,
    shape: |c| {
        let axis = c.attrs().int("axis")?;
        if axis < -1 {
            return Err(Error::value(format!("axis must be >= -1, but is {axis}")));
        }
        let depth = match c.int(1) {
            Some(d) if d < 0 => return Err(Error::value(format!("depth must be non-negative, got: {d}"))),
            Some(d) => d,
            None => -1,
        };
        let Some(dims) = c.input(0).dims() else { return Ok(()) };
        let at = position(axis, dims.len()).map_err(Error::into_value)?;
        let mut dims = dims.to_vec();
        dims.insert(at, depth);
        c.set(0, Shape::of(&dims));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let at = position(c.attrs().int("axis")?, c.input(0).rank())?;
        let depth = c.int(1)?;
        if depth < 0 {
            return Err(Error::invalid(format!("depth must be non-negative, got: {depth}")));
        }
        for (i, name) in [(2, "on_value"), (3, "off_value")] {
            if c.input(i).len() != 1 {
                return Err(Error::invalid(format!("{name} must be a scalar, but has {} elements", c.input(i).len())));
            }
        }
        let y = one_hot(c.input(0), sizes(&[depth])?[0], c.input(2), c.input(3), at)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("TensorFlow has none"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let (ti, axis) = (d.one_of(&[DType::U8, DType::I8, DType::I32, DType::I64]), d.below(dims.len() + 2) as i64 - 1);
        let ix = d.integers(ti, &dims, -1, 4);
        let depth = d.below(5) as i32;
        Case::new().input(ix).constant(Tensor::scalar(depth)).input(d.tensor(&[])).input(d.tensor(&[])).attr("axis", axis).differentiate(&[])
    }),
    ..OpDef::BASE
};

fn position(axis: i64, rank: usize) -> Result<usize> {
    match axis {
        -1 => Ok(rank),
        a if a >= 0 && a <= rank as i64 => Ok(a as usize),
        a => Err(Error::invalid(format!("Expected axis to be -1 or between [0, {}).  But received: {a}", rank + 1))),
    }
}
