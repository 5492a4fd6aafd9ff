//! Complex numbers from and to their parts.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer::{self, ShapeCtx};
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType::{C64, C128, F32, F64};
use graphpb_kernels::pointwise::{self, ComplexPart};

/// TensorFlow lets T and Tout be set apart; a kernel exists for matching widths only.
fn check_width(c: &ShapeCtx) -> Result<()> {
    let (t, out) = (c.attrs().dtype("T")?, c.attrs().dtype("Tout")?);
    if matches!((t, out), (C64, F32) | (C128, F64) | (F32, C64) | (F64, C128)) {
        return Ok(());
    }
    Err(Error::invalid(format!("T={} and Tout={} have different precisions", t.name(), out.name())))
}

fn run(c: &mut KernelCtx, part: ComplexPart) -> Result<()> {
    let y = pointwise::part(part, c.input(0))?;
    c.set(0, y);
    Ok(())
}

const fn part(name: &'static str, doc: &'static str, kernel: fn(&mut KernelCtx) -> Result<()>, grad: Grad) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("input", "T")] },
        outputs: const { &[arg("output", "Tout")] },
        attrs: const { &[type_in("T", &[C64, C128]).default_type(C64), type_in("Tout", &[F32, F64]).default_type(F32)] },
        traits: Traits::PURE,
        shape: |c| {
            check_width(c)?;
            infer::same_as_input(c)
        },
        kernel: Kernel::Plain(kernel),
        grad,
        sample: Some(complex_input),
        ..OpDef::BASE
    }
}

fn complex_input(d: &mut Draw) -> Case {
    let dims = d.dims(0, 3);
    let x = d.tensor(&dims);
    Case::new().input(x).attr("Tout", if d.dtype == C64 { F32 } else { F64 })
}

/// re + i·im as the complex type of the forward node.
fn compose(c: &mut GradCtx, re: Out, im: Out) -> Result<Out> {
    let tout = c.attrs().dtype("T")?;
    c.op("Complex", &[re, im], Attrs::new().with("Tout", tout))
}
fn zero(c: &mut GradCtx, like: Out) -> Result<Out> {
    c.number(c.dtype(like), 0.0)
}

pub static REAL: OpDef = part(
    "Real",
    "The real part.",
    |c| run(c, ComplexPart::Real),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let z = zero(c, g)?;
        let r = compose(c, g, z)?;
        c.set(0, r);
        Ok(())
    }),
);
pub static IMAG: OpDef = part(
    "Imag",
    "The imaginary part.",
    |c| run(c, ComplexPart::Imag),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let z = zero(c, g)?;
        let r = compose(c, z, g)?;
        c.set(0, r);
        Ok(())
    }),
);
pub static ANGLE: OpDef = part(
    "Angle",
    "The argument, in (−π, π].",
    |c| run(c, ComplexPart::Angle),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let x = c.input(0);
        let tout = c.dtype(g);
        let re = c.op("Real", &[x], Attrs::new().with("Tout", tout))?;
        let im = c.op("Imag", &[x], Attrs::new().with("Tout", tout))?;
        let turned = compose(c, im, re)?;
        let inverse = c.call("Reciprocal", &[turned])?;
        let z = zero(c, g)?;
        let g = compose(c, g, z)?;
        let n = c.neg(g)?;
        let r = c.mul(n, inverse)?;
        c.set(0, r);
        Ok(())
    }),
);
pub static COMPLEX_ABS: OpDef = OpDef {
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "Tout")],
    ..part(
        "ComplexAbs",
        "The absolute value.",
        |c| run(c, ComplexPart::Abs),
        Grad::Rule(|c| {
            let g = c.grad(0)?;
            let (x, y) = (c.input(0), c.output(0));
            let z = zero(c, g)?;
            let g = compose(c, g, z)?;
            let y = compose(c, y, z)?;
            let p = c.mul(g, x)?;
            let r = c.call("DivNoNan", &[p, y])?;
            c.set(0, r);
            Ok(())
        }),
    )
};

pub static COMPLEX: OpDef = OpDef {
    name: "Complex",
    doc: "real + i·imag, with broadcasting.",
    inputs: &[arg("real", "T"), arg("imag", "T")],
    outputs: &[arg("out", "Tout")],
    attrs: &[type_in("T", &[F32, F64]).default_type(F32), type_in("Tout", &[C64, C128]).default_type(C64)],
    traits: Traits::PURE,
    shape: |c| {
        check_width(c)?;
        infer::broadcast(c)
    },
    kernel: Kernel::Plain(|c| {
        let z = pointwise::complex(c.input(0), c.input(1))?;
        c.set(0, z);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let tout = c.attrs().dtype("T")?;
        let re = c.op("Real", &[g], Attrs::new().with("Tout", tout))?;
        let im = c.op("Imag", &[g], Attrs::new().with("Tout", tout))?;
        c.set_broadcast(Some(re), Some(im))
    }),
    sample: Some(|d| {
        let (a, b) = d.broadcast_pair(3);
        let x = d.tensor(&a);
        Case::new().input(x).input(d.tensor(&b)).attr("Tout", if d.dtype == F32 { C64 } else { C128 })
    }),
    ..OpDef::BASE
};
