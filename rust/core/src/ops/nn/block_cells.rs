//! LSTMBlockCell and GRUBlockCell: one step of a cell as one op, and their gradient ops.

use graphpb_kernels::gemm::gemm;
use graphpb_kernels::{DType, Tensor, shape_text};

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::equal_sizes;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

const TYPES: &[DType] = &[DType::F32];

pub static LSTM_BLOCK_CELL: OpDef = OpDef {
    name: "LSTMBlockCell",
    doc: "One step of an LSTM: i, ci, f, o = [x, h_prev]·w + b; with peepholes wci, wcf, wco; cs = tanh(ci)·σ(i) + cs_prev·σ(f + forget_bias), \
          clipped; h = σ(o)·tanh(cs). The gates come out activated.",
    inputs: &[
        arg("x", "T"),
        arg("cs_prev", "T"),
        arg("h_prev", "T"),
        arg("w", "T"),
        arg("wci", "T"),
        arg("wcf", "T"),
        arg("wco", "T"),
        arg("b", "T"),
    ],
    outputs: &[arg("i", "T"), arg("cs", "T"), arg("f", "T"), arg("o", "T"), arg("ci", "T"), arg("co", "T"), arg("h", "T")],
    attrs: &[float("forget_bias").default_float(1.0), float("cell_clip").default_float(3.0), flag("use_peephole", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let s = Shape::of(&[equal_sizes(c.input(0).with_rank(2)?.dim(0), c.input(1).with_rank(2)?.dim(0))?, c.input(1).dim(1)]);
        (0..7).for_each(|i| c.set(i, s.clone()));
        Ok(())
    },
    kernel: Kernel::Plain(lstm),
    grad: Grad::Rule(lstm_rule),
    sample: Some(|d| {
        let n = Sizes::draw(d);
        let t = |d: &mut Draw, dims: &[usize]| d.tensor_in(dims, -1.0, 1.0);
        let (x, cs, h) = (t(d, &[n.batch, n.inputs]), t(d, &[n.batch, n.cells]), t(d, &[n.batch, n.cells]));
        let w = t(d, &[n.inputs + n.cells, 4 * n.cells]);
        let (wci, wcf, wco, b) = (t(d, &[n.cells]), t(d, &[n.cells]), t(d, &[n.cells]), t(d, &[4 * n.cells]));
        [x, cs, h, w, wci, wcf, wco, b]
            .into_iter()
            .fold(Case::new(), Case::input)
            .attr("use_peephole", d.flag())
            .attr("cell_clip", d.one_of(&[-1.0f32, 0.3]))
    }),
    ..OpDef::BASE
};

pub static LSTM_BLOCK_CELL_GRAD: OpDef = OpDef {
    name: "LSTMBlockCellGrad",
    doc: "The gradients of LSTMBlockCell's cs_prev, of its gates before activation (i, ci, f, o side by side) and of its peepholes.",
    inputs: &[
        arg("x", "T"),
        arg("cs_prev", "T"),
        arg("h_prev", "T"),
        arg("w", "T"),
        arg("wci", "T"),
        arg("wcf", "T"),
        arg("wco", "T"),
        arg("b", "T"),
        arg("i", "T"),
        arg("cs", "T"),
        arg("f", "T"),
        arg("o", "T"),
        arg("ci", "T"),
        arg("co", "T"),
        arg("cs_grad", "T"),
        arg("h_grad", "T"),
    ],
    outputs: &[arg("cs_prev_grad", "T"), arg("dicfo", "T"), arg("wci_grad", "T"), arg("wcf_grad", "T"), arg("wco_grad", "T")],
    attrs: &[attr("use_peephole", AttrKind::Bool), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let cs = c.input(1).with_rank(2)?;
        let cells = cs.dim(1);
        c.set(0, cs.clone());
        c.set(1, Shape::of(&[cs.dim(0), if cells < 0 { -1 } else { 4 * cells }]));
        for i in 0..3 {
            c.set(2 + i, c.input(4 + i).clone());
        }
        Ok(())
    },
    kernel: Kernel::Plain(lstm_grad),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let n = Sizes::draw(d);
        let mut case = Case::new().input(d.tensor(&[n.batch, n.inputs]));
        for _ in 0..2 {
            case = case.input(d.tensor(&[n.batch, n.cells]));
        }
        case = case.input(d.tensor(&[n.inputs + n.cells, 4 * n.cells]));
        for _ in 0..3 {
            case = case.input(d.tensor(&[n.cells]));
        }
        case = case.input(d.tensor(&[4 * n.cells]));
        for _ in 0..8 {
            case = case.input(d.tensor(&[n.batch, n.cells]));
        }
        case.attr("use_peephole", d.flag())
    }),
    ..OpDef::BASE
};

