//! TensorList: an immutable list of tensors as a variant, which While loops accumulate into; updated in place when unshared.

use std::sync::Arc;

use crate::Result;
use crate::error::Error;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, scalars};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::movement::concat::{concat, pack};
use graphpb_kernels::pointwise::{Binary, binary};
use graphpb_kernels::{DType, Handle, Tensor, shape_text};

/// The longest list; each element costs memory even when it is empty.
pub(super) const MAX_LEN: usize = 1 << 24;

#[derive(Clone)]
pub struct List {
    pub dtype: DType,
    /// What the elements have in common.
    pub element: Shape,
    /// None: never written, reads as zeros.
    pub items: Vec<Option<Tensor>>,
}

impl List {
    /// A scalar variant tensor.
    pub fn into_tensor(self) -> Tensor {
        Tensor::handles(DType::Variant, vec![Arc::new(self) as Handle], &[])
    }

    fn get(&self, i: i64, shape: &Shape) -> Result<Tensor> {
        let n = self.items.len();
        let at = usize::try_from(i).ok().filter(|&i| i < n);
        let at = at.ok_or_else(|| Error::invalid(format!("Trying to access element {i} in a list with {n} elements.")))?;
        match &self.items[at] {
            Some(t) => Ok(t.clone()),
            None => self.zeros(shape),
        }
    }

    fn zeros(&self, shape: &Shape) -> Result<Tensor> {
        let written = self.items.iter().flatten().next().map(|t| Shape::known(t.dims()));
        let s = shape.merge(&self.element).map_err(|e| Error::invalid(e.message().to_owned()))?;
        let s = if s.is_fully_known() { s } else { written.unwrap_or(s) };
        let d = s
            .to_known()
            .ok_or_else(|| Error::invalid(format!("Trying to read an uninitialized tensor but element_shape is not fully defined: {s}")))?;
        Ok(Tensor::try_zeros(self.dtype, &d)?)
    }

    pub(super) fn check(&self, t: &Tensor) -> Result<()> {
        if t.dtype() != self.dtype {
            return Err(Error::invalid(format!("Invalid data types; op elements {}; list elements {}", t.dtype().c_name(), self.dtype.c_name())));
        }
        if !self.element.admits(t.dims()) {
            return Err(Error::invalid(format!(
                "Tried to append a tensor with incompatible shape to a list. Op element shape: {} list shape: {}",
                shape_text(t.dims()),
                self.element
            )));
        }
        Ok(())
    }
}

/// Input `i` as a list.
fn list<'a>(c: &'a KernelCtx, i: usize) -> Result<&'a List> {
    let t = c.input(i);
    let found = if t.dtype() == DType::Variant { t.as_handles().first() } else { None };
    found.and_then(|h| h.downcast_ref::<List>()).ok_or_else(|| Error::invalid(format!("Input {i} is not a list.")))
}

/// The sum of two lists, element by element; an element that was never written is zero.
pub fn add_lists(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let list_of = |t: &Tensor| t.as_handles().first().and_then(|h| h.downcast_ref::<List>().cloned());
    let (Some(mut sum), Some(other)) = (list_of(a), list_of(b)) else { return Err(Error::invalid("AddN of variants adds lists of tensors")) };
    if sum.items.len() != other.items.len() || sum.dtype != other.dtype {
        let (n, m) = (sum.items.len(), other.items.len());
        return Err(Error::invalid(format!("Trying to add two lists of tensors of different lengths or types ({n} and {m} elements)")));
    }
    for (x, y) in sum.items.iter_mut().zip(other.items) {
        *x = match (x.take(), y) {
            (Some(p), Some(q)) if p.dtype() == DType::Variant => Some(add_lists(&p, &q)?),
            (Some(p), Some(q)) => Some(binary(Binary::Add, p, q)?),
            (p, q) => p.or(q),
        };
    }
    Ok(sum.into_tensor())
}

