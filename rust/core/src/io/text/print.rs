//! Encoded messages to text.

use std::fmt::Write;

use super::schema::{Kind, Schema};
use super::{MAX_DEPTH, TextError};

fn broken() -> TextError {
    TextError { at: (0, 0), message: "not a valid encoded message".into() }
}

/// The text of the message with index `id` whose encoding is `bytes`; unknown fields are left out.
pub fn print(schema: &Schema, id: usize, bytes: &[u8]) -> Result<String, TextError> {
    let mut printer = Printer { schema, out: String::with_capacity(bytes.len() * 2) };
    printer.message(id, bytes, 0)?;
    Ok(printer.out)
}

/// One field as it stands in the encoding.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

fn records(mut bytes: &[u8]) -> Result<Vec<(u32, Raw<'_>)>, TextError> {
    fn fixed<'a, const N: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8; N], TextError> {
        let (head, rest) = bytes.split_first_chunk::<N>().ok_or_else(broken)?;
        *bytes = rest;
        Ok(head)
    }
    let varint = |bytes: &mut &[u8]| prost::encoding::decode_varint(bytes).map_err(|_| broken());
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let raw = match tag & 7 {
            0 => Raw::Varint(varint(&mut bytes)?),
            1 => Raw::Fixed64(u64::from_le_bytes(*fixed(&mut bytes)?)),
            5 => Raw::Fixed32(u32::from_le_bytes(*fixed(&mut bytes)?)),
            2 => {
                let len = usize::try_from(varint(&mut bytes)?).map_err(|_| broken())?;
                let (head, rest) = bytes.split_at_checked(len).ok_or_else(broken)?;
                bytes = rest;
                Raw::Bytes(head)
            }
            _ => return Err(broken()),
        };
        out.push((u32::try_from(tag >> 3).map_err(|_| broken())?, raw));
    }
    out.sort_by_key(|(number, _)| *number);
    Ok(out)
}

struct Printer<'a> {
    schema: &'a Schema,
    out: String,
}

