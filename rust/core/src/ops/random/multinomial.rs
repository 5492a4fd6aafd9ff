//! Multinomial: classes drawn with the probabilities that logits give.

use graphpb_kernels::random::{self, Philox};
use graphpb_kernels::{DType, Tensor};

use super::{SEEDS, doubles, reserve};
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

pub static MULTINOMIAL: OpDef = OpDef {
    name: "Multinomial",
    doc: "num_samples classes per row of logits [batch, classes], drawn with probability softmax(logits).",
    inputs: &[arg("logits", "T"), arg_of("num_samples", DType::I32)],
    outputs: &[arg("output", "output_dtype")],
    attrs: &[SEEDS[0], SEEDS[1], type_in("T", REALS), type_in("output_dtype", INDEX).default_type(DType::I64)],
    traits: Traits::STATEFUL,
    shape,
    kernel: Kernel::Plain(|c| {
        draw(c, |c, batch, samples| {
            // Samples are counted in fours, each of two words.
            reserve(c, (batch as u64).wrapping_mul(samples.div_ceil(4) as u64).wrapping_mul(4 * 2 * super::BLOCKS))
        })
    }),
    grad: Grad::NotDifferentiable("the output is an index"),
    sample: Some(|d| {
        let (batch, classes) = (1 + d.below(3), 1 + d.below(4));
        Case::new().input(d.tensor(&[batch, classes])).constant(Tensor::scalar(1 + d.below(5) as i32)).attr("seed", 7)
    }),
    ..OpDef::BASE
};

pub(super) fn shape(c: &mut ShapeCtx) -> Result<()> {
    let logits = c.input(0).with_rank(2)?;
    c.input(1).with_rank(0)?;
    let n = c.int(1).unwrap_or(-1);
    c.set(0, Shape::of(&[logits.dim(0), n]));
    Ok(())
}

/// Draw from the generator that is given for (batch, samples).
pub(super) fn draw(c: &mut KernelCtx, generator: impl Fn(&KernelCtx, usize, usize) -> Result<Philox>) -> Result<()> {
    let &[batch, classes] = c.input(0).dims() else {
        return Err(Error::invalid(format!("logits should be a matrix, got shape {}", graphpb_kernels::shape_text(c.input(0).dims()))));
    };
    let samples = usize::try_from(c.int(1)?).map_err(|_| Error::invalid("num_samples should be nonnegative"))?;
    if batch > 0 && classes == 0 && samples > 0 {
        return Err(Error::invalid("num_classes should be positive, got 0"));
    }
    let logits = doubles(c.input(0))?;
    let mut out = Tensor::try_scratch(c.output_dtype(0), &[batch, samples])?;
    let at = generator(c, batch, samples)?;
    match out.dtype() {
        DType::I32 => random::multinomial(at, &logits, classes, samples, out.slice_mut(), |k| k as i32),
        _ => random::multinomial(at, &logits, classes, samples, out.slice_mut(), |k| k as i64),
    }
    c.set(0, out);
    Ok(())
}
