//! `graphpb ckpt`: list, show, compare and convert checkpoints and other files of named tensors.

use graphpb::graph::describe::{Scalar, scalar};
use graphpb_kernels::{DType, Tensor, shape_text};

use crate::args::{Args, Spec};
use crate::command::show::matches;
use crate::json::{Json, object};
use crate::outcome::{Console, Failure, nearest};
use crate::results;
use crate::weights::{self, Weights};

const HELP: &str = "\
Look into files of named tensors: TensorFlow checkpoints (V2, V1), .safetensors, .npz.

Usage: graphpb ckpt COMMAND ...

Commands:
  ls CKPT               names, types, shapes
  show CKPT NAME...     values
  diff A B              what differs
  convert FROM TO       write another format

CKPT is the prefix of a checkpoint (model.ckpt-100), one of its files, a folder with a file called `checkpoint`,
the folder of a SavedModel, a .safetensors or an .npz file.

Example:
  graphpb ckpt ls train/model.ckpt-1000
";

const LS: Spec = Spec {
    help: "\
List the tensors of a checkpoint: name, type, shape, parts.

Usage: graphpb ckpt ls CKPT [PATTERN...] [--json]

PATTERN is a name and may contain * and ?.

Example:
  graphpb ckpt ls train/model.ckpt-1000 'layer1/*'
",
    values: &[],
    flags: &[],
    positional: (1, usize::MAX),
};

const SHOW: Spec = Spec {
    help: "\
Print tensors of a checkpoint, with their range and mean.

Usage: graphpb ckpt show CKPT NAME... [--out FILE] [--json]

Options:
  --out FILE  write them to .npy (one) or .npz instead of printing them
  --json      as JSON

NAME may contain * and ?.

Example:
  graphpb ckpt show train/model.ckpt-1000 layer1/bias
",
    values: &["out"],
    flags: &[],
    positional: (2, usize::MAX),
};

const DIFF: Spec = Spec {
    help: "\
Compare the tensors of two checkpoints; exit code 1 when they differ.

Usage: graphpb ckpt diff A B [--atol X] [--json]

Options:
  --atol X  values that differ by at most X count as equal (0: bit for bit)
  --json    as JSON

Example:
  graphpb ckpt diff model.ckpt-100 model.ckpt-200
",
    values: &["atol"],
    flags: &[],
    positional: (2, 2),
};

const CONVERT: Spec = Spec {
    help: "\
Write the tensors of a checkpoint in another format: TO ends in .npz or .safetensors, or is the prefix of a V2 checkpoint.

Usage: graphpb ckpt convert FROM TO [--only PATTERN]... [--json]

Options:
  --only PATTERN  names to take; may contain * and ?, may be repeated
  --json          say what was written as JSON

Example:
  graphpb ckpt convert model.ckpt-100 model.safetensors
",
    values: &["only"],
    flags: &[],
    positional: (2, 2),
};

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let usage = |what: String| Failure::Usage(format!("{what}\n\nUsage: graphpb ckpt ls|show|diff|convert ...; see graphpb ckpt --help"));
    let Some((command, rest)) = args.split_first() else { return Err(usage("ls, show, diff or convert expected".into())) };
    let spec = match command.as_str() {
        "ls" => &LS,
        "show" => &SHOW,
        "diff" => &DIFF,
        "convert" => &CONVERT,
        "-h" | "--help" => return console.print(HELP),
        other => {
            let hint = nearest(other, ["ls", "show", "diff", "convert"].into_iter()).map_or(String::new(), |n| format!("; did you mean {n}?"));
            return Err(usage(format!("unknown command ckpt {other:?}{hint}")));
        }
    };
    let Some(args) = spec.parse(rest, console)? else { return Ok(()) };
    match command.as_str() {
        "ls" => ls(&args, console),
        "show" => show(&args, console),
        "diff" => diff(&args, console),
        _ => convert(&args, console),
    }
}

/// The names that match one of the patterns; all when there is no pattern. A plain name that is not there is an error.
fn chosen<'a>(weights: &Weights, patterns: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Failure> {
    let names = weights.names();
    let patterns: Vec<&str> = patterns.collect();
    for pattern in &patterns {
        if !names.iter().any(|n| matches(pattern, n)) {
            let hint = nearest(pattern, names.iter().map(String::as_str)).map_or(String::new(), |n| format!("; did you mean {n:?}?"));
            return Err(Failure::Usage(format!("{}: there is no tensor {pattern:?}{hint}", weights.path)));
        }
    }
    Ok(names.into_iter().filter(|n| patterns.is_empty() || patterns.iter().any(|p| matches(p, n))).collect())
}

