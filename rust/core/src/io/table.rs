//! Sorted string tables: the LevelDB format in which TensorFlow keeps checkpoint indexes and V1 checkpoints.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use graphpb_kernels::Code;
use prost::encoding::{decode_varint, encode_varint};

use super::crc32c;
use super::files;
use crate::error::{Error, Result};

const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
const FOOTER: usize = 48;
/// Type byte and checksum behind each block.
const TRAILER: usize = 5;
/// TensorFlow's block size, and how many entries share prefixes.
const BLOCK_SIZE: usize = 256 << 10;
const RESTART_INTERVAL: usize = 16;
/// Snappy cannot make more than this many bytes out of one (64 bytes from a three-byte copy).
const SNAPPY_RATIO: usize = 22;

#[derive(Clone, Copy, Debug)]
struct Handle {
    offset: u64,
    size: u64,
}

fn loss(message: impl Into<String>) -> Error {
    Error::status(Code::DataLoss, message)
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    decode_varint(bytes).map_err(|_| loss("bad entry in block"))
}

fn handle(bytes: &mut &[u8]) -> Result<Handle> {
    let bad = |_| loss("bad block handle");
    Ok(Handle { offset: decode_varint(bytes).map_err(bad)?, size: decode_varint(bytes).map_err(bad)? })
}

/// An open table; blocks are read and checked when they are asked for.
pub struct Table {
    path: PathBuf,
    file: Mutex<File>,
    length: u64,
    /// A key not below any of its block's, and the block.
    index: Vec<(Vec<u8>, Handle)>,
    /// The block that was read last.
    last: Mutex<Option<(usize, Vec<u8>)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl Table {
    /// NOT_FOUND or PERMISSION_DENIED as the system says; DATA_LOSS for a file that is no table or has a bad index.
    pub fn open(path: &Path) -> Result<Table> {
        let file = files::open(path)?;
        let length = file.metadata().map_or(0, |m| m.len());
        let mut table = Table { path: path.to_owned(), file: Mutex::new(file), length, index: Vec::new(), last: Mutex::default() };
        if length < FOOTER as u64 {
            return Err(table.wrong(loss("file is too short to be an sstable")));
        }
        let footer = table.bytes(length - FOOTER as u64, FOOTER)?;
        let (handles, magic) = footer.split_at(FOOTER - 8);
        if magic != MAGIC.to_le_bytes() {
            return Err(table.wrong(loss(
                "not an sstable (bad magic number): perhaps your file is in a different file format and you need to use a different restore operator?",
            )));
        }
        let mut rest = handles;
        handle(&mut rest).map_err(|e| table.wrong(e))?;
        let index = handle(&mut rest).map_err(|e| table.wrong(e))?;
        let block = table.block(index)?;
        let mut entries = Vec::new();
        walk(&block, &mut |key, mut value| {
            entries.push((key.to_vec(), handle(&mut value)?));
            Ok(())
        })
        .map_err(|e| table.wrong(e))?;
        table.index = entries;
        Ok(table)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn wrong(&self, e: Error) -> Error {
        Error::status(e.code(), format!("Unable to open table file {}: {}: {}", self.path.display(), code_word(e.code()), e.message()))
    }

    fn bytes(&self, offset: u64, size: usize) -> Result<Vec<u8>> {
        let mut out = vec![0; size];
        let mut file = lock(&self.file);
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut out));
        read.map_err(|_| self.wrong(loss("truncated block read")))?;
        Ok(out)
    }

    /// The content of a block, its checksum compared.
    fn block(&self, at: Handle) -> Result<Vec<u8>> {
        let end = at.offset.checked_add(at.size).and_then(|e| e.checked_add(TRAILER as u64));
        let size = usize::try_from(at.size).ok().filter(|_| end.is_some_and(|e| e <= self.length));
        let Some(size) = size else { return Err(self.wrong(loss("truncated block read"))) };
        let mut block = self.bytes(at.offset, size + TRAILER)?;
        let (checked, stored) = block.split_at(size + 1);
        let stored = stored.try_into().map(u32::from_le_bytes).unwrap_or(0);
        if crc32c::masked(checked) != stored {
            return Err(self.wrong(loss("block checksum mismatch")));
        }
        let kind = checked.last().copied();
        block.truncate(size);
        match kind {
            Some(0) => Ok(block),
            Some(1) => {
                let corrupt = || self.wrong(loss("corrupted compressed block contents"));
                let length = snap::raw::decompress_len(&block).map_err(|_| corrupt())?;
                if length > block.len().saturating_mul(SNAPPY_RATIO) {
                    return Err(corrupt());
                }
                snap::raw::Decoder::new().decompress_vec(&block).map_err(|_| corrupt())
            }
            _ => Err(self.wrong(loss("bad block type"))),
        }
    }

    /// Every key and value, in order.
    pub fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
        for (_, at) in &self.index {
            walk(&self.block(*at)?, visit).map_err(|e| self.wrong(e))?;
        }
        Ok(())
    }

    /// The value of `key`, if it is there.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let number = self.index.partition_point(|(last, _)| last.as_slice() < key);
        let Some((_, at)) = self.index.get(number) else { return Ok(None) };
        let mut last = lock(&self.last);
        let block = match &mut *last {
            Some((n, block)) if *n == number => block,
            other => &mut other.insert((number, self.block(*at)?)).1,
        };
        let mut found = None;
        walk(block, &mut |k, v| {
            if k == key {
                found = Some(v.to_vec());
            }
            Ok(())
        })
        .map_err(|e| self.wrong(e))?;
        Ok(found)
    }
}

