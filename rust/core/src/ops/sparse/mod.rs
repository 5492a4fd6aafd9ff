//! Sparse tensors: coordinates [count, rank], values [count], and the dense shape [rank].

pub mod arithmetic;
pub mod cwise;
pub mod fill_empty_rows;
pub mod mat_mul;
pub mod reduce;
pub mod serialize;
pub mod structure;

use graphpb_kernels::{Tensor, shape_text};

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, equal_sizes};
use crate::plan::kernel::KernelCtx;
use crate::testing::cases::{Case, Draw};

/// Coordinates and sizes that fit each other.
struct Sparse {
    /// `count` rows of `rank` coordinates, each inside `dims`.
    at: Vec<usize>,
    count: usize,
    dims: Vec<usize>,
}

/// Sizes that input `i` holds.
fn sizes(c: &KernelCtx, i: usize) -> Result<Vec<usize>> {
    if c.input(i).rank() != 1 {
        return Err(Error::invalid(format!("Input shape should be a vector but received shape {}", shape_text(c.input(i).dims()))));
    }
    let v = c.ints(i)?;
    let dims: Vec<usize> =
        v.iter().map(|&n| usize::try_from(n).map_err(|_| Error::invalid(format!("Dimension {n} must be >= 0")))).collect::<Result<_>>()?;
    dims.iter().try_fold(1i64, |n, &d| n.checked_mul(d as i64)).ok_or_else(|| Error::invalid("the dense shape has too many elements"))?;
    Ok(dims)
}

impl Sparse {
    /// Inputs `i` (coordinates), `i + 1` (values) and `i + 2` (shape).
    fn of(c: &KernelCtx, i: usize) -> Result<Sparse> {
        Self::with(c, i, c.input(i + 1).dims(), sizes(c, i + 2)?)
    }
    fn with(c: &KernelCtx, i: usize, values: &[usize], dims: Vec<usize>) -> Result<Sparse> {
        let t = c.input(i);
        let &[count, rank] = t.dims() else {
            return Err(Error::invalid(format!("Input indices should be a matrix but received shape {}", shape_text(t.dims()))));
        };
        if values != [count] {
            return Err(Error::invalid(format!("Input values should be a vector of {count} elements but received shape {}", shape_text(values))));
        }
        if dims.len() != rank {
            return Err(Error::invalid(format!("The shape has {} elements, but coordinates have {rank}", dims.len())));
        }
        let mut at = Vec::with_capacity(count * rank);
        for (k, v) in c.ints(i)?.into_iter().enumerate() {
            match usize::try_from(v) {
                Ok(p) if p < dims[k % rank.max(1)] => at.push(p),
                _ => {
                    let (row, axis) = (k / rank.max(1), k % rank.max(1));
                    return Err(Error::invalid(format!("indices[{row}] is out of bounds: need 0 <= index < {:?}, got {v} on axis {axis}", dims)));
                }
            }
        }
        Ok(Sparse { at, count, dims })
    }
    fn row(&self, i: usize) -> &[usize] {
        let r = self.dims.len();
        &self.at[i * r..(i + 1) * r]
    }
    /// The position of row `i` in a dense tensor of sizes `dims`.
    fn flat(&self, i: usize) -> usize {
        self.row(i).iter().zip(&self.dims).fold(0, |p, (&c, &d)| p * d + c)
    }
}

/// Coordinates as an int64 tensor [count, rank].
fn coordinates(rows: impl Iterator<Item = usize>, count: usize, rank: usize) -> Tensor {
    Tensor::from_slice(&rows.map(|v| v as i64).collect::<Vec<_>>(), &[count, rank])
}

fn shape_vector(dims: &[usize]) -> Tensor {
    Tensor::vector(&dims.iter().map(|&d| d as i64).collect::<Vec<_>>())
}

/// The static facts of a sparse argument at inputs `i..i + 3`: count and rank.
fn facts(c: &ShapeCtx, i: usize) -> Result<(i64, i64)> {
    let (at, values, dims) = (c.input(i).with_rank(2)?, c.input(i + 1).with_rank(1)?, c.input(i + 2).with_rank(1)?);
    Ok((equal_sizes(at.dim(0), values.dim(0))?, equal_sizes(at.dim(1), dims.dim(0))?))
}

/// Set outputs `i..i + 3` to a sparse tensor of these facts.
fn set_facts(c: &mut ShapeCtx, i: usize, count: i64, rank: i64) {
    c.set(i, Shape::of(&[count, rank]));
    c.set(i + 1, Shape::vector(count));
    c.set(i + 2, Shape::vector(rank));
}

/// Coordinates in order, values and shape of a random sparse tensor with these sizes.
fn draw(d: &mut Draw, dims: &[usize]) -> [Tensor; 3] {
    let n: usize = dims.iter().product();
    let chosen: Vec<usize> = (0..n).filter(|_| d.flag()).collect();
    let mut at = Vec::new();
    for &i in &chosen {
        let (mut i, mut row) = (i, vec![0i64; dims.len()]);
        for k in (0..dims.len()).rev() {
            row[k] = (i % dims[k]) as i64;
            i /= dims[k];
        }
        at.extend(row);
    }
    [Tensor::from_slice(&at, &[chosen.len(), dims.len()]), d.tensor(&[chosen.len()]), shape_vector(dims)]
}

/// A case that starts with a sparse tensor.
fn case(d: &mut Draw, dims: &[usize]) -> Case {
    let [at, values, shape] = draw(d, dims);
    Case::new().input(at).input(values).constant(shape)
}
