//! Named arrays in numpy's `.npz` format: a zip archive of `.npy` files, stored or deflated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Write};
use std::path::{Path, PathBuf};

use graphpb_kernels::{Code, Tensor};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::files::{self, FileError};
use super::npy;

/// Deflate cannot make more than this many bytes out of one.
const DEFLATE_RATIO: u64 = 1032;

/// An open archive.
pub struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    /// Array name to member name.
    names: BTreeMap<String, String>,
}

impl Npz {
    /// Errors name the path: NOT_FOUND, PERMISSION_DENIED, DATA_LOSS for a file that is no archive.
    pub fn open(path: &Path) -> Result<Npz, FileError> {
        let fail = |e: ZipError| FileError::new(path, Code::DataLoss, format!("Not a .npz archive: {e}"));
        let archive = ZipArchive::new(BufReader::new(files::open(path)?)).map_err(fail)?;
        let mut names = BTreeMap::new();
        for name in archive.file_names() {
            let name = name.map_err(fail)?.into_owned();
            names.insert(name.strip_suffix(".npy").unwrap_or(&name).to_owned(), name);
        }
        Ok(Npz { path: path.to_owned(), archive, names })
    }

    /// The names of the arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The array called `name`.
    ///
    /// NOT_FOUND when there is none (the message lists the others), otherwise as `npy::read`.
    pub fn get(&mut self, name: &str) -> Result<Tensor, FileError> {
        let path = self.path.clone();
        let Some(member) = self.names.get(name) else {
            let others = self.names.keys().take(20).cloned().collect::<Vec<_>>().join(", ");
            return Err(FileError::new(&path, Code::NotFound, format!("No array {name:?} in the archive; it has: {others}")));
        };
        let fail = |code, message: String| FileError::new(&path, code, format!("{name}: {message}"));
        let mut file = self.archive.by_name(member).map_err(|e| fail(Code::DataLoss, e.to_string()))?;
        // What the directory says about the size is believed only as far as the compressed bytes can bear it.
        let most = match file.compression() {
            CompressionMethod::Stored => file.compressed_size(),
            _ => file.compressed_size().saturating_mul(DEFLATE_RATIO).saturating_add(DEFLATE_RATIO),
        };
        let archive_length = std::fs::metadata(&path).map_or(0, |m| m.len());
        let available = file.size().min(most).min(archive_length.saturating_mul(DEFLATE_RATIO));
        npy::read_from(&mut file, available).map_err(|(code, message)| fail(code, message))
    }
}

/// Write an archive of uncompressed arrays atomically; errors as in `npy::write`.
pub fn write<'a>(path: &Path, arrays: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> Result<(), FileError> {
    let fail = |code, name: &str, message: String| FileError::new(path, code, format!("{name}: {message}"));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, tensor) in arrays {
        let bytes = npy::to_bytes(tensor).map_err(|(code, message)| fail(code, name, message))?;
        let options = SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Stored).large_file(bytes.len() as u64 >= u64::from(u32::MAX));
        let written = archive.start_file(format!("{name}.npy"), options).map_err(|e| e.to_string());
        written.and_then(|()| archive.write_all(&bytes).map_err(|e| e.to_string())).map_err(|message| fail(Code::InvalidArgument, name, message))?;
    }
    let bytes = archive.finish().map_err(|e| FileError::new(path, Code::Unknown, e.to_string()))?;
    files::write(path, &bytes.into_inner())
}
