//! DecodeJSONExample: Example messages from their JSON form.

use prost::encoding::{WireType, encode_key, encode_varint};

use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, same_as_input};
use crate::io::json::Parser;
use crate::ops::string::base64;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor};

pub static DECODE_JSON_EXAMPLE: OpDef = OpDef {
    name: "DecodeJSONExample",
    doc: "Serialized Example messages from their JSON form: field by field in the order of the text.",
    inputs: &[arg_of("json_examples", DType::Str)],
    outputs: &[arg_of("binary_examples", DType::Str)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| same_as_input(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let x = c.input(0);
        let out: Vec<Bytes> = x.as_strings().iter().map(|text| binary(text).map(|b| b.as_slice().into())).collect::<Result<_>>()?;
        let y = Tensor::strings(out, x.dims());
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let text = format!("{{\"features\":{{\"feature\":{{\"a\":{{\"int64List\":{{\"value\":[{},\"-7\"]}}}}}}}}}}", d.below(1000));
        Case::new().input(Tensor::strings(vec![text.as_bytes().into(), b"{}".as_slice().into()], &[2, 1]))
    }),
    ..OpDef::BASE
};

type Parsed = std::result::Result<(), String>;

fn binary(text: &[u8]) -> Result<Vec<u8>> {
    let wrong = |what: String| Error::invalid(format!("Error while parsing JSON: {what}"));
    let text = std::str::from_utf8(text).map_err(|_| wrong("the text is not UTF-8".into()))?;
    let mut p = Parser::new(text);
    let mut out = Vec::new();
    example(&mut p, &mut out).and_then(|()| p.end()).map_err(wrong)?;
    Ok(out)
}

fn put(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A value that is a message, or null for none.
fn message(p: &mut Parser, out: &mut Vec<u8>, field: u32, body: &mut dyn FnMut(&mut Parser, &mut Vec<u8>) -> Parsed) -> Parsed {
    if p.accept("null") {
        return Ok(());
    }
    let mut bytes = Vec::new();
    body(p, &mut bytes)?;
    put(out, field, &bytes);
    Ok(())
}

fn unknown(name: &str) -> Parsed {
    Err(format!("no such field: '{name}'"))
}

fn example(p: &mut Parser, out: &mut Vec<u8>) -> Parsed {
    p.object(&mut |p, name| if name == "features" { message(p, out, 1, &mut features) } else { unknown(&name) })
}

fn features(p: &mut Parser, out: &mut Vec<u8>) -> Parsed {
    p.object(&mut |p, name| match name.as_str() {
        "feature" if p.accept("null") => Ok(()),
        "feature" => p.object(&mut |p, key| {
            let mut entry = Vec::new();
            put(&mut entry, 1, key.as_bytes());
            let mut value = Vec::new();
            feature(p, &mut value)?;
            put(&mut entry, 2, &value);
            put(out, 1, &entry);
            Ok(())
        }),
        other => unknown(other),
    })
}

fn feature(p: &mut Parser, out: &mut Vec<u8>) -> Parsed {
    let mut kind: Option<String> = None;
    p.object(&mut |p, name| {
        let field = match name.as_str() {
            "bytesList" | "bytes_list" => 1,
            "floatList" | "float_list" => 2,
            "int64List" | "int64_list" => 3,
            other => return unknown(other),
        };
        if p.accept("null") {
            return Ok(());
        }
        if let Some(first) = kind.replace(name.clone()) {
            return Err(format!("'{name}' has already been set: a feature has one kind, and this one has {first} too"));
        }
        message(p, out, field, &mut |p, out| list(p, out, field))
    })
}

fn list(p: &mut Parser, out: &mut Vec<u8>, kind: u32) -> Parsed {
    p.object(&mut |p, name| match name.as_str() {
        "value" if p.accept("null") => Ok(()),
        "value" => p.array(&mut |p| {
            match kind {
                1 => put(out, 1, &bytes(&p.string()?)?),
                2 => {
                    encode_key(1, WireType::ThirtyTwoBit, out);
                    out.extend(float(p)?.to_le_bytes());
                }
                _ => {
                    encode_key(1, WireType::Varint, out);
                    encode_varint(integer(p)? as u64, out);
                }
            }
            Ok(())
        }),
        other => unknown(other),
    })
}

/// Base64 in either alphabet, with or without padding.
fn bytes(text: &str) -> std::result::Result<Vec<u8>, String> {
    let web_safe: Vec<u8> = text
        .bytes()
        .map(|b| {
            if b == b'+' {
                b'-'
            } else if b == b'/' {
                b'_'
            } else {
                b
            }
        })
        .collect();
    base64::decode(&web_safe).map(|b| b.to_vec()).map_err(|_| "corrupt base64".into())
}

/// A number, or a string that holds one.
fn number(p: &mut Parser) -> std::result::Result<String, String> {
    p.blank();
    if p.rest.starts_with('"') { p.string() } else { p.number().map(str::to_owned) }
}

fn float(p: &mut Parser) -> std::result::Result<f32, String> {
    let text = number(p)?;
    match text.as_str() {
        "NaN" => return Ok(f32::NAN),
        "Infinity" => return Ok(f32::INFINITY),
        "-Infinity" => return Ok(f32::NEG_INFINITY),
        _ => {}
    }
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|v: &f32| plain && v.is_finite()).ok_or_else(|| format!("invalid number: '{text}'"))
}

