//! Optimizer updates: what their forms (dense or rows, by reference or by resource handle) share.

pub mod ada_max;
pub mod adadelta;
pub mod adagrad;
pub mod adagrad_da;
pub mod adam;
pub mod ftrl;
pub mod gradient_descent;
pub mod momentum;
pub mod proximal;
pub mod rms_prop;
pub mod sign;

use graphpb_kernels::optimize::{Real, Rule, dense, sparse};
use graphpb_kernels::{DType, Tensor, bf16, f16, shape_text};

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::session::vars::update_all;

/// An optimizer: how its inputs lie, and its rule for given hyper-parameters.
///
/// Inputs are the states (variable first), then hyper-parameters with the gradient among them at `GRAD`; the forms that
/// update rows have the indices right after the gradient.
trait Optimizer {
    const STATES: usize;
    const GRAD: usize;
    /// `h`: the hyper-parameters in the order of the inputs.
    fn rule<T: Real>(h: &[T], attrs: &Attrs, rows: bool) -> Result<impl Rule<T>>;
}

fn grad_input<O: Optimizer>() -> usize {
    O::GRAD
}

/// All states and the gradient share one shape, the others are scalars; a reference form gives the variable back.
fn dense_shape<O: Optimizer>(c: &mut ShapeCtx) -> Result<()> {
    infer::<O>(c, false)
}
fn rows_shape<O: Optimizer>(c: &mut ShapeCtx) -> Result<()> {
    infer::<O>(c, true)
}
fn infer<O: Optimizer>(c: &mut ShapeCtx, rows: bool) -> Result<()> {
    let by_handle = c.dtype(0) == Some(DType::Resource);
    let state = |c: &ShapeCtx, i: usize| if by_handle { c.handle(i) } else { c.input(i).clone() };
    let mut s = state(c, 0);
    for i in 1..O::STATES {
        s = s.merge(&state(c, i))?;
    }
    let grad = grad_input::<O>();
    if rows {
        let indices = c.input(grad + 1).with_rank(1)?;
        let g = s.with_dim(0, indices.dim(0)).merge(c.input(grad))?;
        if s.rank().is_none() && g.rank().is_some() {
            s = g.with_dim(0, -1);
        }
    } else {
        s = s.merge(c.input(grad))?;
    }
    for i in O::STATES..c.inputs() {
        if i != grad && !(rows && i == grad + 1) {
            c.input(i).with_rank(0)?;
        }
    }
    if c.outputs() > 0 {
        c.set(0, s);
    }
    Ok(())
}

fn dense_kernel<O: Optimizer>(c: &mut KernelCtx) -> Result<()> {
    run::<O>(c, false)
}
fn rows_kernel<O: Optimizer>(c: &mut KernelCtx) -> Result<()> {
    run::<O>(c, true)
}
fn run<O: Optimizer>(c: &mut KernelCtx, rows: bool) -> Result<()> {
    match c.input(O::GRAD).dtype() {
        DType::F32 => typed::<O, f32>(c, rows),
        DType::F64 => typed::<O, f64>(c, rows),
        DType::F16 => typed::<O, f16>(c, rows),
        DType::BF16 => typed::<O, bf16>(c, rows),
        d => Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
    }
}

fn typed<O: Optimizer, T: Real>(c: &mut KernelCtx, rows: bool) -> Result<()> {
    let grad = c.input(O::GRAD);
    let mut hyper: Vec<T> = Vec::with_capacity(8);
    for i in O::STATES..c.inputs() {
        if i == O::GRAD || rows && i == O::GRAD + 1 {
            continue;
        }
        let t = c.input(i);
        if t.len() != 1 || t.rank() > 1 {
            return Err(Error::invalid(format!("input {i} is not a scalar: {}", shape_text(t.dims()))));
        }
        hyper.push(match t.to_i64s() {
            Some(v) => T::of(v[0] as f64),
            None if t.dtype() == T::DTYPE => t.slice::<T>()[0],
            None => return Err(Error::invalid(format!("input {i} has type {}", t.dtype().name()))),
        });
    }
    let rule = O::rule(&hyper, c.attrs(), rows)?;
    let vars = (0..O::STATES).map(|i| c.any_variable(i)).collect::<Result<Vec<_>>>()?;
    update_all(&vars, |tensors| {
        let dims = tensors[0].dims().to_vec();
        for t in tensors.iter() {
            if t.dtype() != T::DTYPE {
                return Err(Error::invalid(format!(
                    "Trying to update a variable of type {} with a gradient of type {}",
                    t.dtype().name(),
                    T::DTYPE.name()
                )));
            }
            if t.dims() != dims {
                return Err(Error::invalid(format!("var and its slots do not have the same shape: {} {}", shape_text(&dims), shape_text(t.dims()))));
            }
        }
        if rows {
            let indices = row_indices(c.input(O::GRAD + 1), &dims, grad)?;
            let row = dims[1..].iter().product();
            let mut states: Vec<&mut [T]> = tensors.iter_mut().map(|t| t.slice_mut::<T>()).collect();
            sparse(&rule, &mut states, row, &indices, grad.slice::<T>());
        } else {
            if grad.dims() != dims {
                return Err(Error::invalid(format!("var and grad do not have the same shape {} {}", shape_text(&dims), shape_text(grad.dims()))));
            }
            let mut states: Vec<&mut [T]> = tensors.iter_mut().map(|t| t.slice_mut::<T>()).collect();
            dense(&rule, &mut states, grad.slice::<T>());
        }
        Ok(())
    })?;
    if c.outputs() > 0 {
        let var = vars.into_iter().next();
        if let Some(v) = var {
            c.set_ref(0, v);
        }
    }
    Ok(())
}

