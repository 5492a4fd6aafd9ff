//! Named tensors in a file of any of the formats: checkpoints V2 and V1, safetensors, npz.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use graphpb::Error;
use graphpb::io::bundle::BundleWriter;
use graphpb::io::checkpoint::{self, Checkpoint, Info};
use graphpb::io::files::{self, FileError};
use graphpb::io::npz::{self, Npz};
use graphpb::io::safetensors::{self, Safetensors};
use graphpb::io::text;
use graphpb::proto::CheckpointState;
use graphpb_kernels::Tensor;

use crate::engine::error_text;
use crate::outcome::Failure;

enum Source {
    Checkpoint(Checkpoint),
    Npz(RefCell<Npz>),
    Safetensors(Safetensors),
}

/// An open file, or set of files.
pub struct Weights {
    pub path: String,
    source: Source,
}

/// Which format a name asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Npz,
    Safetensors,
    Bundle,
}

impl Format {
    pub fn of_name(path: &str) -> Format {
        let lower = path.to_ascii_lowercase();
        match () {
            () if lower.ends_with(".npz") => Format::Npz,
            () if lower.ends_with(".safetensors") => Format::Safetensors,
            () => Format::Bundle,
        }
    }
}

/// A status error of the core while a file is read.
fn unreadable(path: &str, e: &Error) -> Failure {
    Failure::Unreadable(format!("{path}: {}", error_text(e)))
}

/// The checkpoint that a path means: a prefix, one of its files, a folder with a `checkpoint` file, or a SavedModel's.
pub fn resolve(path: &str) -> Result<String, Failure> {
    let given = Path::new(path);
    if given.is_dir() {
        let variables = given.join("variables").join("variables");
        if !given.join("checkpoint").exists() && checkpoint::exists(&variables.to_string_lossy()) {
            return Ok(variables.to_string_lossy().into_owned());
        }
        let state = files::read(&given.join("checkpoint"), 1 << 20)?;
        let wrong = |e: String| Failure::Unreadable(format!("{path}/checkpoint: {e}"));
        let state = String::from_utf8(state).map_err(|e| wrong(e.to_string()))?;
        let state: CheckpointState = text::from_text(&state).map_err(|e| wrong(e.to_string()))?;
        if state.model_checkpoint_path.is_empty() {
            return Err(wrong("it names no checkpoint".into()));
        }
        return Ok(given.join(state.model_checkpoint_path).to_string_lossy().into_owned());
    }
    if let Some(prefix) = path.strip_suffix(".index").or_else(|| path.strip_suffix(".meta")) {
        return Ok(prefix.to_owned());
    }
    if let Some((prefix, shard)) = path.rsplit_once(".data-")
        && shard.len() == 14
    {
        return Ok(prefix.to_owned());
    }
    Ok(path.to_owned())
}

impl Weights {
    /// Open what `path` means: `.npz`, `.safetensors`, otherwise a checkpoint.
    pub fn open(path: &str) -> Result<Weights, Failure> {
        let source = match Format::of_name(path) {
            Format::Npz => Source::Npz(RefCell::new(Npz::open(Path::new(path))?)),
            Format::Safetensors => Source::Safetensors(Safetensors::open(Path::new(path))?),
            Format::Bundle => {
                let prefix = resolve(path)?;
                Source::Checkpoint(Checkpoint::open(&prefix).map_err(|e| unreadable(path, &e))?)
            }
        };
        Ok(Weights { path: path.to_owned(), source })
    }

    pub fn format(&self) -> &'static str {
        match &self.source {
            Source::Checkpoint(c) if c.is_v1() => "checkpoint V1",
            Source::Checkpoint(_) => "checkpoint V2",
            Source::Npz(_) => "npz",
            Source::Safetensors(_) => "safetensors",
        }
    }

    /// Names, sorted.
    pub fn names(&self) -> Vec<String> {
        match &self.source {
            Source::Checkpoint(c) => c.names().into_iter().map(str::to_owned).collect(),
            Source::Npz(n) => n.borrow().names().map(str::to_owned).collect(),
            Source::Safetensors(s) => s.infos().map(|(n, _)| n.to_owned()).collect(),
        }
    }

    /// Type and shape; an npz archive has to be read for them.
    pub fn info(&self, name: &str) -> Result<Info, Failure> {
        let known = match &self.source {
            Source::Checkpoint(c) => c.info(name).cloned(),
            Source::Npz(_) => None,
            Source::Safetensors(s) => s.infos().find(|(n, _)| *n == name).map(|(_, i)| i.clone()),
        };
        match known {
            Some(info) => Ok(info),
            None => self.get(name).map(|t| Info { dtype: t.dtype(), dims: t.dims().to_vec() }),
        }
    }

    /// The number of parts in which a checkpoint has the tensor; 0 when it is whole.
    pub fn parts(&self, name: &str) -> usize {
        match &self.source {
            Source::Checkpoint(c) => c.parts(name).len(),
            _ => 0,
        }
    }

    pub fn get(&self, name: &str) -> Result<Tensor, Failure> {
        match &self.source {
            Source::Checkpoint(c) => c.tensor(name).map_err(|e| unreadable(&self.path, &e)),
            Source::Npz(n) => Ok(n.borrow_mut().get(name)?),
            Source::Safetensors(s) => Ok(s.get(name)?),
        }
    }
}

/// Write tensors in the format that the name of the file asks for; it appears whole or not at all.
pub fn write(path: &str, tensors: &[(String, Tensor)]) -> Result<(), Failure> {
    let named = tensors.iter().map(|(n, t)| (n.as_str(), t));
    let failed = |e: FileError| Failure::Run(e.to_string());
    match Format::of_name(path) {
        Format::Npz => npz::write(Path::new(path), named).map_err(failed),
        Format::Safetensors => safetensors::write(Path::new(path), named).map_err(failed),
        Format::Bundle if Path::new(path).file_name().is_none() || Path::new(path).is_dir() || path.ends_with('/') => Err(Failure::Usage(format!(
            "{path:?} is no prefix of a checkpoint\n\nHint: a prefix is a folder and the beginning of file names, such as train/model.ckpt-1"
        ))),
        Format::Bundle => {
            let failed = |e: Error| Failure::Run(error_text(&e));
            let mut writer = BundleWriter::create(&PathBuf::from(path)).map_err(failed)?;
            for (name, tensor) in named {
                writer.add(name, tensor).map_err(failed)?;
            }
            writer.finish().map_err(failed)
        }
    }
}
