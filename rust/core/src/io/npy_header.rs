//! The header of a `.npy` file: a Python dict literal with type, order and shape.

use graphpb_kernels::{Code, DType};

/// What one element of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Plain(DType),
    /// Byte strings filled up with zeros to this many bytes.
    Ascii(usize),
    /// Strings of this many 4-byte characters.
    Unicode(usize),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub item: Item,
    pub big_endian: bool,
    pub fortran: bool,
    pub shape: Vec<usize>,
}

/// The code of each type that numpy and TensorFlow share.
const CODES: [(&str, DType); 19] = [
    ("b1", DType::Bool),
    ("i1", DType::I8),
    ("u1", DType::U8),
    ("i2", DType::I16),
    ("u2", DType::U16),
    ("i4", DType::I32),
    ("u4", DType::U32),
    ("i8", DType::I64),
    ("u8", DType::U64),
    ("f2", DType::F16),
    ("f4", DType::F32),
    ("f8", DType::F64),
    ("c8", DType::C64),
    ("c16", DType::C128),
    // Written only; the last of them with the same code is not found when reading.
    ("i1", DType::QI8),
    ("u1", DType::QU8),
    ("i2", DType::QI16),
    ("u2", DType::QU16),
    ("i4", DType::QI32),
];

/// The full type code of a dtype, little endian.
pub fn descr(dtype: DType) -> Option<&'static str> {
    let (code, _) = CODES.iter().find(|(_, d)| *d == dtype)?;
    Some(match *code {
        "b1" => "|b1",
        "i1" => "|i1",
        "u1" => "|u1",
        "i2" => "<i2",
        "u2" => "<u2",
        "i4" => "<i4",
        "u4" => "<u4",
        "i8" => "<i8",
        "u8" => "<u8",
        "f2" => "<f2",
        "f4" => "<f4",
        "f8" => "<f8",
        "c8" => "<c8",
        _ => "<c16",
    })
}

