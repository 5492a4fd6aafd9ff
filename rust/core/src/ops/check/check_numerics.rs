//! CheckNumerics: stop the run at the first NaN or infinity.

use crate::Result;
use crate::error::Error;
use crate::graph::attr::Attrs;
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor, bf16, f16};

/// Whether there is a NaN, a positive and a negative infinity.
fn look(t: &Tensor) -> (bool, bool, bool) {
    fn scan<T: Copy>(v: &[T], f: impl Fn(T) -> f64) -> (bool, bool, bool) {
        v.iter().fold((false, false, false), |(n, p, m), &x| {
            let x = f(x);
            (n | x.is_nan(), p | (x == f64::INFINITY), m | (x == f64::NEG_INFINITY))
        })
    }
    match t.dtype() {
        DType::F32 => scan(t.slice::<f32>(), f64::from),
        DType::F64 => scan(t.slice::<f64>(), |v| v),
        DType::F16 => scan(t.slice::<f16>(), f16::to_f64),
        DType::BF16 => scan(t.slice::<bf16>(), bf16::to_f64),
        _ => (false, false, false),
    }
}

fn check(c: &mut KernelCtx, signs: bool) -> Result<()> {
    let t = c.take(0);
    let (nan, plus, minus) = look(&t);
    let mut found = Vec::new();
    match signs {
        false if plus || minus => found.push("Inf"),
        false => {}
        true => {
            if minus {
                found.push("-Inf");
            }
            if plus {
                found.push("+Inf");
            }
        }
    }
    if nan {
        found.push("NaN");
    }
    if !found.is_empty() {
        let message = String::from_utf8_lossy(c.attrs().bytes("message")?).into_owned();
        return Err(Error::invalid(format!("{message} : Tensor had {} values", found.join(" and "))));
    }
    c.set(0, t);
    Ok(())
}

const BASE: OpDef = OpDef {
    name: "CheckNumerics",
    doc: "The input; INVALID_ARGUMENT with `message` when it holds a NaN or an infinity.",
    inputs: &[arg("tensor", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", FLOATS), string("message")],
    traits: Traits::STATEFUL,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| check(c, false)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let given = String::from_utf8_lossy(c.attrs().bytes("message")?).into_owned();
        let message = format!("Not a number (NaN) or infinity (Inf) values detected in gradient. {given}");
        let checked = c.op("CheckNumerics", &[g], Attrs::new().with("message", message.as_str()))?;
        c.set(0, checked);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims)).attr("message", "x")
    }),
    ..OpDef::BASE
};

pub static CHECK_NUMERICS: OpDef = BASE;

pub static CHECK_NUMERICS_V2: OpDef =
    OpDef { name: "CheckNumericsV2", doc: "CheckNumerics that tells the signs of infinities.", kernel: Kernel::Plain(|c| check(c, true)), ..BASE };
