//! Fused element-wise programs: straight-line code over tiles of lanes that stay in the first-level cache.
//!
//! A program is a list of instructions on float32 registers of one tile each. Inputs are read, and outputs written, once.
//! Masks (bool tensors, results of comparisons) are 0.0 and 1.0 in registers.

use smallvec::SmallVec;

use crate::isa::multiversion;
use crate::{Bool, DType, Tensor, par, vmath};

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
    /// dy where x > 0: inputs (dy, x)
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
    pub registers: usize,
}

/// How an input lies in the iteration space.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    Full,
    Scalar,
    /// Element `i % period`.
    Period(usize),
    /// Element `i / repeat`.
    Repeat(usize),
}

/// The layout of `dims` in the space `full`; None when it needs more than one modulus or quotient.
fn layout(dims: &[usize], full: &[usize]) -> Option<Layout> {
    if dims == full {
        return Some(Layout::Full);
    }
    if dims.iter().all(|&d| d == 1) {
        return Some(Layout::Scalar);
    }
    let lead = full.len().checked_sub(dims.len())?;
    let same = |i: usize| i >= lead && dims[i - lead] == full[i];
    let one = |i: usize| i < lead || dims[i - lead] == 1;
    let n = full.len();
    // Sizes of one fit either way: skip them from both ends.
    let tail = (0..n).rev().take_while(|&i| same(i)).count();
    if (0..n - tail).all(one) {
        return Some(Layout::Period(full[n - tail..].iter().product()));
    }
    let head = (0..n).take_while(|&i| same(i)).count();
    if (head..n).all(one) {
        return Some(Layout::Repeat(full[head..].iter().product()));
    }
    None
}

const MAX_LANES: usize = 1024;

/// Registers of all lanes of a program fit half of a first-level cache.
const L1_BYTES: usize = 24 << 10;

impl Program {
    /// Whether `run` takes these inputs for the space `full`.
    pub fn accepts(&self, inputs: &[&Tensor], full: &[usize]) -> bool {
        inputs.iter().all(|t| matches!(t.dtype(), DType::F32 | DType::Bool) && layout(t.dims(), full).is_some())
    }

    fn lanes(&self) -> usize {
        let fit = L1_BYTES / 4 / self.registers.max(1);
        [MAX_LANES, 512, 256].into_iter().find(|&l| l <= fit).unwrap_or(128)
    }

    /// Compute all outputs over the space `dims`. `accepts` must hold.
    pub fn run(&self, inputs: &[&Tensor], dims: &[usize]) -> Vec<Tensor> {
        let n: usize = dims.iter().product();
        let ns = self.instrs.iter().map(|i| i.op.ns()).sum::<f64>() + 0.1 * (inputs.len() + self.outputs.len()) as f64;
        let feeds: SmallVec<[Feed; 8]> = inputs.iter().map(|t| Feed::of(t, dims)).collect();
        let mut outputs: Vec<Tensor> = self
            .outputs
            .iter()
            .map(|(_, s)| match s {
                Store::F32 => Tensor::scratch(DType::F32, dims),
                Store::Mask => Tensor::scratch(DType::Bool, dims),
                Store::Sum => Tensor::scalar(0f32),
            })
            .collect();
        let targets: Vec<Target> = outputs
            .iter_mut()
            .zip(&self.outputs)
            .map(|(t, (_, s))| match s {
                Store::F32 => Target::F32(t.slice_mut::<f32>().as_mut_ptr()),
                Store::Mask => Target::Mask(t.slice_mut::<Bool>().as_mut_ptr()),
                Store::Sum => Target::Sum,
            })
            .collect();
        let lanes = self.lanes();
        // SAFETY (of the writes inside): the ranges of `fold` are disjoint and cover 0..n, the length of every target.
        let sums = par::fold(
            n,
            ns,
            |range| {
                let mut regs = vec![vec![0f32; lanes]; self.registers];
                let mut space = [[0f32; MAX_LANES]; 3];
                let mut sums: SmallVec<[f64; 2]> = SmallVec::from_elem(0.0, self.outputs.len());
                let mut at = range.start;
                while at < range.end {
                    let len = lanes.min(range.end - at);
                    self.tile(&feeds, &mut regs, &mut space, at, len);
                    for (k, &(reg, _)) in self.outputs.iter().enumerate() {
                        let r = &regs[reg as usize][..len];
                        match targets[k] {
                            // SAFETY: `at..at+len` lies in this chunk's range alone.
                            Target::F32(p) => unsafe { std::slice::from_raw_parts_mut(p.add(at), len) }.copy_from_slice(r),
                            Target::Mask(p) => {
                                // SAFETY: as above.
                                let out = unsafe { std::slice::from_raw_parts_mut(p.add(at), len) };
                                out.iter_mut().zip(r).for_each(|(o, &v)| *o = Bool((v != 0.0) as u8));
                            }
                            Target::Sum => sums[k] += sum(r),
                        }
                    }
                    at += len;
                }
                sums
            },
            |mut a, b| {
                a.iter_mut().zip(b).for_each(|(x, y)| *x += y);
                a
            },
        );
        drop(targets);
        if let Some(sums) = sums {
            for ((t, (_, s)), v) in outputs.iter_mut().zip(&self.outputs).zip(sums) {
                if *s == Store::Sum {
                    t.slice_mut::<f32>()[0] = v as f32;
                }
            }
        }
        outputs
    }

