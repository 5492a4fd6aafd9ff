//! TFRecord files: length-framed records with masked checksums, plain or as one gzip or zlib stream.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression as Level;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use graphpb_kernels::Code;

use super::crc32c;
use super::files::{self, FileError};

/// The longest record that is read or written, in bytes: the limit of a protobuf message.
pub const RECORD_LIMIT: u64 = (1 << 31) - 1;
/// A record's bytes are taken in pieces of this size, so that a length alone takes no memory.
const PIECE: u64 = 1 << 20;

/// How the whole file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Zlib,
}

impl Compression {
    /// `""`, `"GZIP"` or `"ZLIB"`.
    pub fn parse(name: &str) -> Option<Compression> {
        match name {
            "" => Some(Compression::None),
            "GZIP" => Some(Compression::Gzip),
            "ZLIB" => Some(Compression::Zlib),
            _ => None,
        }
    }
}

/// What reading a record found besides a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The length's checksum is wrong, or the length is beyond `RECORD_LIMIT`.
    Length,
    /// The data's checksum is wrong.
    Data,
    /// The file ends inside the record.
    Cut,
    /// The compressed stream is broken, or the system refused to read.
    Stream(String),
}

impl Damage {
    /// The text for a record that starts at `offset` (of the uncompressed stream).
    pub fn text(&self, offset: u64) -> String {
        match self {
            Damage::Length => format!("corrupted record at {offset} (Is this even a TFRecord file?)"),
            Damage::Data => format!("corrupted record at {offset}"),
            Damage::Cut => format!("truncated record at {offset}"),
            Damage::Stream(e) => format!("unreadable stream at {offset}: {e}"),
        }
    }
}

/// Reads the records of a byte stream.
pub struct RecordReader<R> {
    source: R,
    offset: u64,
}

impl<R: Read> RecordReader<R> {
    pub fn new(source: R) -> RecordReader<R> {
        RecordReader { source, offset: 0 }
    }
    /// Where the next record starts in the uncompressed stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record; None at the end, which may be a header of fewer than 12 bytes, as in TensorFlow.
    ///
    /// After an error the reader has lost its place.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, Damage> {
        let mut head = [0u8; 12];
        if fill(&mut self.source, &mut head)? < head.len() {
            return Ok(None);
        }
        let [l0, l1, l2, l3, l4, l5, l6, l7, c0, c1, c2, c3] = head;
        let length_bytes = [l0, l1, l2, l3, l4, l5, l6, l7];
        let length = u64::from_le_bytes(length_bytes);
        if crc32c::masked(&length_bytes) != u32::from_le_bytes([c0, c1, c2, c3]) || length > RECORD_LIMIT {
            return Err(Damage::Length);
        }
        let mut data = Vec::with_capacity(length.min(PIECE) as usize);
        let got = (&mut self.source).take(length).read_to_end(&mut data).map_err(stream)? as u64;
        let mut crc = [0u8; 4];
        if got < length || fill(&mut self.source, &mut crc)? < crc.len() {
            return Err(Damage::Cut);
        }
        if crc32c::masked(&data) != u32::from_le_bytes(crc) {
            return Err(Damage::Data);
        }
        self.offset += 16 + length;
        Ok(Some(data))
    }
}

fn stream(e: io::Error) -> Damage {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => Damage::Cut,
        _ => Damage::Stream(e.to_string()),
    }
}

/// Reads until `buffer` is full or the stream ends; the number of bytes read.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Damage> {
    let mut at = 0;
    while let Some(rest) = buffer.get_mut(at..).filter(|r| !r.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(n) => at += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(stream(e)),
        }
    }
    Ok(at)
}

/// Append the frame of one record to `out`.
pub fn frame(out: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&crc32c::masked(&length).to_le_bytes())?;
    out.write_all(data)?;
    out.write_all(&crc32c::masked(data).to_le_bytes())
}

/// The bytes of a file, decompressed. NOT_FOUND or PERMISSION_DENIED as the system says, INVALID_ARGUMENT for a folder.
pub fn open_stream(path: &Path, compression: Compression) -> Result<Box<dyn Read + Send>, FileError> {
    let file = files::open(path)?;
    // As TensorFlow has it, a file of no bytes holds no records also when it should be compressed.
    let compression = if file.metadata().is_ok_and(|m| m.len() == 0) { Compression::None } else { compression };
    let file = BufReader::with_capacity(1 << 16, file);
    Ok(match compression {
        Compression::None => Box::new(file),
        Compression::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        Compression::Zlib => Box::new(BufReader::new(ZlibDecoder::new(file))),
    })
}

