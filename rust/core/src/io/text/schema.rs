//! Field names, numbers and kinds of every message, looked up from the embedded descriptor set.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use super::TextError;
use crate::proto::DESCRIPTORS;

/// What a field holds; messages and enums by their index in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Uint32,
    Sint64,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Bytes,
    Message(usize),
    Enum(usize),
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub number: u32,
    pub kind: Kind,
    pub repeated: bool,
    pub oneof: Option<i32>,
}

#[derive(Debug, Default)]
pub struct MessageType {
    /// Without the package: `GraphDef`, `AttrValue.ListValue`.
    pub name: String,
    pub is_map_entry: bool,
    pub is_any: bool,
    pub fields: Vec<Field>,
    by_name: HashMap<String, usize>,
    by_number: HashMap<u32, usize>,
}

impl MessageType {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(*self.by_name.get(name)?)
    }
    pub fn field_by_number(&self, number: u32) -> Option<&Field> {
        self.fields.get(*self.by_number.get(&number)?)
    }
}

#[derive(Debug, Default)]
pub struct EnumType {
    pub name: String,
    by_name: HashMap<String, i32>,
    by_number: HashMap<i32, String>,
}

impl EnumType {
    pub fn number(&self, name: &str) -> Option<i32> {
        self.by_name.get(name).copied()
    }
    pub fn value_name(&self, number: i32) -> Option<&str> {
        self.by_number.get(&number).map(String::as_str)
    }
}

#[derive(Debug, Default)]
pub struct Schema {
    messages: Vec<MessageType>,
    enums: Vec<EnumType>,
    ids: HashMap<String, Kind>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default();
    let mut schema = Schema::default();
    let mut todo = Vec::new();
    for file in files.file {
        let scope = format!(".{}", file.package());
        for e in file.enum_type {
            schema.add_enum(&scope, e);
        }
        for m in file.message_type {
            schema.add_message(&scope, "", m, &mut todo);
        }
    }
    for (id, fields) in todo {
        schema.add_fields(id, fields);
    }
    schema
});

impl Schema {
    pub fn get() -> &'static Schema {
        &SCHEMA
    }

    /// The index of a message by its full name (`graphpb.GraphDef`).
    pub fn message_id(&self, full_name: &str) -> Result<usize, TextError> {
        match self.ids.get(&format!(".{full_name}")) {
            Some(Kind::Message(id)) => Ok(*id),
            _ => Err(TextError { at: (0, 0), message: format!("no message type {full_name}") }),
        }
    }
    pub fn message(&self, id: usize) -> &MessageType {
        &self.messages[id]
    }
    pub fn enumeration(&self, id: usize) -> &EnumType {
        &self.enums[id]
    }

    fn add_enum(&mut self, scope: &str, e: EnumDescriptorProto) {
        let mut out = EnumType { name: e.name().to_owned(), ..EnumType::default() };
        for v in &e.value {
            out.by_name.insert(v.name().to_owned(), v.number());
            out.by_number.entry(v.number()).or_insert_with(|| v.name().to_owned());
        }
        self.ids.insert(format!("{scope}.{}", e.name()), Kind::Enum(self.enums.len()));
        self.enums.push(out);
    }

    fn add_message(&mut self, scope: &str, outer: &str, m: DescriptorProto, todo: &mut Vec<(usize, Vec<FieldDescriptorProto>)>) {
        let full = format!("{scope}.{}", m.name());
        let id = self.messages.len();
        self.ids.insert(full.clone(), Kind::Message(id));
        let name = format!("{outer}{}", m.name());
        let inner = format!("{name}.");
        self.messages.push(MessageType {
            name,
            is_map_entry: m.options.as_ref().is_some_and(|o| o.map_entry()),
            is_any: full == ".google.protobuf.Any",
            ..MessageType::default()
        });
        for e in m.enum_type {
            self.add_enum(&full, e);
        }
        for n in m.nested_type {
            self.add_message(&full, &inner, n, todo);
        }
        todo.push((id, m.field));
    }

    fn add_fields(&mut self, id: usize, fields: Vec<FieldDescriptorProto>) {
        for f in fields {
            let kind = match f.r#type() {
                Type::Double => Kind::Double,
                Type::Float => Kind::Float,
                Type::Int64 => Kind::Int64,
                Type::Uint64 => Kind::Uint64,
                Type::Int32 => Kind::Int32,
                Type::Uint32 => Kind::Uint32,
                Type::Sint64 => Kind::Sint64,
                Type::Fixed64 => Kind::Fixed64,
                Type::Fixed32 => Kind::Fixed32,
                Type::Bool => Kind::Bool,
                Type::String => Kind::String,
                Type::Bytes => Kind::Bytes,
                // Kinds that no message here has are left out, and a test below says so.
                Type::Message | Type::Enum => match self.ids.get(f.type_name()) {
                    Some(kind) => *kind,
                    None => continue,
                },
                Type::Group | Type::Sint32 | Type::Sfixed32 | Type::Sfixed64 => continue,
            };
            let message = &mut self.messages[id];
            let index = message.fields.len();
            message.by_name.insert(f.name().to_owned(), index);
            message.by_number.insert(f.number().unsigned_abs(), index);
            message.fields.push(Field {
                name: f.name().to_owned(),
                number: f.number().unsigned_abs(),
                kind,
                repeated: f.label() == Label::Repeated,
                oneof: f.oneof_index,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_message_is_known() {
        fn count(m: &DescriptorProto) -> usize {
            m.field.len() + m.nested_type.iter().map(count).sum::<usize>()
        }
        let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
        let expected: usize = files.file.iter().flat_map(|f| &f.message_type).map(count).sum();
        assert_eq!(Schema::get().messages.iter().map(|m| m.fields.len()).sum::<usize>(), expected);
        assert!(expected > 500);
    }
}
