//! What a shape function sees: input facts, constant values, attributes; and the shapes that it sets.

use graphpb_kernels::{DType, Tensor};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::{Fact, Shape, resolve_axis};

/// Where a shape function finds the values of inputs that are constant.
pub trait Values {
    /// The value of input `i`, when it is known before the graph runs.
    fn value(&self, i: usize) -> Option<Tensor>;
    /// Input `i` read as a shape (a vector of sizes), as far as it is known.
    fn shape_value(&self, i: usize) -> Shape;
    /// Type and shape of the variable that input `i`, a resource, stands for.
    fn handle(&self, _i: usize) -> Option<(DType, Shape)> {
        None
    }
}

/// No values are known.
pub struct NoValues;
impl Values for NoValues {
    fn value(&self, _: usize) -> Option<Tensor> {
        None
    }
    fn shape_value(&self, _: usize) -> Shape {
        Shape::UNKNOWN
    }
}

/// The context of one call of a shape function. Input and output indices are flat: list arguments count each tensor.
pub struct ShapeCtx<'a> {
    attrs: &'a Attrs,
    inputs: &'a [Fact],
    values: &'a dyn Values,
    outputs: SmallVec<[Shape; 2]>,
}

impl<'a> ShapeCtx<'a> {
    pub fn new(attrs: &'a Attrs, inputs: &'a [Fact], outputs: usize, values: &'a dyn Values) -> ShapeCtx<'a> {
        ShapeCtx { attrs, inputs, values, outputs: SmallVec::from_elem(Shape::UNKNOWN, outputs) }
    }
    pub fn into_outputs(self) -> SmallVec<[Shape; 2]> {
        self.outputs
    }
    pub fn attrs(&self) -> &'a Attrs {
        self.attrs
    }
    /// The number of input tensors.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }
    /// The shape of input `i`; unknown when there is no such input.
    pub fn input(&self, i: usize) -> &'a Shape {
        self.inputs.get(i).map_or(&Shape::UNKNOWN, |f| &f.shape)
    }
    pub fn dtype(&self, i: usize) -> Option<DType> {
        self.inputs.get(i).map(|f| f.dtype)
    }
    /// The value of input `i`, when it is known before the graph runs.
    pub fn value(&self, i: usize) -> Option<Tensor> {
        self.values.value(i)
    }
    /// The integers of input `i`, when known.
    pub fn ints(&self, i: usize) -> Option<Vec<i64>> {
        self.values.value(i)?.to_i64s()
    }
    /// The integer of a scalar (or one-element) input, when known.
    pub fn int(&self, i: usize) -> Option<i64> {
        let v = self.ints(i)?;
        if v.len() == 1 { Some(v[0]) } else { None }
    }
    /// Input `i` read as a shape, as far as it is known; −1 entries are unknown sizes.
    pub fn shape_value(&self, i: usize) -> Shape {
        self.values.shape_value(i)
    }
    /// The shape of the variable that input `i`, a resource, stands for; unknown when that is not known.
    pub fn handle(&self, i: usize) -> Shape {
        self.values.handle(i).map_or(Shape::UNKNOWN, |(_, s)| s)
    }
    pub fn set(&mut self, i: usize, shape: Shape) {
        if let Some(o) = self.outputs.get_mut(i) {
            *o = shape;
        }
    }
    /// An axis in `-rank..rank`, or TensorFlow's error.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        resolve_axis(axis, rank).ok_or_else(|| Error::value(format!("Dimension {axis} must be in the range [{}, {rank})", -(rank as i64))))
    }
}

/// The size that both are, where −1 is unknown; TensorFlow's error when they differ.
pub fn equal_sizes(a: i64, b: i64) -> Result<i64> {
    match (a, b) {
        (-1, n) | (n, -1) => Ok(n),
        (a, b) if a == b => Ok(a),
        (a, b) => Err(Error::value(format!("Dimensions must be equal, but are {a} and {b}"))),
    }
}

/// Output 0 has the shape of input 0.
pub fn same_as_input(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).clone();
    c.set(0, s);
    Ok(())
}

/// All inputs and outputs share one shape.
pub fn all_same(c: &mut ShapeCtx) -> Result<()> {
    let mut s = Shape::UNKNOWN;
    for i in 0..c.inputs() {
        s = s.merge(c.input(i))?;
    }
    for i in 0..c.outputs() {
        c.set(i, s.clone());
    }
    Ok(())
}

/// Output 0 is the numpy broadcast of inputs 0 and 1.
pub fn broadcast(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).broadcast(c.input(1))?;
    c.set(0, s);
    Ok(())
}

/// Every output is a scalar.
pub fn scalars(c: &mut ShapeCtx) -> Result<()> {
    for i in 0..c.outputs() {
        c.set(i, Shape::scalar());
    }
    Ok(())
}

/// Nothing is known.
pub fn unknown(_: &mut ShapeCtx) -> Result<()> {
    Ok(())
}
