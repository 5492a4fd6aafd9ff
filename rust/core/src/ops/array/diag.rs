//! Diag and DiagPart: a tensor on the diagonal of one of twice the rank.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::copy::{Walk, gathered, scattered};
use graphpb_kernels::{DType, Tensor, shape_text};

const TYPES: &[DType] = &[DType::BF16, DType::F16, DType::F32, DType::F64, DType::I32, DType::I64, DType::C64, DType::C128];

pub static DIAG: OpDef = OpDef {
    name: "Diag",
    doc: "`output[i…, i…] = diagonal[i…]`, zero elsewhere.",
    inputs: &[arg("diagonal", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank_at_least(1)?;
        c.set(0, s.concat(&s));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let x = c.input(0);
        if x.rank() < 1 {
            return Err(Error::invalid("Input must be at least rank 1, got 0"));
        }
        let dims = [x.dims(), x.dims()].concat();
        let mut y = Tensor::try_zeros(x.dtype(), &dims)?;
        scattered(x, &walk(x.len()), &mut y);
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.call("DiagPart", &[g])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(1, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static DIAG_PART: OpDef = OpDef {
    name: "DiagPart",
    doc: "`diagonal[i…] = input[i…, i…]`.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("diagonal", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let Some(rank) = c.input(0).rank() else { return Ok(()) };
        if rank % 2 != 0 || rank == 0 {
            return Err(Error::value(format!("Input must have even and non-zero rank, input rank is {rank}")));
        }
        let s: Shape = c.input(0).sub(0..rank / 2).merge(&c.input(0).sub(rank / 2..rank))?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(run_part),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.call("Diag", &[g])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(1, 2);
        let x = [&dims[..], &dims[..]].concat();
        Case::new().input(d.tensor(&x))
    }),
    ..OpDef::BASE
};

fn run_part(c: &mut crate::plan::kernel::KernelCtx) -> Result<()> {
    let x = c.input(0);
    let half = x.rank() / 2;
    if x.rank() % 2 != 0 || x.rank() == 0 || x.dims()[..half] != x.dims()[half..] {
        return Err(Error::invalid(format!("The input must have an even rank and equal halves of its shape, but is {}", shape_text(x.dims()))));
    }
    let dims = x.dims()[..half].to_vec();
    let n = dims.iter().product();
    let y = gathered(x, &walk(n), &dims)?;
    c.set(0, y);
    Ok(())
}

/// The diagonal of an n × n matrix.
fn walk(n: usize) -> Walk {
    Walk { offset: 0, dims: vec![n], strides: vec![n as isize + 1] }
}
