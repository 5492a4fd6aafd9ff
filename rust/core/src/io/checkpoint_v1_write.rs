//! Writing checkpoints of format V1, byte for byte as TensorFlow does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use graphpb_kernels::{DType, Tensor};
use prost::Message;

use super::files::{self, FileError};
use super::region::Region;
use super::table;
use crate::error::{Error, Result};
use crate::proto::{SavedSlice, SavedSliceMeta, SavedTensorSliceMeta, SavedTensorSlices, VersionDef, tensor};

/// The largest value that is written: a protobuf message has at most 2 GiB.
const LIMIT: usize = (1 << 31) - (64 << 10);

/// The plain types that TensorFlow reads from such a file, and 32-bit and 64-bit unsigned integers.
const TYPES: [DType; 20] = [
    DType::F32,
    DType::F64,
    DType::F16,
    DType::BF16,
    DType::C64,
    DType::C128,
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::QI8,
    DType::QU8,
    DType::QI16,
    DType::QU16,
    DType::QI32,
];

/// A checkpoint in the making; there is no file before `finish`.
pub struct V1Writer {
    path: PathBuf,
    /// In the order in which names came.
    metas: Vec<SavedSliceMeta>,
    data: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl V1Writer {
    pub fn create(path: &Path) -> V1Writer {
        V1Writer { path: path.to_owned(), metas: Vec::new(), data: BTreeMap::new() }
    }

    /// Add the part `region` of a tensor of sizes `dims`.
    ///
    /// INVALID_ARGUMENT when the part is there already, or its type or full shape differs from that of another part; RESOURCE_EXHAUSTED
    /// beyond 2 GiB; UNIMPLEMENTED for types that the format does not have.
    pub fn add(&mut self, name: &str, dims: &[usize], region: &Region, value: &Tensor) -> Result<()> {
        let dtype = value.dtype();
        if dtype != DType::Str && !TYPES.contains(&dtype) {
            return Err(Error::unimplemented(format!("Saving data type {} is not supported in checkpoints of format V1", dtype.name())));
        }
        let values = tensor::values_of(value)?;
        let bytes = values.encoded_len();
        if bytes > LIMIT {
            let message = format!("Tensor slice is too large to serialize (conservative estimate: {bytes} bytes)");
            return Err(Error::status(graphpb_kernels::Code::ResourceExhausted, message));
        }
        match self.metas.iter_mut().find(|m| m.name == name) {
            Some(meta) => {
                if meta.r#type != dtype.number() || tensor::dims_of(meta.shape.as_ref())?[..] != *dims {
                    return Err(Error::invalid(format!("Mismatching types or shapes among the slices of {name}")));
                }
                meta.slice.push(region.to_proto());
            }
            None => self.metas.push(SavedSliceMeta {
                name: name.to_owned(),
                shape: Some(tensor::shape_of(dims)),
                r#type: dtype.number(),
                slice: vec![region.to_proto()],
            }),
        }
        let saved = SavedSlice { name: name.to_owned(), slice: Some(region.to_proto()), data: Some(values) };
        let message = SavedTensorSlices { meta: None, data: Some(saved) };
        if self.data.insert(region.key(name), message.encode_to_vec()).is_some() {
            return Err(Error::invalid(format!("Overlapping slices of {name}: {region}")));
        }
        Ok(())
    }

    /// Write the file: under another name, then renamed.
    pub fn finish(self) -> Result<()> {
        let versions = Some(VersionDef { producer: 1, ..VersionDef::default() });
        let head = SavedTensorSlices { meta: Some(SavedTensorSliceMeta { tensor: self.metas, versions }), data: None }.encode_to_vec();
        let entries = self.data.iter().map(|(key, value)| (key.as_slice(), value.as_slice()));
        let bytes = table::to_bytes([(b"".as_slice(), head.as_slice())].into_iter().chain(entries));
        if let Some(parent) = self.path.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) {
            return Err(FileError::new(parent, graphpb_kernels::Code::NotFound, "No such file or directory").into());
        }
        Ok(files::write(&self.path, &bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::checkpoint::Checkpoint;

    const MODEL: &[u8] = include_bytes!("../../../../tests/data/fixtures/ckpt_v1/model.ckpt");

    #[test]
    fn a_checkpoint_of_tensorflow_is_written_again_byte_for_byte() {
        let folder = std::env::temp_dir().join(format!("graphpb-v1-write-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (old, new) = (folder.join("old"), folder.join("new"));
        std::fs::write(&old, MODEL).unwrap();
        let checkpoint = Checkpoint::open(old.to_str().unwrap()).unwrap();
        let mut writer = V1Writer::create(&new);
        for name in checkpoint.names() {
            let value = checkpoint.tensor(name).unwrap();
            writer.add(name, value.dims(), &Region::whole(value.rank()), &value).unwrap();
        }
        writer.finish().unwrap();
        assert_eq!(std::fs::read(&new).unwrap(), MODEL);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn parts_that_clash_are_refused() {
        let value = Tensor::from_slice(&[1f32, 2.0], &[2]);
        let mut writer = V1Writer::create(Path::new("x"));
        let part = Region::parse("0,2").unwrap();
        writer.add("a", &[4], &part, &value).unwrap();
        assert!(writer.add("a", &[4], &part, &value).is_err());
        assert!(writer.add("a", &[5], &Region::parse("2,2").unwrap(), &value).is_err());
        assert!(writer.add("a", &[4], &Region::parse("2,2").unwrap(), &Tensor::from_slice(&[1i32, 2], &[2])).is_err());
    }
}