pub static GRU_BLOCK_CELL: OpDef = OpDef {
    name: "GRUBlockCell",
    doc: "One step of a GRU: r, u = σ([x, h_prev]·w_ru + b_ru); c = tanh([x, r·h_prev]·w_c + b_c); h = u·h_prev + (1 − u)·c.",
    inputs: &[arg("x", "T"), arg("h_prev", "T"), arg("w_ru", "T"), arg("w_c", "T"), arg("b_ru", "T"), arg("b_c", "T")],
    outputs: &[arg("r", "T"), arg("u", "T"), arg("c", "T"), arg("h", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let h = c.input(1).with_rank(2)?;
        let s = h.with_dim(0, equal_sizes(c.input(0).with_rank(2)?.dim(0), h.dim(0))?);
        (0..4).for_each(|i| c.set(i, s.clone()));
        Ok(())
    },
    kernel: Kernel::Plain(gru),
    grad: Grad::Rule(gru_rule),
    sample: Some(gru_sample),
    ..OpDef::BASE
};

pub static GRU_BLOCK_CELL_GRAD: OpDef = OpDef {
    name: "GRUBlockCellGrad",
    doc: "The gradients of GRUBlockCell's x and h_prev, and of its candidate and gates before activation.",
    inputs: &[
        arg("x", "T"),
        arg("h_prev", "T"),
        arg("w_ru", "T"),
        arg("w_c", "T"),
        arg("b_ru", "T"),
        arg("b_c", "T"),
        arg("r", "T"),
        arg("u", "T"),
        arg("c", "T"),
        arg("d_h", "T"),
    ],
    outputs: &[arg("d_x", "T"), arg("d_h_prev", "T"), arg("d_c_bar", "T"), arg("d_r_bar_u_bar", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let (x, h) = (c.input(0).with_rank(2)?, c.input(1).with_rank(2)?);
        let batch = equal_sizes(x.dim(0), h.dim(0))?;
        let cells = h.dim(1);
        c.set(0, x.with_dim(0, batch));
        c.set(1, h.with_dim(0, batch));
        c.set(2, h.with_dim(0, batch));
        c.set(3, Shape::of(&[batch, if cells < 0 { -1 } else { 2 * cells }]));
        Ok(())
    },
    kernel: Kernel::Plain(gru_grad),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let mut case = gru_sample(d);
        let dims = case.inputs[1].dims().to_vec();
        for _ in 0..4 {
            case = case.input(d.tensor(&dims));
        }
        case
    }),
    ..OpDef::BASE
};

fn gru_sample(d: &mut Draw) -> Case {
    let n = Sizes::draw(d);
    let rows = n.inputs + n.cells;
    let dims: [&[usize]; 6] = [&[n.batch, n.inputs], &[n.batch, n.cells], &[rows, 2 * n.cells], &[rows, n.cells], &[2 * n.cells], &[n.cells]];
    dims.iter().fold(Case::new(), |case, dims| case.input(d.tensor_in(dims, -1.0, 1.0)))
}

/// Batch, input and cell sizes of a step.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub batch: usize,
    pub inputs: usize,
    pub cells: usize,
}

