//! Save, SaveSlices, Restore, RestoreSlice: checkpoints of format V1, which are read but not written.

use super::checkpoint::restore;
use super::{file_name, texts};
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::io::checkpoint::Checkpoint;
use crate::io::region::parse_spec;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::DType;

fn not_written(_: &mut KernelCtx) -> Result<()> {
    Err(Error::unimplemented("Checkpoints of format V1 are read but not written")
        .hint("save with SaveV2: tf.train.Saver(write_version=tf.train.SaverDef.V2)"))
}

pub static SAVE: OpDef = OpDef {
    name: "Save",
    doc: "Writes a checkpoint of format V1 in TensorFlow; here an UNIMPLEMENTED error.",
    inputs: &[arg_of("filename", DType::Str), arg_of("tensor_names", DType::Str), args_by_types("data", "T")],
    attrs: &[attr("T", AttrKind::ListType).at_least(1)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(not_written),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static SAVE_SLICES: OpDef = OpDef {
    name: "SaveSlices",
    doc: "Writes parts to a checkpoint of format V1 in TensorFlow; here an UNIMPLEMENTED error.",
    inputs: &[
        arg_of("filename", DType::Str),
        arg_of("tensor_names", DType::Str),
        arg_of("shapes_and_slices", DType::Str),
        args_by_types("data", "T"),
    ],
    attrs: &[attr("T", AttrKind::ListType).at_least(1)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(not_written),
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