fn positional(args: &Args, i: usize) -> &str {
    args.positional.get(i).map_or("", String::as_str)
}

fn ls(args: &Args, console: &mut Console) -> Result<(), Failure> {
    let weights = Weights::open(positional(args, 0))?;
    let names = chosen(&weights, args.positional.iter().skip(1).map(String::as_str))?;
    let mut rows = Vec::new();
    let (mut elements, mut bytes) = (0usize, 0usize);
    for name in names {
        let info = weights.info(&name)?;
        let n: usize = info.dims.iter().product();
        elements = elements.saturating_add(n);
        bytes = bytes.saturating_add(n.saturating_mul(info.dtype.size()));
        let parts = weights.parts(&name);
        rows.push((name, info, parts));
    }
    if args.json {
        let tensors = rows.iter().map(|(name, info, parts)| {
            object([
                ("name", name.as_str().into()),
                ("dtype", info.dtype.name().into()),
                ("shape", info.dims.iter().copied().collect()),
                ("parts", (*parts).into()),
            ])
        });
        let value = object([
            ("file", weights.path.as_str().into()),
            ("format", weights.format().into()),
            ("elements", elements.into()),
            ("bytes", bytes.into()),
            ("tensors", tensors.collect()),
        ]);
        return console.print(&value.text());
    }
    let width = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0);
    for (name, info, parts) in &rows {
        let parts = if *parts > 0 { format!("  in {parts} parts") } else { String::new() };
        console.print(&format!("{name:width$}  {}{}{parts}\n", info.dtype.name(), shape_text(&info.dims)))?;
    }
    console.say(&format!("{}: {} tensors, {elements} elements, {bytes} bytes, {}", weights.path, rows.len(), weights.format()));
    Ok(())
}

/// Least, largest and mean of real numbers; None for other types and without elements.
fn range(tensor: &Tensor) -> Option<(f64, f64, f64)> {
    let (mut low, mut high, mut sum) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
    for i in 0..tensor.len() {
        let v = real(tensor, i)?;
        (low, high, sum) = (low.min(v), high.max(v), sum + v);
    }
    (!tensor.is_empty()).then(|| (low, high, sum / tensor.len() as f64))
}

fn real(tensor: &Tensor, i: usize) -> Option<f64> {
    match scalar(tensor, i)? {
        Scalar::Int(v) => Some(v as f64),
        Scalar::Single(v) => Some(f64::from(v)),
        Scalar::Double(v) => Some(v),
        _ => None,
    }
}

fn show(args: &Args, console: &mut Console) -> Result<(), Failure> {
    let weights = Weights::open(positional(args, 0))?;
    let names = chosen(&weights, args.positional.iter().skip(1).map(String::as_str))?;
    let out = args.last("out");
    results::check_out(out, names.len())?;
    let named: Vec<(String, Tensor)> = names.into_iter().map(|n| weights.get(&n).map(|t| (n, t))).collect::<Result<_, _>>()?;
    results::deliver(&named, out, args.json, console)?;
    if args.json {
        let tensors = named.iter().map(|(name, tensor)| (name.clone(), results::to_json(tensor, out)));
        return console.print(&object([("tensors", Json::Object(tensors.collect()))]).text());
    }
    for (name, tensor) in &named {
        if let Some((low, high, mean)) = range(tensor).filter(|_| tensor.len() > 1) {
            console.say(&format!("{name}: {low} to {high}, mean {mean}"));
        }
    }
    Ok(())
}