    fn tile(&self, feeds: &[Feed], regs: &mut [Vec<f32>], space: &mut [[f32; MAX_LANES]; 3], at: usize, len: usize) {
        for i in &self.instrs {
            let mut out = std::mem::take(&mut regs[i.dst as usize]);
            let mut args = [Operand::Scalar(0.0); 3];
            for ((slot, &arg), space) in args.iter_mut().zip(&i.args).zip(space.iter_mut()) {
                *slot = match arg {
                    Arg::Reg(r) => Operand::Lanes(&regs[r as usize][..len]),
                    Arg::Input(k) => feeds[k as usize].read(at, &mut space[..len]),
                };
            }
            match i.op.arity() {
                1 => unary(i.op, &mut out[..len], args[0]),
                2 => binary(i.op, &mut out[..len], args[0], args[1]),
                _ => select(&mut out[..len], args[0], args[1], args[2]),
            }
            regs[i.dst as usize] = out;
        }
    }
}

enum Target {
    F32(*mut f32),
    Mask(*mut Bool),
    Sum,
}
// SAFETY: each thread writes its own range only.
unsafe impl Sync for Target {}

struct Feed<'a> {
    floats: Option<&'a [f32]>,
    masks: &'a [Bool],
    layout: Layout,
}

impl<'a> Feed<'a> {
    fn of(t: &'a Tensor, dims: &[usize]) -> Feed<'a> {
        let layout = layout(t.dims(), dims).expect("accepted");
        match t.dtype() {
            DType::F32 => Feed { floats: Some(t.slice::<f32>()), masks: &[], layout },
            _ => Feed { floats: None, masks: t.slice::<Bool>(), layout },
        }
    }
    /// Lanes `at..at + space.len()`, where they stand or spread out in `space`.
    fn read<'s>(&self, at: usize, space: &'s mut [f32]) -> Operand<'s>
    where
        'a: 's,
    {
        match (self.floats, self.layout) {
            (Some(v), Layout::Full) => Operand::Lanes(&v[at..at + space.len()]),
            (Some(v), Layout::Scalar) => Operand::Scalar(v[0]),
            (Some(v), l) => {
                spread(v, l, at, space, |x| x);
                Operand::Lanes(space)
            }
            (None, Layout::Scalar) => Operand::Scalar(self.masks[0].get() as u8 as f32),
            (None, l) => {
                spread(self.masks, l, at, space, |x| x.get() as u8 as f32);
                Operand::Lanes(space)
            }
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    Lanes(&'a [f32]),
    Scalar(f32),
}

fn spread<T: Copy>(v: &[T], layout: Layout, at: usize, out: &mut [f32], f: impl Fn(T) -> f32) {
    let mut done = 0;
    while done < out.len() {
        let left = out.len() - done;
        done += match layout {
            Layout::Full => {
                out.iter_mut().zip(&v[at..]).for_each(|(o, &x)| *o = f(x));
                left
            }
            Layout::Scalar => {
                out.fill(f(v[0]));
                left
            }
            Layout::Period(p) => {
                let k = (at + done) % p;
                let run = (p - k).min(left);
                out[done..done + run].iter_mut().zip(&v[k..]).for_each(|(o, &x)| *o = f(x));
                run
            }
            Layout::Repeat(r) => {
                let k = (at + done) / r;
                let run = ((k + 1) * r - (at + done)).min(left);
                out[done..done + run].fill(f(v[k]));
                run
            }
        };
    }
}

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
            Op::ReluGrad => map2(out, a, b, |dy, x| if x > 0.0 { dy } else { 0.0 }),
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
            registers: 3,
        };
        let inputs = [&x, &row, &column, &quarter];
        assert!(p.accepts(&inputs, &[m, n]));
        let out = p.run(&inputs, &[m, n]);
        let threaded = par::install(|| p.run(&inputs, &[m, n]));
        let (xs, rs, cs) = (x.slice::<f32>(), row.slice::<f32>(), column.slice::<f32>());
        let mut total = 0f64;
        for i in 0..m * n {
            let want = 1.0 / (1.0 + (-(xs[i] * rs[i % n] + cs[i / n]) as f64).exp());
            total += want;
            assert!((out[0].slice::<f32>()[i] as f64 - want).abs() < 1e-6);
            assert_eq!(out[1].slice::<Bool>()[i].get(), xs[i] > 0.25);
            assert!((out[3].slice::<f32>()[i] as f64 - if xs[i] > 0.25 { want } else { 0.25 }).abs() < 1e-6);
        }
        assert!((out[2].slice::<f32>()[0] as f64 - total).abs() < 1e-5 * total);
        for (a, b) in out.iter().zip(&threaded) {
            assert_eq!(a.bytes(), b.bytes());
        }
        assert!(!p.accepts(&[&Tensor::zeros(DType::F32, &[2, 1, 2]), &row, &column, &quarter], &[2, 3, 2]));
    }

    #[test]
    fn layouts_are_told_apart() {
        assert_eq!(layout(&[3, 4], &[3, 4]), Some(Layout::Full));
        assert_eq!(layout(&[1, 1], &[3, 4]), Some(Layout::Scalar));
        assert_eq!(layout(&[4], &[3, 4]), Some(Layout::Period(4)));
        assert_eq!(layout(&[1, 4], &[3, 4]), Some(Layout::Period(4)));
        assert_eq!(layout(&[3, 1], &[3, 4]), Some(Layout::Repeat(4)));
        assert_eq!(layout(&[2, 1, 4], &[2, 3, 4]), None);
        assert_eq!(layout(&[5], &[3, 4]), None);
    }
}
