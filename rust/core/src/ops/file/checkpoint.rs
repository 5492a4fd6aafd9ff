//! SaveV2, RestoreV2, MergeV2Checkpoints, and the names of shards.

use std::path::{Path, PathBuf};

use super::{file_name, texts};
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer;
use crate::graph::infer::ShapeCtx;
use crate::io::bundle::{self, BundleWriter};
use crate::io::checkpoint::{Checkpoint, missing};
use crate::io::region::parse_spec;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::{Code, DType, Tensor, shape_text};

pub static SAVE_V2: OpDef = OpDef {
    name: "SaveV2",
    doc: "Writes `tensors` to the checkpoint `prefix` under `tensor_names`; a checkpoint of that name is replaced as a whole.",
    inputs: &[
        arg_of("prefix", DType::Str),
        arg_of("tensor_names", DType::Str),
        arg_of("shape_and_slices", DType::Str),
        args_by_types("tensors", "dtypes"),
    ],
    attrs: &[attr("dtypes", AttrKind::ListType).at_least(1)],
    traits: Traits::STATEFUL,
    shape: |c: &mut ShapeCtx| {
        c.input(0).with_rank(0)?;
        let n = c.inputs().saturating_sub(3) as i64;
        for i in [1, 2] {
            c.input(i).merge(&Shape::vector(n))?;
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        check_lists(c, c.inputs().saturating_sub(3))?;
        let prefix = file_name(c, 0, "Input prefix")?;
        let (names, specs) = (texts(c, 1)?, texts(c, 2)?);
        let mut writer = BundleWriter::create(Path::new(prefix))?;
        for (i, (name, spec)) in names.iter().zip(&specs).enumerate() {
            c.env().check_cancelled()?;
            let value = c.input(3 + i);
            if spec.is_empty() {
                writer.add(name, value)?;
            } else {
                let (dims, region) = parse_spec(spec)?;
                let extent: Vec<usize> = region.resolve(&dims)?.iter().map(|r| r.1).collect();
                if extent != value.dims() {
                    return Err(Error::invalid(format!(
                        "Slice in shape_and_slice specification does not match the shape of the tensor to  save: {spec}, tensor: {}",
                        shape_text(value.dims())
                    )));
                }
                writer.add_part(name, &dims, &region, value)?;
            }
        }
        writer.finish()
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

fn check_lists(c: &KernelCtx, tensors: usize) -> Result<()> {
    let (names, specs) = (c.input(1), c.input(2));
    if c.input(0).len() != 1 {
        return Err(Error::invalid(format!("Input prefix should have a single element, got {} instead.", c.input(0).len())));
    }
    if names.rank() != 1 || specs.rank() != 1 {
        return Err(Error::invalid(format!(
            "Input tensor_names and shape_and_slices should be an 1-D tensors, got {} and {} instead.",
            shape_text(names.dims()),
            shape_text(specs.dims())
        )));
    }
    if names.len() != specs.len() {
        return Err(Error::invalid(format!(
            "tensor_names and shape_and_slices have different number of elements: {} vs. {}",
            names.len(),
            specs.len()
        )));
    }
    if names.len() != tensors {
        return Err(Error::invalid(format!("Got {} tensor names but {tensors} tensors.", names.len())));
    }
    Ok(())
}

pub static RESTORE_V2: OpDef = OpDef {
    name: "RestoreV2",
    doc: "Tensors, or the parts that `shape_and_slices` describes, of the checkpoint `prefix`.",
    inputs: &[arg_of("prefix", DType::Str), arg_of("tensor_names", DType::Str), arg_of("shape_and_slices", DType::Str)],
    outputs: &[args_by_types("tensors", "dtypes")],
    attrs: &[attr("dtypes", AttrKind::ListType).at_least(1)],
    traits: Traits::STATEFUL,
    shape: |c: &mut ShapeCtx| {
        c.input(0).with_rank(0)?;
        let n = c.outputs();
        for i in [1, 2] {
            c.input(i).merge(&Shape::vector(n as i64))?;
        }
        let Some(specs) = c.value(2) else { return Ok(()) };
        for (i, spec) in specs.as_strings().iter().enumerate().take(n) {
            let spec = std::str::from_utf8(spec).map_err(|_| Error::value("shape_and_slices must be UTF-8"))?;
            if !spec.is_empty() {
                let (dims, region) = parse_spec(spec).map_err(Error::into_value)?;
                let extent: Vec<usize> = region.resolve(&dims)?.iter().map(|r| r.1).collect();
                c.set(i, Shape::known(&extent));
            }
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        check_lists(c, c.outputs())?;
        let prefix = file_name(c, 0, "Input prefix")?;
        let checkpoint = Checkpoint::open(prefix)?;
        let (names, specs) = (texts(c, 1)?, texts(c, 2)?);
        let mut found = Vec::with_capacity(names.len());
        for (i, (name, spec)) in names.iter().zip(&specs).enumerate() {
            c.env().check_cancelled()?;
            found.push(restore(&checkpoint, name, spec, c.output_dtype(i))?);
        }
        for (i, value) in found.into_iter().enumerate() {
            c.set(i, value);
        }
        Ok(())
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

/// The tensor `name`, or the part `spec` of it, which must be of type `dtype`.
pub(super) fn restore(checkpoint: &Checkpoint, name: &str, spec: &str, dtype: DType) -> Result<Tensor> {
    let Some(info) = checkpoint.info(name) else {
        return Err(match checkpoint.is_v1() {
            true => Error::not_found(format!("Tensor name \"{name}\" not found in checkpoint files {}", checkpoint.prefix)),
            false => missing(name),
        });
    };
    if info.dtype != dtype && checkpoint.is_v1() {
        return Err(Error::invalid(format!(
            "Expected to restore a tensor of type {}, got a tensor of type {} instead: tensor_name = {name}",
            dtype.c_name(),
            info.dtype.c_name()
        )));
    }
    if info.dtype != dtype {
        return Err(Error::invalid(format!(
            "tensor_name = {name}; expected dtype {} does not equal original dtype {}",
            dtype.c_name(),
            info.dtype.c_name()
        )));
    }
    if spec.is_empty() {
        return checkpoint.tensor(name);
    }
    let (dims, region) = parse_spec(spec)?;
    if dims != info.dims {
        return Err(Error::invalid(format!(
            "tensor_name = {name}; shape in shape_and_slice spec {} does not match the shape stored in checkpoint: {}",
            shape_text(&dims),
            shape_text(&info.dims)
        )));
    }
    checkpoint.region(name, &region)
}

pub static MERGE_V2_CHECKPOINTS: OpDef = OpDef {
    name: "MergeV2Checkpoints",
    doc: "Merges the checkpoints `checkpoint_prefixes` into `destination_prefix`: data files are moved, indexes merged.",
    inputs: &[arg_of("checkpoint_prefixes", DType::Str), arg_of("destination_prefix", DType::Str)],
    attrs: &[flag("delete_old_dirs", true), flag("allow_missing_files", false)],
    traits: Traits::STATEFUL,
    shape: |c: &mut ShapeCtx| c.input(0).with_rank(1).and(c.input(1).with_rank(0)).map(drop),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let prefixes: Vec<PathBuf> = texts(c, 0)?.into_iter().map(PathBuf::from).collect();
        if c.input(1).len() != 1 {
            return Err(Error::invalid(format!(
                "Input destination_prefix should be a scalar tensor, got {} instead.",
                shape_text(c.input(1).dims())
            )));
        }
        let destination = file_name(c, 1, "Input destination_prefix")?;
        bundle::merge(&prefixes, Path::new(destination), c.attrs().bool("delete_old_dirs")?, c.attrs().bool("allow_missing_files")?)
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static SHARDED_FILENAME: OpDef = OpDef {
    name: "ShardedFilename",
    doc: "The name of one file of several: `basename-00001-of-00004`.",
    inputs: &[arg_of("basename", DType::Str), arg_of("shard", DType::I32), arg_of("num_shards", DType::I32)],
    outputs: &[arg_of("filename", DType::Str)],
    traits: Traits::PURE,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (shard, count) = (c.int(1)?, c.int(2)?);
        let name = format!("{}-{shard:05}-of-{count:05}", basename(c)?);
        c.set(0, Tensor::string_scalar(name.as_bytes()));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    ..OpDef::BASE
};

pub static SHARDED_FILESPEC: OpDef = OpDef {
    name: "ShardedFilespec",
    doc: "The pattern that matches the names of all files of several: `basename-?????-of-00004`.",
    inputs: &[arg_of("basename", DType::Str), arg_of("num_shards", DType::I32)],
    outputs: &[arg_of("filename", DType::Str)],
    traits: Traits::PURE,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let count = c.int(1)?;
        let name = format!("{}-?????-of-{count:05}", basename(c)?);
        c.set(0, Tensor::string_scalar(name.as_bytes()));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    ..OpDef::BASE
};

fn basename<'a>(c: &'a KernelCtx) -> Result<&'a str> {
    match texts(c, 0)?.as_slice() {
        [name] => Ok(name),
        names => Err(Error::status(Code::InvalidArgument, format!("basename must be a scalar, but has {} elements", names.len()))),
    }
}