enum Change {
    Only(&'static str),
    Kind(String, String),
    Values { different: usize, of: usize, largest: Option<f64> },
}

fn diff(args: &Args, console: &mut Console) -> Result<(), Failure> {
    let tolerance = match args.last("atol") {
        None => 0.0,
        Some(text) => text.parse::<f64>().ok().filter(|v| *v >= 0.0).ok_or_else(|| DIFF.wrong(&format!("--atol {text}: a number expected")))?,
    };
    let (a, b) = (Weights::open(positional(args, 0))?, Weights::open(positional(args, 1))?);
    let mut names = a.names();
    names.extend(b.names());
    names.sort();
    names.dedup();
    let (in_a, in_b) = (a.names(), b.names());
    let mut changes = Vec::new();
    let mut equal = 0usize;
    for name in names {
        match (in_a.binary_search(&name).is_ok(), in_b.binary_search(&name).is_ok()) {
            (true, false) => changes.push((name, Change::Only("a"))),
            (false, true) => changes.push((name, Change::Only("b"))),
            _ => match compare(&a.get(&name)?, &b.get(&name)?, tolerance) {
                Some(change) => changes.push((name, change)),
                None => equal += 1,
            },
        }
    }
    if args.json {
        let rows = changes.iter().map(|(name, change)| {
            let (what, detail) = match change {
                Change::Only(side) => (if *side == "a" { "removed" } else { "added" }, Json::Null),
                Change::Kind(from, to) => ("kind", object([("from", from.as_str().into()), ("to", to.as_str().into())])),
                Change::Values { different, of, largest } => (
                    "values",
                    object([("different", (*different).into()), ("of", (*of).into()), ("largest", largest.map_or(Json::Null, Json::from))]),
                ),
            };
            object([("name", name.as_str().into()), ("change", what.into()), ("detail", detail)])
        });
        console.print(
            &object([("a", a.path.as_str().into()), ("b", b.path.as_str().into()), ("equal", equal.into()), ("changes", rows.collect())]).text(),
        )?;
    } else {
        for (name, change) in &changes {
            let line = match change {
                Change::Only("a") => format!("- {name}"),
                Change::Only(_) => format!("+ {name}"),
                Change::Kind(from, to) => format!("~ {name}  {from} -> {to}"),
                Change::Values { different, of, largest } => {
                    let largest = largest.map_or(String::new(), |l| format!(", by at most {l:.6e}"));
                    format!("~ {name}  {different} of {of} values differ{largest}")
                }
            };
            console.print(&format!("{line}\n"))?;
        }
        console.say(&format!("{} differ, {equal} are equal", changes.len()));
    }
    if changes.is_empty() { Ok(()) } else { Err(Failure::Negative) }
}

fn compare(a: &Tensor, b: &Tensor, tolerance: f64) -> Option<Change> {
    let kind = |t: &Tensor| format!("{}{}", t.dtype().name(), shape_text(t.dims()));
    if a.dtype() != b.dtype() || a.dims() != b.dims() {
        return Some(Change::Kind(kind(a), kind(b)));
    }
    let of = a.len();
    if a.dtype() == DType::Str {
        let different = a.as_strings().iter().zip(b.as_strings()).filter(|(x, y)| x != y).count();
        return (different > 0).then_some(Change::Values { different, of, largest: None });
    }
    if a.bytes() == b.bytes() {
        return None;
    }
    let size = a.dtype().size().max(1);
    let (mut different, mut largest) = (0, None::<f64>);
    for (i, (x, y)) in a.bytes().chunks_exact(size).zip(b.bytes().chunks_exact(size)).enumerate() {
        if x == y {
            continue;
        }
        let distance = real(a, i).zip(real(b, i)).map(|(x, y)| if x.is_nan() && y.is_nan() { 0.0 } else { (x - y).abs() });
        if distance.is_some_and(|d| d <= tolerance && tolerance > 0.0) {
            continue;
        }
        different += 1;
        if let Some(d) = distance {
            largest = Some(largest.map_or(d, |l| l.max(d)));
        }
    }
    (different > 0).then_some(Change::Values { different, of, largest })
}

fn convert(args: &Args, console: &mut Console) -> Result<(), Failure> {
    let (from, to) = (Weights::open(positional(args, 0))?, positional(args, 1));
    let names = chosen(&from, args.all("only"))?;
    let tensors: Vec<(String, Tensor)> = names.into_iter().map(|n| from.get(&n).map(|t| (n, t))).collect::<Result<_, _>>()?;
    weights::write(to, &tensors)?;
    let bytes: usize = tensors.iter().map(|(_, t)| t.nbytes()).sum();
    if args.json {
        let value = object([("file", to.into()), ("from", from.format().into()), ("tensors", tensors.len().into()), ("bytes", bytes.into())]);
        return console.print(&value.text());
    }
    console.say(&format!("{to}: {} tensors, {bytes} bytes", tensors.len()));
    Ok(())
}
