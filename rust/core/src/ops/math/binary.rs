//! Element-wise arithmetic of two tensors, with broadcasting.

use super::types::*;
use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::movement::transpose::broadcast_to;
use graphpb_kernels::pointwise::{self, Binary, broadcast_dims};
use graphpb_kernels::tile;
use graphpb_kernels::{Bytes, Tensor};

/// Run `op` on inputs 0 and 1.
pub(crate) fn run(c: &mut KernelCtx, op: Binary) -> Result<()> {
    let (x, y) = (c.take(0), c.take(1));
    c.set(0, pointwise::binary(op, x, y)?);
    Ok(())
}

fn join_strings(c: &mut KernelCtx) -> Result<()> {
    let dims = broadcast_dims(c.input(0).dims(), c.input(1).dims())?;
    let (x, y) = (broadcast_to(c.input(0), &dims)?, broadcast_to(c.input(1), &dims)?);
    let joined = x.as_strings().iter().zip(y.as_strings()).map(|(a, b)| Bytes::from([&**a, &**b].concat())).collect();
    c.set(0, Tensor::strings(joined, &dims));
    Ok(())
}

/// A function `z = f(x, y)` with broadcasting.
const fn binary(
    name: &'static str,
    doc: &'static str,
    attrs: &'static [AttrSpec],
    kernel: fn(&mut KernelCtx) -> Result<()>,
    grad: Grad,
    sample: fn(&mut Draw) -> Case,
) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("x", "T"), arg("y", "T")] },
        outputs: const { &[arg("z", "T")] },
        attrs,
        traits: Traits::PURE,
        shape: infer::broadcast,
        kernel: Kernel::Plain(kernel),
        grad,
        sample: Some(sample),
        ..OpDef::BASE
    }
}
const fn commutative(mut def: OpDef) -> OpDef {
    def.traits = def.traits.and(Traits::COMMUTATIVE);
    def
}

fn pair(d: &mut Draw) -> Case {
    let (a, b) = d.broadcast_pair(3);
    Case::new().input(d.tensor(&a)).input(d.tensor(&b))
}
/// A second argument that stays away from zero.
fn divided(d: &mut Draw) -> Case {
    let (a, b) = d.broadcast_pair(3);
    let x = d.tensor(&a);
    Case::new().input(x).input(d.tensor_in(&b, 0.5, 3.0))
}
/// Both arguments positive.
fn positive(d: &mut Draw) -> Case {
    let (a, b) = d.broadcast_pair(3);
    let x = d.tensor_in(&a, 0.5, 3.0);
    Case::new().input(x).input(d.tensor_in(&b, 0.5, 3.0))
}

/// The forward inputs, conjugated when they are complex.
fn inputs(c: &mut GradCtx) -> Result<(Out, Out)> {
    let (x, y) = (c.input(0), c.input(1));
    Ok((c.conj(x)?, c.conj(y)?))
}
const STEP: Grad = Grad::NotDifferentiable("the derivative is zero almost everywhere");
const INTEGER: Grad = Grad::NotDifferentiable("integers have no gradient");

const fn add(name: &'static str, attrs: &'static [AttrSpec]) -> OpDef {
    binary(
        name,
        "x + y",
        attrs,
        |c| run(c, Binary::Add),
        Grad::Rule(|c| {
            let g = c.grad(0)?;
            c.set_broadcast(Some(g), Some(g))
        }),
        pair,
    )
}
pub static ADD: OpDef = {
    let mut def = add("Add", &[type_in("T", &[BF16, F16, F32, F64, U8, I8, I16, I32, I64, C64, C128, Str])]);
    def.doc = "x + y; strings are joined";
    def.kernel = Kernel::Plain(|c| if c.input(0).dtype() == Str { join_strings(c) } else { run(c, Binary::Add) });
    def.fused_as(tile::Op::Add)
};
pub static ADD_V2: OpDef = {
    let mut def = commutative(add("AddV2", &[type_in("T", &[BF16, F16, F32, F64, U8, U16, U32, U64, I8, I16, I32, I64, C64, C128])]));
    def.traits = def.traits.and(Traits::AGGREGATE);
    def.fused_as(tile::Op::Add)
};
pub static SUB: OpDef = binary(
    "Sub",
    "x − y",
    &[type_in("T", &[BF16, F16, F32, F64, U8, I8, U16, I16, I32, I64, C64, C128, U32, U64])],
    |c| run(c, Binary::Sub),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let n = c.neg(g)?;
        c.set_broadcast(Some(g), Some(n))
    }),
    pair,
)
.fused_as(tile::Op::Sub);
const ARITHMETIC: &[DType] = &[BF16, F16, F32, F64, U8, I8, U16, I16, I32, U32, U64, I64, C64, C128];
const DIVISION: &[DType] = &[BF16, F16, F32, F64, U8, I8, U16, I16, I32, U32, U64, I64];
pub static MUL: OpDef = commutative(binary(
    "Mul",
    "x · y",
    &[type_in("T", ARITHMETIC)],
    |c| run(c, Binary::Mul),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = inputs(c)?;
        let (gx, gy) = (c.mul(g, y)?, c.mul(x, g)?);
        c.set_broadcast(Some(gx), Some(gy))
    }),
    pair,
))
.fused_as(tile::Op::Mul);

