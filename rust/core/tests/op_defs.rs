//! The schema of every op equals TensorFlow's: names, arguments, attributes, defaults; the allowed types are among TensorFlow's.
//!
//! tests/data/op_defs.tsv is written by tools/oracle/record_op_defs.py.

use std::collections::HashMap;
use std::path::Path;

use graphpb::registry::{Arg, ArgType, AttrSpec, Default, OpDef, Traits, all};
use graphpb_kernels::DType;

fn type_name(d: DType) -> &'static str {
    d.enum_name().trim_start_matches("DT_")
}

fn argument(a: &Arg) -> String {
    let kind = match a.ty {
        ArgType::Is(d) => type_name(d).to_owned(),
        ArgType::Attr(n) => n.to_owned(),
        ArgType::ListAttr(n) => format!("[{n}]"),
    };
    let list = a.number.map_or(String::new(), |n| format!("*{n}"));
    format!("{}:{kind}{list}{}", a.name, if a.is_ref { "&" } else { "" })
}

fn arguments(list: &[Arg]) -> String {
    list.iter().map(argument).collect::<Vec<_>>().join(" ")
}

/// The default in the text format of an AttrValue.
fn default_text(d: Default) -> Option<String> {
    let floats = |v: &[f32]| v.iter().map(|v| format!("f: {v:?}")).collect::<Vec<_>>().join(" ");
    Some(match d {
        Default::Bytes(v) => {
            let values = v.iter().map(|n| format!("int_val: {n}")).collect::<Vec<_>>().join(" ");
            format!("tensor {{ dtype: DT_UINT8 tensor_shape {{ dim {{ size: {} }} }} {values} }}", v.len())
        }
        Default::Required => return None,
        Default::Int(v) => format!("i: {v}"),
        Default::Float(v) => format!("f: {}", v as f64),
        Default::Bool(v) => format!("b: {v}"),
        Default::Str(v) => format!("s: {v:?}"),
        Default::Type(v) => format!("type: {}", v.enum_name()),
        Default::UnknownShape => "shape { unknown_rank: true }".into(),
        Default::Shape([]) => "shape { }".into(),
        Default::Shape(v) => format!("shape {{ {} }}", v.iter().map(|n| format!("dim {{ size: {n} }}")).collect::<Vec<_>>().join(" ")),
        Default::EmptyList => "list { }".into(),
        Default::Ints(v) => format!("list {{ {} }}", v.iter().map(|n| format!("i: {n}")).collect::<Vec<_>>().join(" ")),
        Default::Floats(v) => format!("list {{ {} }}", floats(v)),
        Default::Strs(v) => format!("list {{ {} }}", v.iter().map(|n| format!("s: {n:?}")).collect::<Vec<_>>().join(" ")),
        Default::Types(v) => format!("list {{ {} }}", v.iter().map(|n| format!("type: {}", n.enum_name())).collect::<Vec<_>>().join(" ")),
    })
}

/// A recorded attribute: name, kind, allowed values, default, minimum.
struct Recorded<'a> {
    name: &'a str,
    kind: &'a str,
    allowed: Vec<&'a str>,
    default: Option<&'a str>,
    minimum: Option<i64>,
}

fn parse(text: &str) -> Recorded<'_> {
    let (rest, minimum) = match text.rsplit_once(">=") {
        Some((r, m)) => (r, m.parse().ok()),
        None => (text, None),
    };
    let (rest, default) = match rest.split_once('=') {
        Some((r, d)) => (r, Some(d)),
        None => (rest, None),
    };
    let mut parts = rest.splitn(3, ':');
    let (name, kind) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let allowed = parts.next().map_or(Vec::new(), |a| a.split(',').collect());
    Recorded { name, kind, allowed, default, minimum }
}

