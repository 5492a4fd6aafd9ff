//! StringToHashBucketFast, StringToHashBucketStrong and StringToHashBucket: strings to numbers of buckets.

use crate::error::{Error, Result};
use crate::graph::attr::{Attr, AttrList};
use crate::graph::infer::same_as_input;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::hash::{fingerprint64, hash64, siphash};
use graphpb_kernels::{DType, Tensor};

pub static STRING_TO_HASH_BUCKET_FAST: OpDef = OpDef {
    name: "StringToHashBucketFast",
    doc: "FarmHash `Fingerprint64` of each string, modulo `num_buckets`.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::I64)],
    attrs: &[count("num_buckets")],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c| run(c, fingerprint64)),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static STRING_TO_HASH_BUCKET: OpDef = OpDef {
    name: "StringToHashBucket",
    doc: "TensorFlow's older 64-bit hash of each string, modulo `num_buckets`.",
    inputs: &[arg_of("string_tensor", DType::Str)],
    outputs: &[arg_of("output", DType::I64)],
    attrs: &[count("num_buckets")],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c| run(c, hash64)),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static STRING_TO_HASH_BUCKET_STRONG: OpDef = OpDef {
    name: "StringToHashBucketStrong",
    doc: "SipHash-2-4 of each string under the two words of `key`, modulo `num_buckets`.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::I64)],
    attrs: &[count("num_buckets"), attr("key", AttrKind::ListInt)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c| {
        let key = match c.attrs().ints("key")? {
            &[a, b] => [a as u64, b as u64],
            k => return Err(Error::invalid(format!("Key must have 2 elements, but has {}", k.len()))),
        };
        run(c, |s| siphash(key, s))
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| sample(d).attr("key", Attr::List(AttrList::Int(vec![123, 456])))),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx, hash: impl Fn(&[u8]) -> u64) -> Result<()> {
    let n = c.attrs().int("num_buckets")?;
    if n < 1 {
        return Err(Error::invalid(format!("num_buckets must be positive, but is {n}")));
    }
    let x = c.input(0);
    let v: Vec<i64> = x.as_strings().iter().map(|s| (hash(s) % n as u64) as i64).collect();
    let y = Tensor::from_slice(&v, x.dims());
    c.set(0, y);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(0, 2);
    Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0)).attr("num_buckets", 1 + d.below(100) as i64)
}
