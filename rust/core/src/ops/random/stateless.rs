//! Draws that are a function of a seed given as a tensor: the ops that take the seed, and those that take key and counter.

use graphpb_kernels::random::{self, Philox, UniformBits, UniformBits64, UniformI64, UniformInt};
use graphpb_kernels::{DType, Tensor};

use super::standard_normal::fill_normal;
use super::truncated_normal::fill_truncated;
use super::uniform::fill_uniform;
use super::{doubles, shape_from_input, sizes, store_floats};
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

/// `RNG_ALG_PHILOX`.
const PHILOX: i32 = 1;
/// The algorithm is chosen by the device.
const AUTO: i64 = 3;

/// The generator of the seed that input `i` holds.
fn seeded(c: &KernelCtx, i: usize) -> Result<Philox> {
    let t = c.input(i);
    let seed: Vec<u64> = match t.dtype() {
        DType::U64 => t.slice::<u64>().to_vec(),
        _ => c.ints(i)?.iter().map(|&v| v as u64).collect(),
    };
    match (t.dims(), &seed[..]) {
        ([2], &[a, b]) => Ok(Philox::scrambled(a, b)),
        (d, _) => Err(Error::invalid(format!("seed must have shape [2], not {}", graphpb_kernels::shape_text(d)))),
    }
}

/// The generator of the key, counter and algorithm that inputs `i` and on hold.
fn keyed(c: &KernelCtx, i: usize) -> Result<Philox> {
    let (key, counter) = (c.input(i), c.input(i + 1));
    let alg = c.int(i + 2)?;
    if alg != PHILOX as i64 && alg != AUTO {
        return Err(Error::invalid(format!("Unsupported algorithm id: {alg}; only Philox, 1, is here")));
    }
    match (key.dims(), counter.dims()) {
        ([1], [n]) if *n >= 2 => {
            let (k, c) = (key.slice::<u64>(), counter.slice::<u64>());
            Ok(Philox::from_state(k[0], c[0], c[1]))
        }
        (k, c) => Err(Error::invalid(format!(
            "key must have shape [1] and counter at least [2], got {} and {}",
            graphpb_kernels::shape_text(k),
            graphpb_kernels::shape_text(c)
        ))),
    }
}

fn filled(c: &mut KernelCtx, at: Philox, fill: fn(Philox, &mut Tensor) -> Result<()>) -> Result<()> {
    let mut out = Tensor::try_scratch(c.output_dtype(0), &sizes(c, 0)?)?;
    fill(at, &mut out)?;
    c.set(0, out);
    Ok(())
}

fn fill_bits(at: Philox, out: &mut Tensor) -> Result<()> {
    match out.dtype() {
        DType::I32 | DType::U32 => random::fill(UniformBits, at, out.raw_mut()),
        _ => random::fill(UniformBits64, at, out.raw_mut()),
    }
    Ok(())
}

/// Integers between the scalars of inputs `i` and `i + 1`.
fn integers(c: &mut KernelCtx, at: Philox, i: usize) -> Result<()> {
    let mut out = Tensor::try_scratch(c.output_dtype(0), &sizes(c, 0)?)?;
    for k in [i, i + 1] {
        if c.input(k).rank() != 0 {
            return Err(Error::invalid(format!("minval and maxval must be scalars, got shape {}", graphpb_kernels::shape_text(c.input(k).dims()))));
        }
    }
    let bits = |t: &Tensor| match t.dtype() {
        DType::U64 => t.slice::<u64>()[0],
        _ => t.to_i64s().and_then(|v| v.first().copied()).unwrap_or(0) as u64,
    };
    let (lo, hi) = (bits(c.input(i)), bits(c.input(i + 1)));
    let rising = if out.dtype() == DType::U64 { lo < hi } else { (lo as i64) < hi as i64 };
    if !rising {
        return Err(Error::invalid(format!("Need minval < maxval, got {lo} >= {hi}")));
    }
    let range = hi.wrapping_sub(lo);
    match out.dtype() {
        DType::I32 | DType::U32 => random::fill(UniformInt { lo: lo as i32, range: range as u32 }, at, out.raw_mut()),
        _ => random::fill(UniformI64 { lo: lo as i64, range }, at, out.raw_mut()),
    }
    c.set(0, out);
    Ok(())
}

