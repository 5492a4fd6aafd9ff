//! Writing a bundle, and merging several into one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use graphpb_kernels::{Code, DType, Tensor};

use super::install::install;
use super::read::Bundle;
use super::{data_path, index_path, strings};
use crate::error::{Error, Result};
use crate::io::crc32c;
use crate::io::files::{self, FileError};
use crate::io::region::Region;
use crate::proto::{BundleEntryProto, tensor};

/// A bundle of one data file in the making; nothing has its final name before `finish`.
pub struct BundleWriter {
    prefix: PathBuf,
    temporary: PathBuf,
    data: BufWriter<File>,
    offset: u64,
    entries: BTreeMap<Vec<u8>, BundleEntryProto>,
    done: bool,
}

impl BundleWriter {
    /// Begin the checkpoint `prefix`; its folder is made when only that one is missing.
    pub fn create(prefix: &Path) -> Result<BundleWriter> {
        if let Some(parent) = prefix.parent().filter(|p| !p.as_os_str().is_empty()) {
            let _ = fs::create_dir(parent);
        }
        let temporary = files::temporary(&data_path(prefix, 0, 1));
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(|e| Error::from(FileError::io(&temporary, &e)))?;
        let data = BufWriter::with_capacity(1 << 20, file);
        Ok(BundleWriter { prefix: prefix.to_owned(), temporary, data, offset: 0, entries: BTreeMap::new(), done: false })
    }

    /// Add a whole tensor; INVALID_ARGUMENT when the name is taken, UNIMPLEMENTED for resources and variants.
    pub fn add(&mut self, name: &str, value: &Tensor) -> Result<()> {
        let key = name.as_bytes().to_vec();
        if key.is_empty() || key.first() == Some(&0) {
            return Err(Error::invalid("The name of a tensor in a checkpoint must not be empty or begin with a zero byte"));
        }
        self.put(key, name, value)
    }

    /// Add the part `region` of a tensor of sizes `dims`.
    pub fn add_part(&mut self, name: &str, dims: &[usize], region: &Region, value: &Tensor) -> Result<()> {
        let extent: Vec<usize> = region.resolve(dims)?.iter().map(|r| r.1).collect();
        if extent != value.dims() {
            return Err(Error::invalid(format!("Tensor {name:?}: the shape {:?} of the value is not that of its part, {extent:?}", value.dims())));
        }
        let whole = self.entries.entry(name.as_bytes().to_vec()).or_insert_with(|| BundleEntryProto {
            dtype: value.dtype().number(),
            shape: Some(tensor::shape_of(dims)),
            ..BundleEntryProto::default()
        });
        if whole.size > 0 || whole.dtype != value.dtype().number() || tensor::dims_of(whole.shape.as_ref())?[..] != *dims {
            return Err(Error::invalid(format!("Tensor {name:?}: its parts differ in type or full shape")));
        }
        whole.slices.push(region.to_proto());
        self.put(region.key(name), name, value)
    }

    fn put(&mut self, key: Vec<u8>, name: &str, value: &Tensor) -> Result<()> {
        if self.entries.contains_key(&key) {
            return Err(Error::invalid(format!("Adding duplicate key: {name}")));
        }
        let dtype = value.dtype();
        let (size, crc) = match dtype {
            DType::Resource | DType::Variant => {
                return Err(Error::unimplemented(format!("Tensor {name:?}: a {} cannot be saved", dtype.name())));
            }
            DType::Str => {
                let (bytes, crc) = strings::encode(value.as_strings());
                self.append(&bytes)?;
                (bytes.len(), crc)
            }
            DType::Bool if value.bytes().iter().any(|b| *b > 1) => {
                let bytes: Vec<u8> = value.bytes().iter().map(|b| u8::from(*b != 0)).collect();
                self.append(&bytes)?;
                (bytes.len(), crc32c::masked(&bytes))
            }
            _ if cfg!(target_endian = "big") => return Err(Error::unimplemented("Checkpoints are not written on big-endian machines")),
            _ => {
                self.append(value.bytes())?;
                (value.nbytes(), crc32c::masked(value.bytes()))
            }
        };
        let entry = BundleEntryProto {
            dtype: dtype.number(),
            shape: Some(tensor::shape_of(value.dims())),
            shard_id: 0,
            offset: self.offset as i64,
            size: size as i64,
            crc32c: crc,
            slices: Vec::new(),
        };
        self.offset += size as u64;
        self.entries.insert(key, entry);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.data.write_all(bytes).map_err(|e| FileError::io(&self.temporary, &e).into())
    }

    /// Put the checkpoint in place; a checkpoint of the same name is replaced as a whole.
    pub fn finish(mut self) -> Result<()> {
        let written = self.data.flush().and_then(|()| self.data.get_ref().sync_all());
        written.map_err(|e| Error::from(FileError::io(&self.temporary, &e)))?;
        install(&self.prefix, std::slice::from_ref(&self.temporary), &self.entries)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for BundleWriter {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Merge the bundles `prefixes` into one, whose data files are theirs, moved.
///
/// With `allow_missing`, prefixes without files are passed over. INVALID_ARGUMENT when two hold the same tensor.
pub fn merge(prefixes: &[PathBuf], destination: &Path, delete_old_dirs: bool, allow_missing: bool) -> Result<()> {
    let mut entries: BTreeMap<Vec<u8>, BundleEntryProto> = BTreeMap::new();
    let mut data = Vec::new();
    for prefix in prefixes {
        match index_path(prefix).exists() {
            false if allow_missing => continue,
            false => return Err(Error::invalid(format!("allow_missing_files was set to false and {} did not exist.", prefix.display()))),
            true => {}
        }
        let (header, part) = Bundle::raw_entries(prefix)?;
        let shards = usize::try_from(header.num_shards).unwrap_or(0);
        let first = data.len();
        data.extend((0..shards.min(1 << 16)).map(|i| data_path(prefix, i, shards)));
        for (key, mut entry) in part {
            if entry.slices.is_empty() {
                entry.shard_id = entry.shard_id.saturating_add(first as i32);
            }
            match entries.entry(key) {
                std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(entry)),
                std::collections::btree_map::Entry::Occupied(mut same) if !entry.slices.is_empty() && !same.get().slices.is_empty() => {
                    same.get_mut().slices.append(&mut entry.slices);
                }
                std::collections::btree_map::Entry::Occupied(same) => {
                    return Err(Error::invalid(format!(
                        "Duplicate tensor keyed by {} encountered, when merging prefix: {}",
                        String::from_utf8_lossy(same.key()),
                        prefix.display()
                    )));
                }
            }
        }
    }
    if let Some(missing) = data.iter().find(|path| !path.exists()) {
        return Err(Error::status(Code::NotFound, format!("{}; No such file or directory", missing.display())));
    }
    if let Some(parent) = destination.parent().filter(|p| !p.as_os_str().is_empty()) {
        let _ = fs::create_dir(parent);
    }
    install(destination, &data, &entries)?;
    for prefix in prefixes {
        let _ = fs::remove_file(index_path(prefix));
    }
    if delete_old_dirs {
        for prefix in prefixes {
            // Only empty folders go.
            let _ = prefix.parent().map(fs::remove_dir);
        }
    }
    Ok(())
}