impl Sizes {
    pub fn draw(d: &mut Draw) -> Sizes {
        Sizes { batch: d.size(), inputs: d.size(), cells: d.size() }
    }

    /// From x [batch, inputs] and a state [batch, cells].
    fn of(x: &Tensor, state: &Tensor) -> Result<Sizes> {
        match (x.dims(), state.dims()) {
            (&[batch, inputs], &[rows, cells]) if rows == batch => Ok(Sizes { batch, inputs, cells }),
            _ => Err(Error::invalid(format!(
                "x must be [batch, inputs] and the state [batch, cells], got {} and {}",
                shape_text(x.dims()),
                shape_text(state.dims())
            ))),
        }
    }

    pub fn state(&self) -> [usize; 2] {
        [self.batch, self.cells]
    }
}

/// Input `i`, which must have the given sizes.
pub(super) fn sized<'a>(c: &'a KernelCtx, i: usize, name: &str, dims: &[usize]) -> Result<&'a [f32]> {
    let t = c.input(i);
    if t.dims() != dims {
        return Err(Error::invalid(format!("{name} must have the shape {}, got {}", shape_text(dims), shape_text(t.dims()))));
    }
    Ok(t.slice())
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Rows of a beside rows of b.
pub(super) fn beside(a: &[f32], b: &[f32], n: Sizes) -> Vec<f32> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    for r in 0..n.batch {
        out.extend_from_slice(&a[r * n.inputs..(r + 1) * n.inputs]);
        out.extend_from_slice(&b[r * n.cells..(r + 1) * n.cells]);
    }
    out
}

/// `a [rows, k] · w [k, columns] + bias`.
pub(super) fn affine(rows: usize, k: usize, columns: usize, a: &[f32], w: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut out: Vec<f32> = (0..rows).flat_map(|_| bias.iter().copied()).collect();
    gemm(rows, columns, k, a, (k, 1), w, (columns, 1), &mut out, true);
    out
}

/// Forget bias, clip and peepholes of an LSTM.
pub(super) struct Lstm<'a> {
    pub bias: f32,
    pub clip: f32,
    pub peepholes: Option<[&'a [f32]; 3]>,
}

