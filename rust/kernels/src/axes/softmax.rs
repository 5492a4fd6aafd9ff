//! Softmax along the last axis, its logarithm, and the cross entropies with their gradients. The greatest logit is subtracted first.

use crate::error::{KernelError, Result};
use crate::pointwise::cast;
use crate::{DType, Element, Tensor, par, vmath};
use num_traits::Float;

/// The cost of one element, in nanoseconds.
const NS: f64 = 4.0;

fn missing<T>(op: &str, d: DType) -> Result<T> {
    Err(KernelError::unimplemented(format!("{op} has no kernel for {}", d.name())))
}

fn max_of<T: Float>(row: &[T]) -> T {
    row.iter().fold(T::neg_infinity(), |m, &v| if m >= v || m.is_nan() { m } else { v })
}

fn rows<T: Element>(mut x: Tensor, f: impl Fn(&mut [T]) + Sync) -> Tensor {
    let n = x.dims().last().copied().unwrap_or(1);
    if n > 0 {
        par::rows_mut(x.slice_mut::<T>(), n, NS * n as f64, |_, rows| rows.chunks_mut(n).for_each(&f));
    }
    x
}

/// The cost of one element where rows are vectorised.
const FAST_NS: f64 = 0.7;

fn fast_rows(mut x: Tensor, f: fn(&mut [f32], usize)) -> Tensor {
    let n = x.dims().last().copied().unwrap_or(1);
    if n > 0 {
        par::rows_mut(x.slice_mut::<f32>(), n, FAST_NS * n as f64, |_, rows| f(rows, n));
    }
    x
}

fn fast_dense(mut logits: Tensor, labels: &Tensor) -> (Tensor, Tensor) {
    let (batch, n) = (logits.dims()[0], logits.dims()[1]);
    let mut loss = Tensor::zeros(DType::F32, &[batch]);
    let want = labels.slice::<f32>();
    split(logits.slice_mut::<f32>(), loss.slice_mut::<f32>(), n, FAST_NS, &|first, rows, loss| {
        vmath::rows::cross_entropy(rows, &want[first * n..][..rows.len()], n, loss);
    });
    (loss, logits)
}

fn fast_sparse(mut logits: Tensor, labels: &[i64]) -> (Tensor, Tensor) {
    let (batch, n) = (logits.dims()[0], logits.dims()[1]);
    let mut loss = Tensor::zeros(DType::F32, &[batch]);
    split(logits.slice_mut::<f32>(), loss.slice_mut::<f32>(), n, FAST_NS, &|first, rows, loss| {
        vmath::rows::sparse_cross_entropy(rows, &labels[first..][..loss.len()], n, loss);
    });
    (loss, logits)
}

fn softmax_row<T: Float + std::iter::Sum>(row: &mut [T]) {
    let max = max_of(row);
    for v in row.iter_mut() {
        *v = (*v - max).exp();
    }
    let sum: T = row.iter().copied().sum();
    let scale = T::one() / sum;
    for v in row.iter_mut() {
        *v = *v * scale;
    }
}

fn log_softmax_row<T: Float + std::iter::Sum>(row: &mut [T]) {
    let max = max_of(row);
    let log = row.iter().map(|&v| (v - max).exp()).sum::<T>().ln();
    for v in row.iter_mut() {
        *v = *v - max - log;
    }
}

/// exp(xᵢ) / Σ exp(x) along the last axis.
pub fn softmax(x: Tensor) -> Result<Tensor> {
    Ok(match x.dtype() {
        DType::F32 => fast_rows(x, vmath::rows::softmax),
        DType::F64 => rows::<f64>(x, softmax_row),
        d @ (DType::F16 | DType::BF16) => cast(&softmax(cast(&x, DType::F32)?)?, d)?,
        d => return missing("Softmax", d),
    })
}

/// xᵢ − log Σ exp(x) along the last axis.
pub fn log_softmax(x: Tensor) -> Result<Tensor> {
    Ok(match x.dtype() {
        DType::F32 => fast_rows(x, vmath::rows::log_softmax),
        DType::F64 => rows::<f64>(x, log_softmax_row),
        d @ (DType::F16 | DType::BF16) => cast(&log_softmax(cast(&x, DType::F32)?)?, d)?,
        d => return missing("LogSoftmax", d),
    })
}

/// For logits and labels `[batch, classes]`: −Σ labels·log_softmax(logits) as `[batch]`, and softmax(logits) − labels.
pub fn cross_entropy(logits: Tensor, labels: &Tensor) -> Result<(Tensor, Tensor)> {
    match logits.dtype() {
        DType::F32 => Ok(fast_dense(logits, labels)),
        DType::F64 => Ok(dense::<f64>(logits, labels)),
        d @ (DType::F16 | DType::BF16) => {
            let (loss, backprop) = cross_entropy(cast(&logits, DType::F32)?, &cast(labels, DType::F32)?)?;
            Ok((cast(&loss, d)?, cast(&backprop, d)?))
        }
        d => missing("SoftmaxCrossEntropyWithLogits", d),
    }
}

fn dense<T: Element + Float + std::iter::Sum>(mut logits: Tensor, labels: &Tensor) -> (Tensor, Tensor) {
    let (batch, n) = (logits.dims()[0], logits.dims()[1]);
    let mut loss = Tensor::zeros(T::DTYPE, &[batch]);
    if n == 0 || batch == 0 {
        return (loss, logits);
    }
    let want = labels.slice::<T>();
    paired(logits.slice_mut::<T>(), loss.slice_mut::<T>(), n, |i, row, loss| {
        let want = &want[i * n..][..n];
        let max = max_of(row);
        for v in row.iter_mut() {
            *v = *v - max;
        }
        let sum = row.iter().map(|v| v.exp()).sum::<T>();
        let (log, scale) = (sum.ln(), T::one() / sum);
        // A label of 0 contributes nothing, even where the logit is −∞.
        *loss = row.iter().zip(want).map(|(&v, &w)| if w == T::zero() { T::zero() } else { w * (log - v) }).sum();
        for (v, &w) in row.iter_mut().zip(want) {
            *v = v.exp() * scale - w;
        }
    });
    (loss, logits)
}

