//! ParameterizedTruncatedNormal: normal floats between bounds, parameters per batch.

use graphpb_kernels::{DType, Tensor, par, random};

use super::{BLOCKS, SEEDS, doubles, reserve_elements, shape_from_input, sizes, store_floats};
use crate::error::Error;
use crate::registry::*;
use crate::testing::cases::Case;

pub static PARAMETERIZED_TRUNCATED_NORMAL: OpDef = OpDef {
    name: "ParameterizedTruncatedNormal",
    doc: "Normal floats in [minvals, maxvals]; parameters are scalars or have one value per row of the first axis. The \
          distribution is TensorFlow's, the single values are not. INVALID_ARGUMENT where an interval is empty.",
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
    kernel: Kernel::Plain(|c| {
        let dims = sizes(c, 0)?;
        let rows = dims.first().copied().unwrap_or(1);
        let mut out = Tensor::try_scratch(c.output_dtype(0), &dims)?;
        let parameters = (1..5).map(|i| doubles(c.input(i))).collect::<Result<Vec<_>, _>>()?;
        if let Some(bad) = parameters.iter().find(|p| p.len() != 1 && p.len() != rows) {
            return Err(Error::invalid(format!("Input parameters must have 1 or {rows} elements, got {}", bad.len())));
        }
        let at = reserve_elements(c, out.len())?;
        let (per_row, valid) = (out.len() / rows.max(1), std::sync::atomic::AtomicBool::new(true));
        let value = |k: usize| {
            let row = k / per_row.max(1);
            let [m, s, a, b] = std::array::from_fn(|i| parameters[i].get(row).or(parameters[i].first()).copied().unwrap_or(f64::NAN));
            random::truncated_between(at.at(k as u64 * BLOCKS), m, s, a, b).unwrap_or_else(|| {
                valid.store(false, std::sync::atomic::Ordering::Relaxed);
                f64::NAN
            })
        };
        store_floats!(out.dtype(), out, convert => par::rows_mut(out, 1, 150.0, |first, chunk| {
            for (i, o) in chunk.iter_mut().enumerate() {
                *o = convert(value(first + i));
            }
        }));
        if !valid.into_inner() {
            return Err(Error::invalid("Invalid parameters"));
        }
        c.set(0, out);
        Ok(())
    }),
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
