//! Element-wise functions of one tensor.

use super::types::*;
use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType;
use graphpb_kernels::pointwise::{self, Unary};
use graphpb_kernels::tile;

/// Run `op` on input 0.
pub(crate) fn run(c: &mut KernelCtx, op: Unary) -> Result<()> {
    let x = c.take(0);
    c.set(0, pointwise::unary(op, x)?);
    Ok(())
}

/// A function `y = f(x)`.
pub(crate) const fn unary(
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
        inputs: const { &[arg("x", "T")] },
        outputs: const { &[arg("y", "T")] },
        attrs,
        traits: Traits::PURE,
        shape: infer::same_as_input,
        kernel: Kernel::Plain(kernel),
        grad,
        sample: Some(sample),
        ..OpDef::BASE
    }
}

/// One input with values in (`lo`, `hi`).
pub(crate) fn within(d: &mut Draw, lo: f64, hi: f64) -> Case {
    let dims = d.dims(0, 3);
    Case::new().input(d.tensor_in(&dims, lo, hi))
}
pub(crate) fn any(d: &mut Draw) -> Case {
    let dims = d.dims(0, 3);
    Case::new().input(d.tensor(&dims))
}

/// Set `g · f'` where `derivative` builds f' from the (conjugated) input.
fn times(c: &mut GradCtx, derivative: impl FnOnce(&mut GradCtx, Out) -> Result<Out>) -> Result<()> {
    let g = c.grad(0)?;
    let x = c.input(0);
    let x = c.conj(x)?;
    let d = derivative(c, x)?;
    let r = c.mul(g, d)?;
    c.set(0, r);
    Ok(())
}
/// Set the gradient op `name(y, g)`.
fn grad_op(c: &mut GradCtx, name: &str) -> Result<()> {
    let (g, y) = (c.grad(0)?, c.output(0));
    let r = c.call(name, &[y, g])?;
    c.set(0, r);
    Ok(())
}
/// Set the gradient op `name(y, g)` of the conjugated output.
fn grad_op_conj(c: &mut GradCtx, name: &str) -> Result<()> {
    let (g, y) = (c.grad(0)?, c.output(0));
    let y = c.conj(y)?;
    let r = c.call(name, &[y, g])?;
    c.set(0, r);
    Ok(())
}
/// Inputs of a rounding function are constants for differentiation.
const STEP: Grad = Grad::NotDifferentiable("the derivative is zero almost everywhere");

pub static NEG: OpDef = unary(
    "Neg",
    "−x",
    T_SIGNED_COMPLEX,
    |c| run(c, Unary::Neg),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.neg(g)?;
        c.set(0, r);
        Ok(())
    }),
    any,
)
.fused_as(tile::Op::Neg);

pub static ABS: OpDef =
    unary("Abs", "|x|", T_SIGNED, |c| run(c, Unary::Abs), Grad::Rule(|c| times(c, |c, x| c.call("Sign", &[x]))), any).fused_as(tile::Op::Abs);

pub static SIGN: OpDef = unary(
    "Sign",
    "−1, 0 or 1; x/|x| for complex x.",
    T_SIGNED_COMPLEX,
    |c| run(c, Unary::Sign),
    Grad::Rule(|c| {
        let x = c.input(0);
        let r = c.zeros_like(x)?;
        c.set(0, r);
        Ok(())
    }),
    any,
)
.fused_as(tile::Op::Sign);

pub static SQUARE: OpDef = unary(
    "Square",
    "x²",
    &[type_in(
        "T",
        &[
            DType::BF16,
            DType::F16,
            DType::F32,
            DType::F64,
            DType::I8,
            DType::I16,
            DType::I32,
            DType::I64,
            DType::U8,
            DType::U16,
            DType::U32,
            DType::U64,
            DType::C64,
            DType::C128,
        ],
    )],
    |c| run(c, Unary::Square),
    Grad::Rule(|c| times(c, |c, x| c.scale(x, 2.0))),
    any,
)
.fused_as(tile::Op::Square);

pub static SQRT: OpDef =
    unary("Sqrt", "√x; NaN below 0.", T_REAL_COMPLEX, |c| run(c, Unary::Sqrt), Grad::Rule(|c| grad_op(c, "SqrtGrad")), |d| within(d, 0.2, 3.0))
        .fused_as(tile::Op::Sqrt);
pub static RSQRT: OpDef =
    unary("Rsqrt", "1/√x", T_REAL_COMPLEX, |c| run(c, Unary::Rsqrt), Grad::Rule(|c| grad_op(c, "RsqrtGrad")), |d| within(d, 0.2, 3.0))
        .fused_as(tile::Op::Rsqrt);

