//! Text to encoded messages.

use prost::encoding::encode_varint;

use super::lex::{Lexer, Token};
use super::schema::{Field, Kind, MessageType, Schema};
use super::{MAX_DEPTH, TextError};

type Result<T> = std::result::Result<T, TextError>;

/// The encoding of the message with index `id` that `text` describes.
pub fn parse(schema: &Schema, id: usize, text: &str) -> Result<Vec<u8>> {
    let mut parser = Parser { schema, lexer: Lexer::new(text)? };
    let mut out = Vec::with_capacity(text.len() / 2);
    parser.fields(id, None, 0, &mut out)?;
    Ok(out)
}

struct Parser<'a> {
    schema: &'a Schema,
    lexer: Lexer<'a>,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, sign: u8) -> Result<bool> {
        let here = self.lexer.token == Token::Sign(sign);
        if here {
            self.lexer.advance()?;
        }
        Ok(here)
    }

    fn expect(&mut self, sign: u8) -> Result<()> {
        if self.eat(sign)? {
            return Ok(());
        }
        Err(self.unexpected(&format!("\"{}\"", char::from(sign))))
    }

    fn unexpected(&self, wanted: &str) -> TextError {
        self.lexer.error(format!("expected {wanted}, found {}", self.lexer.found()))
    }

    fn word(&mut self, wanted: &str) -> Result<&'a str> {
        let Token::Word(word) = self.lexer.token else { return Err(self.unexpected(wanted)) };
        self.lexer.advance()?;
        Ok(word)
    }

    /// Fields up to `close`, or to the end of the text.
    fn fields(&mut self, id: usize, close: Option<u8>, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(self.lexer.error(format!("messages are nested deeper than {MAX_DEPTH}")));
        }
        let message = self.schema.message(id);
        let mut seen: Vec<&Field> = Vec::new();
        loop {
            match (&self.lexer.token, close) {
                (Token::End, None) => return Ok(()),
                (Token::Sign(sign), Some(close)) if *sign == close => return self.lexer.advance(),
                (Token::Sign(b'['), _) if message.is_any => self.any(depth, out)?,
                (Token::Word(name), _) => {
                    let field = self.find(message, name, &mut seen)?;
                    self.lexer.advance()?;
                    self.field(field, depth, out)?;
                }
                (Token::End, Some(close)) => return Err(self.unexpected(&format!("\"{}\"", char::from(close)))),
                _ => return Err(self.unexpected("a field name")),
            }
            if !self.eat(b',')? {
                self.eat(b';')?;
            }
        }
    }

    fn find(&self, message: &'a MessageType, name: &str, seen: &mut Vec<&'a Field>) -> Result<&'a Field> {
        let field =
            message.field(name).ok_or_else(|| self.lexer.error(format!("Message type \"{}\" has no field named \"{name}\"", message.name)))?;
        if !field.repeated {
            let clash = seen.iter().find(|s| s.number == field.number || s.oneof.is_some() && s.oneof == field.oneof);
            if let Some(clash) = clash {
                return Err(self.lexer.error(if clash.number == field.number {
                    format!("Message type \"{}\" should not have multiple \"{name}\" fields", message.name)
                } else {
                    format!("Field \"{name}\" is specified along with field \"{}\", another member of the same oneof", clash.name)
                }));
            }
            seen.push(field);
        }
        Ok(field)
    }

    fn field(&mut self, field: &'a Field, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        let colon = self.eat(b':')?;
        if !colon && !matches!(field.kind, Kind::Message(_)) {
            return Err(self.unexpected("\":\""));
        }
        if field.repeated && self.eat(b'[')? {
            if self.eat(b']')? {
                return Ok(());
            }
            loop {
                self.value(field, depth, out)?;
                if self.eat(b']')? {
                    return Ok(());
                }
                self.expect(b',')?;
            }
        }
        self.value(field, depth, out)
    }

    fn value(&mut self, field: &Field, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        let tag = |wire: u64, out: &mut Vec<u8>| encode_varint(u64::from(field.number) << 3 | wire, out);
        match field.kind {
            Kind::Message(id) => {
                let close = match self.lexer.token {
                    Token::Sign(b'{') => b'}',
                    Token::Sign(b'<') => b'>',
                    _ => return Err(self.unexpected("\"{\"")),
                };
                self.lexer.advance()?;
                let mut inner = Vec::new();
                self.fields(id, Some(close), depth + 1, &mut inner)?;
                tag(2, out);
                length_delimited(&inner, out);
            }
            Kind::String | Kind::Bytes => {
                let start = self.lexer.start();
                let bytes = self.string()?;
                if field.kind == Kind::String && std::str::from_utf8(&bytes).is_err() {
                    return Err(self.lexer.error_at(start, "string is not valid UTF-8"));
                }
                tag(2, out);
                length_delimited(&bytes, out);
            }
            Kind::Double => {
                tag(1, out);
                out.extend_from_slice(&self.float()?.to_le_bytes());
            }
            Kind::Float => {
                tag(5, out);
                out.extend_from_slice(&(self.float()? as f32).to_le_bytes());
            }
            Kind::Fixed64 => {
                tag(1, out);
                out.extend_from_slice(&(self.integer(0, u64::MAX.into())? as u64).to_le_bytes());
            }
            Kind::Fixed32 => {
                tag(5, out);
                out.extend_from_slice(&(self.integer(0, u32::MAX.into())? as u32).to_le_bytes());
            }
            kind => {
                let v = match kind {
                    Kind::Int64 => self.integer(i64::MIN.into(), i64::MAX.into())? as u64,
                    Kind::Int32 => self.integer(i32::MIN.into(), i32::MAX.into())? as u64,
                    Kind::Uint64 => self.integer(0, u64::MAX.into())? as u64,
                    Kind::Uint32 => self.integer(0, u32::MAX.into())? as u64,
                    Kind::Sint64 => {
                        let v = self.integer(i64::MIN.into(), i64::MAX.into())? as i64;
                        (v << 1 ^ v >> 63) as u64
                    }
                    Kind::Enum(id) => self.enumeration(id)?,
                    _ => self.boolean()?,
                };
                tag(0, out);
                encode_varint(v, out);
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        if !matches!(self.lexer.token, Token::Str(_)) {
            return Err(self.unexpected("a string"));
        }
        let mut all = Vec::new();
        while let Token::Str(part) = &mut self.lexer.token {
            if all.is_empty() {
                all = std::mem::take(part);
            } else {
                all.append(part);
            }
            self.lexer.advance()?;
        }
        Ok(all)
    }

    fn float(&mut self) -> Result<f64> {
        let negative = self.eat(b'-')?;
        let Token::Word(word) = self.lexer.token else { return Err(self.unexpected("a number")) };
        let lower = word.to_ascii_lowercase();
        let digits = lower.strip_suffix('f').unwrap_or(&lower);
        let value = match lower.as_str() {
            "inf" | "infinity" | "inff" | "infinityf" => f64::INFINITY,
            "nan" | "nanf" => f64::NAN,
            // Rust reads "infinity" and "nan" too, but those were dealt with.
            _ if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => digits.parse().map_err(|_| self.unexpected("a number"))?,
            _ => return Err(self.unexpected("a number")),
        };
        self.lexer.advance()?;
        Ok(if negative { -value } else { value })
    }

    /// An integer in decimal, hexadecimal (`0x`) or octal (`0`) from `least` to `most`.
    fn integer(&mut self, least: i128, most: i128) -> Result<i128> {
        let negative = self.eat(b'-')?;
        let Token::Word(word) = self.lexer.token else { return Err(self.unexpected("an integer")) };
        let (digits, radix) = match word.as_bytes() {
            [b'0', b'x' | b'X', ..] => (word.get(2..).unwrap_or_default(), 16),
            [b'0', _, ..] => (word.get(1..).unwrap_or_default(), 8),
            _ => (word, 10),
        };
        // Underscores and signs are no digits; `from_str_radix` accepts a plus.
        let value = i128::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'));
        let value = value.ok_or_else(|| self.unexpected("an integer"))?;
        let value = if negative { -value } else { value };
        if value < least || value > most {
            return Err(self.lexer.error(format!("{value} is not between {least} and {most}")));
        }
        self.lexer.advance()?;
        Ok(value)
    }

    fn boolean(&mut self) -> Result<u64> {
        let value = match self.lexer.token {
            Token::Word("true" | "True" | "t" | "1") => 1,
            Token::Word("false" | "False" | "f" | "0") => 0,
            _ => return Err(self.unexpected("true or false")),
        };
        self.lexer.advance()?;
        Ok(value)
    }

    fn enumeration(&mut self, id: usize) -> Result<u64> {
        let enumeration = self.schema.enumeration(id);
        match self.lexer.token {
            Token::Word(name) if !name.starts_with(|c: char| c.is_ascii_digit()) => {
                let number = enumeration
                    .number(name)
                    .ok_or_else(|| self.lexer.error(format!("Enum type \"{}\" has no value named {name}", enumeration.name)))?;
                self.lexer.advance()?;
                Ok(number as u64)
            }
            _ => Ok(self.integer(i32::MIN.into(), i32::MAX.into())? as u64),
        }
    }

    /// `[type.googleapis.com/package.Name] { … }` inside an Any; TensorFlow's messages are read as ours.
    fn any(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        self.expect(b'[')?;
        let mut url = String::new();
        while !self.eat(b']')? {
            match self.lexer.token {
                Token::Sign(sign @ (b'.' | b'/' | b'-')) => {
                    url.push(char::from(sign));
                    self.lexer.advance()?;
                }
                _ => url.push_str(self.word("a type name")?),
            }
        }
        let full = url.rsplit('/').next().unwrap_or_default();
        let ours = match full.strip_prefix("tensorflow.") {
            Some(name) => format!("graphpb.{name}"),
            None => full.to_owned(),
        };
        let id = self.schema.message_id(&ours).map_err(|e| self.lexer.error(e.message))?;
        self.eat(b':')?;
        let close = if self.eat(b'<')? {
            b'>'
        } else {
            self.expect(b'{')?;
            b'}'
        };
        let mut inner = Vec::new();
        self.fields(id, Some(close), depth + 1, &mut inner)?;
        encode_varint(1 << 3 | 2, out);
        length_delimited(url.as_bytes(), out);
        encode_varint(2 << 3 | 2, out);
        length_delimited(&inner, out);
        Ok(())
    }
}

fn length_delimited(bytes: &[u8], out: &mut Vec<u8>) {
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