fn quotient_grad(c: &mut GradCtx, div: &str) -> Result<()> {
    let g = c.grad(0)?;
    let (x, y) = inputs(c)?;
    let gx = c.call(div, &[g, y])?;
    let n = c.neg(x)?;
    let q = c.call(div, &[n, y])?;
    let q = c.call(div, &[q, y])?;
    let gy = c.mul(g, q)?;
    c.set_broadcast(Some(gx), Some(gy))
}
pub static REAL_DIV: OpDef =
    binary("RealDiv", "x / y", T_REAL_COMPLEX, |c| run(c, Binary::Div), Grad::Rule(|c| quotient_grad(c, "RealDiv")), divided).fused_as(tile::Op::Div);
pub static DIV: OpDef = binary(
    "Div",
    "x / y; integers are rounded toward zero, and INVALID_ARGUMENT when they are divided by zero.",
    &[type_in("T", ARITHMETIC)],
    |c| run(c, Binary::Div),
    Grad::Rule(|c| quotient_grad(c, "RealDiv")),
    divided,
)
.fused_as(tile::Op::Div);
pub static DIV_NO_NAN: OpDef = binary(
    "DivNoNan",
    "x / y, and 0 where y is 0.",
    &[type_in("T", &[F16, F32, BF16, F64, C64, C128])],
    |c| run(c, Binary::DivNoNan),
    Grad::Rule(|c| quotient_grad(c, "DivNoNan")),
    divided,
);
pub static MUL_NO_NAN: OpDef = binary(
    "MulNoNan",
    "x · y, and 0 where y is 0 even if x is infinite or NaN.",
    T_REAL_COMPLEX,
    |c| run(c, Binary::MulNoNan),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = (c.input(0), c.input(1));
        let gx = c.call("MulNoNan", &[g, y])?;
        let gy = c.call("MulNoNan", &[x, g])?;
        c.set_broadcast(Some(gx), Some(gy))
    }),
    pair,
);

pub static FLOOR_DIV: OpDef = binary(
    "FloorDiv",
    "x / y rounded down. INVALID_ARGUMENT when an integer is divided by zero.",
    &[type_in("T", DIVISION)],
    |c| run(c, Binary::FloorDiv),
    STEP,
    divided,
);
pub static TRUNCATE_DIV: OpDef = binary(
    "TruncateDiv",
    "x / y rounded toward zero. INVALID_ARGUMENT when an integer is divided by zero.",
    &[type_in("T", DIVISION)],
    |c| run(c, Binary::TruncateDiv),
    STEP,
    divided,
);
pub static FLOOR_MOD: OpDef = binary(
    "FloorMod",
    "x − y·⌊x/y⌋: the remainder with the sign of y. INVALID_ARGUMENT when an integer is divided by zero.",
    &[type_in("T", &[I8, I16, I32, I64, U8, U16, U32, U64, BF16, F16, F32, F64])],
    |c| run(c, Binary::FloorMod),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = (c.input(0), c.input(1));
        let q = c.op_node("FloorDiv", "floordiv", &[x, y], Attrs::new())?.out(0);
        let n = c.neg(q)?;
        let gy = c.mul(g, n)?;
        c.set_broadcast(Some(g), Some(gy))
    }),
    divided,
);
pub static TRUNCATE_MOD: OpDef = binary(
    "TruncateMod",
    "The remainder with the sign of x. INVALID_ARGUMENT when an integer is divided by zero.",
    &[type_in("T", &[I32, I64, BF16, F16, F32, F64])],
    |c| run(c, Binary::TruncateMod),
    Grad::Missing("TensorFlow registers none"),
    divided,
);
pub static MOD: OpDef = binary(
    "Mod",
    "The remainder with the sign of x. INVALID_ARGUMENT when an integer is divided by zero.",
    &[type_in("T", &[I32, I64, F16, BF16, F32, F64])],
    |c| run(c, Binary::TruncateMod),
    Grad::Missing("TensorFlow registers none"),
    divided,
);