fn integer(p: &mut Parser) -> std::result::Result<i64, String> {
    let text = number(p)?;
    if let Ok(v) = text.parse() {
        return Ok(v);
    }
    // 1e3 and 5.0 are whole numbers too.
    let value: f64 = text.parse().map_err(|_| format!("invalid number: '{text}'"))?;
    if value.fract() != 0.0 {
        return Err("expected integer, but JSON number had fractional part".into());
    }
    if value.abs() > (1i64 << 53) as f64 { Err(format!("invalid number: '{text}'")) } else { Ok(value as i64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_tensorflow() {
        // Recorded from TensorFlow 2.21.
        for (text, expected) in [
            ("{}", b"".as_slice()),
            (r#"{"features":{}}"#, b"\n\0"),
            (r#"{"features":null}"#, b""),
            (r#"{"features":{"feature":{"a":{"int64_list":{"value":[1]}}}}}"#, b"\n\x0b\n\t\n\x01a\x12\x04\x1a\x02\x08\x01"),
            (r#"{"features":{"feature":{"a":{"floatList":{"value":["1.25"]}}}}}"#, b"\n\x0e\n\x0c\n\x01a\x12\x07\x12\x05\r\0\0\xa0?"),
            (
                r#"{"features":{"feature":{"a":{"int64List":{"value":[9223372036854775807,"-9223372036854775808",1e3]}}}}}"#,
                b"\n!\n\x1f\n\x01a\x12\x1a\x1a\x18\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x08\xe8\x07",
            ),
            ("{\"features\":{\"feature\":{\"é\":{\"floatList\":{\"value\":[]}}}}} ", b"\n\n\n\x08\n\x02\xc3\xa9\x12\x02\x12\0"),
        ] {
            assert_eq!(binary(text.as_bytes()).unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "x",
            "[]",
            r#"{"a":1}"#,
            r#"{"features":{"feature":{"a":{"int64List":{"value":[1.5]}}}}}"#,
            r#"{"features":{"feature":{"a":{"bytesList":{"value":["*"]}}}}}"#,
            r#"{"features":{"feature":{"a":{"int64List":{"value":["x"]}}}}}"#,
            r#"{"features":{"feature":{"a":{"int64List":{}, "floatList":{}}}}}"#,
            r#"{"features":{}} x"#,
        ] {
            assert!(binary(text.as_bytes()).unwrap_err().to_string().contains("Error while parsing JSON: "), "{text}");
        }
    }
}