/// For logits `[batch, classes]` and labels `[batch]`: the loss `[batch]` and softmax(logits) − onehot(labels).
/// INVALID_ARGUMENT for a label outside `0..classes`.
pub fn sparse_cross_entropy(logits: Tensor, labels: &[i64]) -> Result<(Tensor, Tensor)> {
    let n = logits.dims()[1] as i64;
    if let Some(bad) = labels.iter().find(|l| !(0..n).contains(l)) {
        let shown: Vec<String> = labels.iter().take(20).map(i64::to_string).collect();
        return Err(KernelError::invalid(format!(
            "Received a label value of {bad} which is outside the valid range of [0, {n}).  Label values: {}",
            shown.join(" ")
        )));
    }
    match logits.dtype() {
        DType::F32 => Ok(fast_sparse(logits, labels)),
        DType::F64 => Ok(sparse::<f64>(logits, labels)),
        d @ (DType::F16 | DType::BF16) => {
            let (loss, backprop) = sparse_cross_entropy(cast(&logits, DType::F32)?, labels)?;
            Ok((cast(&loss, d)?, cast(&backprop, d)?))
        }
        d => missing("SparseSoftmaxCrossEntropyWithLogits", d),
    }
}

fn sparse<T: Element + Float + std::iter::Sum>(mut logits: Tensor, labels: &[i64]) -> (Tensor, Tensor) {
    let (batch, n) = (logits.dims()[0], logits.dims()[1]);
    let mut loss = Tensor::zeros(T::DTYPE, &[batch]);
    if n == 0 || batch == 0 {
        return (loss, logits);
    }
    paired(logits.slice_mut::<T>(), loss.slice_mut::<T>(), n, |i, row, loss| {
        let label = labels[i] as usize;
        let max = max_of(row);
        let at = row[label] - max;
        for v in row.iter_mut() {
            *v = (*v - max).exp();
        }
        let sum = row.iter().copied().sum::<T>();
        *loss = sum.ln() - at;
        let scale = T::one() / sum;
        for v in row.iter_mut() {
            *v = *v * scale;
        }
        row[label] = row[label] - T::one();
    });
    (loss, logits)
}

/// Call `f(row number, row, its loss)` for every row of `n`, in parallel.
fn paired<T: Send>(rows: &mut [T], loss: &mut [T], n: usize, f: impl Fn(usize, &mut [T], &mut T) + Sync) {
    split(rows, loss, n, 2.0 * NS, &|first, rows, loss| {
        for (i, (row, l)) in rows.chunks_mut(n).zip(loss).enumerate() {
            f(first + i, row, l);
        }
    });
}

/// Call `f(first row, rows, their losses)` for pieces of rows of `n`, in parallel, with borders that depend on the sizes only.
fn split<T: Send>(rows: &mut [T], loss: &mut [T], n: usize, ns: f64, f: &(dyn Fn(usize, &mut [T], &mut [T]) + Sync)) {
    fn halve<T: Send>(first: usize, rows: &mut [T], loss: &mut [T], n: usize, ns: f64, least: usize, f: &(dyn Fn(usize, &mut [T], &mut [T]) + Sync)) {
        if loss.len() <= least || !par::inside() {
            return f(first, rows, loss);
        }
        let half = loss.len() / 2;
        let (r0, r1) = rows.split_at_mut(half * n);
        let (l0, l1) = loss.split_at_mut(half);
        par::join((2 * half * n) as f64 * ns, || halve(first, r0, l0, n, ns, least, f), || halve(first + half, r1, l1, n, ns, least, f));
    }
    let least = par::chunk_len(loss.len(), ns * n as f64);
    halve(0, rows, loss, n, ns, least, f);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_logits_do_not_overflow_and_the_parts_agree() {
        let x = Tensor::from_slice(&[1000.0f64, 1001.0, 999.0, -3.0, 0.5, 2.0], &[2, 3]);
        let p = softmax(x.clone()).unwrap();
        let l = log_softmax(x.clone()).unwrap();
        for (p, l) in p.slice::<f64>().iter().zip(l.slice::<f64>()) {
            assert!((p.ln() - l).abs() < 1e-12);
        }
        // e⁻¹ : 1 : e⁻² normalised.
        let e = std::f64::consts::E;
        assert!((p.slice::<f64>()[1] - 1.0 / (1.0 + 1.0 / e + 1.0 / (e * e))).abs() < 1e-15);
        let (loss, back) = sparse_cross_entropy(x.clone(), &[2, 0]).unwrap();
        let one_hot = Tensor::from_slice(&[0.0f64, 0.0, 1.0, 1.0, 0.0, 0.0], &[2, 3]);
        let (loss2, back2) = cross_entropy(x.clone(), &one_hot).unwrap();
        assert!((loss.slice::<f64>()[0] + l.slice::<f64>()[2]).abs() < 1e-12);
        for (a, b) in loss.slice::<f64>().iter().chain(back.slice::<f64>()).zip(loss2.slice::<f64>().iter().chain(back2.slice::<f64>())) {
            assert!((a - b).abs() < 1e-12);
        }
        assert!(sparse_cross_entropy(x, &[0, 3]).unwrap_err().message.contains("outside the valid range of [0, 3)"));
    }
}
