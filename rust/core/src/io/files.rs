//! Whole files: read up to a limit, written so that a reader sees the old file or the new one.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use graphpb_kernels::Code;

/// Why a file cannot be read or written; shown as `path: reason`.
#[derive(Clone, Debug)]
pub struct FileError {
    pub code: Code,
    pub path: PathBuf,
    pub message: String,
}

impl FileError {
    pub fn new(path: &Path, code: Code, message: impl Into<String>) -> Self {
        FileError { code, path: path.to_owned(), message: message.into() }
    }

    pub fn io(path: &Path, error: &io::Error) -> Self {
        let (code, message) = match error.kind() {
            io::ErrorKind::NotFound => (Code::NotFound, "No such file or directory".to_owned()),
            io::ErrorKind::PermissionDenied => (Code::PermissionDenied, "Permission denied".to_owned()),
            io::ErrorKind::IsADirectory => (Code::FailedPrecondition, "Is a directory".to_owned()),
            io::ErrorKind::StorageFull => (Code::ResourceExhausted, "No space left on device".to_owned()),
            // What the system says, without its number.
            _ => (Code::Unknown, error.to_string().split(" (os error").next().unwrap_or_default().to_owned()),
        };
        Self::new(path, code, message)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for FileError {}

impl From<FileError> for crate::error::Error {
    fn from(e: FileError) -> Self {
        crate::error::Error::status(e.code, format!("{}; {}", e.path.display(), e.message))
    }
}

/// A regular file, open for reading.
///
/// NOT_FOUND or PERMISSION_DENIED as the system says, FAILED_PRECONDITION for a folder, INVALID_ARGUMENT for a device.
pub fn open(path: &Path) -> Result<File, FileError> {
    let meta = fs::metadata(path).map_err(|e| FileError::io(path, &e))?;
    if meta.is_dir() {
        return Err(FileError::new(path, Code::FailedPrecondition, "Is a directory"));
    }
    if !meta.is_file() {
        return Err(FileError::new(path, Code::InvalidArgument, "Not a regular file"));
    }
    File::open(path).map_err(|e| FileError::io(path, &e))
}

/// The content of a regular file of at most `limit` bytes; RESOURCE_EXHAUSTED beyond.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let too_large = || FileError::new(path, Code::ResourceExhausted, format!("File is larger than {} MiB", limit >> 20));
    let file = open(path)?;
    let length = file.metadata().map_or(0, |m| m.len());
    if length > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| FileError::io(path, &e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// A name in the folder of `path` that no other writer uses.
pub fn temporary(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

/// Write a file by way of a temporary one in the same folder, which then takes its name.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    // Through a symbolic link, the file it points to is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if target.file_name().is_none() {
        return Err(FileError::new(path, Code::InvalidArgument, "Not a file name"));
    }
    let temporary = temporary(&target);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        if let Ok(old) = fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        drop(file);
        fs::rename(&temporary, &target)
    })();
    written.map_err(|e| {
        let _ = fs::remove_file(&temporary);
        FileError::io(path, &e)
    })
}