/// A list of zeros like the elements of `t`; elements that were never written stay so.
pub fn zero_list(t: &Tensor) -> Result<Tensor> {
    let l = t.as_handles().first().and_then(|h| h.downcast_ref::<List>());
    let l = l.ok_or_else(|| Error::invalid("ZerosLike of a variant makes a list like a list of tensors"))?;
    let zero = |x: &Tensor| if x.dtype() == DType::Variant { zero_list(x) } else { Ok(Tensor::try_zeros(x.dtype(), x.dims())?) };
    let items = l.items.iter().map(|x| x.as_ref().map(zero).transpose()).collect::<Result<_>>()?;
    Ok(List { items, ..l.clone() }.into_tensor())
}

/// Input `i` as a list to change: the very one when nobody else holds it.
pub(super) fn take_list(c: &mut KernelCtx, i: usize) -> Result<List> {
    list(c, i)?;
    let handle = c.take(i).into_handle().ok_or_else(|| Error::invalid("Input is not a list."))?;
    let l = handle.downcast::<List>().map_err(|_| Error::invalid("Input is not a list."))?;
    Ok(Arc::try_unwrap(l).unwrap_or_else(|shared| (*shared).clone()))
}

/// An element shape given as a tensor: a vector, or −1 for anything.
pub(super) fn shape_input(c: &KernelCtx, i: usize) -> Result<Shape> {
    let d = c.ints(i)?;
    Ok(if c.input(i).rank() == 0 { Shape::UNKNOWN } else { Shape::of(&d) })
}

fn count_input(c: &KernelCtx, i: usize) -> Result<usize> {
    let n = c.int(i)?;
    usize::try_from(n).ok().filter(|&n| n <= MAX_LEN).ok_or_else(|| Error::invalid(format!("a list of {n} elements cannot be made")))
}

/// A shape argument as far as it is known while building: an unknown one for −1.
fn stated_shape(c: &ShapeCtx, i: usize) -> Shape {
    match c.value(i) {
        Some(t) if t.rank() == 0 => Shape::UNKNOWN,
        _ => c.shape_value(i),
    }
}

pub(super) const LIST_IN: Arg = arg_of("input_handle", DType::Variant);
pub(super) const LIST_OUT: Arg = arg_of("output_handle", DType::Variant);
const HANDLE: Arg = arg_of("handle", DType::Variant);
pub(super) const ELEMENT: AttrSpec = type_any("element_dtype");
pub(super) const SHAPE_TYPE: AttrSpec = type_in("shape_type", INDEX);

pub static EMPTY_TENSOR_LIST: OpDef = OpDef {
    name: "EmptyTensorList",
    doc: "A list without elements.",
    inputs: &[arg("element_shape", "shape_type"), arg_of("max_num_elements", DType::I32)],
    outputs: &[HANDLE],
    attrs: &[ELEMENT, SHAPE_TYPE],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let l = List { dtype: c.attrs().dtype("element_dtype")?, element: shape_input(c, 0)?, items: Vec::new() };
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::NotDifferentiable("an empty list has no elements"),
    ..OpDef::BASE
};

pub static TENSOR_LIST_RESERVE: OpDef = OpDef {
    name: "TensorListReserve",
    doc: "A list of `num_elements` elements that read as zeros until they are written.",
    inputs: &[arg("element_shape", "shape_type"), arg_of("num_elements", DType::I32)],
    outputs: &[HANDLE],
    attrs: &[ELEMENT, SHAPE_TYPE],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let n = count_input(c, 1)?;
        let l = List { dtype: c.attrs().dtype("element_dtype")?, element: shape_input(c, 0)?, items: vec![None; n] };
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::NotDifferentiable("a reserved list has no elements yet"),
    ..OpDef::BASE
};

