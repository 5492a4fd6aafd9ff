//! Pack and Unpack: a new axis made of several tensors, and taken apart.

use crate::error::Error;
use crate::graph::attr::Attrs;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::node::Out;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::concat::{pack, split};
use graphpb_kernels::shape_text;

pub static PACK: OpDef = OpDef {
    name: "Pack",
    doc: "Stacks tensors of one shape along a new axis at position `axis`.",
    inputs: &[args("values", "N", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[count("N"), type_any("T"), int("axis").default_int(0)],
    traits: Traits::PURE,
    shape: |c| {
        let mut s = Shape::UNKNOWN;
        for i in (0..c.inputs()).rev() {
            s = c.input(i).merge(&s)?;
        }
        if let Some(dims) = s.dims() {
            let mut dims = dims.to_vec();
            let axis = c.attrs().int("axis")?;
            let rank = dims.len() as i64 + 1;
            let at =
                resolve_axis(axis, dims.len() + 1).ok_or_else(|| Error::value(format!("Invalid axis: {axis}; must be in [{},{rank})", -rank)))?;
            dims.insert(at, c.inputs() as i64);
            c.set(0, Shape::of(&dims));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let axis = c.attrs().int("axis")?;
        let parts = c.input_range(0..c.inputs());
        let rank = parts.first().map_or(0, |p| p.rank()) + 1;
        let at = resolve_axis(axis, rank).ok_or_else(|| Error::invalid(format!("axis = {axis} not in [{}, {rank})", -(rank as i64))))?;
        let y = pack(&parts, at)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let attrs = Attrs::new().with("num", c.inputs() as i64).with("axis", c.attrs().int("axis")?);
        let n = c.op_node("Unpack", "unstack", &[g], attrs)?;
        for i in 0..c.inputs() {
            c.set(i, n.out(i));
        }
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let mut case = Case::new().attr("axis", d.below(2 * dims.len() + 2) as i64 - dims.len() as i64 - 1);
        for _ in 0..1 + d.below(4) {
            case = case.input(d.tensor(&dims));
        }
        case
    }),
    ..OpDef::BASE
};

pub static UNPACK: OpDef = OpDef {
    name: "Unpack",
    doc: "Takes the `num` slices of `axis` apart.",
    inputs: &[arg("value", "T")],
    outputs: &[args("output", "num", "T")],
    attrs: &[int("num").at_least(0), type_any("T"), int("axis").default_int(0)],
    traits: Traits::PURE,
    shape: |c| {
        let Some(dims) = c.input(0).dims() else { return Ok(()) };
        let (axis, rank) = (c.attrs().int("axis")?, dims.len());
        let at = resolve_axis(axis, rank).ok_or_else(|| Error::value(format!("Invalid axis: {axis}; must be in [{},{rank})", -(rank as i64))))?;
        let num = c.attrs().int("num")?;
        if dims[at] >= 0 && dims[at] != num {
            return Err(Error::value(format!("Dimension must be {num} but is {}", dims[at])));
        }
        let mut dims = dims.to_vec();
        dims.remove(at);
        for i in 0..c.outputs() {
            c.set(i, Shape::of(&dims));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (axis, num) = (c.attrs().int("axis")?, c.outputs());
        let x = c.take(0);
        let rank = x.rank();
        let at = resolve_axis(axis, rank).ok_or_else(|| Error::invalid(format!("axis = {axis} not in [{}, {rank})", -(rank as i64))))?;
        if x.dims()[at] != num {
            return Err(Error::invalid(format!("Input shape axis {at} must equal {num}, got shape {}", shape_text(x.dims()))));
        }
        let mut dims = x.dims().to_vec();
        dims.remove(at);
        for (i, t) in split(&x, at, &vec![1; num])?.into_iter().enumerate() {
            c.set(i, t.reshaped(&dims));
        }
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let grads: Vec<Out> = (0..c.outputs()).map(|i| c.grad(i)).collect::<crate::error::Result<_>>()?;
        let axis = c.attrs().int("axis")?;
        let g = c.op_node("Pack", "stack", &grads, Attrs::new().with("axis", axis))?.out(0);
        c.set(0, g);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let at = d.below(dims.len());
        let axis = at as i64 - if d.flag() { dims.len() as i64 } else { 0 };
        Case::new().input(d.tensor(&dims)).attr("num", dims[at] as i64).attr("axis", axis)
    }),
    ..OpDef::BASE
};
