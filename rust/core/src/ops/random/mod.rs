//! Random draws. A node keeps its own generator in each session; values are TensorFlow's, bit for bit.

pub mod candidates;
pub mod gamma;
pub mod gamma_grad;
pub mod multinomial;
pub mod parameterized_truncated_normal;
pub mod poisson;
pub mod shuffle;
pub mod standard_normal;
pub mod stateless;
pub mod truncated_normal;
pub mod uniform;
pub mod uniform_int;
pub mod unigrams;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use graphpb_kernels::random::Philox;
use graphpb_kernels::{DType, Tensor};

use crate::error::{Error, Result};
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;

/// Blocks of the generator set aside for each element.
const BLOCKS: u64 = 256;

pub(super) const SEEDS: [AttrSpec; 2] = [int("seed").default_of(Default::Int(0)), int("seed2").default_of(Default::Int(0))];

/// The generator that a node starts with. Both seeds zero: a random start.
fn first_generator(c: &KernelCtx) -> Result<Philox> {
    Ok(match (c.attrs().int("seed")?, c.attrs().int("seed2")?) {
        (0, 0) => Philox::new(entropy(), entropy()),
        (a, b) => Philox::new(a as u64, b as u64),
    })
}

/// The generator of this node, moved forward by `blocks` for the next run.
fn reserve(c: &KernelCtx, blocks: u64) -> Result<Philox> {
    let first = first_generator(c)?;
    let state = c.state(|| first);
    let mut generator = state.lock().unwrap_or_else(|e| e.into_inner());
    let here = *generator;
    generator.skip(blocks);
    Ok(here)
}

/// The generator for `elements` values.
fn reserve_elements(c: &KernelCtx, elements: usize) -> Result<Philox> {
    reserve(c, (elements as u64).wrapping_mul(BLOCKS))
}

/// A number that no other process knows: the key of the standard library's hash maps comes from the system.
pub(crate) fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Input `i` as sizes. INVALID_ARGUMENT for negative ones.
fn sizes(c: &KernelCtx, i: usize) -> Result<Vec<usize>> {
    if c.input(i).rank() > 1 {
        return Err(Error::invalid(format!("shape must be a vector, got shape {}", graphpb_kernels::shape_text(c.input(i).dims()))));
    }
    c.ints(i)?.iter().map(|&d| usize::try_from(d).map_err(|_| Error::invalid(format!("Dimension {d} must be >= 0")))).collect()
}

/// Output 0 has the shape that input 0 holds.
fn shape_from_input(c: &mut ShapeCtx) -> Result<()> {
    let s = c.shape_value(0);
    c.set(0, s);
    Ok(())
}

/// Output 0 has the shape that input 0 holds, followed by that of input 1.
fn shape_and_parameters(c: &mut ShapeCtx) -> Result<()> {
    let s = c.shape_value(0).concat(c.input(1));
    c.set(0, s);
    Ok(())
}

/// The values of a number tensor as doubles.
fn doubles(t: &Tensor) -> Result<Vec<f64>> {
    use graphpb_kernels::{bf16, f16};
    Ok(match t.dtype() {
        DType::F64 => t.slice::<f64>().to_vec(),
        DType::F32 => t.slice::<f32>().iter().map(|&v| v as f64).collect(),
        DType::F16 => t.slice::<f16>().iter().map(|v| v.to_f64()).collect(),
        DType::BF16 => t.slice::<bf16>().iter().map(|v| v.to_f64()).collect(),
        DType::U64 => t.slice::<u64>().iter().map(|&v| v as f64).collect(),
        d => t.to_i64s().ok_or_else(|| Error::unimplemented(format!("{} is not a real number type", d.name())))?.iter().map(|&v| v as f64).collect(),
    })
}

/// Make `$out`, a tensor of `$dims` and the floating type `$dtype`, with `$store` turning a double into the element type.
macro_rules! store_floats {
    ($dtype:expr, $out:ident, $convert:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                let $convert = |v: f64| v as f32;
                let $out = $out.slice_mut::<f32>();
                $body
            }
            DType::F64 => {
                let $convert = |v: f64| v;
                let $out = $out.slice_mut::<f64>();
                $body
            }
            DType::F16 => {
                let $convert = graphpb_kernels::f16::from_f64;
                let $out = $out.slice_mut::<graphpb_kernels::f16>();
                $body
            }
            DType::BF16 => {
                let $convert = graphpb_kernels::bf16::from_f64;
                let $out = $out.slice_mut::<graphpb_kernels::bf16>();
                $body
            }
            DType::I32 => {
                let $convert = |v: f64| v as i32;
                let $out = $out.slice_mut::<i32>();
                $body
            }
            DType::I64 => {
                let $convert = |v: f64| v as i64;
                let $out = $out.slice_mut::<i64>();
                $body
            }
            d => return Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
        }
    };
}
use store_floats;
