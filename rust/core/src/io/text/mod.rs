//! Protobuf text format of every message in `proto`, both ways, as Python's `text_format` writes and reads it.

mod lex;
mod parse;
mod print;
mod schema;

use std::fmt;

use prost::{Message, Name};

use self::schema::Schema;
pub use print::{float32_text, float64_text};

/// How deep messages may be nested, in text as in bytes.
pub const MAX_DEPTH: usize = 100;

/// Why a text cannot be read, or a message not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Line and column, from 1; (0, 0) when the error is not at a place in a text.
    pub at: (usize, usize),
    pub message: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            (0, 0) => f.write_str(&self.message),
            (line, column) => write!(f, "{line}:{column}: {}", self.message),
        }
    }
}

impl std::error::Error for TextError {}

/// `message` in text form: fields by number, two blanks of indent, the shortest numbers that read back exactly.
///
/// Fails when messages are nested deeper than `MAX_DEPTH`.
pub fn to_text<M: Message + Name>(message: &M) -> Result<String, TextError> {
    let schema = Schema::get();
    let id = schema.message_id(&M::full_name())?;
    print::print(schema, id, &message.encode_to_vec())
}

/// The message that `text` describes.
///
/// Fails, with line and column, on a syntax error, an unknown field or enum name, a value of the wrong kind, a second
/// value for a singular field or oneof, and nesting deeper than `MAX_DEPTH`.
pub fn from_text<M: Message + Name + Default>(text: &str) -> Result<M, TextError> {
    let schema = Schema::get();
    let id = schema.message_id(&M::full_name())?;
    let bytes = parse::parse(schema, id, text)?;
    M::decode(bytes.as_slice()).map_err(|e| TextError { at: (0, 0), message: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{AttrValue, Event, GraphDef, MetaGraphDef, NodeDef, Summary, TensorProto, attr_value, summary};

    fn data(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/../../tests/data/text/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn check<M: Message + Name + Default + PartialEq>(name: &str) {
        let message = M::decode(data(&format!("{name}.pb")).as_slice()).unwrap();
        let text = String::from_utf8(data(&format!("{name}.pbtxt"))).unwrap();
        let ours = to_text(&message).unwrap();
        for (ours, python) in ours.lines().zip(text.lines()) {
            assert_eq!(ours, python, "{name}");
        }
        assert_eq!(ours.len(), text.len(), "{name}");
        assert!(from_text::<M>(&text).unwrap().encode_to_vec() == message.encode_to_vec(), "{name}: message differs");
    }

    #[test]
    fn text_is_what_python_prints() {
        check::<GraphDef>("zoo");
        check::<MetaGraphDef>("meta");
        check::<Summary>("summary");
    }

    #[test]
    fn floats_are_what_python_prints() {
        let table = String::from_utf8(data("floats.tsv")).unwrap();
        for line in table.lines() {
            let [bits, single, double] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let bits = u64::from_str_radix(bits, 16).unwrap();
            assert_eq!(print::float32_text(f32::from_bits(bits as u32)), single, "{bits:x}");
            assert_eq!(print::float64_text(f64::from_bits(bits)), double, "{bits:x}");
        }
        assert!(table.lines().count() > 500);
    }

    fn attr(text: &str) -> Result<AttrValue, TextError> {
        from_text(text)
    }

    #[test]
    fn what_python_accepts_is_accepted() {
        let node: NodeDef = from_text(
            "name: 'a' \"b\"  # comment\n op:\"\\x41\\101\\u00e9\"; input: ['x', \"y\"], input: 'z' attr: < key: 'k' value { i: -0x10 } > attr { value { } }",
        )
        .unwrap();
        assert_eq!((node.name.as_str(), node.op.as_str()), ("ab", "AAé"));
        assert_eq!(node.input, ["x", "y", "z"]);
        assert_eq!(node.attr["k"].value, Some(attr_value::Value::I(-16)));
        assert_eq!(node.attr[""].value, None);
        for (text, value) in [
            ("f: 1.5f", attr_value::Value::F(1.5)),
            ("f: -inf", attr_value::Value::F(f32::NEG_INFINITY)),
            ("f: 1e-05", attr_value::Value::F(1e-5)),
            ("f: .5", attr_value::Value::F(0.5)),
            ("f: 3", attr_value::Value::F(3.0)),
            ("i: 017", attr_value::Value::I(15)),
            ("i: -9223372036854775808", attr_value::Value::I(i64::MIN)),
            ("b: True", attr_value::Value::B(true)),
            ("b: 0", attr_value::Value::B(false)),
            ("type: 42", attr_value::Value::Type(42)),
            ("type: DT_HALF", attr_value::Value::Type(19)),
        ] {
            assert_eq!(attr(text).unwrap().value, Some(value), "{text}");
        }
        let event: Event = from_text("source_metadata: { writer: \"w\" }").unwrap();
        assert_eq!(event.source_metadata.unwrap().writer, "w");
    }

    #[test]
    fn errors_say_what_and_where() {
        for (text, error) in [
            ("i: 1\n  nope: 2", "2:3: Message type \"AttrValue\" has no field named \"nope\""),
            ("type: DT_NOPE", "1:7: Enum type \"DataType\" has no value named DT_NOPE"),
            ("i: 1 i: 2", "1:6: Message type \"AttrValue\" should not have multiple \"i\" fields"),
            ("i: 1 f: 2", "1:6: Field \"f\" is specified along with field \"i\", another member of the same oneof"),
            ("i: 1.5", "1:4: expected an integer, found \"1.5\""),
            ("i: 9223372036854775808", "1:4: 9223372036854775808 is not between -9223372036854775808 and 9223372036854775807"),
            ("s: 5", "1:4: expected a string, found \"5\""),
            ("s: \"abc\n\"", "1:4: string has no end on its line"),
            ("s: \"\\q\"", "1:5: unknown escape"),
            ("placeholder: \"\\377\"", "1:14: string is not valid UTF-8"),
            ("list { i: 1", "1:12: expected \"}\", found the end"),
            ("list { i: [1, }", "1:15: expected an integer, found \"}\""),
            ("f 1", "1:3: expected \":\", found \"1\""),
            ("b: maybe", "1:4: expected true or false, found \"maybe\""),
            ("?", "1:1: unexpected character"),
        ] {
            assert_eq!(attr(text).unwrap_err().to_string(), error, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
        let deep = format!("tensor {{ {}", "variant_val { tensors { ".repeat(100_000));
        assert!(attr(&deep).unwrap_err().message.contains("nested deeper than 100"));
        let mut tensor = TensorProto::default();
        for _ in 0..60 {
            let inner = crate::proto::VariantTensorDataProto { tensors: vec![tensor], ..Default::default() };
            tensor = TensorProto { variant_val: vec![inner], ..TensorProto::default() };
        }
        assert!(to_text(&tensor).unwrap_err().message.contains("nested deeper than 100"));
    }

    #[test]
    fn tensorflows_any_is_read_as_ours() {
        let text = "collection_def { key: 'a' value { any_list { value { [type.googleapis.com/tensorflow.AssetFileDef] { filename: 'f' } } } } }";
        let meta: MetaGraphDef = from_text(text).unwrap();
        let Some(crate::proto::collection_def::Kind::AnyList(list)) = &meta.collection_def["a"].kind else { panic!() };
        assert_eq!(list.value[0].type_url, "type.googleapis.com/tensorflow.AssetFileDef");
        assert_eq!(crate::proto::AssetFileDef::decode(list.value[0].value.as_slice()).unwrap().filename, "f");
    }

    #[test]
    fn long_texts_are_read_in_one_pass() {
        let value = summary::Value { tag: "it's".into(), ..Default::default() };
        let message = Summary { value: vec![value; 100_000] };
        let text = to_text(&message).unwrap();
        assert_eq!(from_text::<Summary>(&text).unwrap(), message);
    }
}