fn key_counter(c: &mut KernelCtx) -> Result<()> {
    let (key, counter) = seeded(c, 0)?.state();
    c.set(0, Tensor::vector(&[key]));
    c.set(1, Tensor::vector(&counter));
    if c.outputs() > 2 {
        c.set(2, Tensor::scalar(PHILOX));
    }
    Ok(())
}

fn key_counter_shape(c: &mut ShapeCtx) -> Result<()> {
    let seed = c.input(0).with_rank(1)?;
    crate::graph::infer::equal_sizes(seed.dim(0), 2)?;
    c.set(0, Shape::vector(1));
    c.set(1, Shape::vector(2));
    if c.outputs() > 2 {
        c.set(2, Shape::scalar());
    }
    Ok(())
}

const SEED_TYPE: AttrSpec = type_in("Tseed", INDEX).default_type(DType::I64);
const NO_GRADIENT: Grad = Grad::NotDifferentiable("random numbers do not depend on the values of shape and seed");

fn seed(d: &mut Draw) -> Tensor {
    Tensor::vector(&[d.below(1000) as i64, d.below(1000) as i64 - 500])
}

/// Constants for key, counter and algorithm.
fn with_key(case: Case, d: &mut Draw) -> Case {
    let (key, counter) = (Tensor::vector(&[d.bits()]), Tensor::vector(&[d.bits(), d.bits()]));
    case.input(key).input(counter).constant(Tensor::scalar(PHILOX))
}

fn by_seed(d: &mut Draw) -> Case {
    let dims = d.dims(0, 3);
    Case::new().constant(d.shape_vector(&dims)).input(seed(d)).attr("dtype", d.dtype)
}

fn by_key(d: &mut Draw) -> Case {
    let dims = d.dims(0, 3);
    let case = Case::new().constant(d.shape_vector(&dims)).attr("dtype", d.dtype);
    with_key(case, d)
}

const SEEDED: OpDef = OpDef {
    inputs: &[arg("shape", "T"), arg("seed", "Tseed")],
    outputs: &[arg("output", "dtype")],
    attrs: &[type_in("dtype", FLOATS).default_type(DType::F32), type_in("T", INDEX).default_type(DType::I32), SEED_TYPE],
    traits: Traits::PURE,
    shape: shape_from_input,
    grad: NO_GRADIENT,
    sample: Some(by_seed),
    ..OpDef::BASE
};
const KEYED: OpDef = OpDef {
    inputs: &[arg("shape", "Tshape"), arg_of("key", DType::U64), arg_of("counter", DType::U64), arg_of("alg", DType::I32)],
    outputs: &[arg("output", "dtype")],
    attrs: &[type_in("dtype", FLOATS).default_type(DType::F32), type_in("Tshape", INDEX).default_type(DType::I32)],
    traits: Traits::PURE,
    shape: shape_from_input,
    grad: NO_GRADIENT,
    sample: Some(by_key),
    ..OpDef::BASE
};