/// The indices of rows of a variable of shape `dims`, checked, with a gradient that has one row for each.
fn row_indices(indices: &Tensor, dims: &[usize], grad: &Tensor) -> Result<Vec<usize>> {
    let rows = *dims.first().ok_or_else(|| Error::invalid("var must be at least 1 dimensional"))?;
    if indices.rank() != 1 {
        return Err(Error::invalid("indices must be one-dimensional"));
    }
    if grad.rank() != dims.len() || grad.dims()[1..] != dims[1..] {
        return Err(Error::invalid(format!("var and grad must match in all axes but the first: {} {}", shape_text(dims), shape_text(grad.dims()))));
    }
    if grad.dims()[0] != indices.len() {
        return Err(Error::invalid("grad must be the same size as indices in the first dimension."));
    }
    super::scatter::checked_rows(indices, rows)
}

/// `arg("name", "T")`, the commonest input.
const fn t(name: &'static str) -> Arg {
    arg(name, "T")
}
const fn reference(name: &'static str) -> Arg {
    arg(name, "T").by_ref()
}
const fn handle(name: &'static str) -> Arg {
    arg_of(name, DType::Resource)
}
const INDICES: Arg = arg("indices", "Tindices");
const T_ATTR: AttrSpec = type_in("T", FLOATS);
const INDEX_ATTR: AttrSpec = type_in("Tindices", INDEX);
const LOCK: AttrSpec = flag("use_locking", false);
const NESTEROV: AttrSpec = flag("use_nesterov", false);

/// What the forms by reference and by handle share.
const fn form(
    name: &'static str,
    doc: &'static str,
    attrs: &'static [AttrSpec],
    shape: fn(&mut ShapeCtx) -> Result<()>,
    kernel: fn(&mut KernelCtx) -> Result<()>,
) -> OpDef {
    OpDef { name, doc, attrs, shape, kernel: Kernel::Plain(kernel), grad: Grad::Missing("an update is an effect"), ..OpDef::BASE }
}

/// The forms of one optimizer. `inputs` are the inputs after the states; for rows, with the indices after the gradient.
macro_rules! forms {
    ($optimizer:ty, $doc:literal, states: $states:tt, attrs: $attrs:tt,
     $(dense $inputs:tt => $($form:ident $static:ident $name:literal),+;)?
     $(rows $row_inputs:tt => $($row_form:ident $row_static:ident $row_name:literal),+;)?) => {
        $($(forms!(one $form, $static, $name, $doc, $states, $inputs, [T_ATTR], $attrs,
            dense_shape::<$optimizer>, dense_kernel::<$optimizer>);)+)?
        $($(forms!(one $row_form, $row_static, $row_name, $doc, $states, $row_inputs, [T_ATTR, INDEX_ATTR], $attrs,
            rows_shape::<$optimizer>, rows_kernel::<$optimizer>);)+)?
    };
    (one by_ref, $static:ident, $name:literal, $doc:literal, [$($state:literal)*], [$($input:expr),*], [$($type:expr),*], [$($attr:expr),*],
     $shape:expr, $kernel:expr) => {
        pub static $static: OpDef = OpDef {
            inputs: &[$(reference($state),)* $($input),*],
            outputs: &[reference("out")],
            ..form($name, $doc, &[$($type,)* LOCK $(, $attr)*], $shape, $kernel)
        };
    };
    (one by_handle, $static:ident, $name:literal, $doc:literal, [$($state:literal)*], [$($input:expr),*], [$($type:expr),*], [$($attr:expr),*],
     $shape:expr, $kernel:expr) => {
        pub static $static: OpDef = OpDef {
            inputs: &[$(handle($state),)* $($input),*],
            traits: Traits::STATEFUL,
            ..form($name, $doc, &[$($type,)* LOCK $(, $attr)*], $shape, $kernel)
        };
    };
}
use forms;

/// The hyper-parameter `i`. The schema guarantees their number.
fn at<T: Real>(h: &[T], i: usize) -> Result<T> {
    h.get(i).copied().ok_or_else(|| Error::internal("an update op lacks a hyper-parameter"))
}