fn same_default(ours: Option<String>, theirs: Option<&str>) -> bool {
    let number = |s: &str| s.strip_prefix("f: ").and_then(|v| v.parse::<f64>().ok());
    match (&ours, theirs) {
        (Some(a), Some(b)) => match (number(a), number(b)) {
            (Some(x), Some(y)) => x as f32 == y as f32,
            _ => a.replace("{ }", "{}") == b.replace("{ }", "{}"),
        },
        (None, None) => true,
        _ => false,
    }
}

fn check_attr(op: &str, ours: &AttrSpec, text: &str, wrong: &mut Vec<String>) {
    let theirs = parse(text);
    if ours.kind.text() != theirs.kind {
        wrong.push(format!("{op}.{}: kind {} is {} in TensorFlow", ours.name, ours.kind.text(), theirs.kind));
    }
    if !same_default(default_text(ours.default), theirs.default) {
        wrong.push(format!("{op}.{}: default {:?} is {:?} in TensorFlow", ours.name, default_text(ours.default), theirs.default));
    }
    if ours.minimum != theirs.minimum {
        wrong.push(format!("{op}.{}: minimum {:?} is {:?} in TensorFlow", ours.name, ours.minimum, theirs.minimum));
    }
    let names: Vec<&str> = ours.types.iter().map(|d| type_name(*d)).chain(ours.strings.iter().copied()).collect();
    for n in &names {
        if !theirs.allowed.is_empty() && !theirs.allowed.contains(n) {
            wrong.push(format!("{op}.{}: TensorFlow does not allow {n}", ours.name));
        }
    }
    if !ours.strings.is_empty() && names != theirs.allowed {
        wrong.push(format!("{op}.{}: allowed strings {names:?} are {:?} in TensorFlow", ours.name, theirs.allowed));
    }
    if names.is_empty() && !theirs.allowed.is_empty() {
        wrong.push(format!("{op}.{}: allows anything, TensorFlow only {:?}", ours.name, theirs.allowed));
    }
}

fn check(def: &OpDef, line: &str, wrong: &mut Vec<String>) {
    let fields: Vec<&str> = line.split('\t').collect();
    let [_, inputs, outputs, attrs, flags] = fields[..] else {
        wrong.push(format!("{}: TensorFlow has no such op", def.name));
        return;
    };
    for (what, ours, theirs) in [("inputs", arguments(def.inputs), inputs), ("outputs", arguments(def.outputs), outputs)] {
        if ours != theirs {
            wrong.push(format!("{}: {what} ({ours}) are ({theirs}) in TensorFlow", def.name));
        }
    }
    let recorded: Vec<&str> = attrs.split('|').filter(|a| !a.is_empty()).collect();
    for text in &recorded {
        let name = parse(text).name;
        match def.attr_spec(name) {
            Some(ours) => check_attr(def.name, ours, text, wrong),
            None => wrong.push(format!("{}: lacks the attribute {name}", def.name)),
        }
    }
    for a in def.attrs {
        if !recorded.iter().any(|t| parse(t).name == a.name) {
            wrong.push(format!("{}: TensorFlow has no attribute {}", def.name, a.name));
        }
    }
    for (flag, t) in [
        ("is_commutative", Traits::COMMUTATIVE),
        ("is_aggregate", Traits::AGGREGATE),
        ("is_stateful", Traits::STATEFUL),
        ("allows_uninitialized_input", Traits::ALLOWS_UNINITIALIZED),
    ] {
        let theirs = flags.split(' ').any(|f| f == flag);
        if def.traits.has(t) != theirs {
            wrong.push(format!("{}: {flag} is {theirs} in TensorFlow", def.name));
        }
    }
}

#[test]
fn schemas_equal_those_of_tensorflow() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/op_defs.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let recorded: HashMap<&str, &str> = text.lines().map(|l| (l.split('\t').next().unwrap_or(""), l)).collect();
    let mut wrong = Vec::new();
    for def in all() {
        match recorded.get(def.name) {
            Some(line) => check(def, line, &mut wrong),
            None => wrong.push(format!("{}: not recorded: run tools/oracle/record_op_defs.py", def.name)),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
