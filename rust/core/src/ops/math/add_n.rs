//! AddN: the sum of tensors of one shape.

use crate::error::Error;
use crate::graph::infer;
use crate::ops::control::tensor_list::add_lists;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::pointwise::{self, Binary};
use graphpb_kernels::shape_text;

/// Numbers, and lists of them (variants).
const SUMMABLE: &[DType] = &[F32, F64, I32, U8, I16, I8, C64, I64, BF16, U16, C128, F16, U32, U64, Variant];

pub static ADD_N: OpDef = OpDef {
    name: "AddN",
    doc: "The sum of the inputs, added from the first to the last. INVALID_ARGUMENT when their shapes differ.",
    inputs: &[args("inputs", "N", "T")],
    outputs: &[arg("sum", "T")],
    attrs: &[count("N"), type_in("T", SUMMABLE)],
    traits: Traits::PURE.and(Traits::COMMUTATIVE).and(Traits::AGGREGATE),
    shape: infer::all_same,
    kernel: Kernel::Plain(|c| {
        let n = c.inputs();
        for i in 1..n {
            if c.input(i).dims() != c.input(0).dims() {
                return Err(Error::invalid(format!(
                    "Inputs to operation {} of type AddN must have the same size and shape.  Input 0: {} != input {i}: {}",
                    c.name(),
                    shape_text(c.input(0).dims()),
                    shape_text(c.input(i).dims())
                )));
            }
        }
        let mut sum = c.take(0);
        for i in 1..n {
            let x = c.take(i);
            sum = if x.dtype() == Variant { add_lists(&sum, &x)? } else { pointwise::binary(Binary::Add, sum, x)? };
        }
        c.set(0, sum);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        for i in 0..c.inputs() {
            c.pass(i, 0);
        }
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        (0..1 + d.below(4)).fold(Case::new(), |case, _| case.input(d.tensor(&dims)))
    }),
    ..OpDef::BASE
};
