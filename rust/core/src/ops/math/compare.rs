//! Comparisons and boolean algebra, with broadcasting.

use super::types::T_REAL_NUMBERS;
use crate::error::Result;
use crate::graph::fact::Shape;
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::pointwise::{self, Compare, Logical};
use graphpb_kernels::tile;
use graphpb_kernels::{Bool, Tensor};

const NONE: Grad = Grad::NotDifferentiable("the output is a bool");

fn run(c: &mut KernelCtx, op: Compare) -> Result<()> {
    let z = pointwise::compare(op, c.input(0), c.input(1))?;
    c.set(0, z);
    Ok(())
}

/// Few distinct values, so that equality happens.
fn pair(d: &mut Draw) -> Case {
    let (a, b) = d.broadcast_pair(3);
    if d.dtype.is_integer() {
        let x = d.integers(d.dtype, &a, -1, 1);
        return Case::new().input(x).input(d.integers(d.dtype, &b, -1, 1));
    }
    Case::new().input(d.tensor(&a)).input(d.tensor(&b))
}

const fn order(name: &'static str, doc: &'static str, kernel: fn(&mut KernelCtx) -> Result<()>) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("x", "T"), arg("y", "T")] },
        outputs: const { &[arg_of("z", DType::Bool)] },
        attrs: T_REAL_NUMBERS,
        traits: Traits::PURE,
        shape: infer::broadcast,
        kernel: Kernel::Plain(kernel),
        grad: NONE,
        sample: Some(pair),
        ..OpDef::BASE
    }
}

pub static LESS: OpDef = order("Less", "x < y; false for NaN.", |c| run(c, Compare::Less)).fused_as(tile::Op::Less);
pub static LESS_EQUAL: OpDef = order("LessEqual", "x ≤ y; false for NaN.", |c| run(c, Compare::LessEqual)).fused_as(tile::Op::LessEqual);
pub static GREATER: OpDef = order("Greater", "x > y; false for NaN.", |c| run(c, Compare::Greater)).fused_as(tile::Op::Greater);
pub static GREATER_EQUAL: OpDef = order("GreaterEqual", "x ≥ y; false for NaN.", |c| run(c, Compare::GreaterEqual)).fused_as(tile::Op::GreaterEqual);

const EQUATABLE: &[DType] = &[F32, F64, I32, U8, I16, I8, I64, BF16, U16, F16, U32, U64, C64, C128, DType::Bool, Str];

const fn equality(name: &'static str, doc: &'static str, kernel: fn(&mut KernelCtx) -> Result<()>) -> OpDef {
    OpDef {
        name,
        doc,
        attrs: const { &[type_in("T", EQUATABLE), flag("incompatible_shape_error", true)] },
        traits: Traits::PURE.and(Traits::COMMUTATIVE),
        shape: |c| {
            if c.attrs().bool("incompatible_shape_error")? {
                return infer::broadcast(c);
            }
            // Shapes that do not fit give a scalar: the rank is open unless both are known.
            let s = match (c.input(0).to_known(), c.input(1).to_known()) {
                (Some(_), Some(_)) => c.input(0).broadcast(c.input(1)).unwrap_or(Shape::scalar()),
                _ => Shape::UNKNOWN,
            };
            c.set(0, s);
            Ok(())
        },
        kernel: Kernel::Plain(kernel),
        ..order(name, doc, kernel)
    }
}

fn run_equality(c: &mut KernelCtx, op: Compare) -> Result<()> {
    let fits = pointwise::broadcast_dims(c.input(0).dims(), c.input(1).dims()).is_ok();
    if !fits && !c.attrs().bool("incompatible_shape_error")? {
        c.set(0, Tensor::scalar(Bool::from(op == Compare::NotEqual)));
        return Ok(());
    }
    run(c, op)
}

pub static EQUAL: OpDef = equality("Equal", "x = y; a scalar false for shapes that do not broadcast when `incompatible_shape_error` is off.", |c| {
    run_equality(c, Compare::Equal)
})
.fused_as(tile::Op::Equal);
pub static NOT_EQUAL: OpDef =
    equality("NotEqual", "x ≠ y; a scalar true for shapes that do not broadcast when `incompatible_shape_error` is off.", |c| {
        run_equality(c, Compare::NotEqual)
    })
    .fused_as(tile::Op::NotEqual);

const fn logical(name: &'static str, doc: &'static str, kernel: fn(&mut KernelCtx) -> Result<()>) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg_of("x", DType::Bool), arg_of("y", DType::Bool)] },
        outputs: const { &[arg_of("z", DType::Bool)] },
        traits: Traits::PURE.and(Traits::COMMUTATIVE),
        shape: infer::broadcast,
        kernel: Kernel::Plain(kernel),
        grad: NONE,
        sample: Some(|d| {
            let (a, b) = d.broadcast_pair(3);
            let x = d.bools(&a);
            Case::new().input(x).input(d.bools(&b))
        }),
        ..OpDef::BASE
    }
}
fn run_logical(c: &mut KernelCtx, op: Logical) -> Result<()> {
    let (x, y) = (c.take(0), c.take(1));
    c.set(0, pointwise::logical(op, x, y)?);
    Ok(())
}
pub static LOGICAL_AND: OpDef = logical("LogicalAnd", "x and y", |c| run_logical(c, Logical::And)).fused_as(tile::Op::And);
pub static LOGICAL_OR: OpDef = logical("LogicalOr", "x or y", |c| run_logical(c, Logical::Or)).fused_as(tile::Op::Or);

pub static LOGICAL_NOT: OpDef = OpDef {
    name: "LogicalNot",
    doc: "Not x.",
    inputs: &[arg_of("x", DType::Bool)],
    outputs: &[arg_of("y", DType::Bool)],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let x = c.take(0);
        c.set(0, pointwise::logical_not(x));
        Ok(())
    }),
    fused: Some(tile::Op::Not),
    grad: NONE,
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.bools(&dims))
    }),
    ..OpDef::BASE
};
