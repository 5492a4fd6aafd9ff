//! `graphpb ops`: the ops that graphpb knows, runs and differentiates.

use graphpb::registry::{Grad, Kernel, OpDef, all};

use crate::args::Spec;
use crate::command::show::matches;
use crate::json::{Json, object};
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
List ops: whether they run, whether they have a gradient, what they take and give.

Usage: graphpb ops [PATTERN...] [--json]

PATTERN may contain * and ?; several patterns list what matches any.

Example:
  graphpb ops 'Conv*' MatMul
",
    values: &[],
    flags: &[],
    positional: (0, usize::MAX),
};

fn runs(op: &OpDef) -> bool {
    !matches!(op.kernel, Kernel::Unsupported)
}

fn gradient(op: &OpDef) -> &'static str {
    match op.grad {
        Grad::Rule(_) => "yes",
        Grad::NotDifferentiable(_) => "none flows",
        Grad::Missing(_) | Grad::Undecided => "no",
    }
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let mut ops: Vec<&OpDef> = all().to_vec();
    ops.retain(|op| args.positional.is_empty() || args.positional.iter().any(|p| matches(p, op.name)));
    ops.sort_by_key(|op| op.name);
    if args.json {
        let list: Json = ops.iter().map(|op| describe(op)).collect();
        console.print(&list.text())?;
    } else {
        let width = ops.iter().map(|op| op.name.len()).max().unwrap_or(0);
        for op in &ops {
            let takes: Vec<&str> = op.inputs.iter().map(|a| a.name).collect();
            let gives: Vec<&str> = op.outputs.iter().map(|a| a.name).collect();
            let runs = if runs(op) { "runs" } else { "-   " };
            let gradient = format!("gradient: {}", gradient(op));
            console.print(&format!("{:width$}  {runs}  {gradient:<20}  ({}) -> ({})\n", op.name, takes.join(", "), gives.join(", ")))?;
        }
        console.say(&format!("{} ops, {} of them run", ops.len(), ops.iter().filter(|op| runs(op)).count()));
    }
    if ops.is_empty() { Err(Failure::Negative) } else { Ok(()) }
}

fn describe(op: &OpDef) -> Json {
    object([
        ("name", op.name.into()),
        ("runs", runs(op).into()),
        ("gradient", gradient(op).into()),
        ("inputs", op.inputs.iter().map(|a| a.name).collect()),
        ("outputs", op.outputs.iter().map(|a| a.name).collect()),
        ("attrs", Json::Object(op.attrs.iter().map(|a| (a.name.to_owned(), a.kind.text().into())).collect())),
        ("doc", op.doc.into()),
    ])
}
