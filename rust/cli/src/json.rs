//! JSON text: objects and arrays written in order, numbers that read back exactly.

use graphpb::graph::describe::{Scalar, scalar};
use graphpb::io::text::{float32_text, float64_text};
use graphpb_kernels::Tensor;

#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i128),
    /// Not-a-number and infinities become the strings "NaN", "Infinity" and "-Infinity".
    Float(f64),
    Single(f32),
    Str(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// The elements of a tensor as nested arrays.
    Data(Tensor),
}

impl From<&str> for Json {
    fn from(v: &str) -> Json {
        Json::Str(v.to_owned())
    }
}
impl From<String> for Json {
    fn from(v: String) -> Json {
        Json::Str(v)
    }
}
impl From<bool> for Json {
    fn from(v: bool) -> Json {
        Json::Bool(v)
    }
}
impl From<usize> for Json {
    fn from(v: usize) -> Json {
        Json::Int(v as i128)
    }
}
impl From<i64> for Json {
    fn from(v: i64) -> Json {
        Json::Int(v.into())
    }
}
impl From<f64> for Json {
    fn from(v: f64) -> Json {
        Json::Float(v)
    }
}
impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Json {
        Json::Array(items.into_iter().map(Into::into).collect())
    }
}

/// An object from pairs.
pub fn object<const N: usize>(pairs: [(&str, Json); N]) -> Json {
    Json::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

impl Json {
    /// Indented by two blanks; arrays of numbers stay on one line.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn is_flat(&self) -> bool {
        !matches!(self, Json::Array(_) | Json::Object(_))
    }

    fn write(&self, out: &mut String, depth: usize) {
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        };
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(v) => out.push_str(if *v { "true" } else { "false" }),
            Json::Int(v) => out.push_str(&v.to_string()),
            Json::Float(v) => number(out, *v, float64_text),
            Json::Single(v) => number(out, f64::from(*v), |_| float32_text(*v)),
            Json::Str(v) => string(out, v),
            // An axis of a tensor without elements may have any size.
            Json::Data(tensor) if tensor.is_empty() => out.push_str("[]"),
            Json::Data(tensor) => data(out, tensor, tensor.dims(), 0),
            Json::Array(items) => {
                let flat = items.iter().all(Json::is_flat);
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(if flat { ", " } else { "," });
                    }
                    if !flat {
                        line(out, depth + 1);
                    }
                    item.write(out, depth + 1);
                }
                if !flat {
                    line(out, depth);
                }
                out.push(']');
            }
            Json::Object(pairs) => {
                out.push('{');
                for (i, (key, value)) in pairs.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    line(out, depth + 1);
                    string(out, key);
                    out.push_str(": ");
                    value.write(out, depth + 1);
                }
                if !pairs.is_empty() {
                    line(out, depth);
                }
                out.push('}');
            }
        }
    }
}

fn number(out: &mut String, v: f64, text: impl Fn(f64) -> String) {
    match v {
        v if v.is_nan() => out.push_str("\"NaN\""),
        f64::INFINITY => out.push_str("\"Infinity\""),
        f64::NEG_INFINITY => out.push_str("\"-Infinity\""),
        v => out.push_str(&text(v)),
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn data(out: &mut String, tensor: &Tensor, dims: &[usize], start: usize) {
    let Some((size, inner)) = dims.split_first() else {
        element(out, tensor, start);
        return;
    };
    let step: usize = inner.iter().product();
    out.push('[');
    for i in 0..*size {
        if i > 0 {
            out.push_str(", ");
        }
        data(out, tensor, inner, start + i * step);
    }
    out.push(']');
}

fn element(out: &mut String, tensor: &Tensor, i: usize) {
    match scalar(tensor, i) {
        None => out.push_str("null"),
        Some(Scalar::Int(v)) => out.push_str(&v.to_string()),
        Some(Scalar::Bool(v)) => out.push_str(if v { "true" } else { "false" }),
        Some(Scalar::Single(v)) => number(out, f64::from(v), |_| float32_text(v)),
        Some(Scalar::Double(v)) => number(out, v, float64_text),
        Some(Scalar::Complex(re, im)) => {
            out.push('[');
            number(out, re, float64_text);
            out.push_str(", ");
            number(out, im, float64_text);
            out.push(']');
        }
        Some(Scalar::Str(v)) => string(out, &String::from_utf8_lossy(v)),
        Some(Scalar::Opaque(v)) => out.push_str(&v.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_valid_json() {
        let value = object([
            ("a\"\u{1}", Json::Null),
            ("n", [1.5, f64::NAN, f64::NEG_INFINITY].into_iter().collect()),
            ("t", Json::Data(Tensor::from_slice(&[0.1f32, 2.0, 3.0, 4e20], &[2, 2]))),
            ("e", Json::Object(vec![])),
            ("l", Json::Array(vec![object([("x", true.into())])])),
        ]);
        let expected = "{\n  \"a\\\"\\u0001\": null,\n  \"n\": [1.5, \"NaN\", \"-Infinity\"],\n  \"t\": [[0.1, 2.0], [3.0, 4e+20]],\n  \"e\": {},\n  \"l\": [\n    {\n      \"x\": true\n    }\n  ]\n}\n";
        assert_eq!(value.text(), expected);
    }
}
