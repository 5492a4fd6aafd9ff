//! Save, SaveSlices, Restore, RestoreSlice: checkpoints of format V1.

use std::path::Path;

use super::checkpoint::restore;
use super::{file_name, texts};
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::io::checkpoint::Checkpoint;
use crate::io::checkpoint_v1_write::V1Writer;
use crate::io::region::{Region, parse_spec};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::{DType, shape_text};

/// Writes the tensors from input `first` on; `specs` has the text of a part for each, or is empty.
fn save(c: &mut KernelCtx, first: usize) -> Result<()> {
    let tensors = c.inputs().saturating_sub(first);
    let file = file_name(c, 0, "Input 0 (filename)")?.to_owned();
    let names = texts(c, 1)?;
    let specs = if first > 2 { texts(c, 2)? } else { vec![""; names.len()] };
    if names.len() != tensors {
        return Err(Error::invalid(format!("Got {} tensor names but {tensors} tensors", names.len())));
    }
    if specs.len() != tensors {
        return Err(Error::invalid(format!("Expected {tensors} elements for the tensor shapes and slices but got {}", specs.len())));
    }
    let mut writer = V1Writer::create(Path::new(&file));
    for (i, (name, spec)) in names.iter().zip(&specs).enumerate() {
        c.env().check_cancelled()?;
        let value = c.input(first + i);
        if spec.is_empty() {
            writer.add(name, value.dims(), &Region::whole(value.rank()), value)?;
            continue;
        }
        let (dims, region) = parse_spec(spec)?;
        let extent: Vec<usize> = region.resolve(&dims)?.iter().map(|r| r.1).collect();
        if extent != value.dims() {
            return Err(Error::invalid(format!(
                "Slice in shape_and_slice specification does not match the shape of the tensor to  save: {spec}, tensor: {}",
                shape_text(value.dims())
            )));
        }
        writer.add(name, &dims, &region, value)?;
    }
    writer.finish()
}

pub static SAVE: OpDef = OpDef {
    name: "Save",
    doc: "Writes `data` to the file `filename`, a checkpoint of format V1, under `tensor_names`.",
    inputs: &[arg_of("filename", DType::Str), arg_of("tensor_names", DType::Str), args_by_types("data", "T")],
    attrs: &[attr("T", AttrKind::ListType).at_least(1)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c: &mut KernelCtx| save(c, 2)),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static SAVE_SLICES: OpDef = OpDef {
    name: "SaveSlices",
    doc: "Save for tensors that are parts of larger ones, as `shapes_and_slices` describes.",
    inputs: &[
        arg_of("filename", DType::Str),
        arg_of("tensor_names", DType::Str),
        arg_of("shapes_and_slices", DType::Str),
        args_by_types("data", "T"),
    ],
    attrs: &[attr("T", AttrKind::ListType).at_least(1)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c: &mut KernelCtx| save(c, 3)),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static RESTORE: OpDef = OpDef {
    name: "Restore",
    doc: "A tensor of the checkpoint whose files match `file_pattern`.",
    inputs: &[arg_of("file_pattern", DType::Str), arg_of("tensor_name", DType::Str)],
    outputs: &[arg("tensor", "dt")],
    attrs: &[type_any("dt"), int("preferred_shard").default_int(-1)],
    traits: Traits::STATEFUL,
    shape: |_| Ok(()),
    kernel: Kernel::Plain(|c: &mut KernelCtx| one(c, "")),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static RESTORE_SLICE: OpDef = OpDef {
    name: "RestoreSlice",
    doc: "A part of a tensor of the checkpoint whose files match `file_pattern`.",
    inputs: &[arg_of("file_pattern", DType::Str), arg_of("tensor_name", DType::Str), arg_of("shape_and_slice", DType::Str)],
    outputs: &[arg("tensor", "dt")],
    attrs: &[type_any("dt"), int("preferred_shard").default_int(-1)],
    traits: Traits::STATEFUL,
    shape: |c: &mut ShapeCtx| {
        let Some(spec) = c.value(2) else { return Ok(()) };
        if let Some(text) = spec.as_strings().first().and_then(|s| std::str::from_utf8(s).ok()).filter(|t| !t.is_empty()) {
            let (dims, region) = parse_spec(text).map_err(Error::into_value)?;
            let extent: Vec<usize> = region.resolve(&dims)?.iter().map(|r| r.1).collect();
            c.set(0, Shape::known(&extent));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let spec = texts(c, 2)?.first().copied().unwrap_or_default().to_owned();
        one(c, &spec)
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

fn one(c: &mut KernelCtx, spec: &str) -> Result<()> {
    let checkpoint = Checkpoint::open(file_name(c, 0, "Input 0 (file_pattern)")?)?;
    let names = texts(c, 1)?;
    let [name] = names.as_slice() else {
        return Err(Error::invalid(format!("Input 1 (tensor_name) must be a scalar, but has {} elements", names.len())));
    };
    let value = restore(&checkpoint, name, spec, c.output_dtype(0))?;
    c.set(0, value);
    Ok(())
}