/// TensorFlow's spelling of a status code inside a message.
fn code_word(code: Code) -> &'static str {
    match code {
        Code::DataLoss => "DATA_LOSS",
        Code::NotFound => "NOT_FOUND",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        _ => "UNKNOWN",
    }
}

/// Visit the entries of one block.
fn walk(block: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
    let bad = || loss("bad entry in block");
    let (body, restarts) = block.split_last_chunk::<4>().ok_or_else(bad)?;
    let restarts = usize::try_from(u32::from_le_bytes(*restarts)).ok().and_then(|n| n.checked_mul(4)).ok_or_else(bad)?;
    let end = body.len().checked_sub(restarts).ok_or_else(bad)?;
    let mut rest = body.get(..end).ok_or_else(bad)?;
    let mut key: Vec<u8> = Vec::new();
    while !rest.is_empty() {
        let size = |rest: &mut &[u8]| varint(rest).and_then(|n| usize::try_from(n).map_err(|_| bad()));
        let (shared, more, length) = (size(&mut rest)?, size(&mut rest)?, size(&mut rest)?);
        let suffix = rest.split_off(..more).ok_or_else(bad)?;
        let value = rest.split_off(..length).ok_or_else(bad)?;
        if shared > key.len() {
            return Err(bad());
        }
        key.truncate(shared);
        key.extend_from_slice(suffix);
        visit(&key, value)?;
    }
    Ok(())
}

#[derive(Default)]
struct BlockBuilder {
    bytes: Vec<u8>,
    restarts: Vec<u32>,
    since_restart: usize,
    last_key: Vec<u8>,
    interval: usize,
}

impl BlockBuilder {
    fn new(interval: usize) -> BlockBuilder {
        BlockBuilder { restarts: vec![0], interval, ..BlockBuilder::default() }
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        let shared = if self.since_restart < self.interval {
            key.iter().zip(&self.last_key).take_while(|(a, b)| a == b).count()
        } else {
            self.restarts.push(self.bytes.len() as u32);
            self.since_restart = 0;
            0
        };
        let suffix = key.get(shared..).unwrap_or_default();
        encode_varint(shared as u64, &mut self.bytes);
        encode_varint(suffix.len() as u64, &mut self.bytes);
        encode_varint(value.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(suffix);
        self.bytes.extend_from_slice(value);
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        self.since_restart += 1;
    }

    fn size(&self) -> usize {
        self.bytes.len() + 4 * self.restarts.len() + 4
    }

    fn finish(mut self) -> Vec<u8> {
        for restart in &self.restarts {
            self.bytes.extend_from_slice(&restart.to_le_bytes());
        }
        self.bytes.extend_from_slice(&(self.restarts.len() as u32).to_le_bytes());
        self.bytes
    }
}

/// The bytes of a table with these entries, which must be sorted by key; equal to TensorFlow's for the same entries.
pub fn to_bytes<'a>(entries: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut index = BlockBuilder::new(1);
    let mut block = BlockBuilder::new(RESTART_INTERVAL);
    // The block that ended, waiting for the first key behind it.
    let mut pending: Option<Handle> = None;
    let mut last: Vec<u8> = Vec::new();
    for (key, value) in entries {
        if let Some(at) = pending.take() {
            index.add(&separator(&last, key), &handle_bytes(at));
        }
        // A large value starts a block of its own.
        if !block.bytes.is_empty() && key.len() + value.len() >= 2 * BLOCK_SIZE {
            let at = put(&mut out, std::mem::replace(&mut block, BlockBuilder::new(RESTART_INTERVAL)).finish());
            index.add(&separator(&last, key), &handle_bytes(at));
        }
        block.add(key, value);
        last.clear();
        last.extend_from_slice(key);
        if block.size() >= BLOCK_SIZE {
            pending = Some(put(&mut out, std::mem::replace(&mut block, BlockBuilder::new(RESTART_INTERVAL)).finish()));
        }
    }
    if !block.bytes.is_empty() {
        pending = Some(put(&mut out, block.finish()));
    }
    let meta = put(&mut out, BlockBuilder::new(RESTART_INTERVAL).finish());
    if let Some(at) = pending {
        index.add(&successor(&last), &handle_bytes(at));
    }
    let index = put(&mut out, index.finish());
    let mut footer = handle_bytes(meta);
    footer.extend(handle_bytes(index));
    footer.resize(FOOTER - 8, 0);
    out.extend(footer);
    out.extend(MAGIC.to_le_bytes());
    out
}

fn put(out: &mut Vec<u8>, mut block: Vec<u8>) -> Handle {
    let at = Handle { offset: out.len() as u64, size: block.len() as u64 };
    block.push(0);
    out.extend_from_slice(&block);
    out.extend(crc32c::masked(&block).to_le_bytes());
    at
}

fn handle_bytes(at: Handle) -> Vec<u8> {
    let mut out = Vec::new();
    encode_varint(at.offset, &mut out);
    encode_varint(at.size, &mut out);
    out
}

/// A short key not below `low` and below `high`.
fn separator(low: &[u8], high: &[u8]) -> Vec<u8> {
    let shared = low.iter().zip(high).take_while(|(a, b)| a == b).count();
    if let (Some(&a), Some(&b)) = (low.get(shared), high.get(shared))
        && a < 0xff
        && a + 1 < b
    {
        let mut key = low.get(..shared).unwrap_or_default().to_vec();
        key.push(a + 1);
        return key;
    }
    low.to_vec()
}

/// A short key not below `key`.
fn successor(key: &[u8]) -> Vec<u8> {
    match key.iter().position(|b| *b != 0xff) {
        Some(at) => {
            let mut out = key.get(..=at).unwrap_or_default().to_vec();
            if let Some(byte) = out.last_mut() {
                *byte += 1;
            }
            out
        }
        None => key.to_vec(),
    }
}
