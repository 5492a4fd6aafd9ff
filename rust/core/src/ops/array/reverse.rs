//! ReverseV2, Reverse, ReverseSequence and Roll: axes turned round and rotated.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::resolve_axis;
use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::diagonal::reverse_sequence;
use graphpb_kernels::movement::transpose::{reverse, roll};
use graphpb_kernels::{Bool, DType, Tensor};

const TYPES: &[DType] = &[
    DType::U8,
    DType::I8,
    DType::U16,
    DType::I16,
    DType::U32,
    DType::I32,
    DType::U64,
    DType::I64,
    DType::Bool,
    DType::BF16,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::C64,
    DType::C128,
    DType::Str,
];

pub static REVERSE_V2: OpDef = OpDef {
    name: "ReverseV2",
    doc: "The axes in `axis` run backwards.",
    inputs: &[arg("tensor", "T"), arg("axis", "Tidx")],
    outputs: &[arg("output", "T")],
    attrs: &[type_index("Tidx"), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        if let (Some(rank), Some(a)) = (c.input(0).rank(), c.ints(1)) {
            marks(&a, rank).map_err(Error::into_value)?;
        }
        infer::same_as_input(c)
    },
    kernel: Kernel::Plain(|c| {
        let m = marks(&c.ints(1)?, c.input(0).rank())?;
        let y = reverse(c.input(0), &m)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| back(c, "ReverseV2", "ReverseV2")),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let axes: Vec<i32> = (0..dims.len() as i32).filter(|_| d.flag()).collect();
        Case::new().input(d.tensor(&dims)).constant(Tensor::vector(&axes))
    }),
    ..OpDef::BASE
};

pub static REVERSE: OpDef = OpDef {
    name: "Reverse",
    doc: "Axis k runs backwards where `dims[k]` is true.",
    inputs: &[arg("tensor", "T"), arg_of("dims", DType::Bool)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let m: Vec<bool> = c.input(1).slice::<Bool>().iter().map(|b| b.get()).collect();
        if m.len() != c.input(0).rank() {
            return Err(Error::invalid(format!("'dims' must have {} elements, but has {}", c.input(0).rank(), m.len())));
        }
        let y = reverse(c.input(0), &m)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| back(c, "Reverse", "Reverse")),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let m = d.bools(&[dims.len()]);
        Case::new().input(d.tensor(&dims)).constant(m)
    }),
    ..OpDef::BASE
};

