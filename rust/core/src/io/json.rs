//! Reading JSON text piece by piece: whoever asks says what must come next.

/// A place in a text.
pub struct Parser<'a> {
    pub rest: &'a str,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Parser<'a> {
        Parser { rest: text }
    }
    pub fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }
    /// Go past `text`, if it comes next.
    pub fn accept(&mut self, text: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
    pub fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.accept(text) { Ok(()) } else { Err(format!("'{text}' expected {} bytes before the end", self.rest.len())) }
    }
    /// Nothing but blanks may be left.
    pub fn end(&mut self) -> Result<(), String> {
        self.blank();
        if self.rest.is_empty() { Ok(()) } else { Err("text behind the end".into()) }
    }
    /// An object; `field` is called with every name and must read its value.
    pub fn object(&mut self, field: &mut dyn FnMut(&mut Self, String) -> Result<(), String>) -> Result<(), String> {
        self.expect("{")?;
        if self.accept("}") {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.expect(":")?;
            field(self, name)?;
            if !self.accept(",") {
                return self.expect("}");
            }
        }
    }
    /// An array; `item` must read each of its values.
    pub fn array(&mut self, item: &mut dyn FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.expect("[")?;
        if self.accept("]") {
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.accept(",") {
                return self.expect("]");
            }
        }
    }
    /// The text of a number.
    pub fn number(&mut self) -> Result<&'a str, String> {
        self.blank();
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        if number.is_empty() {
            return Err(format!("a number expected {} bytes before the end", self.rest.len()));
        }
        self.rest = rest;
        Ok(number)
    }
    /// Whole numbers that are not negative.
    pub fn sizes(&mut self) -> Result<Vec<u64>, String> {
        let mut out = Vec::new();
        self.array(&mut |p| {
            out.push(p.number()?.parse().map_err(|_| "a whole number expected".to_owned())?);
            Ok(())
        })?;
        Ok(out)
    }
    pub fn string(&mut self) -> Result<String, String> {
        self.expect("\"")?;
        let mut out = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().ok_or("a string without end")? {
                '"' => break,
                '\\' => match chars.next().ok_or("a string without end")? {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    'u' => {
                        let first = unit(&mut chars)?;
                        let code = if (0xd800..0xdc00).contains(&first) {
                            if (chars.next(), chars.next()) != (Some('\\'), Some('u')) {
                                return Err("half of a surrogate pair".into());
                            }
                            let second = unit(&mut chars)?;
                            0x10000 + ((first - 0xd800) << 10) + second.wrapping_sub(0xdc00)
                        } else {
                            first
                        };
                        out.push(char::from_u32(code).ok_or("half of a surrogate pair")?);
                    }
                    c @ ('"' | '\\' | '/') => out.push(c),
                    c => return Err(format!("unknown escape \\{c}")),
                },
                c if c < ' ' => return Err("a control character in a string".into()),
                c => out.push(c),
            }
        }
        self.rest = chars.as_str();
        Ok(out)
    }
}

fn unit(chars: &mut std::str::Chars) -> Result<u32, String> {
    let digits: String = chars.by_ref().take(4).collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("four hexadecimal digits expected".into());
    }
    u32::from_str_radix(&digits, 16).map_err(|e| e.to_string())
}
