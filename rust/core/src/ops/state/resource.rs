//! Resource variables: a handle that names a variable, and the ops that read and write through it.

use std::sync::Arc;

use graphpb_kernels::scatter::{Combine, combine_all};
use graphpb_kernels::{Bool, DType, Tensor, shape_text, with_number};

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::{self, ShapeCtx};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;

const HANDLE: Arg = arg_of("resource", DType::Resource);

pub static VAR_HANDLE_OP: OpDef = OpDef {
    name: "VarHandleOp",
    doc: "A handle to the variable called shared_name (or as the node); uninitialised until it is assigned.",
    outputs: &[HANDLE],
    attrs: &[
        string("container").default_str(""),
        string("shared_name").default_str(""),
        string("debug_name").default_str(""),
        type_any("dtype"),
        attr("shape", AttrKind::Shape),
        attr("allowed_devices", AttrKind::ListStr).default_empty(),
    ],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    kernel: Kernel::Prepared(|p| {
        let shared = p.attrs.str("shared_name").unwrap_or("");
        let name: Arc<str> = if shared.is_empty() { p.name.into() } else { shared.into() };
        Ok(Box::new(move |c| {
            let var = c.env().variables.get(&name);
            c.set(0, Tensor::handles(DType::Resource, vec![var], &[]));
            Ok(())
        }))
    }),
    grad: Grad::NotDifferentiable("a handle has no inputs"),
    ..OpDef::BASE
};

pub static READ_VARIABLE_OP: OpDef = OpDef {
    name: "ReadVariableOp",
    doc: "The variable's value. FAILED_PRECONDITION when it has none.",
    inputs: &[HANDLE],
    outputs: &[arg("value", "dtype")],
    attrs: &[type_any("dtype")],
    traits: Traits::STATEFUL,
    shape: |c| {
        let s = c.handle(0);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let value = c.any_variable(0)?.read()?;
        if value.dtype() != c.output_dtype(0) {
            return Err(Error::invalid(format!(
                "Trying to read variable with wrong dtype. Expected {} got {}",
                c.output_dtype(0).c_name(),
                value.dtype().c_name()
            )));
        }
        c.set(0, value);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        c.pass(0, 0);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static ASSIGN_VARIABLE_OP: OpDef = OpDef {
    name: "AssignVariableOp",
    doc: "Sets the variable to `value`. With validate_shape, INVALID_ARGUMENT when the shape differs from the declared one.",
    inputs: &[HANDLE, arg("value", "dtype")],
    attrs: &[type_any("dtype"), flag("validate_shape", false)],
    traits: Traits::STATEFUL,
    shape: |c| {
        if c.attrs().bool("validate_shape").unwrap_or(false) {
            c.handle(0).merge(c.input(1))?;
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let value = c.take(1);
        let var = c.any_variable(0)?;
        if let Some(old) = var.peek() {
            if old.dtype() != value.dtype() {
                return Err(Error::invalid(format!(
                    "Trying to assign variable with wrong dtype. Expected {} got {}",
                    old.dtype().c_name(),
                    value.dtype().c_name()
                )));
            }
            if c.attrs().bool("validate_shape")? && old.dims() != value.dims() {
                return Err(Error::invalid(format!(
                    "Trying to assign to variable with tensor with wrong shape. Expected {} got {}",
                    shape_text(old.dims()),
                    shape_text(value.dims())
                )));
            }
        }
        var.assign(value);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("assignment is an effect"),
    ..OpDef::BASE
};

pub static VAR_IS_INITIALIZED_OP: OpDef = OpDef {
    name: "VarIsInitializedOp",
    doc: "Whether the variable was assigned in this session.",
    inputs: &[HANDLE],
    outputs: &[arg_of("is_initialized", DType::Bool)],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let is = c.any_variable(0)?.is_initialized();
        c.set(0, Tensor::scalar(Bool::from(is)));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is a bool"),
    ..OpDef::BASE
};

pub static DISABLE_COPY_ON_READ: OpDef = OpDef {
    name: "DisableCopyOnRead",
    doc: "Does nothing here: reads are snapshots that share memory. TensorFlow 2 puts it before the reads of a saver.",
    inputs: &[HANDLE],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|_| Ok(())),
    grad: Grad::NotDifferentiable("it has no outputs"),
    ..OpDef::BASE
};

pub static VARIABLE_SHAPE: OpDef = OpDef {
    name: "VariableShape",
    doc: "The sizes of the variable's value.",
    inputs: &[arg_of("input", DType::Resource)],
    outputs: &[arg("output", "out_type")],
    attrs: &[type_index("out_type")],
    traits: Traits::STATEFUL,
    shape: |c| {
        let rank = c.handle(0).rank().map_or(-1, |r| r as i64);
        c.set(0, Shape::vector(rank));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let value = c.any_variable(0)?.read()?;
        let t = match c.output_dtype(0) {
            DType::I64 => Tensor::vector(&value.dims().iter().map(|&d| d as i64).collect::<Vec<_>>()),
            _ => Tensor::vector(&value.dims().iter().map(|&d| d as i32).collect::<Vec<_>>()),
        };
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is a shape"),
    ..OpDef::BASE
};

pub static DESTROY_RESOURCE_OP: OpDef = OpDef {
    name: "DestroyResourceOp",
    doc: "Forgets the variable's value. NOT_FOUND when it has none, unless ignore_lookup_error.",
    inputs: &[HANDLE],
    attrs: &[flag("ignore_lookup_error", true)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let var = c.any_variable(0)?;
        if !var.is_initialized() && !c.attrs().bool("ignore_lookup_error")? {
            return Err(Error::not_found(format!("Resource {} does not exist.", var.name)));
        }
        var.clear();
        Ok(())
    }),
    grad: Grad::Missing("destroying is an effect"),
    ..OpDef::BASE
};

fn same_shape(c: &mut ShapeCtx) -> Result<()> {
    c.handle(0).merge(c.input(1))?;
    Ok(())
}

fn combine(c: &mut KernelCtx, how: Combine) -> Result<()> {
    let value = c.input(1);
    c.any_variable(0)?.update(|t| {
        if t.dtype() != value.dtype() || t.dims() != value.dims() {
            return Err(Error::invalid(format!(
                "Cannot update variable with shape {} using a Tensor with shape {}, shapes must be equal.",
                shape_text(t.dims()),
                shape_text(value.dims())
            )));
        }
        with_number!(t.dtype(), T => {
            combine_all(t.slice_mut::<T>(), value.slice::<T>(), how);
            Ok(())
        }, else Err(Error::unimplemented(format!("no kernel for type {}", value.dtype().name()))))
    })
}

pub static ASSIGN_ADD_VARIABLE_OP: OpDef = OpDef {
    name: "AssignAddVariableOp",
    doc: "variable += value.",
    inputs: &[HANDLE, arg("value", "dtype")],
    attrs: &[type_any("dtype")],
    traits: Traits::STATEFUL,
    shape: same_shape,
    kernel: Kernel::Plain(|c| combine(c, Combine::Add)),
    grad: Grad::Missing("an update is an effect"),
    ..OpDef::BASE
};

pub static ASSIGN_SUB_VARIABLE_OP: OpDef = OpDef {
    name: "AssignSubVariableOp",
    doc: "variable -= value.",
    inputs: &[HANDLE, arg("value", "dtype")],
    attrs: &[type_any("dtype")],
    traits: Traits::STATEFUL,
    shape: same_shape,
    kernel: Kernel::Plain(|c| combine(c, Combine::Sub)),
    grad: Grad::Missing("an update is an effect"),
    ..OpDef::BASE
};
