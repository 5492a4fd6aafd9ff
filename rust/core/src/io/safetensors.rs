//! Named arrays in the safetensors format: a length, a JSON header of that length, the data.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use graphpb_kernels::buffer::Buffer;
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Code, DType, Tensor};

use super::checkpoint::Info;
use super::files::{self, FileError};
use super::json::Parser;
use crate::proto::tensor::MAX_RANK;

/// The largest header that the format allows.
const HEADER_LIMIT: u64 = 100_000_000;

const TYPES: [(&str, DType); 16] = [
    ("F64", DType::F64),
    ("F32", DType::F32),
    ("F16", DType::F16),
    ("BF16", DType::BF16),
    ("I64", DType::I64),
    ("I32", DType::I32),
    ("I16", DType::I16),
    ("I8", DType::I8),
    ("U64", DType::U64),
    ("U32", DType::U32),
    ("U16", DType::U16),
    ("U8", DType::U8),
    ("BOOL", DType::Bool),
    ("C64", DType::C64),
    ("F8_E5M2", DType::F8E5M2),
    ("F8_E4M3", DType::F8E4M3FN),
];

/// An open file.
pub struct Safetensors {
    path: PathBuf,
    file: File,
    /// Where the data begins in the file.
    start: u64,
    tensors: BTreeMap<String, (Info, u64, u64)>,
}

impl Safetensors {
    /// Errors name the path: NOT_FOUND, PERMISSION_DENIED; DATA_LOSS for a header that is no such header, or that does not
    /// account for every byte of the file exactly once.
    pub fn open(path: &Path) -> Result<Safetensors, FileError> {
        let fail = |message: String| FileError::new(path, Code::DataLoss, format!("Not a safetensors file: {message}"));
        let mut file = files::open(path)?;
        let length = file.metadata().map_or(0, |m| m.len());
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|_| fail("it is cut short".into()))?;
        let size = u64::from_le_bytes(size);
        if size > HEADER_LIMIT || size > length.saturating_sub(8) {
            return Err(fail(format!("a header of {size} bytes in a file of {length}")));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(|e| FileError::io(path, &e))?;
        let header = std::str::from_utf8(&header).map_err(|_| fail("the header is not UTF-8".into()))?;
        let tensors = parse(header).map_err(&fail)?;
        let mut spans: Vec<(u64, u64)> = tensors.values().map(|t| (t.1, t.2)).collect();
        spans.sort_unstable();
        let mut end = 0;
        for (from, to) in spans {
            if from != end || to < from {
                return Err(fail(format!("data offsets {from} to {to} where {end} is expected")));
            }
            end = to;
        }
        if end != length - 8 - size {
            return Err(fail(format!("{} bytes of data, of which the header names {end}", length - 8 - size)));
        }
        for (name, (info, from, to)) in &tensors {
            let bytes = checked_len(info.dtype, &info.dims).map_err(|e| fail(e.message))? as u64 * info.dtype.size() as u64;
            if bytes != to - from {
                return Err(fail(format!("{name:?} has {} bytes of data, not {bytes}", to - from)));
            }
        }
        Ok(Safetensors { path: path.to_owned(), file, start: 8 + size, tensors })
    }

    /// The names and what is known of the arrays, sorted by name.
    pub fn infos(&self) -> impl Iterator<Item = (&str, &Info)> {
        self.tensors.iter().map(|(name, t)| (name.as_str(), &t.0))
    }

    /// The array called `name`; NOT_FOUND when there is none.
    pub fn get(&self, name: &str) -> Result<Tensor, FileError> {
        let fail = |code, message: String| FileError::new(&self.path, code, format!("{name}: {message}"));
        let Some((info, from, to)) = self.tensors.get(name) else { return Err(fail(Code::NotFound, "No such array".into())) };
        if from == to {
            return Tensor::try_zeros(info.dtype, &info.dims).map_err(|e| fail(e.code, e.message));
        }
        let mut buffer = Buffer::scratch((to - from) as usize);
        let bytes = buffer.unique_mut().unwrap_or_default();
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(self.start + from)).and_then(|_| file.read_exact(bytes));
        read.map_err(|e| fail(Code::DataLoss, e.to_string()))?;
        Ok(Tensor::from_buffer(info.dtype, &info.dims, buffer))
    }
}