pub static STATELESS_RANDOM_UNIFORM: OpDef = OpDef {
    name: "StatelessRandomUniform",
    doc: "Floats drawn uniformly from [0, 1), a function of shape and seed [2].",
    kernel: Kernel::Plain(|c| seeded(c, 1).and_then(|at| filled(c, at, fill_uniform))),
    ..SEEDED
};
pub static STATELESS_RANDOM_NORMAL: OpDef = OpDef {
    name: "StatelessRandomNormal",
    doc: "Standard normal floats, a function of shape and seed [2].",
    kernel: Kernel::Plain(|c| seeded(c, 1).and_then(|at| filled(c, at, fill_normal))),
    ..SEEDED
};
pub static STATELESS_TRUNCATED_NORMAL: OpDef = OpDef {
    name: "StatelessTruncatedNormal",
    doc: "Normal floats within two deviations, a function of shape and seed [2].",
    kernel: Kernel::Plain(|c| seeded(c, 1).and_then(|at| filled(c, at, fill_truncated))),
    ..SEEDED
};
pub static STATELESS_RANDOM_UNIFORM_V2: OpDef = OpDef {
    name: "StatelessRandomUniformV2",
    doc: "Floats drawn uniformly from [0, 1), a function of shape, key and counter.",
    kernel: Kernel::Plain(|c| keyed(c, 1).and_then(|at| filled(c, at, fill_uniform))),
    ..KEYED
};
pub static STATELESS_RANDOM_NORMAL_V2: OpDef = OpDef {
    name: "StatelessRandomNormalV2",
    doc: "Standard normal floats, a function of shape, key and counter.",
    kernel: Kernel::Plain(|c| keyed(c, 1).and_then(|at| filled(c, at, fill_normal))),
    ..KEYED
};
pub static STATELESS_TRUNCATED_NORMAL_V2: OpDef = OpDef {
    name: "StatelessTruncatedNormalV2",
    doc: "Normal floats within two deviations, a function of shape, key and counter.",
    kernel: Kernel::Plain(|c| keyed(c, 1).and_then(|at| filled(c, at, fill_truncated))),
    ..KEYED
};

const BITS: &[DType] = &[DType::I32, DType::I64, DType::U32, DType::U64];

pub static STATELESS_RANDOM_UNIFORM_FULL_INT: OpDef = OpDef {
    name: "StatelessRandomUniformFullInt",
    doc: "Integers over all values of their type, a function of shape and seed [2].",
    attrs: &[
        type_in("dtype", BITS).default_type(DType::U64),
        type_in("T", INDEX).default_type(DType::I32),
        type_in("Tseed", BITS).default_type(DType::I64),
    ],
    kernel: Kernel::Plain(|c| seeded(c, 1).and_then(|at| filled(c, at, fill_bits))),
    ..SEEDED
};
pub static STATELESS_RANDOM_UNIFORM_FULL_INT_V2: OpDef = OpDef {
    name: "StatelessRandomUniformFullIntV2",
    doc: "Integers over all values of their type, a function of shape, key and counter.",
    attrs: &[type_in("dtype", BITS).default_type(DType::U64), type_in("Tshape", INDEX).default_type(DType::I32)],
    kernel: Kernel::Plain(|c| keyed(c, 1).and_then(|at| filled(c, at, fill_bits))),
    ..KEYED
};

fn bounds(d: &mut Draw) -> [Tensor; 2] {
    let dtype = d.dtype;
    [d.integers(dtype, &[], 0, 3), d.integers(dtype, &[], 4, 90)]
}

pub static STATELESS_RANDOM_UNIFORM_INT: OpDef = OpDef {
    name: "StatelessRandomUniformInt",
    doc: "Integers drawn uniformly from [minval, maxval), a function of shape and seed [2].",
    inputs: &[arg("shape", "T"), arg("seed", "Tseed"), arg("minval", "dtype"), arg("maxval", "dtype")],
    attrs: &[type_in("dtype", INDEX), type_in("T", INDEX), SEED_TYPE],
    kernel: Kernel::Plain(|c| seeded(c, 1).and_then(|at| integers(c, at, 2))),
    sample: Some(|d| {
        let case = by_seed(d);
        bounds(d).into_iter().fold(case, Case::constant)
    }),
    ..SEEDED
};
pub static STATELESS_RANDOM_UNIFORM_INT_V2: OpDef = OpDef {
    name: "StatelessRandomUniformIntV2",
    doc: "Integers drawn uniformly from [minval, maxval), a function of shape, key and counter.",
    inputs: &[
        arg("shape", "Tshape"),
        arg_of("key", DType::U64),
        arg_of("counter", DType::U64),
        arg_of("alg", DType::I32),
        arg("minval", "dtype"),
        arg("maxval", "dtype"),
    ],
    attrs: &[type_in("dtype", BITS), type_in("Tshape", INDEX).default_type(DType::I32)],
    kernel: Kernel::Plain(|c| keyed(c, 1).and_then(|at| integers(c, at, 4))),
    sample: Some(|d| {
        let case = by_key(d);
        bounds(d).into_iter().fold(case, Case::constant)
    }),
    ..KEYED
};

