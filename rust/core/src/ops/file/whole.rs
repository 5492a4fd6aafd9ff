//! ReadFile, WriteFile, MatchingFiles: whole files, and their names.

use std::path::Path;

use super::{file_name, texts};
use crate::error::Error;
use crate::graph::fact::Shape;
use crate::graph::infer;
use crate::graph::infer::ShapeCtx;
use crate::io::{files, glob};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::{Bytes, Code, DType, Tensor};

/// The largest file that is read into one string.
const LIMIT: u64 = 1 << 34;

pub static READ_FILE: OpDef = OpDef {
    name: "ReadFile",
    doc: "The content of the file `filename`.",
    inputs: &[arg_of("filename", DType::Str)],
    outputs: &[arg_of("contents", DType::Str)],
    shape: infer::scalars,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let path = Path::new(file_name(c, 0, "Input filename tensor")?);
        if path.is_dir() {
            return Err(Error::status(Code::FailedPrecondition, format!("{}; Is a directory", path.display())));
        }
        let bytes = files::read(path, LIMIT)?;
        c.set(0, Tensor::string_scalar(&bytes));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static WRITE_FILE: OpDef = OpDef {
    name: "WriteFile",
    doc: "Writes `contents` to the file `filename`, making its folder.",
    inputs: &[arg_of("filename", DType::Str), arg_of("contents", DType::Str)],
    traits: Traits::STATEFUL,
    shape: |c: &mut ShapeCtx| c.input(0).with_rank(0).and(c.input(1).with_rank(0)).map(drop),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let path = Path::new(file_name(c, 0, "Input filename tensor")?);
        let [contents] = c.input(1).as_strings() else { return Err(Error::invalid("Contents tensor must be a scalar")) };
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| Error::from(files::FileError::io(folder, &e)))?;
        }
        files::write(path, contents)?;
        Ok(())
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};

pub static MATCHING_FILES: OpDef = OpDef {
    name: "MatchingFiles",
    doc: "The names of the files that match the patterns, sorted.",
    inputs: &[arg_of("pattern", DType::Str)],
    outputs: &[arg_of("filenames", DType::Str)],
    shape: |c: &mut ShapeCtx| {
        c.set(0, Shape::of_rank(1));
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let mut names: Vec<String> = Vec::new();
        for pattern in texts(c, 0)? {
            names.extend(glob::expand(pattern).iter().map(|p| p.to_string_lossy().into_owned()));
        }
        names.sort();
        let n = names.len();
        c.set(0, Tensor::strings(names.iter().map(|n| Bytes::from(n.as_bytes())).collect(), &[n]));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("files have no gradient"),
    ..OpDef::BASE
};
