//! LinSpace: evenly spaced numbers.

use super::sizes;
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor, bf16, f16};

pub static LIN_SPACE: OpDef = OpDef {
    name: "LinSpace",
    doc: "`num` evenly spaced numbers from `start` to `stop`, both included.",
    inputs: &[arg("start", "T"), arg("stop", "T"), arg("num", "Tidx")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", FLOATS), type_index("Tidx")],
    traits: Traits::PURE,
    shape: |c| {
        let n = match c.int(2) {
            Some(n) if n <= 0 => return Err(Error::value(format!("Requires num > 0: {n}"))),
            Some(n) => n,
            None => -1,
        };
        c.set(0, Shape::vector(n));
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("TensorFlow declares it so"),
    sample: Some(|d| {
        let n = 1 + d.below(6) as i32;
        Case::new().input(d.tensor(&[])).input(d.tensor(&[])).constant(Tensor::scalar(n)).differentiate(&[])
    }),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx) -> Result<()> {
    let n = c.int(2)?;
    if n <= 0 {
        return Err(Error::invalid(format!("Requires num > 0: {n}")));
    }
    let n = sizes(&[n])?[0];
    if c.input(0).len() != 1 || c.input(1).len() != 1 {
        return Err(Error::invalid("start and stop must be scalars"));
    }
    let mut y = Tensor::try_scratch(c.output_dtype(0), &[n])?;
    macro_rules! spaced {
        ($t:ty, $from:expr) => {{
            let (a, b) = (c.input(0).slice::<$t>()[0], c.input(1).slice::<$t>()[0]);
            let out = y.slice_mut::<$t>();
            if n > 1 {
                let step = (b - a) / $from(n - 1);
                for (i, o) in out.iter_mut().enumerate() {
                    *o = a + step * $from(i);
                }
                (out[0], out[n - 1]) = (a, b);
            } else {
                out[0] = a;
            }
        }};
    }
    match y.dtype() {
        DType::F32 => spaced!(f32, |i: usize| i as f32),
        DType::F64 => spaced!(f64, |i: usize| i as f64),
        DType::F16 => spaced!(f16, |i: usize| f16::from_f64(i as f64)),
        DType::BF16 => spaced!(bf16, |i: usize| bf16::from_f64(i as f64)),
        d => return Err(Error::invalid(format!("LinSpace is not defined for {}", d.name()))),
    }
    c.set(0, y);
    Ok(())
}
