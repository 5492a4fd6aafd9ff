//! Readers: ops that take file names from a queue and give the records of those files, with their keys.

use std::sync::{Arc, Mutex};

use graphpb_kernels::{Bytes, DType, Tensor};

use super::work::{Kind, Open};
use super::{CONTAINER, Queue, SHARED_NAME, TAKES, key, queue_of, shared_name};
use crate::Result;
use crate::error::Error;
use crate::graph::fact::Shape;
use crate::graph::infer;
use crate::io::records::Compression;
use crate::plan::kernel::{KernelCtx, Prepare, Prepared};
use crate::registry::*;
use crate::session::env::Env;

const REASON: &str = "files have no gradient";

/// A reader of one session.
struct Reader {
    kind: Kind,
    /// The file being read.
    current: Option<(String, Open)>,
    records: i64,
    files: i64,
}

impl Reader {
    /// The next record and its key; file names come from `names`, whose end is the reader's.
    fn read(&mut self, names: &Queue, env: &Env) -> Result<(String, Vec<u8>)> {
        loop {
            if let Some(record) = self.read_on()? {
                return Ok(record);
            }
            self.start(names, env)?;
        }
    }

    /// Begin the next file.
    fn start(&mut self, names: &Queue, env: &Env) -> Result<()> {
        let element = names.dequeue(env)?;
        let [name] = element.first().map_or(&[][..], Tensor::as_strings) else {
            return Err(Error::invalid("Expected a scalar string from the queue of a reader"));
        };
        let name = String::from_utf8(name.to_vec()).map_err(|_| Error::invalid("a file name is not UTF-8"))?;
        let open = self.kind.open(&name)?;
        self.current = Some((name, open));
        Ok(())
    }

    /// The next record of the file that is open; None when there is none, and then no file is open.
    fn read_on(&mut self) -> Result<Option<(String, Vec<u8>)>> {
        let Some((name, open)) = &mut self.current else { return Ok(None) };
        let record = self.kind.next(name, open)?;
        if record.is_none() || self.kind.is_single() {
            self.current = None;
            self.files += 1;
        }
        self.records += i64::from(record.is_some());
        Ok(record)
    }

    /// From one to `most` records, all of one file.
    fn read_up_to(&mut self, most: usize, names: &Queue, env: &Env) -> Result<Vec<(String, Vec<u8>)>> {
        let mut all = vec![self.read(names, env)?];
        while all.len() < most {
            match self.read_on()? {
                Some(record) => all.push(record),
                None => break,
            }
        }
        Ok(all)
    }
}

fn maker(p: &Prepare, kind: Kind) -> Result<Prepared> {
    let shared = shared_name(p);
    Ok(Box::new(move |c| {
        let reader = c.env().resource(key(c, &shared), || Mutex::new(Reader { kind: kind.clone(), current: None, records: 0, files: 0 }));
        c.set(0, Tensor::handles(DType::Resource, vec![reader], &[]));
        Ok(())
    }))
}

fn reader_of(c: &KernelCtx) -> Result<Arc<Mutex<Reader>>> {
    let h = c.input(0);
    let handle = (h.dtype() == DType::Resource).then(|| h.as_handles().first().cloned()).flatten();
    handle.and_then(|h| h.downcast::<Mutex<Reader>>().ok()).ok_or_else(|| Error::invalid("the handle is not that of a reader"))
}

/// Do something with the reader of input 0.
fn with<R>(c: &KernelCtx, f: impl FnOnce(&mut Reader) -> R) -> Result<R> {
    let reader = reader_of(c)?;
    let mut reader = reader.lock().unwrap_or_else(|e| e.into_inner());
    Ok(f(&mut reader))
}

/// The queue of input 1, which must hold file names.
fn names_of(c: &KernelCtx) -> Result<Arc<Queue>> {
    let queue = queue_of(c, 1)?;
    if queue.types() != [DType::Str] {
        return Err(Error::invalid("Expected the queue of a reader to have one component of type string"));
    }
    Ok(queue)
}

const HANDLE: Arg = arg_of("reader_handle", DType::Resource);
const QUEUE: Arg = arg_of("queue_handle", DType::Resource);

