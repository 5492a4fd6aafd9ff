//! `graphpb show`: nodes, one per line, filtered.

use graphpb::graph::attr::{Attr, AttrList};
use graphpb::graph::describe::attr_text;
use graphpb::graph::fact::Shape;
use graphpb::{Graph, NodeId};
use graphpb_kernels::DType;

use crate::args::Spec;
use crate::json::{Json, object};
use crate::load;
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
Print nodes: name = Op(inputs) {attributes} -> types and shapes.

Usage: graphpb show FILE [PATTERN...] [OPTIONS]

PATTERN is a node name and may contain * and ?; several patterns show what matches any.

Options:
  --op TYPE         only nodes of this op (may contain * and ?; may be repeated)
  --inputs-of NAME  only what NAME depends on
  --json            as JSON

Example:
  graphpb show model.pb 'layer1/*' --op MatMul
",
    values: &["op", "inputs-of"],
    flags: &[],
    positional: (1, usize::MAX),
};

/// Whether `name` fits `pattern`, in which `*` stands for any text and `?` for any character.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (p, n): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut i, mut j) = (0, 0);
    // Where the last star stands, and how much of the name it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while j < n.len() {
        match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(c) if *c == '?' || n.get(j) == Some(c) => {
                i += 1;
                j += 1;
            }
            _ => match star {
                Some((at, covered)) => {
                    star = Some((at, covered + 1));
                    i = at + 1;
                    j = covered + 1;
                }
                None => return false,
            },
        }
    }
    p.iter().skip(i).all(|c| *c == '*')
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let Some((file, patterns)) = args.positional.split_first() else { return Err(SPEC.wrong("a file is missing")) };
    let graph = load::graph(file)?.graph;
    let ops: Vec<&str> = args.all("op").collect();
    let mut nodes: Vec<NodeId> = match args.last("inputs-of") {
        Some(name) => load::ancestors(&graph, [load::node(&graph, name)?], &[]),
        None => graph.ids().collect(),
    };
    nodes.retain(|id| {
        let node = graph.node(*id);
        (patterns.is_empty() || patterns.iter().any(|p| matches(p, &node.name))) && (ops.is_empty() || ops.iter().any(|p| matches(p, node.op_name())))
    });
    if args.json {
        let list: Json = nodes.iter().map(|id| node_json(&graph, *id)).collect();
        console.print(&list.text())?;
    } else {
        for id in &nodes {
            console.print(&graph.node_text(*id))?;
            console.print("\n")?;
        }
    }
    if nodes.is_empty() {
        console.say("graphpb: no node fits");
        return Err(Failure::Negative);
    }
    Ok(())
}

/// Sizes with null where unknown; null for an unknown rank.
pub fn shape_json(shape: &Shape) -> Json {
    match shape.dims() {
        None => Json::Null,
        Some(dims) => dims.iter().map(|d| if *d < 0 { Json::Null } else { (*d).into() }).collect(),
    }
}

fn node_json(graph: &Graph, id: NodeId) -> Json {
    let node = graph.node(id);
    object([
        ("name", (&*node.name).into()),
        ("op", node.op_name().into()),
        ("inputs", node.inputs.iter().map(|o| graph.out_name(*o)).collect()),
        ("controls", node.controls.iter().map(|c| graph.node(*c).name.to_string()).collect()),
        ("device", (&*node.device).into()),
        ("attrs", Json::Object(node.attrs.iter().map(|(name, value)| (name.to_string(), attr_json(value))).collect())),
        ("outputs", node.outputs.iter().map(|f| object([("dtype", f.dtype.name().into()), ("shape", shape_json(&f.shape))])).collect()),
    ])
}

/// Attribute values by their own kinds; tensors, functions and odd things as descriptions.
pub fn attr_json(value: &Attr) -> Json {
    let dtype = |n: &i32| DType::from_number(*n).map_or_else(|| Json::from(i64::from(*n)), |d| d.name().into());
    let text = |s: &[u8]| Json::Str(String::from_utf8_lossy(s).into_owned());
    match value {
        Attr::Unset => Json::Null,
        Attr::Int(v) => (*v).into(),
        Attr::Float(v) => Json::Single(*v),
        Attr::Bool(v) => (*v).into(),
        Attr::Str(v) => text(v),
        Attr::Type(v) => dtype(v),
        Attr::Shape(v) => shape_json(v),
        Attr::Tensor(_) | Attr::Func(_) | Attr::Placeholder(_) => attr_text(value).into(),
        Attr::List(list) => match list {
            AttrList::Empty => Json::Array(vec![]),
            AttrList::Int(v) => v.iter().copied().collect(),
            AttrList::Float(v) => v.iter().map(|v| Json::Single(*v)).collect(),
            AttrList::Bool(v) => v.iter().copied().collect(),
            AttrList::Str(v) => v.iter().map(|s| text(s)).collect(),
            AttrList::Type(v) => v.iter().map(dtype).collect(),
            AttrList::Shape(v) => v.iter().map(shape_json).collect(),
            AttrList::Tensor(v) => v.iter().map(|t| attr_text(&Attr::Tensor(t.clone()))).collect(),
            AttrList::Func(v) => v.iter().map(|f| f.name.to_string()).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, fits) in [
            ("a/*", "a/b/c", true),
            ("*", "", true),
            ("*MatMul*", "gradients/MatMul_1", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*c", "xxaxxbxxc", true),
            ("*a*b*c", "xxaxxbxx", false),
            ("w", "w1", false),
            ("", "w", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(50), &"a".repeat(49)));
    }
}
