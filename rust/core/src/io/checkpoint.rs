//! A checkpoint of any format, seen as tensors by name.

use std::path::{Path, PathBuf};

use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Code, DType, Tensor, shape_text};

use super::bundle::{self, Bundle};
use super::checkpoint_v1::CheckpointV1;
use super::glob;
use super::region::{Region, copy_common};
use crate::error::{Error, Result};

/// What is known of a tensor before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub dtype: DType,
    pub dims: Vec<usize>,
}

/// A file format: tensors by name, each whole or in parts.
pub trait Source: Send + Sync {
    /// Sorted.
    fn names(&self) -> Vec<&str>;
    fn info(&self, name: &str) -> Option<&Info>;
    /// The parts in which a tensor is stored; none when it is stored whole.
    fn parts(&self, name: &str) -> Vec<Region>;
    /// Whether the bytes of a part are there, before memory is taken for it.
    fn check_part(&self, name: &str, part: &Region) -> Result<()>;
    fn read_part(&self, name: &str, part: Option<&Region>) -> Result<Tensor>;
}

/// The error for a name that is not there.
pub fn missing(name: &str) -> Error {
    Error::not_found(format!("Key {name} not found in checkpoint"))
}

pub struct Checkpoint {
    /// What it was opened by.
    pub prefix: String,
    source: Box<dyn Source>,
    v1: bool,
}

/// Whether a checkpoint of either format has this prefix (or, for V1, matches this pattern).
pub fn exists(prefix: &str) -> bool {
    Path::new(&bundle::index_path(Path::new(prefix))).is_file() || !v1_files(prefix).is_empty()
}

fn v1_files(pattern: &str) -> Vec<PathBuf> {
    let exact = Path::new(pattern);
    let mut found = if exact.is_file() { vec![exact.to_owned()] } else { glob::expand(pattern) };
    found.retain(|path| path.is_file());
    found
}

impl Checkpoint {
    /// Open a V2 checkpoint by its prefix, or a V1 checkpoint by its file name or pattern.
    ///
    /// NOT_FOUND when there is neither, DATA_LOSS for damaged files.
    pub fn open(prefix: &str) -> Result<Checkpoint> {
        if bundle::index_path(Path::new(prefix)).is_file() {
            return Ok(Checkpoint { prefix: prefix.to_owned(), source: Box::new(Bundle::open(Path::new(prefix))?), v1: false });
        }
        let files = v1_files(prefix);
        if files.is_empty() {
            return Err(Error::not_found(format!("Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}")));
        }
        Ok(Checkpoint { prefix: prefix.to_owned(), source: Box::new(CheckpointV1::open(&files)?), v1: true })
    }

    /// Whether it is of the old format.
    pub fn is_v1(&self) -> bool {
        self.v1
    }
    pub fn names(&self) -> Vec<&str> {
        self.source.names()
    }
    pub fn info(&self, name: &str) -> Option<&Info> {
        self.source.info(name)
    }
    /// The parts in which a tensor is stored; none when it is stored whole.
    pub fn parts(&self, name: &str) -> Vec<Region> {
        self.source.parts(name)
    }

    /// A whole tensor; NOT_FOUND for an unknown name.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let info = self.info(name).ok_or_else(|| missing(name))?;
        if self.source.parts(name).is_empty() {
            return self.source.read_part(name, None);
        }
        self.region(name, &Region::whole(info.dims.len()))
    }

    /// A part of a tensor, put together from whatever parts are stored.
    ///
    /// INVALID_ARGUMENT when the part is out of bounds or the stored parts do not cover it.
    pub fn region(&self, name: &str, region: &Region) -> Result<Tensor> {
        let info = self.info(name).ok_or_else(|| missing(name))?;
        let want = region.resolve(&info.dims)?;
        let dims: Vec<usize> = want.iter().map(|w| w.1).collect();
        let parts = self.source.parts(name);
        if parts.is_empty() {
            let whole = self.source.read_part(name, None)?;
            if dims == info.dims {
                return Ok(whole);
            }
            let mut out = Tensor::try_scratch(info.dtype, &dims)?;
            let all: Vec<(usize, usize)> = info.dims.iter().map(|d| (0, *d)).collect();
            copy_common(&whole, &all, &mut out, &want);
            return Ok(out);
        }
        let wanted = checked_len(info.dtype, &dims)?;
        let mut covered = 0usize;
        let mut useful = Vec::new();
        for part in &parts {
            let stored = part.resolve(&info.dims)?;
            let common: usize = stored.iter().zip(&want).map(|(a, b)| (a.0 + a.1).min(b.0 + b.1).saturating_sub(a.0.max(b.0))).product();
            if common > 0 {
                self.source.check_part(name, part)?;
                covered = covered.saturating_add(common);
                useful.push((part, stored));
            }
        }
        if covered < wanted {
            return Err(Error::invalid(format!("Does not have sufficient slices for partitioned tensor {name} to restore in slice_spec: {region}")));
        }
        let mut out = Tensor::try_zeros(info.dtype, &dims)?;
        for (part, stored) in useful {
            let value = self.source.read_part(name, Some(part))?;
            if value.dtype() != info.dtype || !value.dims().iter().eq(stored.iter().map(|s| &s.1)) {
                return Err(Error::status(Code::DataLoss, format!("A part of {name:?} has the shape {}", shape_text(value.dims()))));
            }
            copy_common(&value, &stored, &mut out, &want);
        }
        Ok(out)
    }
}