impl Printer<'_> {
    fn message(&mut self, id: usize, bytes: &[u8], depth: usize) -> Result<(), TextError> {
        if depth > MAX_DEPTH {
            return Err(TextError { at: (0, 0), message: format!("messages are nested deeper than {MAX_DEPTH}") });
        }
        let message = self.schema.message(id);
        let records = records(bytes)?;
        for (number, raw) in &records {
            let Some(field) = message.field_by_number(*number) else { continue };
            match (field.kind, raw) {
                (Kind::Message(inner), Raw::Bytes(bytes)) => self.block(&field.name, inner, bytes, depth)?,
                (Kind::String, Raw::Bytes(bytes)) => {
                    self.label(&field.name, depth);
                    self.quote(bytes, true);
                }
                (Kind::Bytes, Raw::Bytes(bytes)) => {
                    self.label(&field.name, depth);
                    self.quote(bytes, false);
                }
                (kind, Raw::Bytes(packed)) => {
                    for raw in unpack(kind, packed)? {
                        self.label(&field.name, depth);
                        self.scalar(kind, raw)?;
                    }
                }
                (kind, raw) => {
                    self.label(&field.name, depth);
                    self.scalar(kind, *raw)?;
                }
            }
        }
        // A map entry always has its value, even an empty message.
        if message.is_map_entry && !records.iter().any(|(number, _)| *number == 2) {
            let value = message.field_by_number(2);
            if let Some((name, Kind::Message(inner))) = value.map(|f| (&f.name, f.kind)) {
                self.block(name, inner, &[], depth)?;
            }
        }
        Ok(())
    }

    fn block(&mut self, name: &str, id: usize, bytes: &[u8], depth: usize) -> Result<(), TextError> {
        self.indent(depth);
        self.out.push_str(name);
        self.out.push_str(" {\n");
        self.message(id, bytes, depth + 1)?;
        self.indent(depth);
        self.out.push_str("}\n");
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn label(&mut self, name: &str, depth: usize) {
        self.indent(depth);
        self.out.push_str(name);
        self.out.push_str(": ");
    }

    fn scalar(&mut self, kind: Kind, raw: Raw) -> Result<(), TextError> {
        let out = &mut self.out;
        let written = match (kind, raw) {
            (Kind::Double, Raw::Fixed64(v)) => write!(out, "{}", float64_text(f64::from_bits(v))),
            (Kind::Float, Raw::Fixed32(v)) => write!(out, "{}", float32_text(f32::from_bits(v))),
            (Kind::Int64, Raw::Varint(v)) => write!(out, "{}", v as i64),
            (Kind::Int32, Raw::Varint(v)) => write!(out, "{}", v as i32),
            (Kind::Uint64, Raw::Varint(v)) | (Kind::Fixed64, Raw::Fixed64(v)) => write!(out, "{v}"),
            (Kind::Uint32, Raw::Varint(v)) => write!(out, "{}", v as u32),
            (Kind::Fixed32, Raw::Fixed32(v)) => write!(out, "{v}"),
            (Kind::Sint64, Raw::Varint(v)) => write!(out, "{}", (v >> 1) as i64 ^ -((v & 1) as i64)),
            (Kind::Bool, Raw::Varint(v)) => write!(out, "{}", v != 0),
            (Kind::Enum(id), Raw::Varint(v)) => match self.schema.enumeration(id).value_name(v as i32) {
                Some(name) => write!(out, "{name}"),
                None => write!(out, "{}", v as i32),
            },
            _ => return Err(broken()),
        };
        self.out.push('\n');
        written.map_err(|_| broken())
    }

    /// A quoted string with C escapes; bytes from 0x80 on stay as they are when `utf8`.
    fn quote(&mut self, bytes: &[u8], utf8: bool) {
        self.out.push('"');
        let mut plain = 0;
        for (i, &b) in bytes.iter().enumerate() {
            let escaped = match b {
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                b'"' => "\\\"",
                b'\'' => "\\'",
                b'\\' => "\\\\",
                0x20..=0x7e => continue,
                0x80.. if utf8 => continue,
                _ => "",
            };
            self.verbatim(bytes, plain, i);
            plain = i + 1;
            match escaped {
                "" => {
                    self.out.push('\\');
                    for shift in [6, 3, 0] {
                        self.out.push(char::from(b'0' + (b >> shift & 7)));
                    }
                }
                _ => self.out.push_str(escaped),
            }
        }
        self.verbatim(bytes, plain, bytes.len());
        self.out.push_str("\"\n");
    }

    fn verbatim(&mut self, bytes: &[u8], from: usize, to: usize) {
        self.out.push_str(&String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()));
    }
}

fn unpack(kind: Kind, mut packed: &[u8]) -> Result<Vec<Raw<'_>>, TextError> {
    let mut out = Vec::new();
    match kind {
        Kind::Double | Kind::Fixed64 => out.extend(packed.as_chunks().0.iter().map(|c| Raw::Fixed64(u64::from_le_bytes(*c)))),
        Kind::Float | Kind::Fixed32 => out.extend(packed.as_chunks().0.iter().map(|c| Raw::Fixed32(u32::from_le_bytes(*c)))),
        _ => {
            while !packed.is_empty() {
                out.push(Raw::Varint(prost::encoding::decode_varint(&mut packed).map_err(|_| broken())?));
            }
        }
    }
    Ok(out)
}

/// The shortest decimal of at least six digits that reads back as the same float32, written as Python's `repr` does.
pub fn float32_text(v: f32) -> String {
    if !v.is_finite() {
        return float64_text(f64::from(v));
    }
    let digits = (5..9).map(|digits| format!("{v:.digits$e}")).find(|text| text.parse::<f64>().is_ok_and(|d| d as f32 == v));
    float64_text(digits.and_then(|text| text.parse().ok()).unwrap_or(f64::from(v)))
}

/// As Python's `repr(float)`: the shortest decimal that reads back exactly, positional for exponents from -4 to 15.
pub fn float64_text(v: f64) -> String {
    if v.is_nan() {
        return "nan".into();
    }
    if v.is_infinite() {
        return if v > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let text = format!("{v:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.parse::<i32>() {
        Ok(-4..=15) => {
            let text = format!("{v}");
            if text.contains('.') { text } else { text + ".0" }
        }
        Ok(e) => format!("{digits}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs()),
        Err(_) => text,
    }
}
