//! TensorArrayV3 and its reads, writes, gathers and gradients: TensorFlow 1's array of tensors by reference.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::Result;
use crate::error::Error;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::movement::concat::{concat, pack, split};
use graphpb_kernels::{DType, Handle, Tensor, shape_text, with_number};

/// The largest array; each element costs memory even when it is empty.
const MAX_SIZE: usize = 1 << 24;

#[derive(Default)]
struct Slot {
    value: Option<Tensor>,
    cleared: bool,
}

/// The array behind a handle.
pub struct Array {
    dtype: DType,
    slots: Vec<Slot>,
    element: Shape,
    dynamic: bool,
    clear_after_read: bool,
    /// Writes to one place add up (arrays of gradients).
    accumulate: bool,
    /// Arrays of gradients, by the prefix of the gradient call.
    grads: HashMap<String, Arc<Mutex<Array>>>,
}

fn handle_of(a: Arc<Mutex<Array>>) -> Tensor {
    Tensor::handles(DType::Resource, vec![a as Handle], &[])
}

fn array(c: &KernelCtx) -> Result<Arc<Mutex<Array>>> {
    let h = c.input(0);
    let handle = (h.dtype() == DType::Resource).then(|| h.as_handles().first().cloned()).flatten();
    handle.and_then(|h| h.downcast::<Mutex<Array>>().ok()).ok_or_else(|| Error::invalid("the handle is not that of a TensorArray"))
}

fn add_to(a: &mut Tensor, b: &Tensor) -> Result<()> {
    if a.dims() != b.dims() {
        return Err(Error::invalid(format!("Could not add gradients of shapes {} and {}", shape_text(a.dims()), shape_text(b.dims()))));
    }
    with_number!(a.dtype(), T => {
        for (x, y) in a.slice_mut::<T>().iter_mut().zip(b.slice::<T>()) {
            *x += *y;
        }
        Ok(())
    }, else Err(Error::invalid("gradients must be numbers")))
}

impl Array {
    fn index(&self, i: i64) -> Result<usize> {
        let n = self.slots.len();
        usize::try_from(i).ok().filter(|&i| i < n).ok_or_else(|| Error::invalid(format!("Tried to read from index {i} but array size is: {n}")))
    }

    fn write(&mut self, i: i64, value: Tensor) -> Result<()> {
        let at = usize::try_from(i).map_err(|_| Error::invalid(format!("Tried to write to index {i}")))?;
        if at >= self.slots.len() {
            if !self.dynamic || at >= MAX_SIZE {
                let n = self.slots.len();
                return Err(Error::invalid(format!("Tried to write to index {i} but array is not resizeable and size is: {n}")));
            }
            self.slots.resize_with(at + 1, Slot::default);
        }
        if value.dtype() != self.dtype {
            return Err(Error::invalid(format!(
                "TensorArray dtype is {} but Op is trying to write dtype {}",
                self.dtype.c_name(),
                value.dtype().c_name()
            )));
        }
        if !self.element.admits(value.dims()) {
            return Err(Error::invalid(format!(
                "Could not write to TensorArray index {i} because the value shape is {} which is incompatible with the TensorArray's inferred element shape: {}",
                shape_text(value.dims()),
                self.element
            )));
        }
        let slot = &mut self.slots[at];
        match &mut slot.value {
            Some(v) if self.accumulate => add_to(v, &value)?,
            Some(_) => return Err(Error::invalid(format!("Could not write to TensorArray index {i} because it has already been written to."))),
            None if slot.cleared => {
                return Err(Error::invalid(format!("Could not write to TensorArray index {i} because it has already been read.")));
            }
            none => *none = Some(value.into_owned()),
        }
        Ok(())
    }

    /// The element, or zeros where nothing was written and the shape is known.
    fn read(&mut self, i: i64) -> Result<Tensor> {
        let at = self.index(i)?;
        let slot = &mut self.slots[at];
        if slot.cleared {
            return Err(Error::invalid(format!(
                "Could not read index {i} twice because it was cleared after a previous read (perhaps try setting clear_after_read = false?)"
            )));
        }
        let value = match &slot.value {
            Some(v) => v.clone(),
            None => match self.element.to_known() {
                Some(d) => Tensor::try_zeros(self.dtype, &d)?,
                None => {
                    return Err(Error::invalid(format!(
                        "Could not read from TensorArray index {i}. Furthermore, the element shape is not fully defined: {}.",
                        self.element
                    )));
                }
            },
        };
        if self.clear_after_read {
            slot.value = None;
            slot.cleared = true;
        }
        Ok(value)
    }