const RECIPROCAL_DOC: &str = "1/x. INVALID_ARGUMENT for an integer zero.";
pub static RECIPROCAL: OpDef = unary(
    "Reciprocal",
    RECIPROCAL_DOC,
    T_SIGNED_COMPLEX,
    |c| run(c, Unary::Reciprocal),
    Grad::Rule(|c| grad_op(c, "ReciprocalGrad")),
    |d| within(d, 0.5, 3.0),
)
.fused_as(tile::Op::Reciprocal);
pub static INV: OpDef = unary(
    "Inv",
    RECIPROCAL_DOC,
    T_SIGNED_COMPLEX,
    |c| run(c, Unary::Reciprocal),
    Grad::Rule(|c| grad_op(c, "ReciprocalGrad")),
    |d| within(d, 0.5, 3.0),
)
.fused_as(tile::Op::Reciprocal);

pub static EXP: OpDef = unary(
    "Exp",
    "eˣ",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Exp),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let y = c.output(0);
        let y = c.conj(y)?;
        let r = c.mul(g, y)?;
        c.set(0, r);
        Ok(())
    }),
    any,
)
.fused_as(tile::Op::Exp);
pub static EXPM1: OpDef =
    unary("Expm1", "eˣ − 1, exact near 0.", T_REAL_COMPLEX, |c| run(c, Unary::Expm1), Grad::Rule(|c| times(c, |c, x| c.call("Exp", &[x]))), any)
        .fused_as(tile::Op::Expm1);
pub static LOG: OpDef = unary(
    "Log",
    "ln x; NaN below 0.",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Log),
    Grad::Rule(|c| times(c, |c, x| c.call("Reciprocal", &[x]))),
    |d| within(d, 0.2, 3.0),
)
.fused_as(tile::Op::Log);
pub static LOG1P: OpDef = unary(
    "Log1p",
    "ln(1 + x), exact near 0.",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Log1p),
    Grad::Rule(|c| {
        times(c, |c, x| {
            let one = c.number(c.dtype(x), 1.0)?;
            let s = c.add(one, x)?;
            c.call("Reciprocal", &[s])
        })
    }),
    |d| within(d, -0.7, 3.0),
)
.fused_as(tile::Op::Log1p);

pub static TANH: OpDef =
    unary("Tanh", "tanh x", T_REAL_COMPLEX, |c| run(c, Unary::Tanh), Grad::Rule(|c| grad_op_conj(c, "TanhGrad")), any).fused_as(tile::Op::Tanh);
pub static SIGMOID: OpDef =
    unary("Sigmoid", "1 / (1 + e⁻ˣ)", T_REAL_COMPLEX, |c| run(c, Unary::Sigmoid), Grad::Rule(|c| grad_op_conj(c, "SigmoidGrad")), any)
        .fused_as(tile::Op::Sigmoid);

pub static FLOOR: OpDef =
    unary("Floor", "The largest whole number that is not greater.", T_REAL, |c| run(c, Unary::Floor), STEP, any).fused_as(tile::Op::Floor);
pub static CEIL: OpDef =
    unary("Ceil", "The smallest whole number that is not less.", T_REAL, |c| run(c, Unary::Ceil), STEP, any).fused_as(tile::Op::Ceil);
pub static ROUND: OpDef = unary("Round", "The nearest whole number, halves to even.", T_SIGNED_COMPLEX, |c| run(c, Unary::Rint), STEP, any);
pub static RINT: OpDef = unary("Rint", "The nearest whole number, halves to even.", T_REAL, |c| run(c, Unary::Rint), STEP, any);

pub static SIN: OpDef = unary("Sin", "sin x", T_REAL_COMPLEX, |c| run(c, Unary::Sin), Grad::Rule(|c| times(c, |c, x| c.call("Cos", &[x]))), any);
pub static COS: OpDef = unary(
    "Cos",
    "cos x",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Cos),
    Grad::Rule(|c| {
        times(c, |c, x| {
            let s = c.call("Sin", &[x])?;
            c.neg(s)
        })
    }),
    any,
);
pub static TAN: OpDef = unary(
    "Tan",
    "tan x",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Tan),
    Grad::Rule(|c| {
        times(c, |c, x| {
            let cos = c.call("Cos", &[x])?;
            let sec = c.call("Reciprocal", &[cos])?;
            c.call("Square", &[sec])
        })
    }),
    |d| within(d, -1.2, 1.2),
);

/// √(1 − x²)
fn root_of_one_minus_square(c: &mut GradCtx, x: Out) -> Result<Out> {
    let d = one_minus_square(c, x)?;
    c.call("Sqrt", &[d])
}
fn one_minus_square(c: &mut GradCtx, x: Out) -> Result<Out> {
    let q = c.call("Square", &[x])?;
    let one = c.number(c.dtype(x), 1.0)?;
    c.sub(one, q)
}
/// The gradient through the reciprocal of a divisor, as TensorFlow orders the operations.
fn over_reciprocal(c: &mut GradCtx, divisor: impl FnOnce(&mut GradCtx, Out) -> Result<Out>) -> Result<()> {
    times(c, |c, x| {
        let d = divisor(c, x)?;
        c.call("Reciprocal", &[d])
    })
}

