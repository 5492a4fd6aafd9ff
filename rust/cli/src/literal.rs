//! Tensors written on the command line: `3`, `[[1, 2], [3, 4]]`, `["a", "b"]`.

use graphpb_kernels::{Bool, C128, DType, Tensor};

use crate::cast::cast;

const MAX_DEPTH: usize = 32;

enum Item {
    Number(f64),
    Int(i128),
    Bool(bool),
    Complex(C128),
    Str(Vec<u8>),
}

/// The tensor that `text` describes, of type `dtype`.
///
/// An error for a syntax error, rows of different length, and values that are none of `dtype`.
pub fn parse(text: &str, dtype: DType) -> Result<Tensor, String> {
    // A lone word needs no quotes.
    let trimmed = text.trim();
    if dtype == DType::Str && !trimmed.starts_with(['[', '"', '\'']) {
        return Ok(Tensor::string_scalar(text.as_bytes()));
    }
    let mut parser = Parser { rest: trimmed, items: Vec::new(), dims: Vec::new() };
    parser.value(0)?;
    if !parser.rest.trim_start().is_empty() {
        return Err(format!("unexpected {:?} after the value", head(parser.rest)));
    }
    build(&parser.items, &parser.dims, dtype)
}

fn head(text: &str) -> String {
    text.trim_start().chars().take(12).collect()
}

struct Parser<'a> {
    rest: &'a str,
    items: Vec<Item>,
    /// Sizes of the axes; known once the first value of each depth has ended.
    dims: Vec<Option<usize>>,
}

impl Parser<'_> {
    fn eat(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest;
        true
    }

    fn value(&mut self, depth: usize) -> Result<(), String> {
        if !self.eat('[') {
            if depth != self.dims.len() {
                return Err("a number stands where the first row has a list".into());
            }
            let item = self.scalar()?;
            self.items.push(item);
            return Ok(());
        }
        if depth >= MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} brackets"));
        }
        if depth == self.dims.len() {
            if !self.items.is_empty() {
                return Err("a list stands where the first row has a number".into());
            }
            self.dims.push(None);
        }
        let mut size = 0;
        while !self.eat(']') {
            if size > 0 && !self.eat(',') {
                return Err(format!("\",\" or \"]\" expected before {:?}", head(self.rest)));
            }
            self.value(depth + 1)?;
            size += 1;
        }
        match self.dims.get_mut(depth) {
            Some(Some(known)) if *known != size => Err(format!("rows of different length: {known} and {size}")),
            Some(known) => {
                *known = Some(size);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn scalar(&mut self) -> Result<Item, String> {
        self.rest = self.rest.trim_start();
        if let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return self.string(quote);
        }
        let end = self.rest.find([',', ']', '[']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let word = word.trim();
        let item = match word {
            "true" | "True" => Item::Bool(true),
            "false" | "False" => Item::Bool(false),
            _ => {
                if let Ok(v) = word.parse::<i128>() {
                    Item::Int(v)
                } else if let Ok(v) = word.parse::<f64>() {
                    Item::Number(v)
                } else if let Some(v) = word.strip_suffix('j').and_then(|w| format!("{w}i").parse::<C128>().ok()) {
                    Item::Complex(v)
                } else if word.is_empty() {
                    return Err("a value is missing".into());
                } else {
                    return Err(format!("{:?} is no number", head(word)));
                }
            }
        };
        self.rest = rest;
        Ok(item)
    }

    fn string(&mut self, quote: char) -> Result<Item, String> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(Item::Str(out.into_bytes()));
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('0') => out.push('\0'),
                    Some(c @ ('\\' | '"' | '\'')) => out.push(c),
                    _ => return Err("unknown escape in a string".into()),
                },
                c => out.push(c),
            }
        }
        Err("a string has no end".into())
    }
}

