//! The tables themselves: rows of values by key, in the order in which the keys came.

use std::collections::HashMap;
use std::sync::Mutex;

use graphpb_kernels::{Bytes, Code, DType, Tensor, shape_text};

use crate::error::{Error, Result};
use crate::proto::tensor::plain_from_bytes;

/// Whether and how a table changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Filled once.
    Static,
    Mutable,
    /// Mutable, with a key that stands for nothing and one for what was removed.
    Dense,
}

/// What the node that makes a table says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub kind: Kind,
    pub keys: DType,
    pub values: DType,
    /// The shape of one value.
    pub row: Vec<usize>,
}

/// A table of one session.
pub struct Table {
    pub spec: Spec,
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    filled: bool,
    at: HashMap<Bytes, usize>,
    keys: Vec<Bytes>,
    values: Vec<Row>,
    /// Keys that may not be used.
    reserved: Vec<(&'static str, Bytes)>,
}

/// The elements of one value: bytes of numbers, or strings.
#[derive(Clone, PartialEq)]
enum Row {
    Numbers(Bytes),
    Strings(Vec<Bytes>),
}

/// The `n` parts of a tensor, each of consecutive elements.
fn parts(t: &Tensor, n: usize) -> Vec<Row> {
    if n == 0 {
        return Vec::new();
    }
    match t.dtype() {
        DType::Str => t.as_strings().chunks((t.len() / n).max(1)).map(|c| Row::Strings(c.to_vec())).collect(),
        _ => t.bytes().chunks((t.nbytes() / n).max(1)).map(|c| Row::Numbers(Bytes::from(c))).collect(),
    }
}

/// Each element of a tensor as a key.
fn keys_of(t: &Tensor) -> Vec<Bytes> {
    match t.dtype() {
        DType::Str => t.as_strings().to_vec(),
        d => t.bytes().chunks(d.size().max(1)).map(Bytes::from).collect(),
    }
}

/// A key as messages show it.
fn key_text(key: &[u8], dtype: DType) -> String {
    match (dtype, key) {
        (DType::I64, k) if k.len() == 8 => i64::from_le_bytes(k.try_into().unwrap_or_default()).to_string(),
        (DType::I32, k) if k.len() == 4 => i32::from_le_bytes(k.try_into().unwrap_or_default()).to_string(),
        _ => String::from_utf8_lossy(key).into_owned(),
    }
}

/// Rows as one tensor of this shape.
fn assemble(dtype: DType, rows: &[&Row], dims: &[usize]) -> Result<Tensor> {
    let (mut strings, mut numbers) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Strings(s) => strings.extend_from_slice(s),
            Row::Numbers(b) => numbers.extend_from_slice(b),
        }
    }
    if dtype == DType::Str { Ok(Tensor::strings(strings, dims)) } else { Ok(plain_from_bytes(dtype, dims, &numbers)?) }
}

impl Rows {
    fn put(&mut self, key: Bytes, value: Row) {
        match self.at.get(&key) {
            Some(&i) => self.values[i] = value,
            None => {
                self.at.insert(key.clone(), self.keys.len());
                self.keys.push(key);
                self.values.push(value);
            }
        }
    }
    fn remove(&mut self, key: &Bytes) {
        let Some(i) = self.at.remove(key) else { return };
        self.keys.swap_remove(i);
        self.values.swap_remove(i);
        if let Some(moved) = self.keys.get(i) {
            self.at.insert(moved.clone(), i);
        }
    }
    fn clear(&mut self) {
        self.at.clear();
        self.keys.clear();
        self.values.clear();
    }
    /// INVALID_ARGUMENT when a key is one that stands for nothing.
    fn check(&self, keys: &[Bytes]) -> Result<()> {
        match self.reserved.iter().find(|(_, r)| keys.contains(r)) {
            Some((what, _)) => Err(Error::invalid(format!("Using the {what} as a table key is not allowed"))),
            None => Ok(()),
        }
    }
}

