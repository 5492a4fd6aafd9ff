//! Giving finished data files their names and writing the index, so that at every moment the old checkpoint or the new is whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use graphpb_kernels::Code;
use prost::Message;

use super::read::Bundle;
use super::{data_path, index_path};
use crate::error::{Error, Result};
use crate::io::files::{self, FileError};
use crate::io::table;
use crate::proto::{BundleEntryProto, BundleHeaderProto, VersionDef};

/// Make `data` the data files of the checkpoint `prefix`, of which `entries` is the index.
///
/// A new checkpoint gets its data files first and its index last. Over an existing one, the index of which refers to data
/// files of the same names, the new data files first get other names (another shard count) that the new index
/// refers to; then second names, the usual ones, by hard links; then the index is written again. Where there are
/// no hard links the unusual names stay; every reader understands them.
pub fn install(prefix: &Path, data: &[PathBuf], entries: &BTreeMap<Vec<u8>, BundleEntryProto>) -> Result<()> {
    install_until(prefix, data, entries, usize::MAX)
}

/// As `install`, ending after so many steps, as a process that is killed does.
pub(super) fn install_until(prefix: &Path, data: &[PathBuf], entries: &BTreeMap<Vec<u8>, BundleEntryProto>, steps: usize) -> Result<()> {
    let mut left = steps;
    let mut killed = || left.checked_sub(1).map(|l| left = l).is_none();
    let count = data.len();
    let old = match fs::exists(index_path(prefix)) {
        Ok(true) => Bundle::raw_entries(prefix).ok().and_then(|(header, _)| usize::try_from(header.num_shards).ok()),
        _ => None,
    };
    let first = match old {
        None => count,
        Some(old) => (count + 1..).find(|n| *n != old).unwrap_or(count + 1),
    };
    for (i, from) in data.iter().enumerate() {
        if killed() {
            return Ok(());
        }
        let to = data_path(prefix, i, first);
        fs::rename(from, &to).map_err(|e| failed(&to, &e))?;
    }
    if killed() {
        return Ok(());
    }
    write_index(prefix, first, entries)?;
    let Some(old) = old else { return Ok(()) };
    let mut last = count;
    for i in 0..count {
        if killed() {
            return Ok(());
        }
        if !link_over(&data_path(prefix, i, first), &data_path(prefix, i, count)) {
            last = first;
            break;
        }
    }
    if killed() {
        return Ok(());
    }
    if last == count {
        write_index(prefix, count, entries)?;
    }
    for stale in [first, old].into_iter().filter(|n| *n != last) {
        for i in 0..stale {
            if killed() || fs::remove_file(data_path(prefix, i, stale)).is_err() {
                break;
            }
        }
    }
    Ok(())
}

fn failed(path: &Path, e: &std::io::Error) -> Error {
    FileError::io(path, e).into()
}

/// Let `to` be a second name of `from`, replacing what had that name.
fn link_over(from: &Path, to: &Path) -> bool {
    let temporary = files::temporary(to);
    fs::hard_link(from, &temporary).is_ok() && {
        let done = fs::rename(&temporary, to).is_ok();
        // Renaming one name of a file to another name of the same file leaves both.
        let _ = fs::remove_file(&temporary);
        done
    }
}

fn write_index(prefix: &Path, count: usize, entries: &BTreeMap<Vec<u8>, BundleEntryProto>) -> Result<()> {
    let num_shards = i32::try_from(count).map_err(|_| Error::status(Code::InvalidArgument, "Too many shards"))?;
    let header = BundleHeaderProto { num_shards, endianness: 0, version: Some(VersionDef { producer: 1, ..VersionDef::default() }) };
    let header = header.encode_to_vec();
    let values: Vec<Vec<u8>> = entries.values().map(Message::encode_to_vec).collect();
    let pairs = entries.keys().map(Vec::as_slice).zip(values.iter().map(Vec::as_slice));
    let bytes = table::to_bytes(std::iter::once((&b""[..], header.as_slice())).chain(pairs));
    files::write(&index_path(prefix), &bytes).map_err(Error::from)
}
