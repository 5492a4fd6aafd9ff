//! RandomShuffle: the rows of a tensor in random order.

use graphpb_kernels::{Tensor, random, with_width};

use super::{SEEDS, reserve};
use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;

pub static RANDOM_SHUFFLE: OpDef = OpDef {
    name: "RandomShuffle",
    doc: "The rows (first axis) of the input in random order.",
    inputs: &[arg("value", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[SEEDS[0], SEEDS[1], type_any("T")],
    traits: Traits::STATEFUL,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let x = c.take(0);
        let n = x.dims().first().copied().unwrap_or(0);
        if n <= 1 || x.is_empty() {
            c.set(0, x);
            return Ok(());
        }
        let order = random::shuffle(reserve(c, (n as u64 - 1).div_ceil(4))?, n);
        let row = x.len() / n;
        let out = if x.dtype().is_plain() {
            let mut out = Tensor::try_scratch(x.dtype(), x.dims())?;
            with_width!(x.dtype(), W => {
                let (src, dst) = (x.raw::<W>(), out.raw_mut::<W>());
                for (to, &from) in dst.chunks_exact_mut(row).zip(&order) {
                    to.copy_from_slice(&src[from * row..(from + 1) * row]);
                }
            }, else {});
            out
        } else if x.dtype() == graphpb_kernels::DType::Str {
            let src = x.as_strings();
            Tensor::strings(order.iter().flat_map(|&from| src[from * row..(from + 1) * row].iter().cloned()).collect(), x.dims())
        } else {
            let src = x.as_handles();
            Tensor::handles(x.dtype(), order.iter().flat_map(|&from| src[from * row..(from + 1) * row].iter().cloned()).collect(), x.dims())
        };
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims)).attr("seed", 7)
    }),
    ..OpDef::BASE
};
