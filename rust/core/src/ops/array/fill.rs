//! Fill: a tensor whose elements are all equal.

use super::sizes;
use crate::error::Error;
use crate::graph::attr::Attrs;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::copy::filled;
use graphpb_kernels::shape_text;

pub static FILL: OpDef = OpDef {
    name: "Fill",
    doc: "A tensor of sizes `dims` whose elements all equal the scalar `value`.",
    inputs: &[arg("dims", "index_type"), arg("value", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("index_type")],
    traits: Traits::PURE,
    shape: |c| {
        if c.input(0).rank().is_some_and(|r| r != 1) {
            return Err(Error::value(format!("Shape must be rank 1 but is rank {}", c.input(0).rank().unwrap_or(0))));
        }
        if c.input(1).rank().is_some_and(|r| r != 0) {
            return Err(Error::value(format!("Shape must be rank 0 but is rank {}", c.input(1).rank().unwrap_or(0))));
        }
        if let Some(bad) = c.ints(0).and_then(|d| d.into_iter().find(|&v| v < 0)) {
            return Err(Error::value(format!("Fill dimensions must be >= 0, got {bad}")));
        }
        let s = c.shape_value(0);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        if c.input(0).rank() != 1 {
            return Err(Error::invalid(format!("dims must represent a vector, got shape {}", shape_text(c.input(0).dims()))));
        }
        let dims = sizes(&c.ints(0)?)?;
        if c.input(1).len() != 1 {
            return Err(Error::invalid(format!("value must represent a scalar, got shape {}", shape_text(c.input(1).dims()))));
        }
        let y = filled(c.input(1), &dims)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let axes = match c.shape_of(g).rank() {
            Some(n) => c.int_vector(&(0..n as i64).collect::<Vec<_>>())?,
            None => {
                let (zero, one) = (c.int_scalar(0)?, c.int_scalar(1)?);
                let rank = c.call("Rank", &[g])?;
                c.op_node("Range", "range", &[zero, rank, one], Attrs::new())?.out(0)
            }
        };
        let r = c.sum(g, axes, false)?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().constant(d.shape_vector(&dims)).input(d.tensor(&[]))
    }),
    ..OpDef::BASE
};