impl Table {
    pub fn new(spec: Spec, reserved: Vec<(&'static str, Tensor)>) -> Table {
        let reserved = reserved.iter().filter_map(|(what, t)| Some((*what, keys_of(t).pop()?))).collect();
        Table { rows: Mutex::new(Rows { filled: spec.kind != Kind::Static, reserved, ..Rows::default() }), spec }
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn check_keys(&self, keys: &Tensor) -> Result<()> {
        if keys.dtype() == self.spec.keys {
            return Ok(());
        }
        let (want, got) = (self.spec.keys.c_name(), keys.dtype().c_name());
        Err(Error::invalid(format!("Key must be type {want} but got {got}")))
    }

    /// One value for each key.
    fn check_values(&self, keys: &Tensor, values: &Tensor) -> Result<()> {
        self.check_keys(keys)?;
        if values.dtype() != self.spec.values {
            let (want, got) = (self.spec.values.c_name(), values.dtype().c_name());
            return Err(Error::invalid(format!("Value must be type {want} but got {got}")));
        }
        let want = [keys.dims(), &self.spec.row].concat();
        if values.dims() != want {
            return Err(Error::invalid(format!("Expected shape {} for value, got {}", shape_text(&want), shape_text(values.dims()))));
        }
        Ok(())
    }

    /// The value of each key; for the others the default, which is one value or one for each key.
    pub fn find(&self, keys: &Tensor, default: &Tensor) -> Result<Tensor> {
        self.check_keys(keys)?;
        if default.dtype() != self.spec.values {
            let (want, got) = (self.spec.values.c_name(), default.dtype().c_name());
            return Err(Error::invalid(format!("Default value must be type {want} but got {got}")));
        }
        let wanted = keys_of(keys);
        let dims = [keys.dims(), &self.spec.row].concat();
        let defaults = if default.dims() == dims && !default.is_empty() {
            parts(default, wanted.len())
        } else if default.dims() == self.spec.row {
            parts(default, 1)
        } else {
            return Err(Error::invalid(format!(
                "Expected shape {} or {} for default value, got {}",
                shape_text(&self.spec.row),
                shape_text(&dims),
                shape_text(default.dims())
            )));
        };
        let rows = self.rows();
        if !rows.filled {
            return Err(Error::status(Code::FailedPrecondition, "Table not initialized.").hint("run tf.tables_initializer() first"));
        }
        rows.check(&wanted)?;
        let other = |i: usize| defaults.get(i).or(defaults.first());
        let found: Option<Vec<&Row>> =
            wanted.iter().enumerate().map(|(i, k)| rows.at.get(k).and_then(|&at| rows.values.get(at)).or_else(|| other(i))).collect();
        assemble(self.spec.values, &found.ok_or_else(|| Error::internal("a table has no default"))?, &dims)
    }

    /// Fill a table that is filled once. INVALID_ARGUMENT when a key comes twice with two values; a second time with the same rows changes nothing.
    pub fn fill(&self, keys: &Tensor, values: &Tensor) -> Result<()> {
        self.check_values(keys, values)?;
        let new: Vec<(Bytes, Row)> = keys_of(keys).into_iter().zip(parts(values, keys.len())).collect();
        let mut rows = self.rows();
        if rows.filled {
            let same = |(k, v): &(Bytes, Row)| rows.at.get(k).is_some_and(|&i| rows.values.get(i) == Some(v));
            if new.iter().all(same) {
                return Ok(());
            }
            return Err(Error::status(Code::FailedPrecondition, "Table was already initialized with different data."));
        }
        let mut seen: HashMap<&Bytes, &Row> = HashMap::with_capacity(new.len());
        for (k, v) in &new {
            if seen.insert(k, v).is_some_and(|old| old != v) {
                let key = key_text(k, self.spec.keys);
                return Err(Error::invalid(format!("HashTable has different value for same key. Key {key} has two values")));
            }
        }
        for (k, v) in new {
            rows.put(k, v);
        }
        rows.filled = true;
        Ok(())
    }

    /// Put rows in; `replace`: instead of all that are there.
    pub fn insert(&self, keys: &Tensor, values: &Tensor, replace: bool) -> Result<()> {
        if self.spec.kind == Kind::Static {
            return if replace { self.fill(keys, values) } else { Err(Error::unimplemented("Insert not supported by read-only hash tables")) };
        }
        self.check_values(keys, values)?;
        let new = keys_of(keys);
        let mut rows = self.rows();
        rows.check(&new)?;
        if replace {
            rows.clear();
        }
        for (k, v) in new.into_iter().zip(parts(values, keys.len())) {
            rows.put(k, v);
        }
        Ok(())
    }

    pub fn remove(&self, keys: &Tensor) -> Result<()> {
        if self.spec.kind == Kind::Static {
            return Err(Error::unimplemented("Remove not supported by read-only hash tables"));
        }
        self.check_keys(keys)?;
        let gone = keys_of(keys);
        let mut rows = self.rows();
        rows.check(&gone)?;
        gone.iter().for_each(|k| rows.remove(k));
        Ok(())
    }

    /// All keys and their values.
    pub fn export(&self) -> Result<(Tensor, Tensor)> {
        let rows = self.rows();
        let n = rows.keys.len();
        let keys: Vec<Row> =
            rows.keys.iter().map(|k| if self.spec.keys == DType::Str { Row::Strings(vec![k.clone()]) } else { Row::Numbers(k.clone()) }).collect();
        let keys = assemble(self.spec.keys, &keys.iter().collect::<Vec<_>>(), &[n])?;
        let values = assemble(self.spec.values, &rows.values.iter().collect::<Vec<_>>(), &[&[n], &self.spec.row[..]].concat())?;
        Ok((keys, values))
    }

    /// The number of keys.
    pub fn size(&self) -> usize {
        self.rows().keys.len()
    }
}
