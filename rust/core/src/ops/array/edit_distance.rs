//! EditDistance: Levenshtein distances between sequences in sparse tensors.

use std::collections::BTreeMap;

use graphpb_kernels::{DType, Tensor};

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

pub static EDIT_DISTANCE: OpDef = OpDef {
    name: "EditDistance",
    doc: "Levenshtein distances between the sequences along the last axis of two sparse tensors, divided by the length of the truth with `normalize`.",
    inputs: &[
        arg_of("hypothesis_indices", DType::I64),
        arg("hypothesis_values", "T"),
        arg_of("hypothesis_shape", DType::I64),
        arg_of("truth_indices", DType::I64),
        arg("truth_values", "T"),
        arg_of("truth_shape", DType::I64),
    ],
    outputs: &[arg_of("output", DType::F32)],
    attrs: &[flag("normalize", true), type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        for i in [0, 3] {
            c.input(i).with_rank(2)?;
            c.input(i + 1).with_rank(1)?;
            c.input(i + 2).with_rank(1)?;
        }
        let (Some(a), Some(b)) = (c.ints(2), c.ints(5)) else { return Ok(()) };
        if a.len() != b.len() {
            return Err(Error::value(format!("Ranks of hypothesis and truth must agree: {} and {}", a.len(), b.len())));
        }
        let groups = a.len().saturating_sub(1);
        let sizes: Vec<i64> = a.iter().zip(&b).take(groups).map(|(&x, &y)| x.max(y).max(0)).collect();
        c.set(0, Shape::of(&sizes));
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("a count"),
    sample: Some(|d| {
        let (batch, longest) = (d.size(), 3);
        let case = sparse(d, batch, longest, Case::new());
        sparse(d, batch, longest, case).attr("normalize", d.flag())
    }),
    ..OpDef::BASE
};

fn sparse(d: &mut Draw, batch: usize, longest: usize, case: Case) -> Case {
    let at: Vec<i64> = (0..batch).flat_map(|b| (0..d.below(longest + 1)).flat_map(move |i| [b as i64, i as i64])).collect();
    let n = at.len() / 2;
    let values = d.tensor(&[n]);
    case.input(Tensor::from_slice(&at, &[n, 2])).input(values).constant(Tensor::vector(&[batch as i64, longest as i64]))
}

/// The places of the values of each sequence, by the leading coordinates.
fn sequences(c: &KernelCtx, at: usize, what: &str) -> Result<(BTreeMap<Vec<i64>, Vec<usize>>, Vec<i64>)> {
    let (indices, values, shape) = (c.input(at), c.input(at + 1), c.input(at + 2));
    if indices.rank() != 2 || values.rank() != 1 || shape.rank() != 1 {
        return Err(Error::invalid(format!("{what} must have indices of rank 2, values of rank 1 and a shape of rank 1")));
    }
    let rank = shape.len();
    if rank == 0 || indices.dims() != [values.len(), rank] {
        return Err(Error::invalid(format!(
            "{what}_indices must be [{}, {rank}] for {} values and a shape of {rank} sizes",
            values.len(),
            values.len()
        )));
    }
    let sizes = shape.slice::<i64>();
    let mut groups: BTreeMap<Vec<i64>, Vec<usize>> = BTreeMap::new();
    for (i, row) in indices.slice::<i64>().chunks_exact(rank).enumerate() {
        if row.iter().zip(sizes).any(|(&v, &n)| v < 0 || v >= n) {
            return Err(Error::invalid(format!("{what}_indices[{i}] = {row:?} is outside of shape {sizes:?}")));
        }
        groups.entry(row[..rank - 1].to_vec()).or_default().push(i);
    }
    Ok((groups, sizes.to_vec()))
}

/// Whether element `i` of `a` equals element `j` of `b`.
fn same(a: &Tensor, i: usize, b: &Tensor, j: usize) -> bool {
    if a.dtype() == DType::Str {
        return a.as_strings().get(i) == b.as_strings().get(j);
    }
    let width = a.nbytes().checked_div(a.len()).unwrap_or(0);
    a.bytes().get(i * width..(i + 1) * width) == b.bytes().get(j * width..(j + 1) * width)
}

fn levenshtein(a: &[usize], b: &[usize], equal: impl Fn(usize, usize) -> bool) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = corner + usize::from(!equal(x, y));
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let (hypotheses, sizes) = sequences(c, 0, "hypothesis")?;
    let (truths, truth_sizes) = sequences(c, 3, "truth")?;
    if sizes.len() != truth_sizes.len() {
        return Err(Error::invalid(format!(
            "Expected hypothesis and truth to have matching ranks, but saw {} and {}",
            sizes.len(),
            truth_sizes.len()
        )));
    }
    let normalize = c.attrs().bool("normalize")?;
    let groups = sizes.len() - 1;
    let dims = sizes.iter().zip(&truth_sizes).take(groups).map(|(&a, &b)| usize::try_from(a.max(b)));
    let dims: Vec<usize> = dims.collect::<Result<_, _>>().map_err(|_| Error::invalid("shapes must not be negative"))?;
    let mut out = Tensor::try_zeros(DType::F32, &dims)?;
    let empty = Vec::new();
    for group in hypotheses.keys().chain(truths.keys()) {
        let (guess, truth) = (hypotheses.get(group).unwrap_or(&empty), truths.get(group).unwrap_or(&empty));
        let distance = levenshtein(guess, truth, |i, j| same(c.input(1), i, c.input(4), j)) as f32;
        let place = group.iter().zip(&dims).fold(0, |place, (&i, &n)| place * n + i as usize);
        out.slice_mut::<f32>()[place] = if normalize { distance / truth.len() as f32 } else { distance };
    }
    c.set(0, out);
    Ok(())
}