pub static STATELESS_RANDOM_GET_KEY_COUNTER: OpDef = OpDef {
    name: "StatelessRandomGetKeyCounter",
    doc: "The key and counter that a seed [2] stands for, its bits mixed.",
    inputs: &[arg("seed", "Tseed")],
    outputs: &[arg_of("key", DType::U64), arg_of("counter", DType::U64)],
    attrs: &[SEED_TYPE],
    traits: Traits::PURE,
    shape: key_counter_shape,
    kernel: Kernel::Plain(key_counter),
    grad: Grad::NotDifferentiable("the outputs are integers"),
    sample: Some(|d| Case::new().input(seed(d))),
    ..OpDef::BASE
};
pub static STATELESS_RANDOM_GET_KEY_COUNTER_ALG: OpDef = OpDef {
    name: "StatelessRandomGetKeyCounterAlg",
    doc: "The key and counter that a seed [2] stands for, and the generator: 1, Philox.",
    outputs: &[arg_of("key", DType::U64), arg_of("counter", DType::U64), arg_of("alg", DType::I32)],
    ..STATELESS_RANDOM_GET_KEY_COUNTER
};
pub static STATELESS_RANDOM_GET_ALG: OpDef = OpDef {
    name: "StatelessRandomGetAlg",
    doc: "The generator of the device: 1, Philox.",
    outputs: &[arg_of("alg", DType::I32)],
    traits: Traits::STATEFUL,
    shape: |c| {
        c.set(0, Shape::scalar());
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        c.set(0, Tensor::scalar(PHILOX));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    ..OpDef::BASE
};

pub static STATELESS_MULTINOMIAL: OpDef = OpDef {
    name: "StatelessMultinomial",
    doc: "num_samples classes per row of logits [batch, classes], drawn with probability softmax(logits); a function of seed [2].",
    inputs: &[arg("logits", "T"), arg_of("num_samples", DType::I32), arg("seed", "Tseed")],
    outputs: &[arg("output", "output_dtype")],
    attrs: &[type_in("T", REALS), SEED_TYPE, type_in("output_dtype", INDEX).default_type(DType::I64)],
    traits: Traits::PURE,
    shape: super::multinomial::shape,
    kernel: Kernel::Plain(|c| {
        let at = seeded(c, 2)?;
        super::multinomial::draw(c, |_, _, _| Ok(at))
    }),
    grad: Grad::NotDifferentiable("the output is an index"),
    sample: Some(|d| {
        let (batch, classes) = (1 + d.below(3), 1 + d.below(4));
        let case = Case::new().input(d.tensor(&[batch, classes])).constant(Tensor::scalar(1 + d.below(5) as i32));
        case.input(seed(d))
    }),
    ..OpDef::BASE
};

/// Draws for each element of the parameters (input `i`), which are the last axes of the output.
fn per_parameter(c: &mut KernelCtx, i: usize, at: Philox, draw: impl Fn(Philox, &[f64], &mut Tensor) -> Result<()>) -> Result<()> {
    let dims = sizes(c, 0)?;
    let own = c.input(i).dims().to_vec();
    if own.len() > dims.len() || dims[dims.len() - own.len()..] != own {
        return Err(Error::invalid(format!(
            "Shape passed in must end with broadcasted shape: {} does not end with {}",
            graphpb_kernels::shape_text(&dims),
            graphpb_kernels::shape_text(&own)
        )));
    }
    let values = doubles(c.input(i))?;
    let mut out = Tensor::try_scratch(c.output_dtype(0), &dims)?;
    draw(at, &values, &mut out)?;
    c.set(0, out);
    Ok(())
}

fn gammas(at: Philox, alphas: &[f64], out: &mut Tensor) -> Result<()> {
    store_floats!(out.dtype(), out, convert => random::gamma(at, alphas, out, convert));
    Ok(())
}

fn parameters(d: &mut Draw) -> (Tensor, Tensor) {
    let own = d.full_dims(0, 1);
    let dims = [d.full_dims(0, 2), own.clone()].concat();
    let shape = d.shape_vector(&dims);
    (shape, d.tensor_in(&own, 0.3, 3.0))
}

pub static STATELESS_RANDOM_GAMMA_V2: OpDef = OpDef {
    name: "StatelessRandomGammaV2",
    doc: "Gamma(alpha, 1) floats, a function of shape, seed [2] and alpha; `shape` ends with that of alpha.",
    inputs: &[arg("shape", "T"), arg("seed", "Tseed"), arg("alpha", "dtype")],
    attrs: &[type_in("dtype", &[DType::F16, DType::F32, DType::F64]), type_in("T", INDEX), SEED_TYPE],
    kernel: Kernel::Plain(|c| seeded(c, 1).and_then(|at| per_parameter(c, 2, at, gammas))),
    grad: Grad::Rule(|c| gamma_back(c, 2)),
    sample: Some(|d| {
        let (shape, alpha) = parameters(d);
        Case::new().constant(shape).input(seed(d)).input(alpha).differentiate(&[])
    }),
    ..SEEDED
};

pub static STATELESS_RANDOM_POISSON: OpDef = OpDef {
    name: "StatelessRandomPoisson",
    doc: "Poisson(lam) counts, a function of shape, seed [2] and lam; `shape` ends with that of lam.",
    inputs: &[arg("shape", "T"), arg("seed", "Tseed"), arg("lam", "Rtype")],
    attrs: &[type_in("Rtype", super::poisson::COUNTS), type_in("dtype", super::poisson::COUNTS), type_in("T", INDEX), SEED_TYPE],
    kernel: Kernel::Plain(|c| {
        let at = seeded(c, 1)?;
        per_parameter(c, 2, at, |at, rates, out| {
            let highest = super::poisson::highest(out.dtype());
            store_floats!(out.dtype(), out, convert => random::poisson(at, rates, highest, out, convert));
            Ok(())
        })
    }),
    grad: Grad::NotDifferentiable("counts have no gradient"),
    sample: Some(|d| {
        let (shape, rates) = parameters(&mut Draw::new(d.bits(), DType::F64));
        let seed = seed(d);
        Case::new().constant(shape).input(seed).input(rates).attr("dtype", d.dtype).differentiate(&[])
    }),
    ..SEEDED
};

/// The gradient of the parameters, input `i`.
fn gamma_back(c: &mut GradCtx, i: usize) -> Result<()> {
    let (shape, alpha, sample, g) = (c.input(0), c.input(i), c.output(0), c.grad(0)?);
    let by = c.call("RandomGammaGrad", &[alpha, sample])?;
    let product = c.mul(g, by)?;
    // The axes before those of alpha.
    let (all, own) = (c.call("Size", &[shape])?, c.call("Rank", &[alpha])?);
    let (zero, one, lead) = (c.int_scalar(0)?, c.int_scalar(1)?, c.sub(all, own)?);
    let axes = c.call("Range", &[zero, lead, one])?;
    let r = c.sum(product, axes, false)?;
    c.set(i, r);
    Ok(())
}

pub static STATELESS_RANDOM_GAMMA_V3: OpDef = OpDef {
    name: "StatelessRandomGammaV3",
    doc: "Gamma(alpha, 1) floats, a function of shape, key, counter and alpha; `shape` ends with that of alpha.",
    inputs: &[
        arg("shape", "shape_dtype"),
        arg_of("key", DType::U64),
        arg_of("counter", DType::U64),
        arg_of("alg", DType::I32),
        arg("alpha", "dtype"),
    ],
    attrs: &[type_in("dtype", &[DType::F16, DType::F32, DType::F64]), type_in("shape_dtype", INDEX).default_type(DType::I32)],
    kernel: Kernel::Plain(|c| keyed(c, 1).and_then(|at| per_parameter(c, 4, at, gammas))),
    grad: Grad::Rule(|c| gamma_back(c, 4)),
    sample: Some(|d| {
        let (shape, alpha) = parameters(d);
        let case = with_key(Case::new().constant(shape), d);
        case.input(alpha).differentiate(&[])
    }),
    ..KEYED
};
