//! What is known of a tensor before it exists: partial shapes and element types.

use std::fmt;

use graphpb_kernels::DType;
use smallvec::SmallVec;

use crate::error::{Error, Result};

/// A partially known shape: unknown rank, or sizes of which −1 is unknown.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Option<SmallVec<[i64; 4]>>);

impl Shape {
    pub const UNKNOWN: Shape = Shape(None);

    pub fn scalar() -> Shape {
        Shape(Some(SmallVec::new()))
    }
    /// Sizes, of which any negative one is unknown.
    pub fn of(dims: &[i64]) -> Shape {
        Shape(Some(dims.iter().map(|&d| d.max(-1)).collect()))
    }
    /// Fully known sizes.
    pub fn known(dims: &[usize]) -> Shape {
        Shape(Some(dims.iter().map(|&d| d as i64).collect()))
    }
    /// All sizes unknown.
    pub fn of_rank(rank: usize) -> Shape {
        Shape(Some(SmallVec::from_elem(-1, rank)))
    }
    pub fn vector(n: i64) -> Shape {
        Shape::of(&[n])
    }
    /// The sizes, −1 where unknown; None when the rank is unknown.
    pub fn dims(&self) -> Option<&[i64]> {
        self.0.as_deref()
    }
    pub fn rank(&self) -> Option<usize> {
        self.0.as_ref().map(|d| d.len())
    }
    /// Size `i`, −1 when it or the rank is unknown (or `i` is outside).
    pub fn dim(&self, i: usize) -> i64 {
        self.0.as_ref().and_then(|d| d.get(i)).copied().unwrap_or(-1)
    }
    pub fn is_fully_known(&self) -> bool {
        self.0.as_ref().is_some_and(|d| d.iter().all(|&v| v >= 0))
    }
    /// All sizes, when all are known.
    pub fn to_known(&self) -> Option<Vec<usize>> {
        self.0.as_ref()?.iter().map(|&d| usize::try_from(d).ok()).collect()
    }
    /// The number of elements, when all sizes are known (None too when it overflows).
    pub fn elements(&self) -> Option<i64> {
        let d = self.0.as_ref()?;
        if d.iter().any(|&v| v < 0) {
            return None;
        }
        if d.contains(&0) {
            return Some(0);
        }
        d.iter().try_fold(1i64, |n, &v| n.checked_mul(v))
    }
    /// Whether a tensor could have both shapes.
    pub fn is_compatible(&self, other: &Shape) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(&x, &y)| x < 0 || y < 0 || x == y),
            _ => true,
        }
    }
    /// Whether these concrete sizes fit.
    pub fn admits(&self, dims: &[usize]) -> bool {
        self.0.as_ref().is_none_or(|a| a.len() == dims.len() && a.iter().zip(dims).all(|(&x, &y)| x < 0 || x as usize == y))
    }
    /// The shape with what either knows; an error when they contradict each other.
    pub fn merge(&self, other: &Shape) -> Result<Shape> {
        match (&self.0, &other.0) {
            (None, _) => Ok(other.clone()),
            (_, None) => Ok(self.clone()),
            (Some(a), Some(b)) if a.len() != b.len() => Err(Error::value(format!("Shapes must be equal rank, but are {} and {}", a.len(), b.len()))),
            (Some(a), Some(b)) => {
                let mut out = a.clone();
                for (i, (o, &y)) in out.iter_mut().zip(b).enumerate() {
                    if *o < 0 {
                        *o = y;
                    } else if y >= 0 && y != *o {
                        return Err(Error::value(format!(
                            "Dimension {i} in both shapes must be equal, but are {} and {y}. Shapes are {self} and {other}.",
                            *o
                        )));
                    }
                }
                Ok(Shape(Some(out)))
            }
        }
    }
    /// What is certain of a tensor that has one of the two shapes.
    pub fn widen(&self, other: &Shape) -> Shape {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) if a.len() == b.len() => Shape(Some(a.iter().zip(b).map(|(&x, &y)| if x == y { x } else { -1 }).collect())),
            _ => Shape::UNKNOWN,
        }
    }
    /// The result shape of numpy broadcasting.
    pub fn broadcast(&self, other: &Shape) -> Result<Shape> {
        let (Some(a), Some(b)) = (&self.0, &other.0) else { return Ok(Shape::UNKNOWN) };
        let rank = a.len().max(b.len());
        let at = |d: &[i64], i: usize| if i + d.len() < rank { 1 } else { d[i + d.len() - rank] };
        let mut out = SmallVec::with_capacity(rank);
        for i in 0..rank {
            out.push(match (at(a, i), at(b, i)) {
                (x, y) if x == y => x,
                (1, y) => y,
                (x, 1) => x,
                (-1, y) => y,
                (x, -1) => x,
                (x, y) => return Err(Error::value(format!("Dimensions must be equal, but are {x} and {y}"))),
            });
        }
        Ok(Shape(Some(out)))
    }
    /// Axes `range` of a shape of known rank; unknown for an unknown rank.
    pub fn sub(&self, range: std::ops::Range<usize>) -> Shape {
        Shape(self.0.as_ref().and_then(|d| d.get(range)).map(SmallVec::from_slice))
    }
    /// `self` followed by `other`.
    pub fn concat(&self, other: &Shape) -> Shape {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Shape(Some(a.iter().chain(b).copied().collect())),
            _ => Shape::UNKNOWN,
        }
    }
    /// The shape with size `i` replaced.
    pub fn with_dim(&self, i: usize, size: i64) -> Shape {
        let mut s = self.clone();
        if let Some(d) = s.0.as_mut().and_then(|d| d.get_mut(i)) {
            *d = size.max(-1);
        }
        s
    }
    /// An error unless the rank is unknown or `rank`; gives the shape with that rank.
    pub fn with_rank(&self, rank: usize) -> Result<Shape> {
        match self.rank() {
            None => Ok(Shape::of_rank(rank)),
            Some(r) if r == rank => Ok(self.clone()),
            Some(r) => Err(Error::value(format!("Shape must be rank {rank} but is rank {r}"))),
        }
    }
    pub fn with_rank_at_least(&self, rank: usize) -> Result<Shape> {
        match self.rank() {
            Some(r) if r < rank => Err(Error::value(format!("Shape must be at least rank {rank} but is rank {r}"))),
            _ => Ok(self.clone()),
        }
    }
    /// As Python prints a `TensorShape`: `(?, 3)`, `(5,)`, `<unknown>`.
    pub fn python_text(&self) -> String {
        match &self.0 {
            None => "<unknown>".into(),
            Some(d) if d.len() == 1 => format!("({},)", Dim(d[0])),
            Some(d) => format!("({})", d.iter().map(|&v| Dim(v).to_string()).collect::<Vec<_>>().join(", ")),
        }
    }
}

struct Dim(i64);
impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 { f.write_str("?") } else { write!(f, "{}", self.0) }
    }
}

impl fmt::Display for Shape {
    /// As TensorFlow's C++ messages: `[?,3]`, `<unknown>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("<unknown>"),
            Some(d) => write!(f, "[{}]", d.iter().map(|&v| Dim(v).to_string()).collect::<Vec<_>>().join(",")),
        }
    }
}
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What is known of one output of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub dtype: DType,
    /// Whether the output is a reference to a variable's buffer (`float32_ref`).
    pub is_ref: bool,
    pub shape: Shape,
}

/// Resolve an axis that may be negative; None when it is outside `-rank..rank`.
pub fn resolve_axis(axis: i64, rank: usize) -> Option<usize> {
    let r = rank as i64;
    (-r..r).contains(&axis).then(|| if axis < 0 { (axis + r) as usize } else { axis as usize })
}