const READER: OpDef = OpDef {
    outputs: &[HANDLE],
    attrs: &[CONTAINER, SHARED_NAME],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static IDENTITY_READER_V2: OpDef = OpDef {
    name: "IdentityReaderV2",
    doc: "A reader that gives each name itself.",
    kernel: Kernel::Prepared(|p| maker(p, Kind::Identity)),
    ..READER
};

pub static WHOLE_FILE_READER_V2: OpDef = OpDef {
    name: "WholeFileReaderV2",
    doc: "A reader that gives the content of each file.",
    kernel: Kernel::Prepared(|p| maker(p, Kind::Whole)),
    ..READER
};

pub static TEXT_LINE_READER_V2: OpDef = OpDef {
    name: "TextLineReaderV2",
    doc: "A reader of lines; the first `skip_header_lines` of each file are left out.",
    attrs: &[int("skip_header_lines").default_int(0), CONTAINER, SHARED_NAME],
    kernel: Kernel::Prepared(|p| {
        let skip = p.attrs.int("skip_header_lines")?;
        let skip = u64::try_from(skip).map_err(|_| Error::invalid(format!("skip_header_lines must be >= 0 not {skip}")))?;
        maker(p, Kind::Lines { skip })
    }),
    ..READER
};

pub static TF_RECORD_READER_V2: OpDef = OpDef {
    name: "TFRecordReaderV2",
    doc: "A reader of the records of TFRecord files; compression_type is empty, ZLIB or GZIP.",
    attrs: &[CONTAINER, SHARED_NAME, string("compression_type").default_str("")],
    kernel: Kernel::Prepared(|p| {
        let name = p.attrs.str("compression_type")?;
        let compression = Compression::parse(name).ok_or_else(|| Error::invalid(format!("Unsupported compression_type:{name}.")))?;
        maker(p, Kind::Records(compression))
    }),
    ..READER
};

pub static FIXED_LENGTH_RECORD_READER_V2: OpDef = OpDef {
    name: "FixedLengthRecordReaderV2",
    doc: "A reader of records of `record_bytes` bytes, between header and footer, each `hop_bytes` (or the record's size) after the one before.",
    attrs: &[
        int("header_bytes").default_int(0),
        int("record_bytes"),
        int("footer_bytes").default_int(0),
        int("hop_bytes").default_int(0),
        CONTAINER,
        SHARED_NAME,
        string("encoding").default_str(""),
    ],
    kernel: Kernel::Prepared(|p| {
        if !p.attrs.str("encoding")?.is_empty() {
            return Err(Error::unimplemented("only files that are not compressed are read in records of fixed length"));
        }
        let size = |name: &str, least: i64| {
            let v = p.attrs.int(name)?;
            if v < least {
                let (what, relation) = (name, if least > 0 { "> 0" } else { ">= 0" });
                return Err(Error::invalid(format!("{what} must be {relation} not {v}")));
            }
            Ok(v as u64)
        };
        let (header, footer, hop) = (size("header_bytes", 0)?, size("footer_bytes", 0)?, size("hop_bytes", 0)?);
        maker(p, Kind::Fixed { header, record: size("record_bytes", 1)?, footer, hop })
    }),
    ..READER
};

pub static READER_READ_V2: OpDef = OpDef {
    name: "ReaderReadV2",
    doc: "The next record and its key; the next file name comes from the queue when a file is at its end.",
    inputs: &[HANDLE, QUEUE],
    outputs: &[arg_of("key", DType::Str), arg_of("value", DType::Str)],
    traits: TAKES,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let names = names_of(c)?;
        let (key, value) = with(c, |r| r.read(&names, c.env()))??;
        c.set(0, Tensor::string_scalar(key.as_bytes()));
        c.set(1, Tensor::string_scalar(&value));
        Ok(())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static READER_READ_UP_TO_V2: OpDef = OpDef {
    name: "ReaderReadUpToV2",
    doc: "Up to `num_records` records of one file, and their keys.",
    inputs: &[HANDLE, QUEUE, arg_of("num_records", DType::I64)],
    outputs: &[arg_of("keys", DType::Str), arg_of("values", DType::Str)],
    traits: TAKES,
    shape: |c| {
        c.set(0, Shape::vector(-1));
        c.set(1, Shape::vector(-1));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let names = names_of(c)?;
        let most = c.int(2)?;
        let most =
            usize::try_from(most).ok().filter(|&n| n > 0).ok_or_else(|| Error::invalid(format!("num_records must be positive, got {most}")))?;
        let records = with(c, |r| r.read_up_to(most, &names, c.env()))??;
        let (keys, values): (Vec<Bytes>, Vec<Bytes>) = records.into_iter().map(|(k, v)| (Bytes::from(k.as_bytes()), Bytes::from(v))).unzip();
        let n = keys.len();
        c.set(0, Tensor::strings(keys, &[n]));
        c.set(1, Tensor::strings(values, &[n]));
        Ok(())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

const COUNT: OpDef =
    OpDef { inputs: &[HANDLE], traits: Traits::STATEFUL, shape: infer::scalars, grad: Grad::NotDifferentiable(REASON), ..OpDef::BASE };

pub static READER_NUM_RECORDS_PRODUCED_V2: OpDef = OpDef {
    name: "ReaderNumRecordsProducedV2",
    doc: "How many records the reader has given.",
    outputs: &[arg_of("records_produced", DType::I64)],
    kernel: Kernel::Plain(|c| {
        let n = with(c, |r| r.records)?;
        c.set(0, Tensor::scalar(n));
        Ok(())
    }),
    ..COUNT
};

pub static READER_NUM_WORK_UNITS_COMPLETED_V2: OpDef = OpDef {
    name: "ReaderNumWorkUnitsCompletedV2",
    doc: "How many files the reader has read to their end.",
    outputs: &[arg_of("units_completed", DType::I64)],
    kernel: Kernel::Plain(|c| {
        let n = with(c, |r| r.files)?;
        c.set(0, Tensor::scalar(n));
        Ok(())
    }),
    ..COUNT
};

pub static READER_RESET_V2: OpDef = OpDef {
    name: "ReaderResetV2",
    doc: "Puts the reader back to its beginning: no file is open, nothing is counted.",
    kernel: Kernel::Plain(|c| {
        with(c, |r| {
            (r.current, r.records, r.files) = (None, 0, 0);
        })
    }),
    ..COUNT
};