impl<'a> Lstm<'a> {
    /// From the attributes and the peepholes at inputs `at..at + 3`.
    pub fn of(c: &'a KernelCtx, at: usize, cells: usize) -> Result<Lstm<'a>> {
        let (wci, wcf, wco) = (sized(c, at, "wci", &[cells])?, sized(c, at + 1, "wcf", &[cells])?, sized(c, at + 2, "wco", &[cells])?);
        let used = c.attrs().bool("use_peephole")?;
        let number = |name: &str| c.attrs().get(name).map_or(Ok(0.0), |_| c.attrs().float(name));
        Ok(Lstm { bias: number("forget_bias")?, clip: number("cell_clip")?, peepholes: used.then_some([wci, wcf, wco]) })
    }

    /// Activate the gates `[batch, 4·cells]` (i, ci, f, o); writes i, cs, f, o, ci, co, h.
    pub fn step(&self, cells: usize, gates: &[f32], cs_prev: &[f32], out: &mut [&mut [f32]; 7]) {
        for (at, &before) in cs_prev.iter().enumerate() {
            let (row, col) = (at / cells, at % cells);
            let gate = |g: usize| gates[row * 4 * cells + g * cells + col];
            let peep = |k: usize, state: f32| self.peepholes.map_or(0.0, |w| w[k][col] * state);
            let i = sigmoid(gate(0) + peep(0, before));
            let f = sigmoid(gate(2) + self.bias + peep(1, before));
            let ci = gate(1).tanh();
            let mut cs = ci * i + before * f;
            if self.clip > 0.0 {
                cs = cs.clamp(-self.clip, self.clip);
            }
            let o = sigmoid(gate(3) + peep(2, cs));
            let co = cs.tanh();
            for (part, v) in out.iter_mut().zip([i, cs, f, o, ci, co, o * co]) {
                part[at] = v;
            }
        }
    }

    /// From `kept` (i, cs, f, o, ci, co), the state before and the gradients of cs and h: the gradient of the state before, of the gates before
    /// activation, and, added up, of the peepholes.
    pub fn step_grad(
        &self,
        cells: usize,
        kept: [&[f32]; 6],
        cs_prev: &[f32],
        cs_grad: &[f32],
        h_grad: &[f32],
        into: (&mut [f32], &mut [f32], &mut [Vec<f32>; 3]),
    ) {
        let [i, cs, f, o, ci, co] = kept;
        let (d_prev, gates, peeps) = into;
        for (at, &before) in cs_prev.iter().enumerate() {
            let (row, col) = (at / cells, at % cells);
            let d_o = o[at] * (1.0 - o[at]) * h_grad[at] * co[at];
            let mut d_cs = (1.0 - co[at] * co[at]) * h_grad[at] * o[at] + cs_grad[at];
            if let Some([_, _, wco]) = self.peepholes {
                d_cs += d_o * wco[col];
            }
            let d_ci = (1.0 - ci[at] * ci[at]) * d_cs * i[at];
            let d_f = f[at] * (1.0 - f[at]) * d_cs * before;
            let d_i = i[at] * (1.0 - i[at]) * d_cs * ci[at];
            d_prev[at] = d_cs * f[at];
            if let Some([wci, wcf, _]) = self.peepholes {
                d_prev[at] += d_i * wci[col] + d_f * wcf[col];
                for (sum, v) in peeps.iter_mut().zip([d_i * before, d_f * before, d_o * cs[at]]) {
                    sum[col] += v;
                }
            }
            for (g, v) in [d_i, d_ci, d_f, d_o].into_iter().enumerate() {
                gates[row * 4 * cells + g * cells + col] = v;
            }
        }
    }
}

fn lstm(c: &mut KernelCtx) -> Result<()> {
    let n = Sizes::of(c.input(0), c.input(1))?;
    let (m, k) = (n.cells, n.inputs + n.cells);
    let cell = Lstm::of(c, 4, m)?;
    let (cs_prev, h_prev) = (sized(c, 1, "cs_prev", &n.state())?, sized(c, 2, "h_prev", &n.state())?);
    let (w, b) = (sized(c, 3, "w", &[k, 4 * m])?, sized(c, 7, "b", &[4 * m])?);
    let gates = affine(n.batch, k, 4 * m, &beside(c.input(0).slice(), h_prev, n), w, b);
    let mut out: [Tensor; 7] = std::array::from_fn(|_| Tensor::scratch(DType::F32, &n.state()));
    cell.step(m, &gates, cs_prev, &mut out.each_mut().map(|t| t.slice_mut()));
    for (i, t) in out.into_iter().enumerate() {
        c.set(i, t);
    }
    Ok(())
}

fn lstm_grad(c: &mut KernelCtx) -> Result<()> {
    let n = Sizes::of(c.input(0), c.input(1))?;
    let m = n.cells;
    let cell = Lstm::of(c, 4, m)?;
    let part = |i: usize, name: &str| sized(c, i, name, &n.state());
    let kept = [part(8, "i")?, part(9, "cs")?, part(10, "f")?, part(11, "o")?, part(12, "ci")?, part(13, "co")?];
    let (mut d_prev, mut gates) = (vec![0.0; n.batch * m], vec![0.0; n.batch * 4 * m]);
    let mut peeps = [vec![0.0; m], vec![0.0; m], vec![0.0; m]];
    cell.step_grad(m, kept, part(1, "cs_prev")?, part(14, "cs_grad")?, part(15, "h_grad")?, (&mut d_prev, &mut gates, &mut peeps));
    c.set(0, Tensor::from_slice(&d_prev, &n.state()));
    c.set(1, Tensor::from_slice(&gates, &[n.batch, 4 * m]));
    for (k, sum) in peeps.iter().enumerate() {
        c.set(2 + k, Tensor::vector(sum));
    }
    Ok(())
}

/// The gradients of `[x, h] · w` and its bias, from the gradient of the result: of x, of h, of w, of the bias.
fn affine_grads(c: &mut GradCtx, x: Out, h: Out, w: Out, g: Out) -> Result<[Out; 4]> {
    let both = c.matmul(g, w, false, true)?;
    let one = c.int_scalar(1)?;
    let sizes = [columns(c, x)?, columns(c, h)?];
    let sizes = c.op("Pack", &sizes, Attrs::new())?;
    let parts = c.op_node("SplitV", "SplitV", &[both, sizes, one], Attrs::new().with("num_split", 2i64))?;
    let xh = c.call("ConcatV2", &[x, h, one])?;
    let w_grad = c.matmul(xh, g, true, false)?;
    let b_grad = c.call("BiasAddGrad", &[g])?;
    Ok([parts.out(0), parts.out(1), w_grad, b_grad])
}

/// The number of columns of a matrix as an int32 scalar.
fn columns(c: &mut GradCtx, a: Out) -> Result<Out> {
    let known = c.shape_of(a).dim(1);
    if c.shape_of(a).rank() == Some(2) && known >= 0 {
        return c.int_scalar(known);
    }
    let shape = c.call("Shape", &[a])?;
    let (one, zero) = (c.int_scalar(1)?, c.int_scalar(0)?);
    c.call("GatherV2", &[shape, one, zero])
}

/// As TensorFlow's: through cs and h only, and without the clip.
fn lstm_rule(c: &mut GradCtx) -> Result<()> {
    let (cs_grad, h_grad) = (c.grad(1)?, c.grad(6)?);
    let mut inputs: Vec<Out> = (0..8).map(|i| c.input(i)).collect();
    inputs.extend((0..6).map(|i| c.output(i)));
    inputs.extend([cs_grad, h_grad]);
    let peephole = c.attrs().bool("use_peephole")?;
    let n = c.op_node("LSTMBlockCellGrad", "LSTMBlockCellGrad", &inputs, Attrs::new().with("use_peephole", peephole))?;
    let [x, h, w, b] = affine_grads(c, inputs[0], inputs[2], inputs[3], n.out(1))?;
    for (i, g) in [(0, x), (1, n.out(0)), (2, h), (3, w), (4, n.out(2)), (5, n.out(3)), (6, n.out(4)), (7, b)] {
        c.set(i, g);
    }
    Ok(())
}

fn gru(c: &mut KernelCtx) -> Result<()> {
    let n = Sizes::of(c.input(0), c.input(1))?;
    let (m, k) = (n.cells, n.inputs + n.cells);
    let (x, h_prev) = (c.input(0).slice::<f32>(), c.input(1).slice::<f32>());
    let (w_ru, w_c) = (sized(c, 2, "w_ru", &[k, 2 * m])?, sized(c, 3, "w_c", &[k, m])?);
    let (b_ru, b_c) = (sized(c, 4, "b_ru", &[2 * m])?, sized(c, 5, "b_c", &[m])?);
    let gates = affine(n.batch, k, 2 * m, &beside(x, h_prev, n), w_ru, b_ru);
    let gate = |g: usize| -> Vec<f32> { (0..n.batch * m).map(|at| sigmoid(gates[at / m * 2 * m + g * m + at % m])).collect() };
    let (r, u) = (gate(0), gate(1));
    let reset: Vec<f32> = r.iter().zip(h_prev).map(|(r, h)| r * h).collect();
    let mut candidate = affine(n.batch, k, m, &beside(x, &reset, n), w_c, b_c);
    candidate.iter_mut().for_each(|v| *v = v.tanh());
    let h: Vec<f32> = (0..n.batch * m).map(|at| u[at] * h_prev[at] + (1.0 - u[at]) * candidate[at]).collect();
    let out = [r, u, candidate, h].map(|v| Tensor::from_slice(&v, &n.state()));
    for (i, t) in out.into_iter().enumerate() {
        c.set(i, t);
    }
    Ok(())
}

fn gru_grad(c: &mut KernelCtx) -> Result<()> {
    let n = Sizes::of(c.input(0), c.input(1))?;
    let (m, k) = (n.cells, n.inputs + n.cells);
    let part = |i: usize, name: &str| sized(c, i, name, &n.state());
    let (h_prev, r, u, cand, d_h) = (part(1, "h_prev")?, part(6, "r")?, part(7, "u")?, part(8, "c")?, part(9, "d_h")?);
    let (w_ru, w_c) = (sized(c, 2, "w_ru", &[k, 2 * m])?, sized(c, 3, "w_c", &[k, m])?);
    let size = n.batch * m;
    let d_c: Vec<f32> = (0..size).map(|at| d_h[at] * (1.0 - u[at]) * (1.0 - cand[at] * cand[at])).collect();
    // Through the candidate's product: [of x, of r·h_prev].
    let mut through_c = vec![0.0; n.batch * k];
    gemm(n.batch, k, m, &d_c, (m, 1), w_c, (1, m), &mut through_c, false);
    let d_hr = |at: usize| through_c[at / m * k + n.inputs + at % m];
    let mut d_ru = vec![0.0; 2 * size];
    for at in 0..size {
        let row = at / m * 2 * m + at % m;
        d_ru[row] = d_hr(at) * h_prev[at] * r[at] * (1.0 - r[at]);
        d_ru[row + m] = d_h[at] * (h_prev[at] - cand[at]) * u[at] * (1.0 - u[at]);
    }
    let mut through_ru = vec![0.0; n.batch * k];
    gemm(n.batch, k, 2 * m, &d_ru, (2 * m, 1), w_ru, (1, 2 * m), &mut through_ru, false);
    let d_x: Vec<f32> = (0..n.batch * n.inputs).map(|at| at / n.inputs * k + at % n.inputs).map(|i| through_c[i] + through_ru[i]).collect();
    let d_prev: Vec<f32> = (0..size).map(|at| through_ru[at / m * k + n.inputs + at % m] + d_hr(at) * r[at] + d_h[at] * u[at]).collect();
    c.set(0, Tensor::from_slice(&d_x, &[n.batch, n.inputs]));
    c.set(1, Tensor::from_slice(&d_prev, &n.state()));
    c.set(2, Tensor::from_slice(&d_c, &n.state()));
    c.set(3, Tensor::from_slice(&d_ru, &[n.batch, 2 * m]));
    Ok(())
}

/// As TensorFlow's: through h only.
fn gru_rule(c: &mut GradCtx) -> Result<()> {
    let d_h = c.grad(3)?;
    let mut inputs: Vec<Out> = (0..6).map(|i| c.input(i)).collect();
    inputs.extend((0..3).map(|i| c.output(i)));
    inputs.push(d_h);
    let n = c.op_node("GRUBlockCellGrad", "GRUBlockCellGrad", &inputs, Attrs::new())?;
    let (x, h_prev) = (inputs[0], inputs[1]);
    let one = c.int_scalar(1)?;
    let xh = c.call("ConcatV2", &[x, h_prev, one])?;
    let w_ru = c.matmul(xh, n.out(3), true, false)?;
    let b_ru = c.call("BiasAddGrad", &[n.out(3)])?;
    let reset = c.mul(h_prev, inputs[6])?;
    let xr = c.call("ConcatV2", &[x, reset, one])?;
    let w_c = c.matmul(xr, n.out(2), true, false)?;
    let b_c = c.call("BiasAddGrad", &[n.out(2)])?;
    for (i, g) in [(0, n.out(0)), (1, n.out(1)), (2, w_ru), (3, w_c), (4, b_ru), (5, b_c)] {
        c.set(i, g);
    }
    Ok(())
}