/// Magic, version and header, padded so that the data starts at a multiple of 64 bytes.
pub fn write(descr: &str, dims: &[usize]) -> Vec<u8> {
    let sizes: Vec<String> = dims.iter().map(|d| format!("{d},")).collect();
    let mut shape = sizes.join(" ");
    if dims.len() > 1 {
        shape.pop();
    }
    let mut dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let unpadded = 10 + dict.len() + 1;
    dict.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    dict.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    // 254 sizes of 20 digits fit in 16 bits.
    out.extend_from_slice(&u16::try_from(dict.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(dict.as_bytes());
    out
}

type Fail = (Code, String);

fn malformed(what: &str) -> Fail {
    (Code::DataLoss, format!("Malformed .npy header: {what}"))
}

impl Header {
    pub fn parse(text: &[u8]) -> Result<Header, Fail> {
        let mut literal = Literal { rest: text };
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        literal.expect(b'{')?;
        while !literal.eat(b'}') {
            let key = literal.string()?;
            literal.expect(b':')?;
            match key {
                b"descr" if literal.peek() == Some(b'[') => {
                    return Err((Code::Unimplemented, "Arrays of structured type are not supported".into()));
                }
                b"descr" => descr = Some(literal.string()?),
                b"fortran_order" => fortran = Some(literal.boolean()?),
                b"shape" => shape = Some(literal.shape()?),
                _ => return Err(malformed("unknown key")),
            }
            if !literal.eat(b',') && literal.peek() != Some(b'}') {
                return Err(malformed("\",\" or \"}\" expected"));
            }
        }
        let (Some(descr), Some(fortran), Some(shape)) = (descr, fortran, shape) else {
            return Err(malformed("descr, fortran_order or shape is missing"));
        };
        let (item, big_endian) = item(descr)?;
        Ok(Header { item, big_endian, fortran, shape })
    }
}

fn item(descr: &[u8]) -> Result<(Item, bool), Fail> {
    let text = std::str::from_utf8(descr).map_err(|_| malformed("type is not text"))?;
    let unsupported = || (Code::Unimplemented, format!("Arrays of numpy type {text:?} are not supported"));
    let (big_endian, code) = match text.as_bytes() {
        [b'>', ..] => (true, text.get(1..)),
        [b'<' | b'|' | b'=', ..] => (false, text.get(1..)),
        _ => (false, Some(text)),
    };
    let code = code.unwrap_or_default();
    if code.starts_with('O') {
        return Err((Code::Unimplemented, "Arrays of Python objects are never read: they are programs".into()));
    }
    if let Some((_, dtype)) = CODES.iter().find(|(c, _)| *c == code) {
        return Ok((Item::Plain(*dtype), big_endian && dtype.size() > 1));
    }
    let size = |digits: &str| digits.parse::<u32>().ok().map(|n| n as usize).ok_or_else(unsupported);
    match code.as_bytes() {
        [b'S' | b'a', ..] => Ok((Item::Ascii(size(code.get(1..).unwrap_or_default())?), false)),
        [b'U', ..] => Ok((Item::Unicode(size(code.get(1..).unwrap_or_default())?), big_endian)),
        _ => Err(unsupported()),
    }
}

/// The few Python literals that occur in a header.
struct Literal<'a> {
    rest: &'a [u8],
}

impl<'a> Literal<'a> {
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }
    fn eat(&mut self, sign: u8) -> bool {
        let here = self.peek() == Some(sign);
        if here {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        here
    }
    fn expect(&mut self, sign: u8) -> Result<(), Fail> {
        if self.eat(sign) { Ok(()) } else { Err(malformed(&format!("\"{}\" expected", char::from(sign)))) }
    }
    fn string(&mut self) -> Result<&'a [u8], Fail> {
        let quote = self.peek().filter(|b| matches!(b, b'\'' | b'"')).ok_or_else(|| malformed("string expected"))?;
        let rest = self.rest.get(1..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == quote).ok_or_else(|| malformed("string without end"))?;
        let (text, after) = rest.split_at(end);
        if text.contains(&b'\\') {
            return Err(malformed("escape in a string"));
        }
        self.rest = after.get(1..).unwrap_or_default();
        Ok(text)
    }
    fn boolean(&mut self) -> Result<bool, Fail> {
        self.peek();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(malformed("True or False expected"))
    }
    fn shape(&mut self) -> Result<Vec<usize>, Fail> {
        let mut out = Vec::new();
        self.expect(b'(')?;
        while !self.eat(b')') {
            self.peek();
            let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let (number, rest) = self.rest.split_at(digits);
            let number = std::str::from_utf8(number).ok().and_then(|n| n.parse().ok());
            out.push(number.ok_or_else(|| malformed("a size is no number"))?);
            // Python 2 wrote long integers with an L.
            self.rest = rest.strip_prefix(b"L").unwrap_or(rest);
            if !self.eat(b',') && self.peek() != Some(b')') {
                return Err(malformed("\",\" or \")\" expected"));
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_numpy_writes_are_read() {
        let header = Header::parse(b"{'descr': '>f8', 'fortran_order': True, 'shape': (3L, 4), }   \n").unwrap();
        assert_eq!(header, Header { item: Item::Plain(DType::F64), big_endian: true, fortran: true, shape: vec![3, 4] });
        let header = Header::parse(b"{'descr': '<U5', 'fortran_order': False, 'shape': ()}").unwrap();
        assert_eq!((header.item, header.shape), (Item::Unicode(5), vec![]));
    }

    #[test]
    fn hostile_headers_are_errors() {
        for (text, error) in [
            ("", "\"{\" expected"),
            ("{'descr': '<f4'", "\",\" or \"}\" expected"),
            ("{'descr': '<f4'}", "is missing"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "no number"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "no number"),
            ("{'descr': '<f4', 'fortran_order': 1, 'shape': ()}", "True or False"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': ()}", "Python objects"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "structured"),
            ("{'descr': '<V2', 'fortran_order': False, 'shape': ()}", "\"<V2\" are not supported"),
            ("{'descr': '<S-1', 'fortran_order': False, 'shape': ()}", "not supported"),
            ("{'evil': 1}", "unknown key"),
        ] {
            let (_, message) = Header::parse(text.as_bytes()).unwrap_err();
            assert!(message.contains(error), "{text}: {message}");
        }
    }
}
