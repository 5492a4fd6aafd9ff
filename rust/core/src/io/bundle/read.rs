//! Reading a bundle: the whole index when it is opened, each tensor when it is asked for.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use graphpb_kernels::buffer::Buffer;
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Code, DType, Tensor};
use prost::Message;

use super::{data_path, index_path, strings};
use crate::error::{Error, Result};
use crate::io::checkpoint::{Info, Source};
use crate::io::region::Region;
use crate::io::table::Table;
use crate::io::{crc32c, files};
use crate::proto::bundle_header_proto::Endianness;
use crate::proto::{BundleEntryProto, BundleHeaderProto, tensor};

/// The newest version of the format that is read.
const VERSION: i32 = 1;

fn loss(message: impl Into<String>) -> Error {
    Error::status(Code::DataLoss, message)
}

/// Where the bytes of a tensor, or of a part of one, lie.
struct Entry {
    info: Info,
    shard: usize,
    offset: u64,
    size: u64,
    crc: u32,
    /// The parts under keys of their own; empty when the tensor is stored whole.
    parts: Vec<Region>,
}

impl Entry {
    fn new(value: &[u8]) -> Result<Entry> {
        let proto = BundleEntryProto::decode(value).map_err(|e| loss(format!("Entry not parsable: {e}")))?;
        let dtype = DType::from_number(proto.dtype).ok_or_else(|| loss(format!("Unknown dtype {}", proto.dtype)))?;
        let dims = tensor::dims_of(proto.shape.as_ref())?.to_vec();
        checked_len(dtype, &dims)?;
        let number = |v: i64| u64::try_from(v).map_err(|_| loss(format!("Negative number {v} in an entry")));
        Ok(Entry {
            info: Info { dtype, dims },
            shard: number(proto.shard_id.into())? as usize,
            offset: number(proto.offset)?,
            size: number(proto.size)?,
            crc: proto.crc32c,
            parts: proto.slices.iter().map(Region::from_proto).collect::<Result<_>>()?,
        })
    }
}

type Shard = Arc<(Mutex<File>, u64)>;

/// An open bundle.
pub struct Bundle {
    prefix: PathBuf,
    shards: usize,
    big_endian: bool,
    entries: BTreeMap<String, Entry>,
    parts: HashMap<Vec<u8>, Entry>,
    open: Mutex<HashMap<usize, Shard>>,
}

impl Bundle {
    /// NOT_FOUND when there is no index file; DATA_LOSS for a bad one.
    pub fn open(prefix: &Path) -> Result<Bundle> {
        let table = Table::open(&index_path(prefix))?;
        let header = table.get(b"")?.ok_or_else(|| loss("The index has no header entry"))?;
        let header = BundleHeaderProto::decode(&*header).map_err(|e| loss(format!("Unable to parse the header entry: {e}")))?;
        let version = header.version.unwrap_or_default();
        if version.min_consumer > VERSION || version.bad_consumers.contains(&VERSION) {
            return Err(Error::invalid(format!("Checkpoint min consumer version {} above current version {VERSION}", version.min_consumer)));
        }
        let mut bundle = Bundle {
            prefix: prefix.to_owned(),
            shards: usize::try_from(header.num_shards).map_err(|_| loss("Negative number of shards"))?,
            big_endian: header.endianness == Endianness::Big as i32,
            entries: BTreeMap::new(),
            parts: HashMap::new(),
            open: Mutex::default(),
        };
        table.each(&mut |key, value| {
            match key {
                [] => {}
                [0, ..] => drop(bundle.parts.insert(key.to_vec(), Entry::new(value)?)),
                _ => {
                    let name = std::str::from_utf8(key).map_err(|_| loss("A key is not UTF-8"))?;
                    bundle.entries.insert(name.to_owned(), Entry::new(value)?);
                }
            }
            Ok(())
        })?;
        Ok(bundle)
    }

    /// The number of data files.
    pub fn shards(&self) -> usize {
        self.shards
    }

    fn shard(&self, number: usize) -> Result<Shard> {
        if number >= self.shards {
            return Err(loss(format!("Shard {number} does not exist: there are {}", self.shards)));
        }
        let mut open = self.open.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(shard) = open.get(&number) {
            return Ok(shard.clone());
        }
        let file = files::open(&data_path(&self.prefix, number, self.shards))?;
        let length = file.metadata().map_or(0, |m| m.len());
        let shard: Shard = Arc::new((Mutex::new(file), length));
        open.insert(number, shard.clone());
        Ok(shard)
    }

