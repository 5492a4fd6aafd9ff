//! Ops that read and write files. None is folded: they run when they are fetched or named as targets, never while a graph loads.

pub mod checkpoint;
pub mod checkpoint_v1;
pub mod whole;

use crate::error::{Error, Result};
use crate::plan::kernel::KernelCtx;

/// The strings of input `i` as UTF-8.
fn texts<'a>(c: &'a KernelCtx, i: usize) -> Result<Vec<&'a str>> {
    let text = |b| std::str::from_utf8(b).map_err(|_| Error::invalid(format!("input {i} holds a string that is not UTF-8")));
    c.input(i).as_strings().iter().map(|b| text(b)).collect()
}

/// The file name in one-element input `i`, called `what` in errors.
fn file_name<'a>(c: &'a KernelCtx, i: usize, what: &str) -> Result<&'a str> {
    match texts(c, i)?.as_slice() {
        [name] => Ok(name.strip_prefix("file://").unwrap_or(name)),
        names => Err(Error::invalid(format!("{what} must be a scalar, but has {} elements", names.len()))),
    }
}
