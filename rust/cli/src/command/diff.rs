//! `graphpb diff`: what changed between two graphs, by meaning.

use graphpb::graph::attr::Attr;
use graphpb::graph::describe::attr_text;
use graphpb::graph::diff::{Change, Diff, FunctionChange, WeightChange, diff};
use graphpb::{Graph, NodeId};
use graphpb_kernels::shape_text;

use crate::args::Spec;
use crate::command::show::attr_json;
use crate::json::{Json, object};
use crate::load;
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
Compare two graphs: nodes added (+), removed (-), renamed (>), changed (~), weights changed (w), functions (f).

Usage: graphpb diff A B [--json]

The order of nodes and the spelling of defaults and constants make no difference.
Exit code 0 when the graphs mean the same, 1 when they differ.

Example:
  graphpb diff before.pb after.pb
",
    values: &[],
    flags: &[],
    positional: (2, 2),
};

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let [a, b] = args.positional.as_slice() else { return Err(SPEC.wrong("two files expected")) };
    let (a, b) = (load::graph(a)?.graph, load::graph(b)?.graph);
    let found = diff(&a, &b);
    if args.json {
        console.print(&to_json(&a, &b, &found).text())?;
    } else {
        for line in lines(&a, &b, &found) {
            console.print(&line)?;
            console.print("\n")?;
        }
        console.say(&summary(&found));
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::Negative) }
}

fn summary(d: &Diff) -> String {
    if d.is_empty() {
        return "the graphs mean the same".into();
    }
    let counts = [
        (d.added.len(), "added"),
        (d.removed.len(), "removed"),
        (d.renamed.len(), "renamed"),
        (d.changed.len(), "changed"),
        (d.weights.len(), "with other weights"),
        (d.functions.len(), "functions"),
    ];
    let parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    parts.join(", ")
}

fn lines(a: &Graph, b: &Graph, d: &Diff) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(d.removed.iter().map(|id| format!("- {}", a.node_text(*id))));
    out.extend(d.added.iter().map(|id| format!("+ {}", b.node_text(*id))));
    out.extend(d.renamed.iter().map(|(p, q)| format!("> {} is now {}", a.node(*p).name, b.node(*q).name)));
    for change in &d.changed {
        out.push(format!("~ {} ({})", b.node(change.after).name, b.node(change.after).op_name()));
        out.extend(change_lines(change).into_iter().map(|line| format!("    {line}")));
    }
    out.extend(d.weights.iter().map(|w| weight_line(b, w)));
    for (name, change) in &d.functions {
        out.push(format!("f {name} {}", function_word(*change)));
    }
    out
}

fn change_lines(c: &Change) -> Vec<String> {
    let mut out = Vec::new();
    if let Some((before, after)) = &c.op {
        out.push(format!("op: {before} -> {after}"));
    }
    if let Some((before, after)) = &c.device {
        out.push(format!("device: {before:?} -> {after:?}"));
    }
    let attr = |v: &Option<Attr>| v.as_ref().map_or("(none)".into(), attr_text);
    out.extend(c.attrs.iter().map(|x| format!("{}: {} -> {}", x.name, attr(&x.before), attr(&x.after))));
    let input = |v: &Option<String>| v.clone().unwrap_or("(none)".into());
    out.extend(c.inputs.iter().map(|x| format!("input {}: {} -> {}", x.index, input(&x.before), input(&x.after))));
    out.extend(c.controls_removed.iter().map(|name| format!("no longer after {name}")));
    out.extend(c.controls_added.iter().map(|name| format!("now after {name}")));
    out
}

fn weight_line(b: &Graph, w: &WeightChange) -> String {
    let whole = w.dims.iter().product::<usize>();
    let relative = if w.relative().is_finite() { format!("{:.3}%", 100.0 * w.relative()) } else { "from zero".into() };
    format!(
        "w {} {}{}: norm {:.6} -> {:.6}, change {:.6} ({relative}), largest {:.6}, {} of {whole} elements",
        b.node(w.after).name,
        w.dtype.name(),
        shape_text(&w.dims),
        w.norm_before,
        w.norm_after,
        w.norm_change,
        w.max_change,
        w.elements,
    )
}

fn function_word(change: FunctionChange) -> &'static str {
    match change {
        FunctionChange::Added => "added",
        FunctionChange::Removed => "removed",
        FunctionChange::Changed => "changed",
    }
}

fn to_json(a: &Graph, b: &Graph, d: &Diff) -> Json {
    let node = |g: &Graph, id: NodeId| object([("name", g.node(id).name.to_string().into()), ("op", g.node(id).op_name().into())]);
    let names = |p: NodeId, q: NodeId| [("before", a.node(p).name.to_string().into()), ("after", b.node(q).name.to_string().into())];
    object([
        ("equal", d.is_empty().into()),
        ("removed", d.removed.iter().map(|id| node(a, *id)).collect()),
        ("added", d.added.iter().map(|id| node(b, *id)).collect()),
        ("renamed", d.renamed.iter().map(|(p, q)| object(names(*p, *q))).collect()),
        ("changed", d.changed.iter().map(|c| change_json(b, c)).collect()),
        ("weights", d.weights.iter().map(|w| weight_json(b, w)).collect()),
        ("functions", Json::Object(d.functions.iter().map(|(name, c)| (name.clone(), function_word(*c).into())).collect())),
    ])
}

fn change_json(b: &Graph, c: &Change) -> Json {
    let pair = |p: Json, q: Json| object([("before", p), ("after", q)]);
    let text = |v: &Option<(String, String)>| v.as_ref().map_or(Json::Null, |(p, q)| pair(p.as_str().into(), q.as_str().into()));
    let attr = |v: &Option<Attr>| v.as_ref().map_or(Json::Null, attr_json);
    let name = |v: &Option<String>| v.as_ref().map_or(Json::Null, |n| n.as_str().into());
    object([
        ("name", b.node(c.after).name.to_string().into()),
        ("op", text(&c.op)),
        ("device", text(&c.device)),
        ("attrs", Json::Object(c.attrs.iter().map(|x| (x.name.clone(), pair(attr(&x.before), attr(&x.after)))).collect())),
        ("inputs", c.inputs.iter().map(|x| object([("index", x.index.into()), ("before", name(&x.before)), ("after", name(&x.after))])).collect()),
        ("controls_removed", c.controls_removed.iter().map(String::as_str).collect()),
        ("controls_added", c.controls_added.iter().map(String::as_str).collect()),
    ])
}

fn weight_json(b: &Graph, w: &WeightChange) -> Json {
    object([
        ("name", b.node(w.after).name.to_string().into()),
        ("attr", w.attr.as_str().into()),
        ("dtype", w.dtype.name().into()),
        ("shape", w.dims.iter().copied().collect()),
        ("norm_before", w.norm_before.into()),
        ("norm_after", w.norm_after.into()),
        ("norm_change", w.norm_change.into()),
        ("relative_change", w.relative().into()),
        ("max_change", w.max_change.into()),
        ("elements_changed", w.elements.into()),
    ])
}