    /// The shard of an entry, once its bytes are known to be there and to be as many as its type and shape need.
    fn check(&self, entry: &Entry) -> Result<Shard> {
        let Info { dtype, dims } = &entry.info;
        let shard = self.shard(entry.shard)?;
        if entry.offset.checked_add(entry.size).is_none_or(|end| end > shard.1) {
            return Err(self.wrong(entry, "the file is cut short"));
        }
        let expected = checked_len(*dtype, dims)? as u64 * dtype.size() as u64;
        if matches!(dtype, DType::Resource | DType::Variant) {
            return Err(Error::unimplemented(format!("A {} tensor cannot be read from a checkpoint", dtype.name())));
        }
        if dtype.is_plain() && entry.size != expected {
            return Err(loss(format!("Invalid size in bundle entry: stored size {}; expected size {expected}", entry.size)));
        }
        Ok(shard)
    }

    fn wrong(&self, entry: &Entry, what: &str) -> Error {
        loss(format!("TensorBundle at {} shard {} ({} bytes): {what}", self.prefix.display(), entry.shard, entry.size))
    }

    fn read(&self, entry: &Entry) -> Result<Tensor> {
        let shard = self.check(entry)?;
        let Info { dtype, dims } = &entry.info;
        let size = usize::try_from(entry.size).map_err(|_| loss("Entry too large"))?;
        let fill = |bytes: &mut [u8]| {
            let mut file = shard.0.lock().unwrap_or_else(|e| e.into_inner());
            file.seek(SeekFrom::Start(entry.offset)).and_then(|_| file.read_exact(bytes)).map_err(|e| self.wrong(entry, &e.to_string()))
        };
        if *dtype == DType::Str {
            let mut bytes = vec![0; size];
            fill(&mut bytes)?;
            return strings::decode(&bytes, entry.crc, dims, checked_len(*dtype, dims)?).map_err(|e| self.wrong(entry, e.message()));
        }
        if size == 0 {
            return Ok(Tensor::try_zeros(*dtype, dims)?);
        }
        let mut buffer = Buffer::scratch(size);
        let bytes = buffer.unique_mut().unwrap_or_default();
        fill(bytes)?;
        let found = crc32c::masked(bytes);
        if found != entry.crc {
            return Err(self.wrong(
                entry,
                &format!(
                    "Checksum does not match: stored {} vs. calculated on the restored bytes {}",
                    crc32c::unmask(entry.crc),
                    crc32c::unmask(found)
                ),
            ));
        }
        if self.big_endian {
            let word = if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() };
            bytes.chunks_exact_mut(word.max(1)).for_each(<[u8]>::reverse);
        }
        Ok(Tensor::from_buffer(*dtype, dims, buffer))
    }
}

impl Source for Bundle {
    fn names(&self) -> Vec<&str> {
        self.entries.keys().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<&Info> {
        self.entries.get(name).map(|e| &e.info)
    }

    fn parts(&self, name: &str) -> Vec<Region> {
        self.entries.get(name).map_or_else(Vec::new, |e| e.parts.clone())
    }

    fn check_part(&self, name: &str, part: &Region) -> Result<()> {
        let info = self.part(name, part)?;
        self.check(info).map(drop)
    }

    fn read_part(&self, name: &str, part: Option<&Region>) -> Result<Tensor> {
        match part {
            Some(part) => self.read(self.part(name, part)?),
            None => self.read(self.entries.get(name).ok_or_else(|| crate::io::checkpoint::missing(name))?),
        }
    }
}

impl Bundle {
    fn part(&self, name: &str, part: &Region) -> Result<&Entry> {
        self.parts.get(&part.key(name)).ok_or_else(|| loss(format!("A part of {name:?} is missing")))
    }

    /// Entries as they are stored, for copying into another index.
    pub(super) fn raw_entries(prefix: &Path) -> Result<(BundleHeaderProto, BTreeMap<Vec<u8>, BundleEntryProto>)> {
        let table = Table::open(&index_path(prefix))?;
        let (mut header, mut entries) = (BundleHeaderProto::default(), BTreeMap::new());
        table.each(&mut |key, value| {
            let bad = |e| loss(format!("Entry not parsable: {e}"));
            if key.is_empty() {
                header = BundleHeaderProto::decode(value).map_err(bad)?;
            } else {
                entries.insert(key.to_vec(), BundleEntryProto::decode(value).map_err(bad)?);
            }
            Ok(())
        })?;
        Ok((header, entries))
    }
}
