//! Einsum: sums of products of tensors, by labels of their axes. One or two operands; more are chained by the caller.

use graphpb_kernels::axes::{Reduce, reduce};
use graphpb_kernels::movement::copy::{Walk, gathered, scattered};
use graphpb_kernels::pointwise::Space;
use graphpb_kernels::product::{Product, product};
use graphpb_kernels::{Tensor, shape_text};

use super::equation::{Equation, Term};
use super::*;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

pub static EINSUM: OpDef = OpDef {
    name: "Einsum",
    doc: "Sums of products by labels: \"ij,jk->ik\". Labels may repeat; an ellipsis stands for axes that broadcast.",
    inputs: &[args("inputs", "N", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[string("equation"), count("N"), type_in("T", &[BF16, F16, F32, F64, I32, I64, C64, C128])],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(back),
    sample: Some(sample),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let eq = Equation::parse(c.attrs().str("equation")?, c.inputs()).map_err(Error::into_value)?;
    let all = eq.labels();
    let mut most = Some(0usize);
    for (i, t) in eq.inputs.iter().enumerate() {
        match c.input(i).rank() {
            Some(r) => {
                let n = t.broadcast_axes(r).map_err(Error::into_value)?;
                most = most.map(|m| m.max(n));
            }
            None if t.ellipsis.is_some() => most = None,
            None => {}
        }
    }
    let Some(most) = most else { return Ok(()) };
    if most > 0 && eq.output.ellipsis.is_none() {
        return Err(Error::value(format!(
            "Shape must be at most rank 0 but is rank {most} for einsum equation without ellipsis (...) in the output subscripts where input(s) have non-empty broadcasting shape"
        )));
    }
    let mut sizes = vec![-1i64; most + all.len()];
    let mut wide = Shape::scalar();
    for (i, t) in eq.inputs.iter().enumerate() {
        let s = c.input(i);
        let Some(rank) = s.rank() else { continue };
        let numbers = t.numbers(rank, most, &all).map_err(Error::into_value)?;
        let mut outer = Vec::new();
        for (axis, &k) in numbers.iter().enumerate() {
            if k < most {
                outer.push(s.dim(axis));
            } else {
                sizes[k] = equal_sizes(sizes[k], s.dim(axis))?;
            }
        }
        wide = wide.broadcast(&Shape::of(&outer))?;
    }
    for k in 0..most {
        sizes[k] = wide.dim(k);
    }
    let out: Vec<i64> = eq
        .output
        .numbers(eq.output.labels.len() + if eq.output.ellipsis.is_some() { most } else { 0 }, most, &all)?
        .iter()
        .map(|&k| sizes[k])
        .collect();
    c.set(0, Shape::of(&out));
    Ok(())
}

/// A tensor and the number of each of its axes, all different.
struct Operand {
    t: Tensor,
    axes: Vec<usize>,
}

fn strides(dims: &[usize]) -> Vec<isize> {
    let mut s = vec![1isize; dims.len()];
    for i in (0..dims.len().saturating_sub(1)).rev() {
        s[i] = s[i + 1] * dims[i + 1] as isize;
    }
    s
}

impl Operand {
    /// Axes with one number become one: the diagonal.
    fn new(t: Tensor, numbers: &[usize]) -> Result<Operand> {
        let full = strides(t.dims());
        let (mut axes, mut dims, mut steps): (Vec<usize>, Vec<usize>, Vec<isize>) = (Vec::new(), Vec::new(), Vec::new());
        for (i, k) in numbers.iter().enumerate() {
            match axes.iter().position(|a| a == k) {
                Some(p) if dims[p] != t.dims()[i] => {
                    return Err(Error::invalid(format!("Dimensions must be equal, but are {} and {}", dims[p], t.dims()[i])));
                }
                Some(p) => steps[p] += full[i],
                None => {
                    axes.push(*k);
                    dims.push(t.dims()[i]);
                    steps.push(full[i]);
                }
            }
        }
        if axes.len() == numbers.len() {
            return Ok(Operand { t, axes });
        }
        let t = take(&t, &dims, steps)?;
        Ok(Operand { t, axes })
    }
    fn size(&self, number: usize) -> usize {
        self.axes.iter().position(|&a| a == number).map_or(1, |p| self.t.dims()[p])
    }
    /// Sum over the axes that are not `kept`.
    fn reduced(self, kept: impl Fn(usize) -> bool) -> Result<Operand> {
        let drop: Vec<bool> = self.axes.iter().map(|&a| !kept(a)).collect();
        if !drop.contains(&true) {
            return Ok(self);
        }
        let axes: Vec<usize> = self.axes.into_iter().filter(|&a| kept(a)).collect();
        let t = reduce(Reduce::Sum, self.t, &drop)?;
        let dims: Vec<usize> = match t.rank() == drop.len() {
            true => t.dims().iter().zip(&drop).filter(|(_, d)| !**d).map(|(n, _)| *n).collect(),
            false => t.dims().to_vec(),
        };
        Ok(Operand { t: t.reshaped(&dims), axes })
    }
    /// Whether its axes are in the order of `order`, of which it may lack some.
    fn is_ordered(&self, order: &[usize]) -> bool {
        let mut at = order.iter();
        self.axes.iter().all(|a| at.any(|o| o == a))
    }
    /// The elements with axes in this order; those that it lacks have size one.
    fn ordered(&self, order: &[usize]) -> Result<Tensor> {
        let dims: Vec<usize> = order.iter().map(|&k| self.size(k)).collect();
        if self.is_ordered(order) {
            return Ok(self.t.clone().reshaped(&dims));
        }
        let full = strides(self.t.dims());
        let steps = order.iter().map(|k| self.axes.iter().position(|a| a == k).map_or(0, |p| full[p])).collect();
        take(&self.t, &dims, steps)
    }
}

fn take(t: &Tensor, dims: &[usize], strides: Vec<isize>) -> Result<Tensor> {
    if dims.contains(&0) {
        return Ok(Tensor::try_scratch(t.dtype(), dims)?);
    }
    Ok(gathered(t, &Walk { offset: 0, dims: dims.to_vec(), strides }, dims)?)
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let eq = Equation::parse(c.attrs().str("equation")?, c.inputs())?;
    let tensors: Vec<Tensor> = (0..c.inputs()).map(|i| c.take(i)).collect();
    let all = eq.labels();
    let mut most = 0;
    for (t, term) in tensors.iter().zip(&eq.inputs) {
        most = most.max(term.broadcast_axes(t.rank())?);
    }
    if most > 0 && eq.output.ellipsis.is_none() {
        return Err(Error::invalid(
            "einsum equation without ellipsis (...) in the output subscripts where input(s) have non-empty broadcasting shape",
        ));
    }
    let out_rank = eq.output.labels.len() + if eq.output.ellipsis.is_some() { most } else { 0 };
    let out = eq.output.numbers(out_rank, most, &all)?;
    let mut operands = Vec::with_capacity(2);
    for (t, term) in tensors.into_iter().zip(&eq.inputs) {
        let numbers = term.numbers(t.rank(), most, &all)?;
        operands.push(Operand::new(t, &numbers)?);
    }
    let result = match (operands.pop(), operands.pop()) {
        (Some(x), None) => x.reduced(|k| out.contains(&k))?,
        (Some(y), Some(x)) => binary(x, y, &out, most)?,
        _ => return Err(Error::invalid("Expecting 1 or 2 input tensors")),
    };
    let y = inflate(&result, &out)?;
    c.set(0, y);
    Ok(())
}

/// The product of two operands; its axes are some permutation of those of the result.
fn binary(x: Operand, y: Operand, out: &[usize], most: usize) -> Result<Operand> {
    let (in_x, in_y) = (x.axes.clone(), y.axes.clone());
    let x = x.reduced(|k| k < most || in_y.contains(&k) || out.contains(&k))?;
    let y = y.reduced(|k| k < most || in_x.contains(&k) || out.contains(&k))?;
    let both = |k: &usize| *k < most || x.axes.contains(k) && y.axes.contains(k);
    for &k in x.axes.iter().filter(|&&k| k >= most && y.axes.contains(&k)) {
        if x.size(k) != y.size(k) {
            return Err(Error::invalid(format!("Dimensions must be equal, but are {} and {}", x.size(k), y.size(k))));
        }
    }
    let mut batch: Vec<usize> = (0..most).collect();
    batch.extend(x.axes.iter().filter(|k| **k >= most && both(k) && out.contains(k)));
    let inner: Vec<usize> = x.axes.iter().copied().filter(|k| both(k) && !out.contains(k)).collect();
    let free = |o: &Operand| o.axes.iter().copied().filter(|k| !both(k)).collect::<Vec<usize>>();
    let (free_x, free_y) = (free(&x), free(&y));
    let total = |o: &Operand, list: &[usize]| list.iter().map(|&k| o.size(k)).product::<usize>();
    let (m, n, k) = (total(&x, &free_x), total(&y, &free_y), total(&x, &inner));
    let order = |a: &[usize], b: &[usize]| [&batch[..], a, b].concat();
    // Either order of the last two groups serves, so one that needs no copy is taken.
    let (xt, yt) = (order(&inner, &free_x), order(&free_y, &inner));
    let x_turned = x.is_ordered(&xt) && !x.is_ordered(&order(&free_x, &inner));
    let y_turned = y.is_ordered(&yt) && !y.is_ordered(&order(&inner, &free_y));
    let a = x.ordered(&if x_turned { xt } else { order(&free_x, &inner) })?;
    let b = y.ordered(&if y_turned { yt } else { order(&inner, &free_y) })?;
    let outer = |t: &Tensor| t.dims()[..batch.len()].to_vec();
    let (oa, ob) = (outer(&a), outer(&b));
    let dims = pointwise::broadcast_dims(&oa, &ob)
        .map_err(|_| Error::invalid(format!("Dimensions must be equal or one to broadcast: {} and {}", shape_text(&oa), shape_text(&ob))))?;
    let count: usize = dims.iter().product();
    let space = Space::new(&dims, [&oa, &ob]);
    let mut pairs = Vec::with_capacity(count);
    for row in 0..if count == 0 { 0 } else { space.rows } {
        let [i, j] = space.offsets(row);
        pairs.extend((0..space.run).map(|r| (i + r * space.step[0], j + r * space.step[1])));
    }
    let p = Product { m, n, k, a: if x_turned { (1, m) } else { (k, 1) }, b: if y_turned { (1, k) } else { (n, 1) }, pairs: &pairs };
    let t = product(&p, &a, &b, &[&dims[..], &[m, n]].concat())?;
    let mut sizes = dims.to_vec();
    sizes.extend(free_x.iter().map(|&k| x.size(k)));
    sizes.extend(free_y.iter().map(|&k| y.size(k)));
    Ok(Operand { t: t.reshaped(&sizes), axes: [batch, free_x, free_y].concat() })
}

/// The result with its axes in order; an axis that is wanted twice puts the elements on a diagonal.
fn inflate(x: &Operand, out: &[usize]) -> Result<Tensor> {
    let mut unique: Vec<usize> = Vec::new();
    for k in out {
        if !unique.contains(k) {
            unique.push(*k);
        }
    }
    let t = x.ordered(&unique)?;
    if unique.len() == out.len() {
        return Ok(t);
    }
    let dims: Vec<usize> = out.iter().map(|&k| x.size(k)).collect();
    let full = strides(&dims);
    let mut y = Tensor::try_zeros(t.dtype(), &dims)?;
    let steps = unique.iter().map(|k| out.iter().zip(&full).filter(|(o, _)| *o == k).map(|(_, s)| *s).sum()).collect();
    if !t.is_empty() {
        scattered(&t, &Walk { offset: 0, dims: t.dims().to_vec(), strides: steps }, &mut y);
    }
    Ok(y)
}

fn einsum(c: &mut GradCtx, inputs: &[Out], equation: String) -> Result<Out> {
    c.op("Einsum", inputs, Attrs::new().with("equation", equation.as_str()).with("N", inputs.len() as i64))
}

/// The gradient of an operand whose axes `lost` were summed: `g` (axes of `term`) repeated along them.
fn expand(c: &mut GradCtx, g: Out, term: &Term, x: Out, input: &Term, lost: &[char]) -> Result<Out> {
    let rank = c.shape_of(x).rank();
    let mut axes = Vec::new();
    for l in lost {
        let p = input.labels.iter().position(|k| k == l).unwrap_or(0);
        let after = input.ellipsis.is_some_and(|e| p >= e);
        axes.push(match (after, rank) {
            (false, _) => p as i64,
            (true, Some(r)) => (r - input.labels.len() + p) as i64,
            (true, None) => return Err(Error::unimplemented("the gradient of Einsum needs a known rank here")),
        });
    }
    let (shape, own) = (c.shape_tensor(x)?, c.shape_tensor(g)?);
    let (axes, zero) = (c.int_vector(&axes)?, c.int_scalar(0)?);
    let sizes = c.call("GatherV2", &[shape, axes, zero])?;
    let full = c.op("ConcatV2", &[sizes, own, zero], Attrs::new().with("N", 2i64))?;
    let wide = c.call("BroadcastTo", &[g, full])?;
    let lost: String = lost.iter().collect();
    einsum(c, &[wide], format!("{lost}{}->{}", term.text(), input.text()))
}

fn unique(labels: impl Iterator<Item = char>) -> Vec<char> {
    let mut out = Vec::new();
    for l in labels {
        if !out.contains(&l) {
            out.push(l);
        }
    }
    out
}

fn back(c: &mut GradCtx) -> Result<()> {
    let eq = Equation::parse(c.attrs().str("equation")?, c.inputs())?;
    let (g, out) = (c.grad(0)?, eq.output.clone());
    if let [term] = &eq.inputs[..] {
        let x = c.input(0);
        let lost = unique(term.labels.iter().copied().filter(|l| !out.labels.contains(l)));
        let r = if lost.is_empty() { einsum(c, &[g], format!("{}->{}", out.text(), term.text()))? } else { expand(c, g, &out, x, term, &lost)? };
        c.set(0, r);
        return Ok(());
    }
    let terms: Vec<Term> =
        eq.inputs.iter().map(|t| Term { ellipsis: t.ellipsis.or(out.ellipsis.map(|_| t.labels.len())), labels: t.labels.clone() }).collect();
    let mut grads = Vec::with_capacity(2);
    for i in 0..2 {
        let (x, other, term, others) = (c.input(i), c.input(1 - i), &terms[i], &terms[1 - i]);
        let other = c.conj(other)?;
        let lost = unique(term.labels.iter().copied().filter(|l| !out.labels.contains(l) && !others.labels.contains(l)));
        let left = term.without(&lost);
        let mut r = einsum(c, &[g, other], format!("{},{}->{}", out.text(), others.text(), left.text()))?;
        if !lost.is_empty() {
            r = expand(c, r, &left, x, term, &lost)?;
        }
        grads.push(r);
    }
    if out.ellipsis.is_some() {
        let outer = |c: &GradCtx, i: usize| -> Option<Shape> {
            let (s, t) = (c.shape_of(c.input(i)), &terms[i]);
            let (r, e) = (s.rank()?, t.ellipsis?);
            Some(s.sub(e..e + r.checked_sub(t.labels.len())?))
        };
        let same = match (outer(c, 0), outer(c, 1)) {
            (Some(a), Some(b)) => a == b && a.is_fully_known(),
            _ => false,
        };
        if !same {
            let mut shapes = Vec::new();
            let mut parts = Vec::new();
            for (i, t) in terms.iter().enumerate() {
                let x = c.input(i);
                let shape = c.shape_tensor(x)?;
                let at = t.ellipsis.unwrap_or(0);
                let after = t.labels.len() - at;
                let (begin, end, step) = (c.int_vector(&[at as i64])?, c.int_vector(&[-(after as i64)])?, c.int_vector(&[1])?);
                let mask = i64::from(after == 0);
                parts.push(c.op("StridedSlice", &[shape, begin, end, step], Attrs::new().with("end_mask", mask))?);
                shapes.push((shape, at));
            }
            let axes = c.op_node("BroadcastGradientArgs", "BroadcastGradientArgs", &parts, Attrs::new())?;
            for (i, (shape, at)) in shapes.into_iter().enumerate() {
                let start = c.int_scalar(at as i64)?;
                let over = c.add(axes.out(i), start)?;
                let sum = c.sum(grads[i], over, false)?;
                grads[i] = c.reshape(sum, shape)?;
            }
        }
    }
    c.set(0, grads[0]);
    c.set(1, grads[1]);
    Ok(())
}

const EQUATIONS: &[&str] = &[
    "ab->ba",
    "aab->ab",
    "abc->c",
    "abc->",
    "aab->b",
    "ab->bab",
    "a...b->b...",
    "...a->...",
    "ab,bc->ac",
    "ab,bc->ca",
    "bca,cab->ac",
    "a,b->ab",
    "ab,ab->",
    "abc,cd->abd",
    "aab,bc->ac",
    "ab,cd->acbd",
    "abc,bd->dd",
    "a...b,b...->...a",
    "...ab,...bc->...ac",
    "ab,...b->a...",
    "abd,bc->ac",
];

fn sample(d: &mut Draw) -> Case {
    let text = d.one_of(EQUATIONS);
    let left = text.split("->").next().unwrap_or("");
    let sizes: Vec<usize> = (0..4).map(|_| d.size()).collect();
    let (oa, ob) = d.broadcast_pair(2);
    let mut case = Case::new();
    for (i, part) in left.split(',').enumerate() {
        let mut dims = Vec::new();
        let (before, after) = part.split_once("...").unwrap_or((part, ""));
        let size = |l: char| sizes[(l as usize - 'a' as usize) % 4];
        dims.extend(before.chars().map(size));
        if part.contains("...") {
            dims.extend(if i == 0 { &oa } else { &ob });
        }
        dims.extend(after.chars().map(size));
        let t = d.tensor(&dims);
        case = case.input(t);
    }
    let n = case.inputs.len() as i64;
    case.attr("equation", text).attr("N", n)
}
