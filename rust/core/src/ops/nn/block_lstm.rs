//! BlockLSTM: an LSTM over all steps of a sequence as one op, and its gradient op.

use graphpb_kernels::gemm::gemm;
use graphpb_kernels::{DType, Tensor, shape_text};

use super::block_cells::{Lstm, Sizes, affine, beside, sized};
use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

const TYPES: &[DType] = &[DType::F32];

const WEIGHTS: [Arg; 9] = [
    arg_of("seq_len_max", DType::I64),
    arg("x", "T"),
    arg("cs_prev", "T"),
    arg("h_prev", "T"),
    arg("w", "T"),
    arg("wci", "T"),
    arg("wcf", "T"),
    arg("wco", "T"),
    arg("b", "T"),
];
const PARTS: [Arg; 7] = [arg("i", "T"), arg("cs", "T"), arg("f", "T"), arg("o", "T"), arg("ci", "T"), arg("co", "T"), arg("h", "T")];

pub static BLOCK_LSTM: OpDef = OpDef {
    name: "BlockLSTM",
    doc: "LSTMBlockCell over the first seq_len_max steps of x [time, batch, inputs]; the gates, states and outputs of all steps, zero past them.",
    inputs: &WEIGHTS,
    outputs: &PARTS,
    attrs: &[float("forget_bias").default_float(1.0), float("cell_clip").default_float(3.0), flag("use_peephole", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let x = c.input(1).with_rank(3)?;
        let b = c.input(8).with_rank(1)?.dim(0);
        let s = Shape::of(&[x.dim(0), x.dim(1), if b < 0 { -1 } else { b / 4 }]);
        (0..7).for_each(|i| c.set(i, s.clone()));
        Ok(())
    },
    kernel: Kernel::Plain(run),
    // As TensorFlow's: through cs and h only, and without the clip.
    grad: Grad::Rule(|c| {
        let (cs_grad, h_grad) = (c.grad(1)?, c.grad(6)?);
        let mut inputs: Vec<Out> = (0..9).map(|i| c.input(i)).collect();
        inputs.extend((0..7).map(|i| c.output(i)));
        inputs.extend([cs_grad, h_grad]);
        let peephole = c.attrs().bool("use_peephole")?;
        let n = c.op_node("BlockLSTMGrad", "BlockLSTMGrad", &inputs, Attrs::new().with("use_peephole", peephole))?;
        (0..8).for_each(|i| c.set(i + 1, n.out(i)));
        Ok(())
    }),
    sample: Some(|d| sample(d).attr("use_peephole", d.flag()).attr("cell_clip", d.one_of(&[-1.0f32, 0.3]))),
    ..OpDef::BASE
};

pub static BLOCK_LSTM_GRAD: OpDef = OpDef {
    name: "BlockLSTMGrad",
    doc: "The gradients of BlockLSTM's inputs from those of cs and h.",
    inputs: &[
        WEIGHTS[0],
        WEIGHTS[1],
        WEIGHTS[2],
        WEIGHTS[3],
        WEIGHTS[4],
        WEIGHTS[5],
        WEIGHTS[6],
        WEIGHTS[7],
        WEIGHTS[8],
        PARTS[0],
        PARTS[1],
        PARTS[2],
        PARTS[3],
        PARTS[4],
        PARTS[5],
        PARTS[6],
        arg("cs_grad", "T"),
        arg("h_grad", "T"),
    ],
    outputs: &[
        arg("x_grad", "T"),
        arg("cs_prev_grad", "T"),
        arg("h_prev_grad", "T"),
        arg("w_grad", "T"),
        arg("wci_grad", "T"),
        arg("wcf_grad", "T"),
        arg("wco_grad", "T"),
        arg("b_grad", "T"),
    ],
    attrs: &[attr("use_peephole", AttrKind::Bool), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        for (i, rank) in [3, 2, 2, 2, 1, 1, 1, 1].into_iter().enumerate() {
            let s = c.input(i + 1).with_rank(rank)?;
            c.set(i, s);
        }
        Ok(())
    },
    kernel: Kernel::Plain(run_grad),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let mut case = sample(d);
        let dims = [case.inputs[1].dims()[0], case.inputs[2].dims()[0], case.inputs[2].dims()[1]];
        for _ in 0..9 {
            case = case.input(d.tensor(&dims));
        }
        case.attr("use_peephole", d.flag())
    }),
    ..OpDef::BASE
};

fn sample(d: &mut Draw) -> Case {
    let (n, time) = (Sizes::draw(d), d.size());
    let steps = Tensor::scalar(d.below(time + 1) as i64);
    let dims: [&[usize]; 8] = [
        &[time, n.batch, n.inputs],
        &[n.batch, n.cells],
        &[n.batch, n.cells],
        &[n.inputs + n.cells, 4 * n.cells],
        &[n.cells],
        &[n.cells],
        &[n.cells],
        &[4 * n.cells],
    ];
    dims.iter().fold(Case::new().input(steps), |case, dims| case.input(d.tensor_in(dims, -1.0, 1.0)))
}

