//! Datasets over files: records, lines, records of one length; plain, gzip or zlib.

use std::io::Read;
use std::path::Path;

use super::*;
use crate::error::Code;
use crate::io::files;
use crate::io::records::{Compression, RECORD_LIMIT, RecordReader, open_stream};
use graphpb_kernels::Bytes;

type Stream = Box<dyn Read + Send>;

/// What a file is cut into.
#[derive(Clone, Copy)]
enum Cut {
    Records,
    Lines,
    /// Bytes of the header, a record, the footer.
    Fixed(u64, u64, u64),
}

struct Files {
    names: Vec<Bytes>,
    compression: Compression,
    /// Where to start in each file, when it is not the start.
    offsets: Vec<u64>,
    cut: Cut,
}

impl Dataset for Arc<Files> {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(FilesPass { of: self.clone(), file: 0, reader: None })
    }
}

enum Reader {
    Records(RecordReader<Stream>),
    Lines(Buffered),
    Fixed(Buffered),
}

struct FilesPass {
    of: Arc<Files>,
    /// The number of the file that is read.
    file: usize,
    reader: Option<Reader>,
}

/// A stream with the bytes that were read too far.
struct Buffered {
    stream: Stream,
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
}

const PIECE: usize = 1 << 16;

impl Buffered {
    fn new(stream: Stream) -> Buffered {
        Buffered { stream, bytes: Vec::new(), at: 0, ended: false }
    }
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }
    /// Read one more piece; false at the end.
    fn more(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        let got = (&mut self.stream).take(PIECE as u64).read_to_end(&mut self.bytes);
        let got = got.map_err(|e| Error::status(Code::DataLoss, format!("unreadable stream: {e}")))?;
        self.ended = got < PIECE;
        Ok(got > 0)
    }
    /// Have `n` bytes at hand, or all that there are.
    fn need(&mut self, n: u64) -> Result<()> {
        while (self.rest().len() as u64) < n && self.more()? {}
        Ok(())
    }

    /// The next line without its end; None at the end of the file.
    fn line(&mut self, env: &Env) -> Result<Option<Vec<u8>>> {
        let mut seen = 0;
        let end = loop {
            if let Some(k) = self.rest()[seen..].iter().position(|&b| b == b'\n') {
                break Some(seen + k);
            }
            seen = self.rest().len();
            if seen as u64 > RECORD_LIMIT {
                return Err(Error::status(Code::ResourceExhausted, format!("a line is longer than {RECORD_LIMIT} bytes")));
            }
            env.check_cancelled()?;
            if !self.more()? {
                break None;
            }
        };
        if end.is_none() && seen == 0 {
            return Ok(None);
        }
        let length = end.unwrap_or(seen);
        // TensorFlow leaves every carriage return out.
        let line = self.rest()[..length].iter().copied().filter(|&b| b != b'\r').collect();
        self.at += length + usize::from(end.is_some());
        Ok(Some(line))
    }

    /// The next record of `length` bytes; None when only the footer is left.
    fn fixed(&mut self, length: u64, footer: u64, name: &Bytes) -> Result<Option<Vec<u8>>> {
        self.need(length.saturating_add(footer))?;
        let left = self.rest().len() as u64;
        if left >= length.saturating_add(footer) {
            let n = length as usize;
            let record = self.rest()[..n].to_vec();
            self.at += n;
            return Ok(Some(record));
        }
        if left > footer {
            let name = String::from_utf8_lossy(name);
            let text = format!("input file {name} ends inside a record: {} of {length} bytes", left - footer);
            return Err(Error::status(Code::DataLoss, text));
        }
        Ok(None)
    }
}

impl FilesPass {
    fn open(&self, name: &Bytes) -> Result<Reader> {
        let text = std::str::from_utf8(name).map_err(|_| Error::invalid("a file name is not UTF-8"))?;
        let path = Path::new(text);
        if let (Cut::Fixed(header, record, footer), Compression::None) = (self.of.cut, self.of.compression) {
            let length = files::open(path)?.metadata().map_or(0, |m| m.len());
            let body = length.saturating_sub(header.saturating_add(footer));
            if body % record != 0 || length < header.saturating_add(footer) {
                return Err(Error::invalid(format!(
                    "Excluding the header ({header} bytes) and footer ({footer} bytes), input file {text} has body length {} bytes, which is not an exact multiple of the record length ({record} bytes).",
                    i128::from(length) - i128::from(header) - i128::from(footer)
                )));
            }
        }
        let mut stream = open_stream(path, self.of.compression)?;
        let skip = match self.of.cut {
            Cut::Fixed(header, ..) => header,
            _ => self.of.offsets.get(self.file).copied().unwrap_or(0),
        };
        std::io::copy(&mut (&mut stream).take(skip), &mut std::io::sink())
            .map_err(|e| Error::status(Code::DataLoss, format!("{text}; unreadable stream: {e}")))?;
        Ok(match self.of.cut {
            Cut::Records => Reader::Records(RecordReader::new(stream)),
            Cut::Lines => Reader::Lines(Buffered::new(stream)),
            Cut::Fixed(..) => Reader::Fixed(Buffered::new(stream)),
        })
    }
}