    /// Several elements; those never written take the shape of the others.
    fn read_all(&mut self, indices: &[i64]) -> Result<Vec<Tensor>> {
        if self.element.to_known().is_none() {
            let known = indices.iter().find_map(|&i| self.slots.get(usize::try_from(i).ok()?)?.value.as_ref().map(|t| Shape::known(t.dims())));
            self.element = known.unwrap_or_else(|| self.element.clone());
        }
        indices.iter().map(|&i| self.read(i)).collect()
    }
}

const RESOURCE: Arg = arg_of("handle", DType::Resource);
const FLOW_IN: Arg = arg_of("flow_in", DType::F32);
const FLOW_OUT: Arg = arg_of("flow_out", DType::F32);

fn flow(c: &mut KernelCtx) {
    let last = c.inputs() - 1;
    let f = c.take(last);
    c.set(0, f);
}

fn scalar_flow(c: &mut ShapeCtx) -> Result<()> {
    c.set(0, Shape::scalar());
    Ok(())
}

pub static TENSOR_ARRAY_V3: OpDef = OpDef {
    name: "TensorArrayV3",
    doc: "A new array of `size` tensors. The flow is a scalar whose edges order the operations on the array.",
    inputs: &[arg_of("size", DType::I32)],
    outputs: &[RESOURCE, arg_of("flow", DType::F32)],
    attrs: &[
        type_any("dtype"),
        attr("element_shape", AttrKind::Shape).default_shape_unknown(),
        flag("dynamic_size", false),
        flag("clear_after_read", true),
        flag("identical_element_shapes", false),
        string("tensor_array_name").default_str(""),
    ],
    traits: Traits::STATEFUL,
    shape: |c| {
        c.set(0, Shape::vector(2));
        c.set(1, Shape::scalar());
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let size = c.int(0)?;
        let n = usize::try_from(size)
            .ok()
            .filter(|&n| n <= MAX_SIZE)
            .ok_or_else(|| Error::invalid(format!("Size should be >= 0 and at most {MAX_SIZE}, got {size}")))?;
        let a = Array {
            dtype: c.attrs().dtype("dtype")?,
            slots: std::iter::repeat_with(Slot::default).take(n).collect(),
            element: c.attrs().shape("element_shape")?.clone(),
            dynamic: c.attrs().bool("dynamic_size")?,
            clear_after_read: c.attrs().bool("clear_after_read")?,
            accumulate: false,
            grads: HashMap::new(),
        };
        c.set(0, handle_of(Arc::new(Mutex::new(a))));
        c.set(1, Tensor::scalar(0f32));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the array is a container; its elements have gradients"),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_GRAD_V3: OpDef = OpDef {
    name: "TensorArrayGradV3",
    doc: "The array of gradients of an array, made on first use for each `source`; writes to one place add up.",
    inputs: &[RESOURCE, FLOW_IN],
    outputs: &[arg_of("grad_handle", DType::Resource), FLOW_OUT],
    attrs: &[string("source")],
    traits: Traits::STATEFUL,
    shape: |c| {
        c.set(0, Shape::vector(2));
        c.set(1, Shape::scalar());
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let a = array(c)?;
        let source = c.attrs().str("source")?.to_owned();
        let grad = {
            let mut a = a.lock().unwrap_or_else(|e| e.into_inner());
            let (dtype, n) = (a.dtype, a.slots.len());
            // Elements that get no gradient are zeros like the values were.
            let element = a.slots.iter().find_map(|s| s.value.as_ref()).map_or_else(|| a.element.clone(), |t| Shape::known(t.dims()));
            a.dynamic = false;
            let made = || {
                Arc::new(Mutex::new(Array {
                    dtype,
                    slots: std::iter::repeat_with(Slot::default).take(n).collect(),
                    element,
                    dynamic: false,
                    clear_after_read: false,
                    accumulate: true,
                    grads: HashMap::new(),
                }))
            };
            a.grads.entry(source).or_insert_with(made).clone()
        };
        c.set(0, handle_of(grad));
        let f = c.take(1);
        c.set(1, f);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the array is a container; its elements have gradients"),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_WRITE_V3: OpDef = OpDef {
    name: "TensorArrayWriteV3",
    doc: "Writes one element. INVALID_ARGUMENT when it was written before or the index is outside.",
    inputs: &[RESOURCE, arg_of("index", DType::I32), arg("value", "T"), FLOW_IN],
    outputs: &[FLOW_OUT],
    attrs: &[type_any("T")],
    traits: Traits::STATEFUL,
    shape: scalar_flow,
    kernel: Kernel::Plain(|c| {
        let a = array(c)?;
        let (i, value) = (c.int(1)?, c.take(2));
        a.lock().unwrap_or_else(|e| e.into_inner()).write(i, value)?;
        flow(c);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (h, i, value, g) = (c.input(0), c.input(1), c.input(2), c.grad(0)?);
        let array = grad_array(c, h, g)?;
        let dtype = c.dtype(value);
        let read = c.op("TensorArrayReadV3", &[array.0, i, array.1], Attrs::new().with("dtype", dtype))?;
        c.set(2, read);
        c.pass(3, 0);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_READ_V3: OpDef = OpDef {
    name: "TensorArrayReadV3",
    doc: "One element.",
    inputs: &[RESOURCE, arg_of("index", DType::I32), FLOW_IN],
    outputs: &[arg("value", "dtype")],
    attrs: &[type_any("dtype")],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let (a, i) = (array(c)?, c.int(1)?);
        let v = a.lock().unwrap_or_else(|e| e.into_inner()).read(i)?;
        typed(c, v)
    }),
    grad: Grad::Rule(|c| {
        let (h, i, f, g) = (c.input(0), c.input(1), c.input(2), c.grad(0)?);
        let array = grad_array(c, h, f)?;
        let w = c.call("TensorArrayWriteV3", &[array.0, i, g, array.1])?;
        c.set(2, w);
        Ok(())
    }),
    ..OpDef::BASE
};

fn typed(c: &mut KernelCtx, v: Tensor) -> Result<()> {
    if v.dtype() != c.output_dtype(0) {
        return Err(Error::invalid(format!("TensorArray dtype is {} but Op requested dtype {}.", v.dtype().c_name(), c.output_dtype(0).c_name())));
    }
    c.set(0, v);
    Ok(())
}

/// The array of gradients for the flow `f`, named after the gradient call that the flow's name begins with.
fn grad_array(c: &mut crate::grad::GradCtx, handle: crate::Out, f: crate::Out) -> Result<(crate::Out, crate::Out)> {
    let source = c.scope_root();
    let n = c.op_node("TensorArrayGradV3", "TensorArrayGradV3", &[handle, f], Attrs::new().with("source", source.as_str()))?;
    Ok((n.out(0), n.out(1)))
}

pub static TENSOR_ARRAY_GATHER_V3: OpDef = OpDef {
    name: "TensorArrayGatherV3",
    doc: "The elements `indices`, stacked along a new first axis.",
    inputs: &[RESOURCE, arg_of("indices", DType::I32), FLOW_IN],
    outputs: &[arg("value", "dtype")],
    attrs: &[type_any("dtype"), attr("element_shape", AttrKind::Shape).default_shape_unknown()],
    traits: Traits::STATEFUL,
    shape: |c| {
        let n = c.input(1).dim(0);
        let s = Shape::vector(n).concat(c.attrs().shape("element_shape")?);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, indices) = (array(c)?, c.ints(1)?);
        let dtype = c.output_dtype(0);
        let parts = a.lock().unwrap_or_else(|e| e.into_inner()).read_all(&indices)?;
        let value = match parts.first() {
            Some(_) => pack(&parts.iter().collect::<Vec<_>>(), 0)?,
            None => {
                let element = c.attrs().shape("element_shape")?.to_known();
                let element = element.ok_or_else(|| Error::invalid("TensorArray has size zero, but element shape is not fully defined"))?;
                Tensor::try_zeros(dtype, &[&[0], &element[..]].concat())?
            }
        };
        typed(c, value)
    }),
    grad: Grad::Rule(|c| {
        let (h, i, f, g) = (c.input(0), c.input(1), c.input(2), c.grad(0)?);
        let array = grad_array(c, h, f)?;
        let w = c.call("TensorArrayScatterV3", &[array.0, i, g, array.1])?;
        c.set(2, w);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_SCATTER_V3: OpDef = OpDef {
    name: "TensorArrayScatterV3",
    doc: "Writes the rows of `value` to the elements `indices`.",
    inputs: &[RESOURCE, arg_of("indices", DType::I32), arg("value", "T"), FLOW_IN],
    outputs: &[FLOW_OUT],
    attrs: &[type_any("T")],
    traits: Traits::STATEFUL,
    shape: scalar_flow,
    kernel: Kernel::Plain(|c| {
        let (a, indices, value) = (array(c)?, c.ints(1)?, c.take(2));
        if value.rank() == 0 || value.dims()[0] != indices.len() {
            return Err(Error::invalid(format!("Expected {} rows, got values of shape {}", indices.len(), shape_text(value.dims()))));
        }
        let mut a = a.lock().unwrap_or_else(|e| e.into_inner());
        for (k, &i) in indices.iter().enumerate() {
            let row = value.rows(k, 1);
            let dims = value.dims()[1..].to_vec();
            a.write(i, row.reshaped(&dims))?;
        }
        drop(a);
        flow(c);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (h, i, value, g) = (c.input(0), c.input(1), c.input(2), c.grad(0)?);
        let array = grad_array(c, h, g)?;
        let dtype = c.dtype(value);
        let read = c.op("TensorArrayGatherV3", &[array.0, i, array.1], Attrs::new().with("dtype", dtype))?;
        c.set(2, read);
        c.pass(3, 0);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_SIZE_V3: OpDef = OpDef {
    name: "TensorArraySizeV3",
    doc: "The number of elements.",
    inputs: &[RESOURCE, FLOW_IN],
    outputs: &[arg_of("size", DType::I32)],
    traits: Traits::STATEFUL,
    shape: scalar_flow,
    kernel: Kernel::Plain(|c| {
        let n = array(c)?.lock().unwrap_or_else(|e| e.into_inner()).slots.len();
        c.set(0, Tensor::scalar(n as i32));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_CONCAT_V3: OpDef = OpDef {
    name: "TensorArrayConcatV3",
    doc: "All elements joined along their first axis, and how long each was.",
    inputs: &[RESOURCE, FLOW_IN],
    outputs: &[arg("value", "dtype"), arg_of("lengths", DType::I64)],
    attrs: &[type_any("dtype"), attr("element_shape_except0", AttrKind::Shape).default_shape_unknown()],
    traits: Traits::STATEFUL,
    shape: |c| {
        let s = Shape::vector(-1).concat(c.attrs().shape("element_shape_except0")?);
        c.set(0, s);
        c.set(1, Shape::vector(-1));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let a = array(c)?;
        let dtype = c.output_dtype(0);
        let parts = {
            let mut a = a.lock().unwrap_or_else(|e| e.into_inner());
            let all: Vec<i64> = (0..a.slots.len() as i64).collect();
            a.read_all(&all)?
        };
        if parts.iter().any(|p| p.rank() == 0) {
            return Err(Error::invalid("Concat saw a scalar shape at index 0 but requires at least vectors."));
        }
        let lengths: Vec<i64> = parts.iter().map(|p| p.dims()[0] as i64).collect();
        let value = match parts.len() {
            0 => Tensor::try_zeros(dtype, &[0])?,
            _ => concat(&parts.iter().collect::<Vec<_>>(), 0)?,
        };
        c.set(1, Tensor::vector(&lengths));
        typed(c, value)
    }),
    grad: Grad::Rule(|c| {
        let (h, f, g, lengths) = (c.input(0), c.input(1), c.grad(0)?, c.output(1));
        let array = grad_array(c, h, f)?;
        let w = c.call("TensorArraySplitV3", &[array.0, g, lengths, array.1])?;
        c.set(1, w);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_SPLIT_V3: OpDef = OpDef {
    name: "TensorArraySplitV3",
    doc: "Cuts `value` along its first axis into elements of the given lengths.",
    inputs: &[RESOURCE, arg("value", "T"), arg_of("lengths", DType::I64), FLOW_IN],
    outputs: &[FLOW_OUT],
    attrs: &[type_any("T")],
    traits: Traits::STATEFUL,
    shape: scalar_flow,
    kernel: Kernel::Plain(|c| {
        let (a, value, lengths) = (array(c)?, c.take(1), c.ints(2)?);
        let sizes: Option<Vec<usize>> = lengths.iter().map(|&l| usize::try_from(l).ok()).collect();
        let sizes = sizes.filter(|s| value.rank() > 0 && s.iter().try_fold(0usize, |a, &b| a.checked_add(b)) == Some(value.dims()[0]));
        let sizes = sizes.ok_or_else(|| {
            Error::invalid(format!("Expected sum of lengths to be equal to values.shape[0], but the shape is {}", shape_text(value.dims())))
        })?;
        let mut a = a.lock().unwrap_or_else(|e| e.into_inner());
        for (i, part) in split(&value, 0, &sizes)?.into_iter().enumerate() {
            a.write(i as i64, part)?;
        }
        drop(a);
        flow(c);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (h, value, g) = (c.input(0), c.input(1), c.grad(0)?);
        let array = grad_array(c, h, g)?;
        let dtype = c.dtype(value);
        let read = c.op_node("TensorArrayConcatV3", "TensorArrayConcatV3", &[array.0, array.1], Attrs::new().with("dtype", dtype))?;
        c.set(1, read.out(0));
        c.pass(3, 0);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static TENSOR_ARRAY_CLOSE_V3: OpDef = OpDef {
    name: "TensorArrayCloseV3",
    doc: "Drops the elements.",
    inputs: &[RESOURCE],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        array(c)?.lock().unwrap_or_else(|e| e.into_inner()).slots.clear();
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the array is a container; its elements have gradients"),
    ..OpDef::BASE
};
