//! Readers of files, one piece of work (a file name) after the other: lines, records, whole files.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use graphpb_kernels::Code;

use crate::Result;
use crate::error::Error;
use crate::io::files::{self, FileError};
use crate::io::records::{Compression, RecordReader, open_stream};

/// The longest line, and the largest file that is read as one value, in bytes.
const LIMIT: u64 = 1 << 31;

/// How a file is cut into records.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Lines {
        skip: u64,
    },
    Records(Compression),
    Fixed {
        header: u64,
        record: u64,
        footer: u64,
        hop: u64,
    },
    Whole,
    /// The name itself is the record.
    Identity,
}

/// A file that is being read.
pub enum Open {
    Lines { source: BufReader<File>, number: u64 },
    Records(RecordReader<Box<dyn Read + Send>>),
    Fixed { source: BufReader<File>, number: u64, left: u64 },
    Once,
}

impl Kind {
    /// NOT_FOUND or PERMISSION_DENIED as the system says.
    pub fn open(&self, name: &str) -> Result<Open> {
        let path = Path::new(name.strip_prefix("file://").unwrap_or(name));
        Ok(match self {
            Kind::Lines { skip } => {
                let mut source = BufReader::new(files::open(path)?);
                let mut number = 0;
                while number < *skip && next_line(&mut source, path)?.is_some() {
                    number += 1;
                }
                Open::Lines { source, number }
            }
            Kind::Records(compression) => Open::Records(RecordReader::new(open_stream(path, *compression)?)),
            Kind::Fixed { header, footer, .. } => {
                let file = files::open(path)?;
                let size = file.metadata().map_err(|e| Error::from(FileError::io(path, &e)))?.len();
                let mut source = BufReader::new(file);
                skip_bytes(&mut source, *header, path)?;
                Open::Fixed { source, number: 0, left: size.saturating_sub(header.saturating_add(*footer)) }
            }
            Kind::Whole | Kind::Identity => Open::Once,
        })
    }

    /// The next record of `open` and its key; None at the end of the file.
    pub fn next(&self, name: &str, open: &mut Open) -> Result<Option<(String, Vec<u8>)>> {
        let path = Path::new(name.strip_prefix("file://").unwrap_or(name));
        match (self, open) {
            (Kind::Lines { .. }, Open::Lines { source, number }) => Ok(next_line(source, path)?.map(|text| {
                *number += 1;
                (format!("{name}:{number}"), text)
            })),
            (Kind::Records(_), Open::Records(reader)) => {
                let at = reader.offset();
                match reader.read() {
                    Ok(record) => Ok(record.map(|r| (format!("{name}:{at}"), r))),
                    Err(damage) => Err(FileError::new(path, Code::DataLoss, damage.text(at)).into()),
                }
            }
            (Kind::Fixed { record, hop, .. }, Open::Fixed { source, number, left }) => {
                if *left < *record {
                    return Ok(None);
                }
                let mut bytes = vec![0; usize::try_from(*record).map_err(|_| Error::invalid("record_bytes is too large"))?];
                source.read_exact(&mut bytes).map_err(|e| Error::from(FileError::io(path, &e)))?;
                let step = if *hop == 0 { *record } else { *hop };
                if step > *record {
                    skip_bytes(source, step - *record, path)?;
                } else if step < *record {
                    source.seek_relative(-((*record - step) as i64)).map_err(|e| Error::from(FileError::io(path, &e)))?;
                }
                *left = left.saturating_sub(step);
                *number += 1;
                Ok(Some((format!("{name}:{}", *number - 1), bytes)))
            }
            (Kind::Whole, _) => Ok(Some((name.to_owned(), files::read(path, LIMIT)?))),
            (Kind::Identity, _) => Ok(Some((name.to_owned(), name.as_bytes().to_vec()))),
            _ => Err(Error::internal("a reader's file is of another kind")),
        }
    }

    /// Whether a piece of work is one record.
    pub fn is_single(&self) -> bool {
        matches!(self, Kind::Whole | Kind::Identity)
    }
}

/// The next line without its end and without carriage returns, which TensorFlow drops anywhere.
pub fn next_line(source: &mut BufReader<File>, path: &Path) -> Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let n = source.by_ref().take(LIMIT).read_until(b'\n', &mut text).map_err(|e| Error::from(FileError::io(path, &e)))?;
    if n == 0 {
        return Ok(None);
    }
    text.retain(|&b| b != b'\r' && b != b'\n');
    Ok(Some(text))
}

fn skip_bytes(source: &mut BufReader<File>, n: u64, path: &Path) -> Result<()> {
    let n = i64::try_from(n).map_err(|_| Error::invalid("too many bytes to skip"))?;
    source.seek_relative(n).map_err(|e| Error::from(FileError::io(path, &e)))
}