pub static POW: OpDef = binary(
    "Pow",
    "x to the power y. INVALID_ARGUMENT for an integer with a negative exponent.",
    &[type_in("T", &[BF16, F32, F16, F64, I8, I16, I32, I64, C64, C128])],
    |c| run(c, Binary::Pow),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = inputs(c)?;
        let dtype = c.dtype(x);
        let gy = c.mul(g, y)?;
        let one = c.number(dtype, 1.0)?;
        let less = c.sub(y, one)?;
        let p = c.call("Pow", &[x, less])?;
        let gx = c.mul(gy, p)?;
        // A real x below 0 has no sensible gradient of y: 0.
        let zero = c.number(dtype, 0.0)?;
        let mask = c.call(if dtype.is_complex() { "NotEqual" } else { "Greater" }, &[x, zero])?;
        let safe = c.select(mask, x, one)?;
        let log = c.call("Log", &[safe])?;
        let log = c.select(mask, log, zero)?;
        let z = c.output(0);
        let z = c.conj(z)?;
        let gz = c.mul(g, z)?;
        let gy = c.mul(gz, log)?;
        c.set_broadcast(Some(gx), Some(gy))
    }),
    positive,
);

const ORDERED: &[AttrSpec] = &[type_in("T", &[BF16, F16, F32, F64, I8, U8, I16, U16, I32, U32, I64, U64])];
/// The gradient goes where `compare(x, y)` holds to x, elsewhere to y.
fn choice_grad(c: &mut GradCtx, compare: &str) -> Result<()> {
    let g = c.grad(0)?;
    let (x, y) = (c.input(0), c.input(1));
    let mask = c.call(compare, &[x, y])?;
    let zero = c.number(c.dtype(g), 0.0)?;
    let gx = c.select(mask, g, zero)?;
    let gy = c.select(mask, zero, g)?;
    c.set_broadcast(Some(gx), Some(gy))
}
pub static MAXIMUM: OpDef = binary(
    "Maximum",
    "The greater of x and y; NaN when either is. The gradient of a tie goes to x.",
    ORDERED,
    |c| run(c, Binary::Maximum),
    Grad::Rule(|c| choice_grad(c, "GreaterEqual")),
    pair,
)
.fused_as(tile::Op::Maximum);
pub static MINIMUM: OpDef = binary(
    "Minimum",
    "The lesser of x and y; NaN when either is. The gradient of a tie goes to x.",
    ORDERED,
    |c| run(c, Binary::Minimum),
    Grad::Rule(|c| choice_grad(c, "LessEqual")),
    pair,
)
.fused_as(tile::Op::Minimum);
pub static SQUARED_DIFFERENCE: OpDef = commutative(binary(
    "SquaredDifference",
    "(x − y)²; (x − y)·conj(x − y) for complex numbers.",
    &[type_in("T", &[BF16, F16, F32, F64, I32, I64, C64, C128])],
    |c| run(c, Binary::SquaredDifference),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = (c.input(0), c.input(1));
        let g2 = c.scale(g, 2.0)?;
        let d = c.sub(x, y)?;
        let gx = c.mul(g2, d)?;
        let gy = c.neg(gx)?;
        c.set_broadcast(Some(gx), Some(gy))
    }),
    pair,
))
.fused_as(tile::Op::SquaredDifference);

pub static ATAN2: OpDef = OpDef {
    inputs: &[arg("y", "T"), arg("x", "T")],
    ..binary(
        "Atan2",
        "The angle of the point (x, y), in (−π, π].",
        T_REAL,
        |c| run(c, Binary::Atan2),
        Grad::Rule(|c| {
            let g = c.grad(0)?;
            let (y, x) = (c.input(0), c.input(1));
            let (yy, xx) = (c.call("Square", &[y])?, c.call("Square", &[x])?);
            let s = c.add(yy, xx)?;
            let r = c.div(g, s)?;
            let gy = c.mul(x, r)?;
            let n = c.neg(y)?;
            let gx = c.mul(n, r)?;
            c.set_broadcast(Some(gy), Some(gx))
        }),
        divided,
    )
};

