//! Tokens of the text format.

use super::TextError;

#[derive(Clone, Debug, PartialEq)]
pub enum Token<'a> {
    /// A name, keyword or number, as written.
    Word(&'a str),
    /// One string literal, unescaped.
    Str(Vec<u8>),
    Sign(u8),
    End,
}

pub struct Lexer<'a> {
    text: &'a str,
    /// Start of the current token.
    start: usize,
    /// End of the current token.
    end: usize,
    pub token: Token<'a>,
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

impl<'a> Lexer<'a> {
    /// A lexer that stands at the first token.
    pub fn new(text: &'a str) -> Result<Self, TextError> {
        let mut lexer = Lexer { text, start: 0, end: 0, token: Token::End };
        lexer.advance()?;
        Ok(lexer)
    }

    pub fn error(&self, message: impl Into<String>) -> TextError {
        self.error_at(self.start, message)
    }

    /// Where the current token starts, in bytes.
    pub fn start(&self) -> usize {
        self.start
    }

    pub fn error_at(&self, at: usize, message: impl Into<String>) -> TextError {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        TextError { at: (line, column), message: message.into() }
    }

    /// What stands here, for an error message.
    pub fn found(&self) -> String {
        match &self.token {
            Token::End => "the end".into(),
            _ => format!("{:?}", self.text.get(self.start..self.end.min(self.start + 40)).unwrap_or("a long token")),
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub fn advance(&mut self) -> Result<(), TextError> {
        let mut at = self.end;
        loop {
            match self.byte(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => at += 1,
                Some(b'#') => {
                    while self.byte(at).is_some_and(|b| b != b'\n') {
                        at += 1;
                    }
                }
                _ => break,
            }
        }
        self.start = at;
        self.end = at;
        let Some(b) = self.byte(at) else {
            self.token = Token::End;
            return Ok(());
        };
        let digit_after_dot = b == b'.' && self.byte(at + 1).is_some_and(|b| b.is_ascii_digit());
        self.token = match b {
            b'"' | b'\'' => Token::Str(self.string(b)?),
            _ if is_word(b) || digit_after_dot => {
                let number = b.is_ascii_digit() || b == b'.';
                let mut end = at;
                while let Some(b) = self.byte(end) {
                    let exponent_sign = number
                        && matches!(b, b'+' | b'-')
                        && matches!(self.byte(end.wrapping_sub(1)), Some(b'e' | b'E'))
                        && !self.text[at..end].starts_with("0x");
                    if !(is_word(b) || number && b == b'.' || exponent_sign) {
                        break;
                    }
                    end += 1;
                }
                self.end = end;
                Token::Word(&self.text[at..end])
            }
            b'{' | b'}' | b'<' | b'>' | b'[' | b']' | b':' | b',' | b';' | b'-' | b'/' | b'.' => {
                self.end = at + 1;
                Token::Sign(b)
            }
            _ => return Err(self.error("unexpected character")),
        };
        Ok(())
    }

    /// Reads the literal that starts here and moves `end` behind it.
    fn string(&mut self, quote: u8) -> Result<Vec<u8>, TextError> {
        let mut out = Vec::new();
        let mut at = self.start + 1;
        loop {
            let rest = self.text.as_bytes().get(at..).unwrap_or_default();
            let plain = rest.iter().position(|b| *b == quote || *b == b'\\' || *b == b'\n').unwrap_or(rest.len());
            out.extend_from_slice(rest.get(..plain).unwrap_or_default());
            at += plain;
            match self.byte(at) {
                Some(b) if b == quote => break,
                Some(b'\\') => at = self.escape(at, &mut out)?,
                _ => return Err(self.error("string has no end on its line")),
            }
        }
        self.end = at + 1;
        Ok(out)
    }

    /// Reads the escape whose backslash is at `at`; gives the position behind it.
    fn escape(&self, at: usize, out: &mut Vec<u8>) -> Result<usize, TextError> {
        let bad = |what: &str| self.error_at(at, what);
        let number = |from: usize, most: usize, radix: u32| {
            let rest = self.text.as_bytes().get(from..).unwrap_or_default();
            let count = rest.iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
            let value = rest.iter().take(count).fold(0u32, |v, b| v * radix + char::from(*b).to_digit(radix).unwrap_or(0));
            (value, count)
        };
        let letter = self.byte(at + 1).ok_or_else(|| bad("string ends in a backslash"))?;
        let simple = match letter {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'"' | b'\'' | b'\\' | b'?' => letter,
            b'0'..=b'7' => {
                let (value, count) = number(at + 1, 3, 8);
                out.push(u8::try_from(value).map_err(|_| bad("octal escape above 377"))?);
                return Ok(at + 1 + count);
            }
            b'x' | b'X' => {
                let (value, count) = number(at + 2, 2, 16);
                if count == 0 {
                    return Err(bad("\\x without digits"));
                }
                out.push(value as u8);
                return Ok(at + 2 + count);
            }
            b'u' | b'U' => {
                let most = if letter == b'u' { 4 } else { 8 };
                let (value, count) = number(at + 2, most, 16);
                let c = char::from_u32(value).filter(|_| count == most).ok_or_else(|| bad("bad unicode escape"))?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(at + 2 + count);
            }
            _ => return Err(bad("unknown escape")),
        };
        out.push(simple);
        Ok(at + 2)
    }
}
