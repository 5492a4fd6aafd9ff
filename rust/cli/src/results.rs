//! Computed tensors: printed, as JSON, or written to a file.

use std::path::Path;

use graphpb::io::{npy, npz};
use graphpb_kernels::{Tensor, shape_text};

use crate::json::{Json, object};
use crate::outcome::{Console, Failure};
use crate::show_tensor;

fn is_archive(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".npz")
}

/// A usage error, before anything is computed, when `count` tensors do not fit in the file `out`.
pub fn check_out(out: Option<&str>, count: usize) -> Result<(), Failure> {
    match out {
        Some(path) if count == 0 => Err(Failure::Usage(format!("--out {path}: nothing is fetched"))),
        Some(path) if count > 1 && !is_archive(path) => Err(Failure::Usage(format!("--out {path}: {count} tensors need an archive, name it .npz"))),
        _ => Ok(()),
    }
}

/// Write the tensors to `out`, or print them; what was written is said on stderr.
pub fn deliver(named: &[(String, Tensor)], out: Option<&str>, json: bool, console: &mut Console) -> Result<(), Failure> {
    if let Some(path) = out {
        write(named, path).map_err(|e| Failure::Run(e.to_string()))?;
        if !json {
            for (name, tensor) in named {
                console.say(&format!("{path}: {name} {}{}", tensor.dtype().name(), shape_text(tensor.dims())));
            }
        }
    } else if !json {
        for (name, tensor) in named {
            let text = show_tensor::text(tensor);
            console.print(&format!("{name}  {}{}\n{text}\n", tensor.dtype().name(), shape_text(tensor.dims())))?;
        }
    }
    Ok(())
}

fn write(named: &[(String, Tensor)], path: &str) -> Result<(), graphpb::io::files::FileError> {
    match named {
        [(_, tensor)] if !is_archive(path) => npy::write(Path::new(path), tensor),
        _ => npz::write(Path::new(path), named.iter().map(|(name, tensor)| (name.as_str(), tensor))),
    }
}

/// Type, shape, and either the elements or the file that has them.
pub fn to_json(tensor: &Tensor, out: Option<&str>) -> Json {
    let last = match out {
        Some(path) => ("file", path.into()),
        None => ("data", Json::Data(tensor.clone())),
    };
    object([("dtype", tensor.dtype().name().into()), ("shape", tensor.dims().iter().copied().collect()), last])
}
