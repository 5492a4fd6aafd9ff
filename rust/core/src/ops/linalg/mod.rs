//! Linear algebra: factorizations of stacks of matrices, systems, determinants, Einstein sums.

pub mod cholesky;
pub mod cross;
pub mod eigen;
pub mod einsum;
mod equation;
pub mod inverse;
pub mod lu;
pub mod qr;
pub mod solve;
pub mod svd;

use graphpb_kernels::DType::{self, *};
use graphpb_kernels::linalg::Part;
use graphpb_kernels::{C128, Tensor, pointwise, shape_text};

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, equal_sizes};
use crate::graph::node::Out;
use crate::testing::cases::Draw;

const TYPES: &[DType] = &[F64, F32, C64, C128];
const TYPES_SINGLE_FIRST: &[DType] = &[F32, F64, C64, C128];

/// The shape of input `i`, a stack of square matrices, and their size.
fn square_shape(c: &ShapeCtx, i: usize) -> Result<(Shape, i64)> {
    let s = c.input(i).with_rank_at_least(2)?;
    let Some(r) = s.rank() else { return Ok((s, -1)) };
    let n = equal_sizes(s.dim(r - 2), s.dim(r - 1))?;
    Ok((s.sub(0..r - 2).concat(&Shape::of(&[n, n])), n))
}

/// Output 0 is a stack of square matrices like input 0.
fn same_square(c: &mut ShapeCtx) -> Result<()> {
    let (s, _) = square_shape(c, 0)?;
    c.set(0, s);
    Ok(())
}

/// A stack of matrices: sizes of the stack, and of one matrix.
struct Stack {
    outer: Vec<usize>,
    count: usize,
    m: usize,
    n: usize,
}

impl Stack {
    fn of(t: &Tensor) -> Result<Stack> {
        let Some((outer, &[m, n])) = t.rank().checked_sub(2).map(|r| t.dims().split_at(r)) else {
            return Err(Error::invalid(format!("Input tensor 0 must have rank >= 2, but has shape {}", shape_text(t.dims()))));
        };
        Ok(Stack { outer: outer.to_vec(), count: outer.iter().product(), m, n })
    }
    fn square(t: &Tensor) -> Result<Stack> {
        let s = Self::of(t)?;
        if s.m != s.n {
            return Err(Error::invalid(format!("Input matrix must be square, but has shape {}", shape_text(t.dims()))));
        }
        Ok(s)
    }
    /// The sizes of the stack followed by `inner`.
    fn dims(&self, inner: &[usize]) -> Vec<usize> {
        [&self.outer[..], inner].concat()
    }
    /// Matrix `i` of the elements of the stack.
    fn matrix<'a, T>(&self, i: usize, all: &'a [T]) -> &'a [T] {
        let size = self.m * self.n;
        &all[i * size..(i + 1) * size]
    }
}

/// No output.
fn none() -> Part<'static, u8> {
    Part { all: &mut [], each: 0 }
}

/// Nanoseconds of an algorithm of `flops` operations.
fn cost(flops: usize) -> f64 {
    100.0 + flops as f64
}

// What gradient rules are written in.

fn matmul(c: &mut GradCtx, a: Out, b: Out, adjoint_a: bool, adjoint_b: bool) -> Result<Out> {
    let attrs = Attrs::new().with("adj_x", adjoint_a).with("adj_y", adjoint_b);
    c.op_node("BatchMatMulV2", "MatMul", &[a, b], attrs).map(|n| n.out(0))
}

