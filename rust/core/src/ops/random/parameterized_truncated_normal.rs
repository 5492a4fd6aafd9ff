//! ParameterizedTruncatedNormal: normal floats between bounds, parameters per batch.

use graphpb_kernels::random::{Bounded, NoSample};
use graphpb_kernels::{DType, Tensor, bf16, f16, shape_text};

use super::{SEEDS, doubles, reserve, shape_from_input, sizes};
use crate::error::{Error, Result};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

/// Rows of the output for which parameters are the same are split into batches of this length.
const BATCH: usize = 100;

pub static PARAMETERIZED_TRUNCATED_NORMAL: OpDef = OpDef {
    name: "ParameterizedTruncatedNormal",
    doc: "Normal floats in [minvals, maxvals]; parameters are scalars or have one value per row of the first axis. \
          INVALID_ARGUMENT where an interval is empty.",
    inputs: &[arg("shape", "T"), arg("means", "dtype"), arg("stdevs", "dtype"), arg("minvals", "dtype"), arg("maxvals", "dtype")],
    outputs: &[arg("output", "dtype")],
    attrs: &[SEEDS[0], SEEDS[1], type_in("dtype", FLOATS), type_in("T", INDEX)],
    traits: Traits::STATEFUL,
    shape: |c| {
        for i in 1..5 {
            if c.input(i).rank().is_some_and(|r| r > 1) {
                return Err(Error::value("Shape must be at most rank 1"));
            }
        }
        shape_from_input(c)
    },
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    sample: Some(|d| {
        let dims = d.dims(1, 3);
        let n = dims[0];
        let dtype = d.dtype;
        let mut draw = |lo: f64, hi: f64| d.tensor_of(dtype, &[n], lo, hi);
        let parameters = [draw(-1.0, 1.0), draw(0.5, 2.0), draw(-3.0, -1.0), draw(-0.5, 2.0)];
        let case = Case::new().constant(d.shape_vector(&dims)).attr("seed", 7);
        parameters.into_iter().fold(case, Case::input)
    }),
    ..OpDef::BASE
};

/// The values follow TensorFlow's order of draws, in which one batch starts where the one before it ended. (With several threads
/// TensorFlow starts anew in the middle of large tensors, at places that depend on their number.)
fn run(c: &mut KernelCtx) -> Result<()> {
    let dims = sizes(c, 0)?;
    let mut rows = dims.first().copied().unwrap_or(1);
    let mut out = Tensor::try_scratch(c.output_dtype(0), &dims)?;
    for (i, name) in [(1, "means"), (2, "stddevs"), (3, "minvals"), (4, "maxvals")] {
        let t = c.input(i);
        if t.rank() > 1 {
            return Err(Error::invalid(format!("Input {name} should be a scalar or vector, got shape: {}", shape_text(t.dims()))));
        }
        if t.len() != 1 && t.len() != rows {
            return Err(Error::invalid(format!("Input {name} should have length 1 or shape[0], got shape: {}", shape_text(t.dims()))));
        }
    }
    let parameters = (1..5).map(|i| doubles(c.input(i))).collect::<Result<Vec<_>>>()?;
    let mut length = out.len().checked_div(rows).unwrap_or(0);
    if c.input(1).len() == 1 && c.input(2).len() == 1 && c.input(3).rank() == 0 && c.input(4).rank() == 0 {
        (rows, length) = (out.len().div_ceil(BATCH), BATCH);
    }
    let mut draws = Bounded::new(reserve(c, (rows as u64).wrapping_mul(2000).wrapping_mul(length as u64 + 3) / 4)?);
    let of = |row: usize| std::array::from_fn::<f64, 4, _>(|i| parameters[i].get(row).or(parameters[i].first()).copied().unwrap_or(f64::NAN));
    macro_rules! fill {
        ($out:expr, $draw:ident, $p:ty, $convert:expr) => {
            for (row, part) in $out.chunks_mut(length.max(1)).enumerate() {
                c.env().check_cancelled()?;
                draws.$draw(of(row).map(|v| v as $p), part.len(), |i, v| part[i] = $convert(v)).map_err(refused)?;
            }
        };
    }
    match out.dtype() {
        DType::F32 => fill!(out.slice_mut::<f32>(), singles, f32, |v| v),
        DType::F64 => fill!(out.slice_mut::<f64>(), doubles, f64, |v| v),
        DType::F16 => fill!(out.slice_mut::<f16>(), singles, f32, f16::from_f32),
        DType::BF16 => fill!(out.slice_mut::<bf16>(), singles, f32, bf16::from_f32),
        d => return Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
    }
    c.set(0, out);
    Ok(())
}

fn refused(e: NoSample) -> Error {
    match e {
        NoSample::Parameters => Error::invalid("Invalid parameters"),
        NoSample::Rejected(proposal) => Error::internal(format!("TruncatedNormal {proposal} rejection sampler failed to accept a sample.")),
    }
}
