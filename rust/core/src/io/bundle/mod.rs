//! Checkpoints of format V2, "tensor bundles": an index table, and data files that it points into.

mod install;
mod read;
mod strings;
mod write;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use read::Bundle;
pub use write::{BundleWriter, merge};

/// `prefix` and more text in its last component.
fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(prefix);
    name.push(suffix);
    PathBuf::from(name)
}

/// The index file of the checkpoint `prefix`.
pub fn index_path(prefix: &Path) -> PathBuf {
    with_suffix(prefix, ".index")
}

/// Data file `shard` of `count`.
pub fn data_path(prefix: &Path, shard: usize, count: usize) -> PathBuf {
    with_suffix(prefix, &format!(".data-{shard:05}-of-{count:05}"))
}

#[cfg(test)]
mod tests;