/// The conjugate transpose of each matrix.
fn adjoint(c: &mut GradCtx, a: Out) -> Result<Out> {
    let perm = match c.shape_of(a).rank() {
        Some(r) => {
            let mut p: Vec<i64> = (0..r as i64).collect();
            p.swap(r.saturating_sub(1), r.saturating_sub(2));
            c.int_vector(&p)?
        }
        None => {
            let rank = c.call("Rank", &[a])?;
            let (one, two, zero) = (c.int_scalar(1)?, c.int_scalar(2)?, c.int_scalar(0)?);
            let (last, before) = (c.sub(rank, one)?, c.sub(rank, two)?);
            let outer = c.call("Range", &[zero, before, one])?;
            let swapped = c.op("Pack", &[last, before], Attrs::new().with("N", 2i64))?;
            c.op("ConcatV2", &[outer, swapped, zero], Attrs::new().with("N", 2i64))?
        }
    };
    let op = if c.dtype(a).is_complex() { "ConjugateTranspose" } else { "Transpose" };
    c.call(op, &[a, perm])
}

/// Zeros outside of a band; −1 keeps a triangle.
fn band(c: &mut GradCtx, a: Out, lower: i64, upper: i64) -> Result<Out> {
    let (lower, upper) = (c.constant("num_lower", Tensor::scalar(lower))?, c.constant("num_upper", Tensor::scalar(upper))?);
    c.call("MatrixBandPart", &[a, lower, upper])
}

/// A stack of scalars as a stack of 1×1 matrices.
fn as_matrices(c: &mut GradCtx, a: Out) -> Result<Out> {
    let axis = c.int_scalar(-1)?;
    let row = c.call("ExpandDims", &[a, axis])?;
    c.call("ExpandDims", &[row, axis])
}

/// 1/(vⱼ − vᵢ) off the diagonal, broadened where values meet, and zero on it.
fn reciprocal_differences(c: &mut GradCtx, v: Out) -> Result<Out> {
    let (before, last) = (c.int_scalar(-2)?, c.int_scalar(-1)?);
    let (row, column) = (c.call("ExpandDims", &[v, before])?, c.call("ExpandDims", &[v, last])?);
    let d = c.sub(row, column)?;
    let f = safe_reciprocal(c, d)?;
    let zeros = c.zeros_like(v)?;
    c.call("MatrixSetDiag", &[f, zeros])
}

/// x / (x² + 1e-20).
fn safe_reciprocal(c: &mut GradCtx, x: Out) -> Result<Out> {
    let squared = c.mul(x, x)?;
    let kind = c.dtype(x);
    let epsilon = c.number(kind, 1e-20)?;
    let sum = c.add(squared, epsilon)?;
    let r = c.call("Reciprocal", &[sum])?;
    c.mul(x, r)
}

// Samples.

/// A stack of up to two axes.
fn draw_outer(d: &mut Draw) -> Vec<usize> {
    d.dims(0, 1)
}

fn of_type(d: &Draw, t: &Tensor) -> Tensor {
    pointwise::cast(t, d.dtype).unwrap_or_else(|_| t.clone())
}

/// Matrices with elements in (−1, 1), and `diagonal(i)` added to element (i, i).
fn draw_matrices(d: &mut Draw, outer: &[usize], m: usize, n: usize, diagonal: impl Fn(usize) -> f64) -> Tensor {
    let dims = [outer, &[m, n]].concat();
    let mut t = if d.dtype.is_complex() { d.tensor_of(C128, &dims, -0.5, 0.5) } else { d.tensor_of(F64, &dims, -0.5, 0.5) };
    let size = m * n;
    let at = (0..outer.iter().product::<usize>()).flat_map(|k| (0..m.min(n)).map(move |i| (k * size + i * n + i, i)));
    for (p, i) in at {
        if d.dtype.is_complex() {
            t.slice_mut::<C128>()[p] += C128::new(diagonal(i), 0.0);
        } else {
            t.slice_mut::<f64>()[p] += diagonal(i);
        }
    }
    of_type(d, &t)
}

/// Invertible matrices.
fn draw_square(d: &mut Draw) -> Tensor {
    let (outer, n) = (draw_outer(d), d.size());
    draw_matrices(d, &outer, n, n, |_| 0.5 * n as f64 + 1.0)
}