pub static TENSOR_LIST_FROM_TENSOR: OpDef = OpDef {
    name: "TensorListFromTensor",
    doc: "The list of the rows of `tensor`.",
    inputs: &[arg("tensor", "element_dtype"), arg("element_shape", "shape_type")],
    outputs: &[LIST_OUT],
    attrs: &[ELEMENT, SHAPE_TYPE],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let (t, element) = (c.take(0).into_owned(), shape_input(c, 1)?);
        let Some((&n, rest)) = t.dims().split_first() else { return Err(Error::invalid("Tensor must be at least a vector, but saw shape: []")) };
        if !element.admits(rest) {
            return Err(Error::invalid(format!("Specified a list with shape {element} from a tensor with shape {}", shape_text(t.dims()))));
        }
        let items = (0..n).map(|i| Some(t.rows(i, 1).reshaped(rest))).collect();
        c.set(0, List { dtype: t.dtype(), element, items }.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (t, g) = (c.input(0), c.grad(0)?);
        let rest = c.int_scalar(-1)?;
        let dtype = c.dtype(t);
        let n = c.shape_of(t).dim(0);
        let back = c.op("TensorListStack", &[g, rest], Attrs::new().with("element_dtype", dtype).with("num_elements", n))?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_STACK: OpDef = OpDef {
    name: "TensorListStack",
    doc: "All elements, stacked along a new first axis.",
    inputs: &[LIST_IN, arg_of("element_shape", DType::I32)],
    outputs: &[arg("tensor", "element_dtype")],
    attrs: &[ELEMENT, int("num_elements").default_int(-1)],
    shape: |c| {
        let s = Shape::vector(c.attrs().int("num_elements")?).concat(&stated_shape(c, 1));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (dtype, shape) = (c.output_dtype(0), shape_input(c, 1)?);
        let l = list(c, 0)?;
        let want = c.attrs().int("num_elements")?;
        if want >= 0 && want as usize != l.items.len() {
            return Err(Error::invalid(format!("Operation expected a list with {want} elements but got a list with {} elements.", l.items.len())));
        }
        let y = stacked(l, &(0..l.items.len() as i64).collect::<Vec<_>>(), &shape, dtype)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (l, g) = (c.input(0), c.grad(0)?);
        let s = element_shape(c, l)?;
        let dtype = c.dtype(g);
        let back = c.op("TensorListFromTensor", &[g, s], Attrs::new().with("element_dtype", dtype))?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

fn stacked(l: &List, indices: &[i64], shape: &Shape, dtype: DType) -> Result<Tensor> {
    if l.dtype != dtype {
        return Err(Error::invalid(format!("Invalid data types; op elements {}; list elements {}", dtype.c_name(), l.dtype.c_name())));
    }
    if indices.is_empty() {
        let s = shape.merge(&l.element).map_err(|e| Error::invalid(e.message().to_owned()))?;
        let d = s
            .to_known()
            .ok_or_else(|| Error::invalid(format!("Tried to stack elements of an empty list with non-fully-defined element_shape: {s}")))?;
        return Ok(Tensor::try_zeros(dtype, &[&[0], &d[..]].concat())?);
    }
    let parts: Vec<Tensor> = indices.iter().map(|&i| l.get(i, shape)).collect::<Result<_>>()?;
    Ok(pack(&parts.iter().collect::<Vec<_>>(), 0)?)
}

/// The element shape of a list as an int32 vector.
fn element_shape(c: &mut crate::grad::GradCtx, l: crate::Out) -> Result<crate::Out> {
    c.op("TensorListElementShape", &[l], Attrs::new().with("shape_type", DType::I32))
}

pub static TENSOR_LIST_GET_ITEM: OpDef = OpDef {
    name: "TensorListGetItem",
    doc: "One element.",
    inputs: &[LIST_IN, arg_of("index", DType::I32), arg("element_shape", "Tshape")],
    outputs: &[arg("item", "element_dtype")],
    attrs: &[ELEMENT, type_index("Tshape")],
    shape: |c| {
        let s = stated_shape(c, 2);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (i, shape) = (c.int(1)?, shape_input(c, 2)?);
        let l = list(c, 0)?;
        if l.dtype != c.output_dtype(0) {
            return Err(Error::invalid(format!(
                "Invalid data types; op elements {}; list elements {}",
                c.output_dtype(0).c_name(),
                l.dtype.c_name()
            )));
        }
        let t = l.get(i, &shape)?;
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (l, i, g) = (c.input(0), c.input(1), c.grad(0)?);
        let n = c.call("TensorListLength", &[l])?;
        let s = element_shape(c, l)?;
        let dtype = c.dtype(g);
        let zeros = c.op("TensorListReserve", &[s, n], Attrs::new().with("element_dtype", dtype))?;
        let back = c.call("TensorListSetItem", &[zeros, i, g])?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_SET_ITEM: OpDef = OpDef {
    name: "TensorListSetItem",
    doc: "The list with one element replaced.",
    inputs: &[LIST_IN, arg_of("index", DType::I32), arg("item", "element_dtype")],
    outputs: &[LIST_OUT],
    attrs: &[ELEMENT, flag("resize_if_index_out_of_bounds", false)],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let resize = c.attrs().bool("resize_if_index_out_of_bounds")?;
        let (i, item) = (c.int(1)?, c.take(2).into_owned());
        let mut l = take_list(c, 0)?;
        l.check(&item)?;
        let n = l.items.len();
        let at = usize::try_from(i).ok().filter(|&at| at < n || (resize && at < MAX_LEN));
        let at = at.ok_or_else(|| Error::invalid(format!("Trying to modify element {i} in a list with {n} elements.")))?;
        if at >= n {
            l.items.resize(at + 1, None);
        }
        l.items[at] = Some(item);
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (i, item, g) = (c.input(1), c.input(2), c.grad(0)?);
        let s = c.shape_tensor(item)?;
        let dtype = c.dtype(item);
        let gi = c.op("TensorListGetItem", &[g, i, s], Attrs::new().with("element_dtype", dtype))?;
        let zero = c.zeros_like(item)?;
        let gl = c.call("TensorListSetItem", &[g, i, zero])?;
        c.set(0, gl);
        c.set(2, gi);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_PUSH_BACK: OpDef = OpDef {
    name: "TensorListPushBack",
    doc: "The list with one more element.",
    inputs: &[LIST_IN, arg("tensor", "element_dtype")],
    outputs: &[LIST_OUT],
    attrs: &[ELEMENT],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let item = c.take(1).into_owned();
        let mut l = take_list(c, 0)?;
        l.check(&item)?;
        l.items.push(Some(item));
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (t, g) = (c.input(1), c.grad(0)?);
        let s = c.shape_tensor(t)?;
        let dtype = c.dtype(t);
        let n = c.op_node("TensorListPopBack", "TensorListPopBack", &[g, s], Attrs::new().with("element_dtype", dtype))?;
        c.set(0, n.out(0));
        c.set(1, n.out(1));
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_POP_BACK: OpDef = OpDef {
    name: "TensorListPopBack",
    doc: "The list without its last element, and that element.",
    inputs: &[LIST_IN, arg_of("element_shape", DType::I32)],
    outputs: &[LIST_OUT, arg("tensor", "element_dtype")],
    attrs: &[ELEMENT],
    shape: |c| {
        c.set(0, Shape::scalar());
        let s = stated_shape(c, 1);
        c.set(1, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let shape = shape_input(c, 1)?;
        let mut l = take_list(c, 0)?;
        if l.items.is_empty() {
            return Err(Error::invalid("Trying to pop from an empty list."));
        }
        if l.dtype != c.output_dtype(1) {
            return Err(Error::invalid(format!(
                "Invalid data types; op elements {}; list elements {}",
                c.output_dtype(1).c_name(),
                l.dtype.c_name()
            )));
        }
        let last = match l.items.pop().flatten() {
            Some(t) => t,
            None => l.zeros(&shape)?,
        };
        c.set(0, l.into_tensor());
        c.set(1, last);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        // Of the list no gradient may arrive: then it is an empty one of the right length.
        let t = c.output(1);
        let dtype = c.dtype(t);
        let dt = c.grad(1)?;
        let dl = if c.has_grad(0) {
            c.grad(0)?
        } else {
            let l = c.output(0);
            let s = element_shape(c, l)?;
            let n = c.call("TensorListLength", &[l])?;
            c.op("TensorListReserve", &[s, n], Attrs::new().with("element_dtype", dtype))?
        };
        let back = c.call("TensorListPushBack", &[dl, dt])?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_ELEMENT_SHAPE: OpDef = OpDef {
    name: "TensorListElementShape",
    doc: "What the shapes of the elements have in common: a vector, or −1.",
    inputs: &[LIST_IN],
    outputs: &[arg("element_shape", "shape_type")],
    attrs: &[SHAPE_TYPE],
    kernel: Kernel::Plain(|c| {
        let s = list(c, 0)?.element.clone();
        let wide = c.output_dtype(0) == DType::I64;
        let t = match s.dims() {
            Some(d) if wide => Tensor::vector(d),
            Some(d) => Tensor::vector(&d.iter().map(|&v| v as i32).collect::<Vec<_>>()),
            None if wide => Tensor::scalar(-1i64),
            None => Tensor::scalar(-1i32),
        };
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is a shape"),
    ..OpDef::BASE
};

pub static TENSOR_LIST_LENGTH: OpDef = OpDef {
    name: "TensorListLength",
    doc: "The number of elements.",
    inputs: &[LIST_IN],
    outputs: &[arg_of("length", DType::I32)],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let n = list(c, 0)?.items.len();
        c.set(0, Tensor::scalar(n as i32));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    ..OpDef::BASE
};

pub static TENSOR_LIST_RESIZE: OpDef = OpDef {
    name: "TensorListResize",
    doc: "The list cut or extended to `size` elements.",
    inputs: &[LIST_IN, arg_of("size", DType::I32)],
    outputs: &[LIST_OUT],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let n = count_input(c, 1)?;
        let mut l = take_list(c, 0)?;
        l.items.resize(n, None);
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (l, g) = (c.input(0), c.grad(0)?);
        let n = c.call("TensorListLength", &[l])?;
        let back = c.call("TensorListResize", &[g, n])?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_GATHER: OpDef = OpDef {
    name: "TensorListGather",
    doc: "The elements `indices`, stacked along a new first axis.",
    inputs: &[LIST_IN, arg_of("indices", DType::I32), arg_of("element_shape", DType::I32)],
    outputs: &[arg("values", "element_dtype")],
    attrs: &[ELEMENT],
    shape: |c| {
        let s = Shape::vector(c.input(1).dim(0)).concat(&stated_shape(c, 2));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (indices, shape) = (c.ints(1)?, shape_input(c, 2)?);
        let y = stacked(list(c, 0)?, &indices, &shape, c.output_dtype(0))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (l, i, g) = (c.input(0), c.input(1), c.grad(0)?);
        let s = element_shape(c, l)?;
        let n = c.call("TensorListLength", &[l])?;
        let back = c.call("TensorListScatterV2", &[g, i, s, n])?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_SCATTER_V2: OpDef = OpDef {
    name: "TensorListScatterV2",
    doc: "A list whose element `indices[i]` is row `i` of `tensor`.",
    inputs: &[arg("tensor", "element_dtype"), arg_of("indices", DType::I32), arg("element_shape", "shape_type"), arg_of("num_elements", DType::I32)],
    outputs: &[LIST_OUT],
    attrs: &[ELEMENT, SHAPE_TYPE],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let (t, indices, element, n) = (c.take(0).into_owned(), c.ints(1)?, shape_input(c, 2)?, c.int(3)?);
        let rows = t.dims().first().copied().filter(|&r| r == indices.len());
        if rows.is_none() {
            return Err(Error::invalid(format!("Expected {} rows, got a tensor of shape {}", indices.len(), shape_text(t.dims()))));
        }
        let longest = indices.iter().map(|&i| i.saturating_add(1)).max().unwrap_or(0);
        let len = usize::try_from(if n < 0 { longest } else { n.max(longest) }).ok().filter(|&l| l <= MAX_LEN);
        let len = len.ok_or_else(|| Error::invalid("the list would be too long"))?;
        let mut items = vec![None; len];
        for (k, &i) in indices.iter().enumerate() {
            let at = usize::try_from(i).map_err(|_| Error::invalid(format!("Indices in TensorListScatter must all be non-negative, got {i}")))?;
            items[at] = Some(t.rows(k, 1).reshaped(&t.dims()[1..]));
        }
        c.set(0, List { dtype: t.dtype(), element, items }.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (t, i, g) = (c.input(0), c.input(1), c.grad(0)?);
        let rest = c.int_scalar(-1)?;
        let dtype = c.dtype(t);
        let back = c.op("TensorListGather", &[g, i, rest], Attrs::new().with("element_dtype", dtype))?;
        c.set(0, back);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_LIST_CONCAT_V2: OpDef = OpDef {
    name: "TensorListConcatV2",
    doc: "All elements joined along their first axis, and how long each was.",
    inputs: &[LIST_IN, arg("element_shape", "shape_type"), arg_of("leading_dims", DType::I64)],
    outputs: &[arg("tensor", "element_dtype"), arg_of("lengths", DType::I64)],
    attrs: &[ELEMENT, SHAPE_TYPE],
    shape: |c| {
        c.set(1, Shape::vector(-1));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (shape, dtype) = (shape_input(c, 1)?, c.output_dtype(0));
        let l = list(c, 0)?;
        if l.dtype != dtype {
            return Err(Error::invalid(format!("Invalid data types; op elements {}; list elements {}", dtype.c_name(), l.dtype.c_name())));
        }
        let parts: Vec<Tensor> = (0..l.items.len()).map(|i| l.get(i as i64, &shape)).collect::<Result<_>>()?;
        if parts.iter().any(|p| p.rank() == 0) {
            return Err(Error::invalid("Concat requires elements to be at least vectors, found scalars instead."));
        }
        let lengths: Vec<i64> = parts.iter().map(|p| p.dims()[0] as i64).collect();
        let y = match parts.len() {
            0 => {
                let shape = shape.merge(&l.element)?;
                let rest: Option<Vec<usize>> = shape.dims().and_then(|d| d.get(1..)).and_then(|d| d.iter().map(|&n| n.try_into().ok()).collect());
                let rest =
                    rest.ok_or_else(|| Error::invalid("All except the first dimension must be fully defined when concating an empty tensor list."))?;
                Tensor::try_zeros(dtype, &[&[0], &rest[..]].concat())?
            }
            _ => concat(&parts.iter().collect::<Vec<_>>(), 0)?,
        };
        c.set(0, y);
        c.set(1, Tensor::vector(&lengths));
        Ok(())
    }),
    grad: Grad::Rule(super::tensor_list_parts::concat_grad),
    ..OpDef::BASE
};

pub static TENSOR_LIST_CONCAT_LISTS: OpDef = OpDef {
    name: "TensorListConcatLists",
    doc: "The elements of one list, then those of the other.",
    inputs: &[arg_of("input_a", DType::Variant), arg_of("input_b", DType::Variant)],
    outputs: &[arg_of("output", DType::Variant)],
    attrs: &[ELEMENT],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let tail = list(c, 1)?.items.clone();
        let mut l = take_list(c, 0)?;
        l.items.extend(tail);
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::NotDifferentiable("joined lists hold counts and shapes"),
    ..OpDef::BASE
};
