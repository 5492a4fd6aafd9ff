//! Event files, as TensorBoard reads them: record files of Event messages, the first of which states the version.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use graphpb_kernels::Code;
use prost::Message;

use super::files::FileError;
use super::records::{Compression, FileReader, FileWriter};
use crate::proto::event::What;
use crate::proto::{Event, SourceMetadata, Summary, summary};

pub const FILE_VERSION: &str = "brain.Event:2";
/// What TensorFlow calls its writer; TensorBoard chooses by it how restarted runs are joined.
const WRITER: &str = "tensorflow.core.util.events_writer";

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// The event that opens every file.
pub fn version_event(wall_time: f64) -> Event {
    Event {
        wall_time,
        what: Some(What::FileVersion(FILE_VERSION.into())),
        source_metadata: Some(SourceMetadata { writer: WRITER.into() }),
        ..Event::default()
    }
}

/// An event with one `simple_value` per pair of tag and value.
pub fn scalars<'a>(step: i64, values: impl IntoIterator<Item = (&'a str, f32)>) -> Event {
    let value = values
        .into_iter()
        .map(|(tag, v)| summary::Value { tag: tag.to_owned(), value: Some(summary::value::Value::SimpleValue(v)), ..Default::default() })
        .collect();
    Event { wall_time: now(), step, what: Some(What::Summary(Summary { value })), ..Event::default() }
}

/// The machine's name, as far as it is known without asking the network.
fn host() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    let name = named.unwrap_or_default().trim().replace(['/', '\\'], "_");
    if name.is_empty() { "localhost".into() } else { name }
}

/// Writes event files named `events.out.tfevents.<seconds>.<host><suffix>` into a folder.
pub struct EventWriter {
    folder: PathBuf,
    suffix: String,
    file: Option<FileWriter>,
}

impl EventWriter {
    /// Make the folder where needed; the file is made with the first event.
    pub fn new(folder: &Path, suffix: &str) -> Result<EventWriter, FileError> {
        fs::create_dir_all(folder).map_err(|e| FileError::io(folder, &e))?;
        Ok(EventWriter { folder: folder.to_owned(), suffix: suffix.to_owned(), file: None })
    }

    /// The file that is being written, if there is one yet.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(FileWriter::path)
    }

    fn file(&mut self) -> Result<&mut FileWriter, FileError> {
        if self.file.is_none() {
            let seconds = now() as u64;
            let mut file = FileWriter::create(&self.fresh_path(seconds), Compression::None, None)?;
            file.write(&version_event(seconds as f64).encode_to_vec())?;
            file.flush()?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => Ok(file),
            None => Err(FileError::new(&self.folder, Code::Internal, "no event file")),
        }
    }

    /// A name that no file of this process or folder has: a file of the same second must not be emptied.
    fn fresh_path(&self, seconds: u64) -> PathBuf {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let name = |s: u64| self.folder.join(format!("events.out.tfevents.{s:010}.{}{}", host(), self.suffix));
        let plain = name(seconds);
        if !plain.exists() {
            return plain;
        }
        let mut at = LAST.fetch_max(seconds, Ordering::Relaxed).max(seconds) + 1;
        while name(at).exists() {
            at += 1;
        }
        LAST.fetch_max(at, Ordering::Relaxed);
        name(at)
    }

    /// Add an event.
    pub fn write(&mut self, event: &Event) -> Result<(), FileError> {
        self.write_bytes(&event.encode_to_vec())
    }
    /// Add a serialized event.
    pub fn write_bytes(&mut self, event: &[u8]) -> Result<(), FileError> {
        self.file()?.write(event)
    }
    /// Hand everything written so far to the system.
    pub fn flush(&mut self) -> Result<(), FileError> {
        self.file()?.flush()
    }
    /// Close the file; the next event opens a new one.
    pub fn close(&mut self) -> Result<(), FileError> {
        self.file.take().map_or(Ok(()), |mut f| f.close())
    }
}

/// Reads the events of a file. A last record that is cut short ends the file quietly: its writer may still be at work.
pub struct EventReader {
    records: FileReader,
    tail: bool,
}

impl EventReader {
    pub fn open(path: &Path) -> Result<EventReader, FileError> {
        Ok(EventReader { records: FileReader::open(path, Compression::None)?, tail: false })
    }
    /// Whether the last record was cut short.
    pub fn is_cut(&self) -> bool {
        self.tail
    }
}

impl Iterator for EventReader {
    type Item = Result<Event, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.records.next()? {
            Ok(bytes) => Some(
                Event::decode(bytes.as_slice())
                    .map_err(|e| FileError::new(self.records.path(), Code::DataLoss, format!("Not an Event message: {e}"))),
            ),
            Err(e) if e.message.starts_with("truncated") => {
                self.tail = true;
                None
            }
            Err(e) => Some(Err(e)),
        }
    }
}

/// The event files below `path` (or `path` itself), each with its run: the folder relative to `path`, `.` for itself.
/// Symbolic links to folders are not followed.
pub fn find(path: &Path) -> Result<Vec<(String, PathBuf)>, FileError> {
    let meta = fs::metadata(path).map_err(|e| FileError::io(path, &e))?;
    if meta.is_file() {
        return Ok(vec![(".".into(), path.to_owned())]);
    }
    if !meta.is_dir() {
        return Err(FileError::new(path, Code::InvalidArgument, "Not a regular file"));
    }
    let mut found = Vec::new();
    let mut todo = vec![path.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| FileError::io(&folder, &e))? {
            let entry = entry.map_err(|e| FileError::io(&folder, &e))?;
            let kind = entry.file_type().map_err(|e| FileError::io(&entry.path(), &e))?;
            if kind.is_dir() {
                todo.push(entry.path());
            } else if is_event_name(&entry.file_name()) && entry.path().is_file() {
                let run = folder.strip_prefix(path).unwrap_or(&folder).to_string_lossy().into_owned();
                found.push((if run.is_empty() { ".".into() } else { run }, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_event_name(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.contains("tfevents") && !name.ends_with(".profile-empty")
}