pub static REVERSE_SEQUENCE: OpDef = OpDef {
    name: "ReverseSequence",
    doc: "For each entry b of axis `batch_dim`, the first `seq_lengths[b]` slices of axis `seq_dim` in reverse order.",
    inputs: &[arg("input", "T"), arg("seq_lengths", "Tlen")],
    outputs: &[arg("output", "T")],
    attrs: &[int("seq_dim"), int("batch_dim").default_int(0), type_any("T"), type_in("Tlen", INDEX).default_type(DType::I64)],
    traits: Traits::PURE,
    shape: |c| {
        let (s, b) = (c.attrs().int("seq_dim")?, c.attrs().int("batch_dim")?);
        c.input(1).with_rank(1)?;
        if let Some(rank) = c.input(0).rank() {
            let bad = |name: &str| Error::value(format!("{name} must be < input rank: {s}, {b} vs. {rank}"));
            if !(0..rank as i64).contains(&b) {
                return Err(bad("batch_dim"));
            }
            if !(0..rank as i64).contains(&s) {
                return Err(bad("seq_dim"));
            }
            let (n, l) = (c.input(0).dim(b as usize), c.input(1).dim(0));
            if n >= 0 && l >= 0 && n != l {
                return Err(Error::value(format!("Dimensions must be equal, but are {n} and {l}")));
            }
        }
        infer::same_as_input(c)
    },
    kernel: Kernel::Plain(|c| {
        let (s, b, len) = (c.attrs().int("seq_dim")?, c.attrs().int("batch_dim")?, c.ints(1)?);
        let dims = c.input(0).dims();
        let (Some(s), Some(b)) = (usize::try_from(s).ok().filter(|&s| s < dims.len()), usize::try_from(b).ok().filter(|&b| b < dims.len())) else {
            return Err(Error::invalid(format!("seq_dim and batch_dim must be < input rank ({s}, {b} vs. {})", dims.len())));
        };
        if s == b {
            return Err(Error::invalid(format!("batch_dim == seq_dim == {s}")));
        }
        if len.len() != dims[b] {
            return Err(Error::invalid(format!("Length of seq_lens != input.dims({b}), ({} vs. {})", len.len(), dims[b])));
        }
        for (i, &v) in len.iter().enumerate() {
            if v < 0 {
                return Err(Error::invalid(format!("seq_lens({i}) < 0")));
            }
            if v > dims[s] as i64 {
                return Err(Error::invalid(format!("seq_lens({i}) > input.dims({s})")));
            }
        }
        let y = reverse_sequence(c.input(0), &len, s, b)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let attrs = Attrs::new().with("seq_dim", c.attrs().int("seq_dim")?).with("batch_dim", c.attrs().int("batch_dim")?);
        let r = c.op("ReverseSequence", &[g, c.input(1)], attrs)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(2, 4);
        let s = d.below(dims.len());
        let b = (s + 1 + d.below(dims.len() - 1)) % dims.len();
        let len = d.integers(DType::I64, &[dims[b]], 0, dims[s] as i64);
        Case::new().input(d.tensor(&dims)).input(len).attr("seq_dim", s as i64).attr("batch_dim", b as i64)
    }),
    ..OpDef::BASE
};

pub static ROLL: OpDef = OpDef {
    name: "Roll",
    doc: "Rotates axis `axis[i]` by `shift[i]` places towards higher indices; shifts of a repeated axis add up.",
    inputs: &[arg("input", "T"), arg("shift", "Tshift"), arg("axis", "Taxis")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_in("Tshift", INDEX), type_in("Taxis", INDEX)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank_at_least(1)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (shift, axis, rank) = (c.ints(1)?, c.ints(2)?, c.input(0).rank());
        if rank < 1 {
            return Err(Error::invalid("input must be 1-D or higher"));
        }
        if shift.len() != axis.len() {
            return Err(Error::invalid("shift and axis must have the same size"));
        }
        let mut total = vec![0i64; rank];
        for (&s, &a) in shift.iter().zip(&axis) {
            let at = resolve_axis(a, rank).ok_or_else(|| Error::invalid(format!("axis {a} is out of range")))?;
            total[at] = total[at].wrapping_add(s);
        }
        let y = roll(c.input(0), &total)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (g, shift, axis) = (c.grad(0)?, c.input(1), c.input(2));
        let back = c.neg(shift)?;
        let r = c.call("Roll", &[g, back, axis])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(1, 3);
        let n = 1 + d.below(2);
        let shift = d.integers(DType::I32, &[n], -4, 4);
        let axis = d.integers(DType::I32, &[n], 0, dims.len() as i64 - 1);
        Case::new().input(d.tensor(&dims)).constant(shift).constant(axis)
    }),
    ..OpDef::BASE
};

fn marks(axes: &[i64], rank: usize) -> Result<Vec<bool>> {
    let mut m = vec![false; rank];
    for (i, &a) in axes.iter().enumerate() {
        let at = resolve_axis(a, rank).ok_or_else(|| Error::invalid(format!("'axis'[{i}] = {a} is out of valid range [0, {}", rank as i64 - 1)))?;
        if std::mem::replace(&mut m[at], true) {
            return Err(Error::invalid(format!("axis {at} specified more than once.")));
        }
    }
    Ok(m)
}

fn back(c: &mut GradCtx, op: &str, name: &str) -> Result<()> {
    let (g, axes) = (c.grad(0)?, c.input(1));
    let r = c.op_node(op, name, &[g, axes], Attrs::new())?.out(0);
    c.set(0, r);
    Ok(())
}