impl Elements for FilesPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        loop {
            env.check_cancelled()?;
            let Some(name) = self.of.names.get(self.file).cloned() else { return Ok(None) };
            let reader = match self.reader.take() {
                Some(r) => self.reader.insert(r),
                None => {
                    let opened = self.open(&name)?;
                    self.reader.insert(opened)
                }
            };
            let piece = match (reader, self.of.cut) {
                (Reader::Records(r), _) => r.read().map_err(|damage| Error::status(Code::DataLoss, damage.text(r.offset()))),
                (Reader::Lines(b), _) => b.line(env),
                (Reader::Fixed(b), Cut::Fixed(_, length, footer)) => b.fixed(length, footer, &name),
                (Reader::Fixed(_), _) => Ok(None),
            };
            match piece {
                Ok(Some(bytes)) => return Ok(Some(Values::from_iter([Tensor::strings(vec![bytes.into()], &[])]))),
                Ok(None) => {
                    self.reader = None;
                    self.file += 1;
                }
                Err(e) => {
                    // Whoever asks again gets what the next file holds.
                    if e.code() != Code::Cancelled {
                        self.reader = None;
                        self.file += 1;
                    }
                    return Err(e);
                }
            }
        }
    }
}

fn compression(c: &KernelCtx, i: usize) -> Result<Compression> {
    let name = text(c, i)?;
    Compression::parse(&name).ok_or_else(|| Error::invalid(format!("Unsupported compression_type: {name}.")))
}

fn give_files(c: &mut KernelCtx, compression: Compression, offsets: Vec<u64>, cut: Cut) -> Result<()> {
    let names = c.input(0);
    if names.rank() > 1 {
        return Err(Error::invalid("`filenames` must be a scalar or a vector."));
    }
    let names = names.as_strings().to_vec();
    let files = Arc::new(Files { names, compression, offsets, cut });
    give_as(c, Arc::new(files), vec![DType::Str], vec![Shape::scalar()], &[])
}

const NAMES: Arg = arg_of("filenames", DType::Str);
const COMPRESSION: Arg = arg_of("compression_type", DType::Str);
const BUFFER: Arg = arg_of("buffer_size", DType::I64);

const FILES: OpDef = OpDef { attrs: &[METADATA], traits: Traits::STATEFUL, ..DATASET };

pub static TF_RECORD_DATASET: OpDef = OpDef {
    name: "TFRecordDataset",
    doc: "The records of TFRecord files.",
    inputs: &[NAMES, COMPRESSION, BUFFER],
    kernel: Kernel::Plain(|c| {
        let compression = compression(c, 1)?;
        give_files(c, compression, Vec::new(), Cut::Records)
    }),
    ..FILES
};

pub static TF_RECORD_DATASET_V2: OpDef = OpDef {
    name: "TFRecordDatasetV2",
    doc: "The records of TFRecord files, each from one of `byte_offsets` on.",
    inputs: &[NAMES, COMPRESSION, BUFFER, arg_of("byte_offsets", DType::I64)],
    kernel: Kernel::Plain(|c| {
        let compression = compression(c, 1)?;
        let offsets = c.ints(3)?.iter().map(|&n| u64::try_from(n).unwrap_or(0)).collect();
        give_files(c, compression, offsets, Cut::Records)
    }),
    ..FILES
};

pub static TEXT_LINE_DATASET: OpDef = OpDef {
    name: "TextLineDataset",
    doc: "The lines of text files, without their ends.",
    inputs: &[NAMES, COMPRESSION, BUFFER],
    kernel: Kernel::Plain(|c| {
        let compression = compression(c, 1)?;
        give_files(c, compression, Vec::new(), Cut::Lines)
    }),
    ..FILES
};

fn fixed(c: &mut KernelCtx, compression: Compression) -> Result<()> {
    let bytes = |i: usize, name: &str, least: u64| {
        let n = u64::try_from(c.int(i)?).ok().filter(|&n| n >= least);
        let limit = if least > 0 { "> 0" } else { ">= 0" };
        n.ok_or_else(|| Error::invalid(format!("`{name}` must be {limit}")))
    };
    let cut = Cut::Fixed(bytes(1, "header_bytes", 0)?, bytes(2, "record_bytes", 1)?, bytes(3, "footer_bytes", 0)?);
    give_files(c, compression, Vec::new(), cut)
}

const HEADER: Arg = arg_of("header_bytes", DType::I64);
const RECORD: Arg = arg_of("record_bytes", DType::I64);
const FOOTER: Arg = arg_of("footer_bytes", DType::I64);

pub static FIXED_LENGTH_RECORD_DATASET: OpDef = OpDef {
    name: "FixedLengthRecordDataset",
    doc: "The records of `record_bytes` bytes of files, between a header and a footer.",
    inputs: &[NAMES, HEADER, RECORD, FOOTER, BUFFER],
    kernel: Kernel::Plain(|c| fixed(c, Compression::None)),
    ..FILES
};

pub static FIXED_LENGTH_RECORD_DATASET_V2: OpDef = OpDef {
    name: "FixedLengthRecordDatasetV2",
    doc: "The records of `record_bytes` bytes of files, between a header and a footer.",
    inputs: &[NAMES, HEADER, RECORD, FOOTER, BUFFER, COMPRESSION],
    kernel: Kernel::Plain(|c| {
        let compression = compression(c, 5)?;
        fixed(c, compression)
    }),
    ..FILES
};