/// A record file open for reading; an iterator over its records that ends after the first error.
pub struct FileReader {
    path: PathBuf,
    reader: RecordReader<Box<dyn Read + Send>>,
    done: bool,
}

impl FileReader {
    /// NOT_FOUND or PERMISSION_DENIED as the system says, FAILED_PRECONDITION for a folder.
    pub fn open(path: &Path, compression: Compression) -> Result<FileReader, FileError> {
        Ok(FileReader { path: path.to_owned(), reader: RecordReader::new(open_stream(path, compression)?), done: false })
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Iterator for FileReader {
    type Item = Result<Vec<u8>, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let record = self.reader.read();
        self.done = !matches!(record, Ok(Some(_)));
        match record {
            Ok(record) => record.map(Ok),
            Err(damage) => Some(Err(FileError::new(&self.path, Code::DataLoss, damage.text(self.reader.offset())))),
        }
    }
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zlib(ZlibEncoder<BufWriter<File>>),
}

/// A record file open for writing. Records reach the system with `flush` and `close`; dropping it closes it.
pub struct FileWriter {
    path: PathBuf,
    sink: Option<Sink>,
}

impl FileWriter {
    /// Create the file, or empty it. `level` is 0 to 9 (None: the library's default).
    pub fn create(path: &Path, compression: Compression, level: Option<u32>) -> Result<FileWriter, FileError> {
        let file = BufWriter::with_capacity(1 << 16, File::create(path).map_err(|e| FileError::io(path, &e))?);
        Ok(Self::over(path, file, compression, level))
    }

    /// Open an uncompressed file so that records are added to its end.
    pub fn append(path: &Path) -> Result<FileWriter, FileError> {
        let file = File::options().append(true).create(true).open(path).map_err(|e| FileError::io(path, &e))?;
        Ok(Self::over(path, BufWriter::with_capacity(1 << 16, file), Compression::None, None))
    }

    fn over(path: &Path, file: BufWriter<File>, compression: Compression, level: Option<u32>) -> FileWriter {
        let level = level.map_or(Level::default(), |l| Level::new(l.min(9)));
        let sink = match compression {
            Compression::None => Sink::Plain(file),
            Compression::Gzip => Sink::Gzip(GzEncoder::new(file, level)),
            Compression::Zlib => Sink::Zlib(ZlibEncoder::new(file, level)),
        };
        FileWriter { path: path.to_owned(), sink: Some(sink) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
    fn fail(&self, e: &io::Error) -> FileError {
        FileError::io(&self.path, e)
    }
    fn closed(&self) -> FileError {
        FileError::new(&self.path, Code::FailedPrecondition, "Writer is closed.")
    }

    /// Add a record. FAILED_PRECONDITION after `close`, INVALID_ARGUMENT beyond `RECORD_LIMIT`.
    pub fn write(&mut self, data: &[u8]) -> Result<(), FileError> {
        if data.len() as u64 > RECORD_LIMIT {
            return Err(FileError::new(&self.path, Code::InvalidArgument, format!("A record has at most {RECORD_LIMIT} bytes, not {}", data.len())));
        }
        let written = match &mut self.sink {
            None => return Err(self.closed()),
            Some(Sink::Plain(w)) => frame(w, data),
            Some(Sink::Gzip(w)) => frame(w, data),
            Some(Sink::Zlib(w)) => frame(w, data),
        };
        written.map_err(|e| self.fail(&e))
    }

    /// Hand everything written so far to the system.
    pub fn flush(&mut self) -> Result<(), FileError> {
        let flushed = match &mut self.sink {
            None => return Err(self.closed()),
            Some(Sink::Plain(w)) => w.flush(),
            Some(Sink::Gzip(w)) => w.flush(),
            Some(Sink::Zlib(w)) => w.flush(),
        };
        flushed.map_err(|e| self.fail(&e))
    }

    /// Finish the stream and close the file; closing twice is no error.
    pub fn close(&mut self) -> Result<(), FileError> {
        let Some(sink) = self.sink.take() else { return Ok(()) };
        let finished = match sink {
            Sink::Plain(w) => Ok(w),
            Sink::Gzip(w) => w.finish(),
            Sink::Zlib(w) => w.finish(),
        };
        finished.and_then(|mut w| w.flush()).map_err(|e| self.fail(&e))
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        let _ = self.close();
    }
}