pub static ASIN: OpDef = unary(
    "Asin",
    "arcsin x; NaN outside [−1, 1].",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Asin),
    Grad::Rule(|c| over_reciprocal(c, root_of_one_minus_square)),
    |d| within(d, -0.9, 0.9),
);
pub static ACOS: OpDef = unary(
    "Acos",
    "arccos x; NaN outside [−1, 1].",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Acos),
    Grad::Rule(|c| {
        times(c, |c, x| {
            let d = root_of_one_minus_square(c, x)?;
            let r = c.call("Reciprocal", &[d])?;
            c.neg(r)
        })
    }),
    |d| within(d, -0.9, 0.9),
);
pub static ATAN: OpDef = unary(
    "Atan",
    "arctan x",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Atan),
    Grad::Rule(|c| {
        over_reciprocal(c, |c, x| {
            let q = c.call("Square", &[x])?;
            let one = c.number(c.dtype(x), 1.0)?;
            c.add(one, q)
        })
    }),
    |d| within(d, -0.9, 0.9),
);
pub static SINH: OpDef = unary("Sinh", "sinh x", T_REAL_COMPLEX, |c| run(c, Unary::Sinh), Grad::Rule(|c| times(c, |c, x| c.call("Cosh", &[x]))), any);
pub static COSH: OpDef = unary("Cosh", "cosh x", T_REAL_COMPLEX, |c| run(c, Unary::Cosh), Grad::Rule(|c| times(c, |c, x| c.call("Sinh", &[x]))), any);

/// Set `g / f(y)` of the conjugated output.
fn over_output(c: &mut GradCtx, f: &str) -> Result<()> {
    let g = c.grad(0)?;
    let y = c.output(0);
    let y = c.conj(y)?;
    let d = c.call(f, &[y])?;
    let r = c.div(g, d)?;
    c.set(0, r);
    Ok(())
}
pub static ASINH: OpDef = unary(
    "Asinh",
    "The inverse of sinh.",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Asinh),
    Grad::Rule(|c| over_output(c, "Cosh")),
    |d| within(d, -0.9, 0.9),
);
pub static ACOSH: OpDef = unary(
    "Acosh",
    "The inverse of cosh; NaN below 1.",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Acosh),
    Grad::Rule(|c| over_output(c, "Sinh")),
    |d| within(d, 1.2, 3.0),
);
pub static ATANH: OpDef = unary(
    "Atanh",
    "The inverse of tanh; NaN outside [−1, 1].",
    T_REAL_COMPLEX,
    |c| run(c, Unary::Atanh),
    Grad::Rule(|c| over_reciprocal(c, one_minus_square)),
    |d| within(d, -0.9, 0.9),
);

/// ± 2/√π · e^(−x²)
fn gauss(c: &mut GradCtx, x: Out, sign: f64) -> Result<Out> {
    let q = c.call("Square", &[x])?;
    let q = c.neg(q)?;
    let e = c.call("Exp", &[q])?;
    c.scale(e, sign * std::f64::consts::FRAC_2_SQRT_PI)
}
pub static ERF: OpDef = unary("Erf", "The error function.", T_REAL, |c| run(c, Unary::Erf), Grad::Rule(|c| times(c, |c, x| gauss(c, x, 1.0))), any);
pub static ERFC: OpDef =
    unary("Erfc", "1 − erf(x), without cancellation.", T_REAL, |c| run(c, Unary::Erfc), Grad::Rule(|c| times(c, |c, x| gauss(c, x, -1.0))), any);
pub static LGAMMA: OpDef = unary(
    "Lgamma",
    "ln |Γ(x)|",
    T_REAL,
    |c| run(c, Unary::Lgamma),
    Grad::Rule(|c| times(c, |c, x| c.call("Digamma", &[x]))),
    |d| within(d, 0.3, 4.0),
);
pub static DIGAMMA: OpDef = unary(
    "Digamma",
    "ψ(x), the derivative of Lgamma.",
    T_REAL,
    |c| run(c, Unary::Digamma),
    Grad::Rule(|c| {
        times(c, |c, x| {
            let one = c.number(c.dtype(x), 1.0)?;
            c.call("Polygamma", &[one, x])
        })
    }),
    |d| within(d, 0.3, 4.0),
);

pub static INVERT: OpDef =
    unary("Invert", "Every bit flipped.", T_INTEGERS, |c| run(c, Unary::Invert), Grad::NotDifferentiable("integers have no gradient"), any);

pub static CONJ: OpDef = OpDef {
    name: "Conj",
    doc: "The complex conjugate.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::C64, DType::C128]).default_type(DType::C64)],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| run(c, Unary::Conj)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.op("Conj", &[g], Attrs::new())?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(any),
    ..OpDef::BASE
};