fn build(items: &[Item], dims: &[Option<usize>], dtype: DType) -> Result<Tensor, String> {
    let dims: Vec<usize> = dims.iter().map(|d| d.unwrap_or(0)).collect();
    if items.is_empty() {
        return Tensor::try_scratch(dtype, &dims).map_err(|e| e.to_string());
    }
    if dtype == DType::Str {
        let strings: Option<Vec<_>> = items.iter().map(|i| if let Item::Str(s) = i { Some(s.as_slice().into()) } else { None }).collect();
        return Ok(Tensor::strings(strings.ok_or("strings must be quoted here")?, &dims));
    }
    if items.iter().any(|i| matches!(i, Item::Str(_))) {
        return Err(format!("a string is no {}", dtype.name()));
    }
    let integral = items.iter().all(|i| matches!(i, Item::Int(_) | Item::Bool(_)));
    if (dtype.is_integer() || dtype == DType::Bool) && !integral {
        return Err(format!("a fraction is no {}", dtype.name()));
    }
    let wide = if items.iter().any(|i| matches!(i, Item::Complex(_))) {
        if !dtype.is_complex() {
            return Err(format!("a complex number is no {}", dtype.name()));
        }
        Tensor::from_slice(&items.iter().map(complex).collect::<Vec<_>>(), &dims)
    } else if items.iter().all(|i| matches!(i, Item::Bool(_))) {
        Tensor::from_slice(&items.iter().map(|i| Bool::from(complex(i).re != 0.0)).collect::<Vec<_>>(), &dims)
    } else if integral && dtype == DType::U64 {
        Tensor::from_slice(&integers::<u64>(items, dtype)?, &dims)
    } else if integral && dtype.is_integer() {
        Tensor::from_slice(&integers::<i64>(items, dtype)?, &dims)
    } else {
        Tensor::from_slice(&items.iter().map(|i| complex(i).re).collect::<Vec<_>>(), &dims)
    };
    cast(&wide, dtype).ok_or_else(|| format!("values of type {} cannot be written as text", dtype.name()))
}

fn complex(item: &Item) -> C128 {
    match item {
        Item::Number(v) => C128::new(*v, 0.0),
        Item::Int(v) => C128::new(*v as f64, 0.0),
        Item::Bool(v) => C128::new(f64::from(u8::from(*v)), 0.0),
        Item::Complex(v) => *v,
        Item::Str(_) => C128::new(f64::NAN, 0.0),
    }
}

fn integers<T: TryFrom<i128>>(items: &[Item], dtype: DType) -> Result<Vec<T>, String> {
    let (least, most) = match dtype {
        DType::I8 => (i8::MIN.into(), i8::MAX.into()),
        DType::U8 => (0, u8::MAX.into()),
        DType::I16 => (i16::MIN.into(), i16::MAX.into()),
        DType::U16 => (0, u16::MAX.into()),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        DType::U32 => (0, u32::MAX.into()),
        DType::U64 => (0, u64::MAX.into()),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    items
        .iter()
        .map(|item| {
            let v = match item {
                Item::Int(v) => *v,
                Item::Bool(v) => i128::from(*v),
                _ => return Err(format!("a fraction is no {}", dtype.name())),
            };
            T::try_from(v).ok().filter(|_| (least..=most).contains(&v)).ok_or_else(|| format!("{v} does not fit in {}", dtype.name()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_tensors() {
        let t = parse(" [[1, 2.5], [-3e2, inf]] ", DType::F32).unwrap();
        assert_eq!((t.dims(), t.slice::<f32>()), (&[2, 2][..], &[1.0, 2.5, -300.0, f32::INFINITY][..]));
        assert_eq!(parse("7", DType::I64).unwrap().slice::<i64>(), [7]);
        assert_eq!(parse("18446744073709551615", DType::U64).unwrap().slice::<u64>(), [u64::MAX]);
        assert!(parse("[true, False]", DType::Bool).unwrap().slice::<Bool>()[0].get());
        assert_eq!(parse("1+2j", DType::C64).unwrap().slice::<graphpb_kernels::C64>()[0].im, 2.0);
        assert_eq!(parse("[[], []]", DType::F32).unwrap().dims(), [2, 0]);
        assert_eq!(&*parse("plain text, not quoted", DType::Str).unwrap().as_strings()[0], b"plain text, not quoted");
        let strings = parse(r#"["a, b", 'c\n']"#, DType::Str).unwrap();
        assert_eq!(strings.as_strings().iter().map(|s| s.to_vec()).collect::<Vec<_>>(), [b"a, b".to_vec(), b"c\n".to_vec()]);
    }

    #[test]
    fn wrong_literals_are_refused() {
        for (text, dtype, error) in [
            ("[[1, 2], [3]]", DType::F32, "rows of different length: 2 and 1"),
            ("[1, [2]]", DType::F32, "a list stands where the first row has a number"),
            ("[[1], 2]", DType::F32, "a number stands where the first row has a list"),
            ("[1 2]", DType::F32, "\"1 2\" is no number"),
            ("[1", DType::F32, "\",\" or \"]\" expected before \"\""),
            ("1.5", DType::I32, "a fraction is no int32"),
            ("300", DType::U8, "300 does not fit in uint8"),
            ("\"a\"", DType::F32, "a string is no float32"),
            ("", DType::F32, "a value is missing"),
            ("1 ]", DType::F32, "unexpected \"]\" after the value"),
            ("1+2j", DType::F32, "a complex number is no float32"),
        ] {
            assert_eq!(parse(text, dtype).unwrap_err(), error, "{text}");
        }
        assert!(parse(&"[".repeat(100_000), DType::F32).unwrap_err().contains("brackets"));
    }
}