/// The sizes of one step, the number of steps, and how many of them count.
fn sizes(c: &KernelCtx) -> Result<(Sizes, usize, usize)> {
    let (x, state) = (c.input(1), c.input(2));
    let (&[time, batch, inputs], &[rows, cells]) = (x.dims(), state.dims()) else {
        return Err(Error::invalid(format!("x must be 3D and cs_prev 2D, got {} and {}", shape_text(x.dims()), shape_text(state.dims()))));
    };
    if rows != batch {
        return Err(Error::invalid(format!("cs_prev.dims(0) != batch_size: {rows} vs. {batch}")));
    }
    let given = c.input(0);
    if given.rank() != 0 {
        return Err(Error::invalid(format!("seq_len_max must be a scalar, got shape {}", shape_text(given.dims()))));
    }
    let steps = usize::try_from(c.int(0)?).ok().filter(|&n| n <= time);
    let steps = steps.ok_or_else(|| Error::invalid(format!("seq_len_max must be between 0 and {time}")))?;
    Ok((Sizes { batch, inputs, cells }, time, steps))
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let (n, time, steps) = sizes(c)?;
    let (m, k, size) = (n.cells, n.inputs + n.cells, n.batch * n.cells);
    let cell = Lstm::of(c, 5, m)?;
    let (w, b) = (sized(c, 4, "w", &[k, 4 * m])?, sized(c, 8, "b", &[4 * m])?);
    let x = c.input(1).slice::<f32>();
    let (mut cs, mut h) = (sized(c, 2, "cs_prev", &n.state())?.to_vec(), sized(c, 3, "h_prev", &n.state())?.to_vec());
    let mut out: [Tensor; 7] = std::array::from_fn(|_| Tensor::zeros(DType::F32, &[time, n.batch, m]));
    for t in 0..steps {
        let step_x = &x[t * n.batch * n.inputs..(t + 1) * n.batch * n.inputs];
        let gates = affine(n.batch, k, 4 * m, &beside(step_x, &h, n), w, b);
        let range = t * size..(t + 1) * size;
        cell.step(m, &gates, &cs, &mut out.each_mut().map(|o| &mut o.slice_mut::<f32>()[range.clone()]));
        cs.copy_from_slice(&out[1].slice::<f32>()[range.clone()]);
        h.copy_from_slice(&out[6].slice::<f32>()[range]);
    }
    for (i, o) in out.into_iter().enumerate() {
        c.set(i, o);
    }
    Ok(())
}

fn run_grad(c: &mut KernelCtx) -> Result<()> {
    let (n, time, steps) = sizes(c)?;
    let (m, k, size) = (n.cells, n.inputs + n.cells, n.batch * n.cells);
    let cell = Lstm::of(c, 5, m)?;
    let w = sized(c, 4, "w", &[k, 4 * m])?;
    let x = c.input(1).slice::<f32>();
    let (cs_prev, h_prev) = (sized(c, 2, "cs_prev", &n.state())?, sized(c, 3, "h_prev", &n.state())?);
    let part = |i: usize, name: &str| sized(c, i, name, &[time, n.batch, m]);
    let parts = [part(9, "i")?, part(10, "cs")?, part(11, "f")?, part(12, "o")?, part(13, "ci")?, part(14, "co")?];
    let (h, cs_grad, h_grad) = (part(15, "h")?, part(16, "cs_grad")?, part(17, "h_grad")?);
    let mut x_grad = vec![0.0; time * n.batch * n.inputs];
    let (mut d_cs, mut d_h) = (vec![0.0; size], vec![0.0; size]);
    let (mut w_grad, mut b_grad) = (vec![0.0; k * 4 * m], vec![0.0; 4 * m]);
    let mut peeps = [vec![0.0; m], vec![0.0; m], vec![0.0; m]];
    for t in (0..steps).rev() {
        let range = t * size..(t + 1) * size;
        let before = |first: &'_ [f32], all: &'_ [f32]| if t == 0 { first.to_vec() } else { all[range.start - size..range.start].to_vec() };
        let (cs_before, h_before) = (before(cs_prev, parts[1]), before(h_prev, h));
        let both = |own: &[f32], later: &[f32]| -> Vec<f32> { own.iter().zip(later).map(|(a, b)| a + b).collect() };
        let (g_cs, g_h) = (both(&cs_grad[range.clone()], &d_cs), both(&h_grad[range.clone()], &d_h));
        let mut gates = vec![0.0; 4 * size];
        let kept = parts.map(|p| &p[range.clone()]);
        cell.step_grad(m, kept, &cs_before, &g_cs, &g_h, (&mut d_cs, &mut gates, &mut peeps));
        let step_x = t * n.batch * n.inputs..(t + 1) * n.batch * n.inputs;
        let xh = beside(&x[step_x.clone()], &h_before, n);
        gemm(k, 4 * m, n.batch, &xh, (1, k), &gates, (4 * m, 1), &mut w_grad, true);
        for row in gates.chunks_exact((4 * m).max(1)) {
            b_grad.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
        let mut xh_grad = vec![0.0; n.batch * k];
        gemm(n.batch, k, 4 * m, &gates, (4 * m, 1), w, (1, 4 * m), &mut xh_grad, false);
        let x_out = &mut x_grad[step_x];
        for (row, values) in xh_grad.chunks_exact(k.max(1)).enumerate() {
            x_out[row * n.inputs..(row + 1) * n.inputs].copy_from_slice(&values[..n.inputs]);
            d_h[row * m..(row + 1) * m].copy_from_slice(&values[n.inputs..]);
        }
    }
    let state = n.state();
    let results = [
        Tensor::from_slice(&x_grad, &[time, n.batch, n.inputs]),
        Tensor::from_slice(&d_cs, &state),
        Tensor::from_slice(&d_h, &state),
        Tensor::from_slice(&w_grad, &[k, 4 * m]),
        Tensor::vector(&peeps[0]),
        Tensor::vector(&peeps[1]),
        Tensor::vector(&peeps[2]),
        Tensor::vector(&b_grad),
    ];
    for (i, t) in results.into_iter().enumerate() {
        c.set(i, t);
    }
    Ok(())
}