/// Write a file atomically; INVALID_ARGUMENT for types that the format lacks (strings among them) and for a repeated name.
pub fn write<'a>(path: &Path, arrays: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> Result<(), FileError> {
    let fail = |message: String| FileError::new(path, Code::InvalidArgument, message);
    let mut arrays: Vec<(&str, &Tensor)> = arrays.into_iter().collect();
    // Wide types first, so that every array is aligned.
    arrays.sort_by(|a, b| b.1.dtype().size().cmp(&a.1.dtype().size()).then(a.0.cmp(b.0)));
    let mut header = String::from("{");
    let mut end = 0;
    let mut names = std::collections::HashSet::new();
    for (name, tensor) in &arrays {
        let Some((kind, _)) = TYPES.iter().find(|t| t.1 == tensor.dtype()) else {
            return Err(fail(format!("{name}: a safetensors file cannot hold {}", tensor.dtype().name())));
        };
        if !names.insert(*name) || *name == "__metadata__" {
            return Err(fail(format!("{name}: the name is taken")));
        }
        if header.len() > 1 {
            header.push(',');
        }
        push_string(&mut header, name);
        let start = end;
        end += tensor.nbytes();
        let dims: Vec<String> = tensor.dims().iter().map(usize::to_string).collect();
        header.push_str(&format!(":{{\"dtype\":\"{kind}\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}}", dims.join(",")));
    }
    header.push('}');
    while header.len() % 8 != 0 {
        header.push(' ');
    }
    let mut out = Vec::with_capacity(8 + header.len() + end);
    out.extend((header.len() as u64).to_le_bytes());
    out.extend(header.as_bytes());
    for (_, tensor) in &arrays {
        out.extend_from_slice(tensor.bytes());
    }
    files::write(path, &out)
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

type Parsed = Result<BTreeMap<String, (Info, u64, u64)>, String>;

/// The header: an object of objects of exactly known fields, so no general JSON is needed.
fn parse(text: &str) -> Parsed {
    let mut p = Parser::new(text);
    let mut out = BTreeMap::new();
    if !text.starts_with('{') {
        return Err("the header does not begin with '{'".into());
    }
    p.object(&mut |p, name| {
        if name == "__metadata__" {
            return p.object(&mut |p, _| p.string().map(drop));
        }
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        p.object(&mut |p, field| {
            match field.as_str() {
                "dtype" => dtype = Some(p.string()?),
                "shape" => shape = Some(p.sizes()?),
                "data_offsets" => offsets = Some(p.sizes()?),
                other => return Err(format!("unknown field {other:?}")),
            }
            Ok(())
        })?;
        let dtype = dtype.ok_or("an array without dtype")?;
        let dtype = TYPES.iter().find(|t| t.0 == dtype).ok_or(format!("unknown dtype {dtype:?}"))?.1;
        let dims: Vec<usize> = shape.ok_or("an array without shape")?.into_iter().map(|d| d as usize).collect();
        let Some(&[from, to]) = offsets.as_deref() else { return Err("data_offsets must be two numbers".into()) };
        if dims.len() > MAX_RANK {
            return Err(format!("{name:?} has more than {MAX_RANK} dimensions"));
        }
        if out.insert(name.clone(), (Info { dtype, dims }, from, to)).is_some() {
            return Err(format!("{name:?} occurs twice"));
        }
        Ok(())
    })?;
    p.end()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_hostile_ones_refused() {
        let good = r#" {"a\u00e9\ud83d\ude00": {"dtype":"F32","shape":[2, 0],"data_offsets":[0,0]}, "__metadata__":{"k":"v"}}  "#;
        assert!(parse(good).is_err(), "must begin with the object");
        let read = parse(good.trim_start()).unwrap();
        assert_eq!(read["aé😀"].0, Info { dtype: DType::F32, dims: vec![2, 0] });
        for bad in [
            "",
            "{",
            "{}x",
            "[]",
            r#"{"a":1}"#,
            r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
            r#"{"a":{"dtype":"STR","shape":[1],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[1]}}"#,
            r#"{"a\ud83dx":{}}"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn files_survive_and_damage_is_seen() {
        let dir = std::env::temp_dir().join(format!("graphpb-safetensors-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("a.safetensors");
        let (a, b, c) = (Tensor::from_slice(&[1f32, 2.0, 3.0], &[3, 1]), Tensor::scalar(-5i64), Tensor::zeros(DType::BF16, &[0, 2]));
        write(&path, [("a", &a), ("b/\"x\"", &b), ("c", &c)]).unwrap();
        let file = Safetensors::open(&path).unwrap();
        assert_eq!(file.infos().count(), 3);
        assert_eq!(file.get("a").unwrap().slice::<f32>(), [1.0, 2.0, 3.0]);
        assert_eq!(file.get("b/\"x\"").unwrap().slice::<i64>(), [-5]);
        assert_eq!(file.get("c").unwrap().dims(), [0, 2]);
        assert_eq!(file.get("d").unwrap_err().code, Code::NotFound);
        let bytes = std::fs::read(&path).unwrap();
        for end in 0..bytes.len() {
            std::fs::write(&path, &bytes[..end]).unwrap();
            assert!(Safetensors::open(&path).is_err(), "cut at {end}");
        }
        assert!(write(&path, [("s", &Tensor::string_scalar(b"x"))]).is_err());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