/// 1 where x is not 0, else 0.
fn not_zero(c: &mut GradCtx, x: Out) -> Result<Out> {
    let dtype = c.dtype(x);
    let zero = c.number(dtype, 0.0)?;
    let n = c.call("NotEqual", &[x, zero])?;
    c.cast(n, dtype)
}
pub static XLOGY: OpDef = binary(
    "Xlogy",
    "x · ln y, and 0 where x is 0.",
    T_REAL_COMPLEX_NN,
    |c| run(c, Binary::Xlogy),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = (c.input(0), c.input(1));
        let one = not_zero(c, x)?;
        let px = c.call("Xlogy", &[one, y])?;
        let py = c.call("Xdivy", &[x, y])?;
        let (gx, gy) = (c.mul(px, g)?, c.mul(py, g)?);
        c.set_broadcast(Some(gx), Some(gy))
    }),
    positive,
);
pub static XLOG1PY: OpDef = binary(
    "Xlog1py",
    "x · ln(1 + y), and 0 where x is 0.",
    T_REAL_COMPLEX_NN,
    |c| run(c, Binary::Xlog1py),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = (c.input(0), c.input(1));
        let one = not_zero(c, x)?;
        let px = c.call("Xlog1py", &[one, y])?;
        let unit = c.number(c.dtype(y), 1.0)?;
        let y1 = c.add(y, unit)?;
        let py = c.call("Xdivy", &[x, y1])?;
        let (gx, gy) = (c.mul(px, g)?, c.mul(py, g)?);
        c.set_broadcast(Some(gx), Some(gy))
    }),
    positive,
);
pub static XDIVY: OpDef = binary(
    "Xdivy",
    "x / y, and 0 where x is 0.",
    T_REAL_COMPLEX_NN,
    |c| run(c, Binary::Xdivy),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, y) = (c.input(0), c.input(1));
        let one = not_zero(c, x)?;
        let px = c.call("Xdivy", &[one, y])?;
        let n = c.neg(x)?;
        let q = c.call("Square", &[y])?;
        let py = c.call("Xdivy", &[n, q])?;
        let (gx, gy) = (c.mul(px, g)?, c.mul(py, g)?);
        c.set_broadcast(Some(gx), Some(gy))
    }),
    positive,
);

const F32_F64: &[AttrSpec] = &[type_in("T", &[F32, F64])];
pub static ZETA: OpDef = OpDef {
    inputs: &[arg("x", "T"), arg("q", "T")],
    ..binary(
        "Zeta",
        "Hurwitz's zeta function Σ (q + k)^−x. Differentiable in q.",
        F32_F64,
        |c| run(c, Binary::Zeta),
        Grad::Rule(|c| {
            let g = c.grad(0)?;
            let (x, q) = (c.input(0), c.input(1));
            let one = c.number(c.dtype(x), 1.0)?;
            let x1 = c.add(x, one)?;
            let z = c.call("Zeta", &[x1, q])?;
            let n = c.neg(x)?;
            let p = c.mul(n, z)?;
            let gq = c.mul(p, g)?;
            c.set_broadcast(None, Some(gq))
        }),
        |d| {
            let (a, b) = d.broadcast_pair(2);
            let x = d.tensor_in(&a, 1.5, 4.0);
            Case::new().input(x).input(d.tensor_in(&b, 0.5, 3.0)).differentiate(&[1])
        },
    )
};
pub static POLYGAMMA: OpDef = OpDef {
    inputs: &[arg("a", "T"), arg("x", "T")],
    ..binary(
        "Polygamma",
        "The derivative of order a of Digamma; NaN unless a is a whole number ≥ 0. Differentiable in x.",
        F32_F64,
        |c| run(c, Binary::Polygamma),
        Grad::Rule(|c| {
            let g = c.grad(0)?;
            let (n, x) = (c.input(0), c.input(1));
            let one = c.number(c.dtype(n), 1.0)?;
            let n1 = c.add(n, one)?;
            let p = c.call("Polygamma", &[n1, x])?;
            let gx = c.mul(p, g)?;
            c.set_broadcast(None, Some(gx))
        }),
        |d| {
            let (a, b) = d.broadcast_pair(2);
            let orders = d.integers(I32, &a, 0, 3);
            let n = pointwise::cast(&orders, d.dtype).unwrap_or(orders);
            Case::new().input(n).input(d.tensor_in(&b, 0.5, 3.0)).differentiate(&[1])
        },
    )
};

pub static BITWISE_AND: OpDef = commutative(binary("BitwiseAnd", "x & y", T_INTEGERS, |c| run(c, Binary::BitwiseAnd), INTEGER, pair));
pub static BITWISE_OR: OpDef = commutative(binary("BitwiseOr", "x | y", T_INTEGERS, |c| run(c, Binary::BitwiseOr), INTEGER, pair));
pub static BITWISE_XOR: OpDef = commutative(binary("BitwiseXor", "x ^ y", T_INTEGERS, |c| run(c, Binary::BitwiseXor), INTEGER, pair));
pub static LEFT_SHIFT: OpDef =
    binary("LeftShift", "x << y; the count is clamped to the width.", T_INTEGERS, |c| run(c, Binary::LeftShift), INTEGER, pair);
pub static RIGHT_SHIFT: OpDef =
    binary("RightShift", "x >> y, with sign; the count is clamped to the width.", T_INTEGERS, |c| run(c, Binary::RightShift), INTEGER, pair);
