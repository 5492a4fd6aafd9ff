//! Type stubs for `graphpb.protos`: what a message class of the protobuf runtime looks like to a type checker.

use std::fmt::Write;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const HEAD: &str = "\
\"\"\"Types of graphpb.protos; written by tools/protogen.\"\"\"

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.message import Message

_T = TypeVar(\"_T\")

class _Enum:
    DESCRIPTOR: ClassVar[EnumDescriptor]
    @classmethod
    def Name(cls, number: int) -> str: ...
    @classmethod
    def Value(cls, name: str) -> int: ...
    @classmethod
    def keys(cls) -> list[str]: ...
    @classmethod
    def values(cls) -> list[int]: ...
    @classmethod
    def items(cls) -> list[tuple[str, int]]: ...

class _Scalars(list[_T]):
    def MergeFrom(self, other: Iterable[_T]) -> None: ...

class _Messages(list[_T]):
    def add(self, **fields: Any) -> _T: ...
    def MergeFrom(self, other: Iterable[_T]) -> None: ...

class _Map(dict[_T, Any]):
    def MergeFrom(self, other: Mapping[_T, Any]) -> None: ...
";

pub fn stubs(files: &FileDescriptorSet) -> String {
    let mut out = HEAD.to_owned();
    for file in files.file.iter().filter(|f| f.package() == "graphpb") {
        for e in &file.enum_type {
            enumeration(&mut out, e, "");
        }
        for m in &file.message_type {
            message(&mut out, m, "");
        }
    }
    out
}

fn enumeration(out: &mut String, e: &EnumDescriptorProto, indent: &str) {
    let before = if indent.is_empty() { "\n" } else { "" };
    let _ = writeln!(out, "{before}{indent}class {}(_Enum): ...\n", e.name());
    for v in &e.value {
        let _ = writeln!(out, "{indent}{}: int", v.name());
    }
}

fn message(out: &mut String, m: &DescriptorProto, indent: &str) {
    let before = if indent.is_empty() { "\n" } else { "" };
    let _ = writeln!(out, "{before}{indent}class {}(Message):", m.name());
    let inner = format!("{indent}    ");
    let _ = writeln!(out, "{inner}DESCRIPTOR: ClassVar[Descriptor]");
    for e in &m.enum_type {
        enumeration(out, e, &inner);
    }
    let is_entry = |n: &DescriptorProto| n.options.as_ref().is_some_and(|o| o.map_entry());
    for n in m.nested_type.iter().filter(|n| !is_entry(n)) {
        message(out, n, &inner);
    }
    for f in &m.field {
        let entry = m.nested_type.iter().find(|n| is_entry(n) && f.type_name().ends_with(&format!(".{}.{}", m.name(), n.name())));
        let _ = writeln!(out, "{inner}{}: {}", f.name(), annotation(f, entry));
    }
    let _ = writeln!(out, "{inner}def __init__(self, **fields: Any) -> None: ...");
    if !indent.is_empty() {
        out.push('\n');
    }
}

fn annotation(f: &FieldDescriptorProto, entry: Option<&DescriptorProto>) -> String {
    if let Some(key) = entry.and_then(|e| e.field.first()) {
        return format!("_Map[{}]", plain(key));
    }
    match (f.label() == Label::Repeated, f.r#type() == Type::Message) {
        (false, _) => plain(f),
        (true, false) => format!("_Scalars[{}]", plain(f)),
        (true, true) => format!("_Messages[{}]", plain(f)),
    }
}

fn plain(f: &FieldDescriptorProto) -> String {
    match f.r#type() {
        Type::Double | Type::Float => "float".into(),
        Type::Bool => "bool".into(),
        Type::String => "str".into(),
        Type::Bytes => "bytes".into(),
        // Messages of other packages are left to the runtime's own types.
        Type::Message => f.type_name().strip_prefix(".graphpb.").unwrap_or("Message").to_owned(),
        _ => "int".into(),
    }
}
