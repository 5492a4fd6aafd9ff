//! Checkpoints of format V1: tables that hold the tensors themselves, as `SavedTensorSlices` messages.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use graphpb_kernels::{Code, DType, Tensor};
use prost::Message;

use super::checkpoint::{Info, Source, missing};
use super::region::Region;
use super::table::Table;
use crate::error::{Error, Result};
use crate::proto::{SavedTensorSlices, TensorProto, tensor};

fn loss(message: impl Into<String>) -> Error {
    Error::status(Code::DataLoss, message)
}

pub struct CheckpointV1 {
    tables: Vec<Table>,
    tensors: BTreeMap<String, (Info, Vec<Region>)>,
    /// Which table holds a part.
    places: HashMap<(String, Region), usize>,
}

impl CheckpointV1 {
    /// Open the files of one checkpoint.
    pub fn open(files: &[PathBuf]) -> Result<CheckpointV1> {
        let mut out = CheckpointV1 { tables: Vec::new(), tensors: BTreeMap::new(), places: HashMap::new() };
        for file in files {
            let table = Table::open(file)?;
            let wrong = |what: &str| loss(format!("{}: {what}", file.display()));
            let first = table.get(b"")?.ok_or_else(|| wrong("Cannot find the saved tensor slices"))?;
            let slices = SavedTensorSlices::decode(&*first).map_err(|e| wrong(&format!("Failed to parse meta data: {e}")))?;
            for meta in slices.meta.unwrap_or_default().tensor {
                let dtype = DType::from_number(meta.r#type).ok_or_else(|| wrong(&format!("Unknown dtype {}", meta.r#type)))?;
                let info = Info { dtype, dims: tensor::dims_of(meta.shape.as_ref())?.to_vec() };
                let regions: Vec<Region> = meta.slice.iter().map(Region::from_proto).collect::<Result<_>>()?;
                for region in &regions {
                    region.resolve(&info.dims)?;
                    out.places.insert((meta.name.clone(), region.clone()), out.tables.len());
                }
                let known = out.tensors.entry(meta.name.clone()).or_insert_with(|| (info.clone(), Vec::new()));
                if known.0 != info {
                    return Err(wrong(&format!("The type or shape of {:?} differs from that in another file", meta.name)));
                }
                known.1.extend(regions);
            }
            out.tables.push(table);
        }
        Ok(out)
    }

    fn slice(&self, name: &str, region: &Region) -> Result<TensorProto> {
        let table = self.places.get(&(name.to_owned(), region.clone())).and_then(|i| self.tables.get(*i)).ok_or_else(|| missing(name))?;
        let value = table.get(&region.key(name))?.ok_or_else(|| loss(format!("A part of {name:?} is missing")))?;
        let slices = SavedTensorSlices::decode(&*value).map_err(|e| loss(format!("Failed to parse a part of {name:?}: {e}")))?;
        slices.data.and_then(|d| d.data).ok_or_else(|| loss(format!("A part of {name:?} has no data")))
    }

    fn decode(&self, name: &str, region: &Region) -> Result<Tensor> {
        let (info, _) = self.tensors.get(name).ok_or_else(|| missing(name))?;
        let dims: Vec<usize> = region.resolve(&info.dims)?.iter().map(|r| r.1).collect();
        let mut proto = self.slice(name, region)?;
        proto.dtype = info.dtype.number();
        proto.tensor_shape = Some(tensor::shape_of(&dims));
        let (found, expected) = (values(&proto, info.dtype), dims.iter().product::<usize>());
        if found != expected {
            return Err(loss(format!("A part of {name:?} has {found} values, not {expected}")));
        }
        Ok(tensor::decode(&proto)?)
    }
}

/// The number of values that a message without `tensor_content` spells out.
fn values(p: &TensorProto, dtype: DType) -> usize {
    match dtype {
        DType::F32 => p.float_val.len(),
        DType::F64 => p.double_val.len(),
        DType::C64 => p.scomplex_val.len() / 2,
        DType::C128 => p.dcomplex_val.len() / 2,
        DType::I64 => p.int64_val.len(),
        DType::U32 => p.uint32_val.len(),
        DType::U64 => p.uint64_val.len(),
        DType::Bool => p.bool_val.len(),
        DType::F16 | DType::BF16 => p.half_val.len(),
        DType::Str => p.string_val.len(),
        DType::Resource | DType::Variant => 0,
        _ => p.int_val.len(),
    }
}

impl Source for CheckpointV1 {
    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<&Info> {
        self.tensors.get(name).map(|t| &t.0)
    }

    fn parts(&self, name: &str) -> Vec<Region> {
        self.tensors.get(name).filter(|t| t.1.len() != 1 || !t.1.iter().all(Region::is_whole)).map_or_else(Vec::new, |t| t.1.clone())
    }

    fn check_part(&self, name: &str, part: &Region) -> Result<()> {
        // The message that holds the values has to be read to know their number.
        self.decode(name, part).map(drop)
    }

    fn read_part(&self, name: &str, part: Option<&Region>) -> Result<Tensor> {
        let info = self.info(name).ok_or_else(|| missing(name))?;
        match part {
            Some(part) => self.decode(name, part),
            None => self.decode(name, &Region::whole(info.dims.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::checkpoint::Checkpoint;

    const MODEL: &[u8] = include_bytes!("../../../../tests/data/fixtures/ckpt_v1/model.ckpt");

    #[test]
    fn damage_is_an_error_wherever_it_is() {
        let path = std::env::temp_dir().join(format!("graphpb-v1-{}", std::process::id()));
        let read_all = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let checkpoint = Checkpoint::open(path.to_str().unwrap())?;
            assert!(checkpoint.is_v1());
            checkpoint.names().into_iter().map(|name| checkpoint.tensor(name)).collect::<Result<Vec<_>>>()
        };
        let whole = read_all(MODEL).unwrap();
        assert_eq!(whole.len(), 2);
        for at in 0..MODEL.len() {
            let mut bad = MODEL.to_vec();
            bad[at] ^= 0x21;
            // What no checksum covers is not read: the values are the right ones.
            if let Ok(values) = read_all(&bad) {
                assert!(values.iter().zip(&whole).all(|(a, b)| a.bytes() == b.bytes()), "byte {at}");
            }
            assert!(read_all(&MODEL[..at]).is_err(), "cut at {at}");
        }
        std::fs::remove_file(path).unwrap();
    }
}
