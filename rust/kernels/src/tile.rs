//! Fused element-wise programs: straight-line code over tiles of lanes that stay in the first-level cache.
//!
//! A program is a list of instructions on float32 registers of one tile each. Inputs are read, and outputs written, once.
//! Masks (bool tensors, results of comparisons) are 0.0 and 1.0 in registers.

mod layout;

use std::cell::RefCell;

use smallvec::SmallVec;

use crate::isa::multiversion;
use crate::movement::copy_run;
use crate::{Bool, DType, Tensor, par, vmath};
use layout::Feed;
pub(crate) use layout::Operand;
pub use layout::{Columns, Lane};

/// An instruction's function. Gradients take (y, dy) or (x, dy) in the order of TensorFlow's ops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Copy,
    Neg,
    Abs,
    Sign,
    Square,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Exp,
    Expm1,
    Log,
    Log1p,
    Tanh,
    Sigmoid,
    Softplus,
    Relu,
    Floor,
    Ceil,
    Not,
    Add,
    Sub,
    Mul,
    Div,
    Maximum,
    Minimum,
    SquaredDifference,
    /// dy · (1 − y²)
    TanhGrad,
    /// dy · y · (1 − y)
    SigmoidGrad,
    /// dy · (x > 0), a product, so that an infinite dy gives NaN elsewhere: inputs (dy, x)
    ReluGrad,
    /// dy · 0.5 / y
    SqrtGrad,
    /// −0.5 · dy · y³
    RsqrtGrad,
    /// −dy · y²
    ReciprocalGrad,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    /// (mask, a, b)
    Select,
}

impl Op {
    pub fn arity(self) -> usize {
        use Op::*;
        match self {
            Copy | Neg | Abs | Sign | Square | Sqrt | Rsqrt | Reciprocal | Exp | Expm1 | Log | Log1p | Tanh | Sigmoid | Softplus | Relu | Floor
            | Ceil | Not => 1,
            Select => 3,
            _ => 2,
        }
    }
    /// The estimated nanoseconds per element.
    fn ns(self) -> f64 {
        use Op::*;
        match self {
            Exp | Expm1 | Log | Log1p | Tanh | Sigmoid | Softplus => 0.5,
            Sqrt | Rsqrt | Reciprocal | Div | SqrtGrad => 0.15,
            _ => 0.05,
        }
    }
}

/// An operand of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    Reg(u8),
    Input(u8),
}

#[derive(Clone, Debug)]
pub struct Instr {
    pub op: Op,
    /// A register that is none of the operands.
    pub dst: u8,
    pub args: SmallVec<[Arg; 3]>,
}

/// What becomes of a register when the tile is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// A tensor of float32.
    F32,
    /// A tensor of bool.
    Mask,
    /// The sum of all elements: a float32 scalar.
    Sum,
}

#[derive(Clone, Debug)]
pub struct Program {
    pub instrs: Vec<Instr>,
    pub outputs: Vec<(u8, Store)>,
    /// Float32 results that are registers side by side along the last axis; they follow the other outputs.
    pub joins: Vec<SmallVec<[u8; 4]>>,
    pub registers: usize,
}

const MAX_LANES: usize = 1024;

/// Registers of all lanes of a program fit half of a first-level cache.
const L1_BYTES: usize = 24 << 10;

/// The registers of one thread, and operands spread out for one instruction.
#[derive(Default)]
struct Scratch {
    registers: Vec<Box<[f32; MAX_LANES]>>,
    spread: Box<[Spread; 3]>,
}

