//! `--feed NAME=VALUE`: a literal, an array file, or an array in an archive.

use std::path::Path;

use graphpb::io::npy;
use graphpb::io::npz::Npz;
use graphpb::{Graph, Out};
use graphpb_kernels::Tensor;

use crate::outcome::Failure;
use crate::{cast, literal, load};

/// The tensor to feed and its value, in the type of the graph.
pub fn parse(graph: &Graph, text: &str) -> Result<(Out, Tensor), Failure> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| Failure::Usage(format!("--feed {text}: NAME=VALUE expected; VALUE is a literal, @file.npy or @file.npz:key")))?;
    let out = load::tensor(graph, name)?;
    let fact = graph.fact(out);
    let Some(file) = value.strip_prefix('@') else {
        let tensor = literal::parse(value, fact.dtype).map_err(|e| Failure::Usage(format!("--feed {name}: {e}")))?;
        return checked(graph, name, out, tensor);
    };
    let tensor = read(file)?;
    let (given, wanted) = (tensor.dtype().name(), fact.dtype.name());
    let tensor = cast::cast(&tensor, fact.dtype)
        .ok_or_else(|| Failure::Usage(format!("--feed {name}: {file} holds {given}, which cannot be fed as {wanted}")))?;
    checked(graph, name, out, tensor)
}

fn checked(graph: &Graph, name: &str, out: Out, tensor: Tensor) -> Result<(Out, Tensor), Failure> {
    let shape = graph.shape(out);
    if shape.admits(tensor.dims()) {
        return Ok((out, tensor));
    }
    let given = graphpb_kernels::shape_text(tensor.dims());
    Err(Failure::Usage(format!("--feed {name}: Cannot feed value of shape {given} for Tensor {name:?}, which has shape {shape}")))
}

/// `file.npy`, `file.npz:key`, or `file.npz` with a single array.
pub fn read(file: &str) -> Result<Tensor, Failure> {
    if let Some((archive, key)) = file.rsplit_once(".npz:") {
        return Ok(Npz::open(Path::new(&format!("{archive}.npz")))?.get(key)?);
    }
    if !file.to_ascii_lowercase().ends_with(".npz") {
        return Ok(npy::read(Path::new(file))?);
    }
    let mut archive = Npz::open(Path::new(file))?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    match names.as_slice() {
        [name] => Ok(archive.get(name)?),
        _ => Err(Failure::Usage(format!("{file} has {} arrays, say which: @{file}:KEY with KEY one of {}", names.len(), names.join(", ")))),
    }
}
