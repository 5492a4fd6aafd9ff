//! Tables from text files: which parts of a line are key and value.

use std::io::BufReader;
use std::path::Path;

use graphpb_kernels::{Bytes, DType, Tensor};

use crate::error::{Error, Result};
use crate::io::files;
use crate::ops::queue::next_line;

/// What of a line is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Column {
    WholeLine,
    LineNumber,
    At(usize),
}

impl Column {
    /// −2: the line, −1: its number, otherwise a column.
    pub fn of(index: i64) -> Result<Column> {
        match index {
            -2 => Ok(Column::WholeLine),
            -1 => Ok(Column::LineNumber),
            i => usize::try_from(i).map(Column::At).map_err(|_| Error::invalid(format!("invalid column index {i}"))),
        }
    }
}

/// How a file is read.
pub struct Format {
    pub key: Column,
    pub value: Column,
    /// The number of lines to read; None: all.
    pub size: Option<usize>,
    pub delimiter: u8,
    /// Added to line numbers.
    pub offset: i64,
}

/// The values of one column, gathered.
enum Gathered {
    Strings(Vec<Bytes>),
    I64(Vec<i64>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Gathered {
    fn new(dtype: DType) -> Result<Gathered> {
        Ok(match dtype {
            DType::Str => Gathered::Strings(Vec::new()),
            DType::I64 => Gathered::I64(Vec::new()),
            DType::I32 => Gathered::I32(Vec::new()),
            DType::F32 => Gathered::F32(Vec::new()),
            DType::F64 => Gathered::F64(Vec::new()),
            d => return Err(Error::invalid(format!("Data type {} not supported.", d.c_name()))),
        })
    }
    fn add(&mut self, field: &[u8], number: usize) -> Result<()> {
        fn parsed<T: std::str::FromStr>(field: &[u8], number: usize, name: &str) -> Result<T> {
            let text = std::str::from_utf8(field).unwrap_or("");
            text.trim()
                .parse()
                .map_err(|_| Error::invalid(format!("Field {} in line {number} is not a valid {name}.", String::from_utf8_lossy(field))))
        }
        match self {
            Gathered::Strings(v) => v.push(Bytes::from(field)),
            Gathered::I64(v) => v.push(parsed(field, number, "int64")?),
            Gathered::I32(v) => v.push(parsed(field, number, "int32")?),
            Gathered::F32(v) => v.push(parsed(field, number, "float")?),
            Gathered::F64(v) => v.push(parsed(field, number, "double")?),
        }
        Ok(())
    }
    fn tensor(self) -> Tensor {
        match self {
            Gathered::Strings(v) => {
                let n = v.len();
                Tensor::strings(v, &[n])
            }
            Gathered::I64(v) => Tensor::vector(&v),
            Gathered::I32(v) => Tensor::vector(&v),
            Gathered::F32(v) => Tensor::vector(&v),
            Gathered::F64(v) => Tensor::vector(&v),
        }
    }
}

/// Keys and values of the file `path`.
///
/// INVALID_ARGUMENT when a line has too few columns, a field is no number, or the file has fewer lines than it must.
pub fn read(path: &Path, format: &Format, keys: DType, values: DType) -> Result<(Tensor, Tensor)> {
    let mut source = BufReader::new(files::open(path)?);
    let (mut k, mut v) = (Gathered::new(keys)?, Gathered::new(values)?);
    let needed = [format.key, format.value].iter().map(|c| if let Column::At(i) = c { i + 1 } else { 0 }).max().unwrap_or(0);
    let mut number = 0usize;
    while format.size.is_none_or(|n| number < n) {
        let Some(line) = next_line(&mut source, path)? else { break };
        let fields: Vec<&[u8]> = if needed > 0 { line.split(|&b| b == format.delimiter).collect() } else { Vec::new() };
        if fields.len() < needed {
            let text = String::from_utf8_lossy(&line);
            return Err(Error::invalid(format!(
                "Invalid number of columns in {} line {number} ({text}) : expected at least {needed} got {}",
                path.display(),
                fields.len()
            )));
        }
        for (column, gathered) in [(format.key, &mut k), (format.value, &mut v)] {
            match column {
                Column::WholeLine => gathered.add(&line, number)?,
                Column::LineNumber => gathered.add((number as i64).wrapping_add(format.offset).to_string().as_bytes(), number)?,
                Column::At(i) => gathered.add(fields.get(i).copied().unwrap_or_default(), number)?,
            }
        }
        number += 1;
    }
    match format.size {
        Some(n) if number < n => Err(Error::invalid(format!("Invalid vocab_size in {}: expected {n} but got {number}", path.display()))),
        _ => Ok((k.tensor(), v.tensor())),
    }
}