struct Spread([f32; MAX_LANES]);
impl Default for Spread {
    fn default() -> Spread {
        Spread([0.0; MAX_LANES])
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Program {
    fn lanes(&self) -> usize {
        let fit = L1_BYTES / 4 / self.registers.max(1);
        [MAX_LANES, 512, 256].into_iter().find(|&l| l <= fit).unwrap_or(128)
    }

    /// Compute all outputs over the space `dims`; None when it cannot read an input there.
    pub fn run(&self, inputs: &[Lane], dims: &[usize]) -> Option<SmallVec<[Tensor; 4]>> {
        let feeds: SmallVec<[Feed; 8]> = inputs.iter().map(|x| x.feed(dims)).collect::<Option<_>>()?;
        if dims.is_empty() && !self.joins.is_empty() {
            return None;
        }
        let n: usize = dims.iter().product();
        let ns = self.instrs.iter().map(|i| i.op.ns()).sum::<f64>() + 0.1 * (inputs.len() + self.outputs.len()) as f64;
        let width = dims.last().copied().unwrap_or(1);
        let stored = self.outputs.iter().map(|(_, s)| match s {
            Store::F32 => Tensor::scratch(DType::F32, dims),
            Store::Mask => Tensor::scratch(DType::Bool, dims),
            Store::Sum => Tensor::scalar(0f32),
        });
        let mut outputs: SmallVec<[Tensor; 4]> = stored.collect();
        for parts in &self.joins {
            let mut joined = crate::tensor::Dims::from_slice(dims);
            joined.pop();
            joined.push(width * parts.len());
            outputs.push(Tensor::scratch(DType::F32, &joined));
        }
        let mut targets: SmallVec<[Target; 8]> = SmallVec::new();
        for (k, t) in outputs.iter_mut().enumerate() {
            match self.outputs.get(k) {
                Some(&(r, Store::F32)) => targets.push(Target::F32(r, t.slice_mut::<f32>().as_mut_ptr())),
                Some(&(r, Store::Mask)) => targets.push(Target::Mask(r, t.slice_mut::<Bool>().as_mut_ptr())),
                Some(&(r, Store::Sum)) => targets.push(Target::Sum(r)),
                None => {
                    let (parts, base) = (&self.joins[k - self.outputs.len()], t.slice_mut::<f32>().as_mut_ptr());
                    let part = |(i, &r): (usize, &u8)| Target::Columns(r, base.wrapping_add(i * width), width * parts.len());
                    targets.extend(parts.iter().enumerate().map(part));
                }
            }
        }
        let targets = Targets(targets);
        let sums = par::fold(
            n,
            ns,
            |range| self.chunk(&feeds, &targets, width, range),
            |mut a, b| {
                a.iter_mut().zip(b).for_each(|(x, y)| *x += y);
                a
            },
        );
        for (k, v) in sums.into_iter().flatten().enumerate() {
            if let Some((_, Store::Sum)) = self.outputs.get(k) {
                outputs[k].slice_mut::<f32>()[0] = v as f32;
            }
        }
        Some(outputs)
    }

    /// The tiles of one range of the space; gives what each target sums up to.
    fn chunk(&self, feeds: &[Feed], targets: &Targets, width: usize, range: std::ops::Range<usize>) -> SmallVec<[f64; 2]> {
        SCRATCH.with_borrow_mut(|scratch| self.tiles(feeds, targets, width, range, scratch))
    }

    fn tiles(&self, feeds: &[Feed], targets: &Targets, width: usize, range: std::ops::Range<usize>, scratch: &mut Scratch) -> SmallVec<[f64; 2]> {
        let lanes = self.lanes();
        let mut sums: SmallVec<[f64; 2]> = SmallVec::from_elem(0.0, self.outputs.len());
        while scratch.registers.len() < self.registers {
            scratch.registers.push(Box::new([0.0; MAX_LANES]));
        }
        let mut places: SmallVec<[*mut f32; 24]> = scratch.registers.iter_mut().map(|r| r.as_mut_ptr()).collect();
        let mut at = range.start;
        while at < range.end {
            let len = lanes.min(range.end - at);
            for t in &targets.0 {
                // A register that becomes a tensor is computed where the tensor stands.
                if let Target::F32(r, p) = *t {
                    places[r as usize] = p.wrapping_add(at);
                }
            }
            // SAFETY: every place has `lanes` elements, or is this chunk's part of an output that no other register stands in.
            unsafe { self.tile(feeds, &places, &mut scratch.spread, at, len) };
            for (k, t) in targets.0.iter().enumerate() {
                let register = |r: u8| {
                    // SAFETY: `tile` wrote `len` elements there, and the slice ends before anything else is written there.
                    unsafe { std::slice::from_raw_parts(places[r as usize].cast_const(), len) }
                };
                match *t {
                    Target::F32(..) => {}
                    Target::Mask(r, p) => {
                        // SAFETY: `at..at+len` lies in this chunk's range alone, which lies in the output.
                        let out = unsafe { std::slice::from_raw_parts_mut(p.add(at), len) };
                        out.iter_mut().zip(register(r)).for_each(|(o, &v)| *o = Bool((v != 0.0) as u8));
                    }
                    Target::Sum(r) => sums[k] += sum(register(r)),
                    Target::Columns(r, p, pitch) => {
                        let (mut rest, mut row, mut column) = (register(r), at / width, at % width);
                        while !rest.is_empty() {
                            let run = (width - column).min(rest.len());
                            // SAFETY: elements of the space in this chunk's range, in the columns that belong to this target.
                            let out = unsafe { std::slice::from_raw_parts_mut(p.add(row * pitch + column), run) };
                            copy_run(out, &rest[..run]);
                            (rest, row, column) = (&rest[run..], row + 1, 0);
                        }
                    }
                }
            }
            at += len;
        }
        sums
    }

    /// # Safety
    /// `places[r]` has space for `len` floats for each register, apart from all others and from the inputs.
    unsafe fn tile(&self, feeds: &[Feed], places: &[*mut f32], spread: &mut [Spread; 3], at: usize, len: usize) {
        for i in &self.instrs {
            // SAFETY: as the caller promises; no operand is the register that is written.
            let out = unsafe { std::slice::from_raw_parts_mut(places[i.dst as usize], len) };
            let mut args = [Operand::Scalar(0.0); 3];
            for ((slot, &arg), spread) in args.iter_mut().zip(&i.args).zip(spread.iter_mut()) {
                *slot = match arg {
                    // SAFETY: as above; an earlier instruction wrote it.
                    Arg::Reg(r) => Operand::Lanes(unsafe { std::slice::from_raw_parts(places[r as usize].cast_const(), len) }),
                    Arg::Input(k) => feeds[k as usize].read(at, &mut spread.0[..len]),
                };
            }
            match i.op.arity() {
                1 => unary(i.op, out, args[0]),
                2 => binary(i.op, out, args[0], args[1]),
                _ => select(out, args[0], args[1], args[2]),
            }
        }
    }
}

/// A register and where it goes.
enum Target {
    F32(u8, *mut f32),
    Mask(u8, *mut Bool),
    Sum(u8),
    /// Columns of a wider tensor: the first one, and the elements from row to row.
    Columns(u8, *mut f32, usize),
}

struct Targets(SmallVec<[Target; 8]>);
// SAFETY: each thread writes its own range only.
unsafe impl Sync for Targets {}

#[inline(always)]
fn map1(out: &mut [f32], a: Operand, f: impl Fn(f32) -> f32) {
    match a {
        Operand::Lanes(a) => out.iter_mut().zip(a).for_each(|(o, &a)| *o = f(a)),
        Operand::Scalar(a) => out.fill(f(a)),
    }
}

#[inline(always)]
fn map2(out: &mut [f32], a: Operand, b: Operand, f: impl Fn(f32, f32) -> f32) {
    match (a, b) {
        (Operand::Lanes(a), Operand::Lanes(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, &a), &b)| *o = f(a, b)),
        (Operand::Lanes(a), Operand::Scalar(b)) => out.iter_mut().zip(a).for_each(|(o, &a)| *o = f(a, b)),
        (Operand::Scalar(a), Operand::Lanes(b)) => out.iter_mut().zip(b).for_each(|(o, &b)| *o = f(a, b)),
        (Operand::Scalar(a), Operand::Scalar(b)) => out.fill(f(a, b)),
    }
}

#[inline(always)]
fn mask(b: bool) -> f32 {
    if b { 1.0 } else { 0.0 }
}

fn unary(op: Op, out: &mut [f32], a: Operand) {
    use Op::*;
    match op {
        Exp => map_slice(out, a, vmath::exp_to),
        Expm1 => map_slice(out, a, vmath::expm1_to),
        Log => map_slice(out, a, vmath::ln_to),
        Log1p => map_slice(out, a, vmath::log1p_to),
        Tanh => map_slice(out, a, vmath::tanh_to),
        Sigmoid => map_slice(out, a, vmath::sigmoid_to),
        Softplus => map_slice(out, a, vmath::softplus_to),
        _ => simple(op, out, a),
    }
}

fn map_slice(out: &mut [f32], a: Operand, f: impl Fn(&[f32], &mut [f32])) {
    match a {
        Operand::Lanes(a) => f(a, out),
        Operand::Scalar(a) => {
            let mut one = [0.0];
            f(&[a], &mut one);
            out.fill(one[0]);
        }
    }
}

multiversion! {
    pub(crate) fn simple<L>(op: Op, out: &mut [f32], a: Operand) {
        match op {
            Op::Neg => map1(out, a, |x| -x),
            Op::Abs => map1(out, a, |x| x.abs()),
            Op::Sign => map1(out, a, |x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { x }),
            Op::Square => map1(out, a, |x| x * x),
            Op::Sqrt => map1(out, a, |x| x.sqrt()),
            Op::Rsqrt => map1(out, a, |x| 1.0 / x.sqrt()),
            Op::Reciprocal => map1(out, a, |x| 1.0 / x),
            Op::Relu => map1(out, a, |x| if x < 0.0 { 0.0 } else { x }),
            Op::Floor => map1(out, a, |x| x.floor()),
            Op::Ceil => map1(out, a, |x| x.ceil()),
            Op::Not => map1(out, a, |x| 1.0 - x),
            _ => map1(out, a, |x| x),
        }
    }

    pub(crate) fn binary<L>(op: Op, out: &mut [f32], a: Operand, b: Operand) {
        match op {
            Op::Add => map2(out, a, b, |x, y| x + y),
            Op::Sub => map2(out, a, b, |x, y| x - y),
            Op::Mul | Op::And => map2(out, a, b, |x, y| x * y),
            Op::Div => map2(out, a, b, |x, y| x / y),
            Op::Maximum => map2(out, a, b, |x, y| if x > y || x.is_nan() { x } else { y }),
            Op::Minimum => map2(out, a, b, |x, y| if x < y || x.is_nan() { x } else { y }),
            Op::Or => map2(out, a, b, |x, y| if x > y { x } else { y }),
            Op::SquaredDifference => map2(out, a, b, |x, y| (x - y) * (x - y)),
            Op::TanhGrad => map2(out, a, b, |y, dy| dy * (1.0 - y * y)),
            Op::SigmoidGrad => map2(out, a, b, |y, dy| dy * y * (1.0 - y)),
            Op::ReluGrad => map2(out, a, b, |dy, x| dy * if x > 0.0 { 1.0 } else { 0.0 }),
            Op::SqrtGrad => map2(out, a, b, |y, dy| if dy == 0.0 { 0.0 } else { dy * 0.5 / y }),
            Op::RsqrtGrad => map2(out, a, b, |y, dy| if dy == 0.0 { 0.0 } else { -0.5 * (dy * y) * (y * y) }),
            Op::ReciprocalGrad => map2(out, a, b, |y, dy| if dy == 0.0 { 0.0 } else { -dy * y * y }),
            Op::Equal => map2(out, a, b, |x, y| mask(x == y)),
            Op::NotEqual => map2(out, a, b, |x, y| mask(x != y)),
            Op::Less => map2(out, a, b, |x, y| mask(x < y)),
            Op::LessEqual => map2(out, a, b, |x, y| mask(x <= y)),
            Op::Greater => map2(out, a, b, |x, y| mask(x > y)),
            Op::GreaterEqual => map2(out, a, b, |x, y| mask(x >= y)),
            _ => map1(out, a, |x| x),
        }
    }

    fn select<L>(out: &mut [f32], m: Operand, a: Operand, b: Operand) {
        match m {
            Operand::Lanes(m) => {
                map1(out, b, |x| x);
                match a {
                    Operand::Lanes(a) => out.iter_mut().zip(a).zip(m).for_each(|((o, &a), &m)| *o = if m != 0.0 { a } else { *o }),
                    Operand::Scalar(a) => out.iter_mut().zip(m).for_each(|(o, &m)| *o = if m != 0.0 { a } else { *o }),
                }
            }
            Operand::Scalar(m) => map1(out, if m != 0.0 { a } else { b }, |x| x),
        }
    }

    fn sum<L>(x: &[f32]) -> f64 {
        let mut acc = [0f32; 32];
        let (chunks, rest) = x.as_chunks::<32>();
        for c in chunks {
            for k in 0..32 {
                acc[k] += c[k];
            }
        }
        acc.iter().chain(rest).map(|&v| v as f64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::concat::concat;

    fn values(n: usize, k: f32) -> Vec<f32> {
        (0..n).map(|i| ((i * 37 % 101) as f32 - 50.0) * k).collect()
    }

    /// sigmoid(x · row + column) summed, and x > 0.25, against plain loops.
    #[test]
    fn a_program_computes_what_loops_compute_for_every_layout_and_thread_count() {
        let (m, n) = (301, 130);
        let x = Tensor::from_slice(&values(m * n, 0.05), &[m, n]);
        let row = Tensor::from_slice(&values(n, 0.02), &[n]);
        let column = Tensor::from_slice(&values(m, 0.03), &[m, 1]);
        let quarter = Tensor::scalar(0.25f32);
        let instr = |op, dst, args: &[Arg]| Instr { op, dst, args: SmallVec::from_slice(args) };
        let p = Program {
            instrs: vec![
                instr(Op::Mul, 0, &[Arg::Input(0), Arg::Input(1)]),
                instr(Op::Add, 1, &[Arg::Reg(0), Arg::Input(2)]),
                instr(Op::Sigmoid, 0, &[Arg::Reg(1)]),
                instr(Op::Greater, 2, &[Arg::Input(0), Arg::Input(3)]),
                instr(Op::Select, 1, &[Arg::Reg(2), Arg::Reg(0), Arg::Input(3)]),
            ],
            outputs: vec![(0, Store::F32), (2, Store::Mask), (0, Store::Sum), (1, Store::F32)],
            joins: vec![SmallVec::from_slice(&[1, 0])],
            registers: 3,
        };
        // x and row are columns of wider tensors.
        let (x_wide, row_wide) = (concat(&[&column, &x, &column], 1).unwrap(), concat(&[&row, &row], 0).unwrap());
        let lane = |tensor, at| Lane { tensor, columns: Some(Columns { at, width: n }) };
        let inputs = [lane(&x_wide, 1), lane(&row_wide, n), Lane::from(&column), Lane::from(&quarter)];
        let out = p.run(&inputs, &[m, n]).unwrap();
        let threaded = par::install(|| p.run(&inputs, &[m, n])).unwrap();
        let (xs, rs, cs) = (x.slice::<f32>(), row.slice::<f32>(), column.slice::<f32>());
        let mut total = 0f64;
        for i in 0..m * n {
            let want = 1.0 / (1.0 + (-(xs[i] * rs[i % n] + cs[i / n]) as f64).exp());
            total += want;
            assert!((out[0].slice::<f32>()[i] as f64 - want).abs() < 1e-6);
            assert_eq!(out[1].slice::<Bool>()[i].get(), xs[i] > 0.25);
            let chosen = if xs[i] > 0.25 { want } else { 0.25 };
            assert!((out[3].slice::<f32>()[i] as f64 - chosen).abs() < 1e-6);
            let (joined, at) = (out[4].slice::<f32>(), i / n * 2 * n + i % n);
            assert_eq!((joined[at], joined[at + n]), (out[3].slice::<f32>()[i], out[0].slice::<f32>()[i]));
        }
        assert!((out[2].slice::<f32>()[0] as f64 - total).abs() < 1e-5 * total);
        for (a, b) in out.iter().zip(&threaded) {
            assert_eq!(a.bytes(), b.bytes());
        }
        assert_eq!(out[4].dims(), [m, 2 * n]);
        let plain = [Lane::from(&x), Lane::from(&row), Lane::from(&column), Lane::from(&quarter)];
        assert!(p.run(&plain, &[m, n]).unwrap().iter().zip(&out).all(|(a, b)| a.bytes() == b.bytes()));
        let odd = Tensor::zeros(DType::F32, &[2, 1, 2]);
        assert!(p.run(&[Lane::from(&odd), inputs[1], inputs[2], inputs[3]], &[2, 3, 2]).is_none());
        assert!(p.run(&[lane(&x_wide, 3), inputs[1], inputs[2], inputs[3]], &[m, n]).is_none(), "columns beyond the end");
    }
}
