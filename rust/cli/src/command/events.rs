//! `graphpb events`: what event files hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use graphpb::io::events::{EventReader, find};
use graphpb::io::files;
use graphpb::io::text::float32_text;
use graphpb::proto::event::What;
use graphpb::proto::summary::value::Value as Kind;
use graphpb::proto::{DataClass, Event, TensorProto, summary};

use crate::args::{Args, Spec};
use crate::command::show::matches;
use crate::json::{Json, object};
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
Read event files, as TensorBoard does: a file, or all of a folder and its subfolders (each is a run).

Usage: graphpb events ls|tail|export PATH [OPTIONS]

  ls       runs and tags: kind, number of values, steps
  tail     the last events, one per line
  export   the scalars as CSV: run,tag,step,wall_time,value

Options:
  --tag PATTERN  only these tags (may contain * and ?; may be repeated)
  --lines N      how many events `tail` shows (10)
  --out FILE     where `export` writes, instead of stdout
  --json         as JSON

A last record that is cut short ends its file quietly: its writer may still be at work. A damaged record is an error after
what stands before it has been shown.

Examples:
  graphpb events ls logs
  graphpb events export logs --tag 'loss*' --out loss.csv
",
    values: &["tag", "lines", "out"],
    flags: &[],
    positional: (2, 2),
};

/// One value of one event.
struct Entry {
    run: String,
    tag: String,
    kind: &'static str,
    step: i64,
    wall_time: f64,
    /// The number of a scalar.
    number: Option<f32>,
    note: String,
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let [action, path] = args.positional.as_slice() else { return Err(SPEC.wrong("an argument is missing")) };
    let lines = match args.last("lines") {
        None => 10,
        Some(text) => text.parse::<usize>().map_err(|_| SPEC.wrong(&format!("--lines {text}: a number expected")))?,
    };
    if !matches!(action.as_str(), "ls" | "tail" | "export") {
        return Err(SPEC.wrong(&format!("unknown action {action:?}: ls, tail or export")));
    }
    let files = find(Path::new(path))?;
    if files.is_empty() {
        return Err(Failure::Unreadable(format!("{path}: there are no event files here")));
    }
    let (entries, damage) = read(&files, &args);
    match action.as_str() {
        "ls" => list(&entries, args.json, console)?,
        "tail" => tail(&entries, lines, args.json, console)?,
        _ => export(&entries, &args, console)?,
    }
    damage.map_or(Ok(()), Err)
}

/// The values of all files; and the first damage, which ends its file.
fn read(files: &[(String, PathBuf)], args: &Args) -> (Vec<Entry>, Option<Failure>) {
    let mut entries = Vec::new();
    let mut damage = None;
    // Metadata stands with the first value of a tag only.
    let mut plugins: BTreeMap<(String, String), String> = BTreeMap::new();
    for (run, path) in files {
        let events = match EventReader::open(path) {
            Ok(events) => events,
            Err(e) => {
                damage.get_or_insert(Failure::from(e));
                continue;
            }
        };
        for event in events {
            match event {
                Ok(event) => split(run, event, &mut plugins, &mut entries),
                Err(e) => {
                    damage.get_or_insert(Failure::from(e));
                }
            }
        }
    }
    let patterns: Vec<&str> = args.all("tag").collect();
    if !patterns.is_empty() {
        entries.retain(|e| patterns.iter().any(|p| matches(p, &e.tag)));
    }
    (entries, damage)
}

fn split(run: &str, event: Event, plugins: &mut BTreeMap<(String, String), String>, entries: &mut Vec<Entry>) {
    let (step, wall_time) = (event.step, event.wall_time);
    let mut add = |tag: String, kind: &'static str, number: Option<f32>, note: String| {
        entries.push(Entry { run: run.to_owned(), tag, kind, step, wall_time, number, note });
    };
    match event.what {
        Some(What::Summary(s)) => {
            for value in s.value {
                let key = (run.to_owned(), value.tag.clone());
                if let Some(plugin) = value.metadata.as_ref().and_then(|m| m.plugin_data.as_ref()) {
                    plugins.insert(key.clone(), plugin.plugin_name.clone());
                }
                let class = value.metadata.as_ref().map_or(0, |m| m.data_class);
                let plugin = plugins.get(&key).map_or("", String::as_str);
                let (kind, number, note) = describe(&value, plugin, class);
                add(if value.tag.is_empty() { value.node_name } else { value.tag }, kind, number, note);
            }
        }
        Some(What::FileVersion(v)) => add("(file)".into(), "version", None, v),
        Some(What::GraphDef(b)) => add("(graph)".into(), "graph", None, format!("{} bytes", b.len())),
        Some(What::MetaGraphDef(b)) => add("(meta graph)".into(), "meta graph", None, format!("{} bytes", b.len())),
        Some(What::SessionLog(l)) => add("(session)".into(), "session log", None, format!("{:?} {}", l.status(), l.msg).trim().into()),
        Some(What::TaggedRunMetadata(m)) => add(m.tag, "run metadata", None, format!("{} bytes", m.run_metadata.len())),
        _ => add("(other)".into(), "other", None, String::new()),
    }
}

fn describe(value: &summary::Value, plugin: &str, class: i32) -> (&'static str, Option<f32>, String) {
    match &value.value {
        Some(Kind::SimpleValue(v)) => ("scalar", Some(*v), float32_text(*v)),
        Some(Kind::Histo(h)) => ("histogram", None, format!("{} values from {} to {}", h.num, h.min, h.max)),
        Some(Kind::Image(i)) => ("image", None, format!("{}x{}, {} bytes", i.width, i.height, i.encoded_image_string.len())),
        Some(Kind::Audio(a)) => ("audio", None, format!("{} frames at {} Hz", a.length_frames, a.sample_rate)),
        Some(Kind::Tensor(t)) => match (plugin, single(t)) {
            ("scalars", Some(v)) => ("scalar", Some(v), float32_text(v)),
            (_, Some(v)) if class == DataClass::Scalar as i32 => ("scalar", Some(v), float32_text(v)),
            ("text", _) => ("text", None, t.string_val.first().map_or(String::new(), |s| String::from_utf8_lossy(s).into_owned())),
            _ => ("tensor", None, format!("type {}", t.dtype)),
        },
        _ => ("empty", None, String::new()),
    }
}

/// The value of a float32 scalar.
fn single(t: &TensorProto) -> Option<f32> {
    let t = graphpb::proto::tensor::decode(t).ok()?;
    if t.dtype() == graphpb_kernels::DType::F32 && t.rank() == 0 { t.slice::<f32>().first().copied() } else { None }
}

fn list(entries: &[Entry], json: bool, console: &mut Console) -> Result<(), Failure> {
    struct Tag {
        kind: &'static str,
        count: usize,
        steps: (i64, i64),
        last: String,
    }
    let mut tags: BTreeMap<(&str, &str), Tag> = BTreeMap::new();
    for e in entries.iter().filter(|e| e.kind != "version") {
        let tag = tags.entry((&e.run, &e.tag)).or_insert(Tag { kind: e.kind, count: 0, steps: (e.step, e.step), last: String::new() });
        tag.count += 1;
        tag.steps = (tag.steps.0.min(e.step), tag.steps.1.max(e.step));
        tag.last.clone_from(&e.note);
    }
    if json {
        let rows = tags.iter().map(|((run, tag), t)| {
            object([
                ("run", (*run).into()),
                ("tag", (*tag).into()),
                ("kind", t.kind.into()),
                ("count", t.count.into()),
                ("first_step", t.steps.0.into()),
                ("last_step", t.steps.1.into()),
                ("last", t.last.as_str().into()),
            ])
        });
        return console.print(&object([("tags", rows.collect())]).text());
    }
    let mut run = None;
    let width = tags.keys().map(|(_, tag)| tag.chars().count()).max().unwrap_or(0);
    for ((r, tag), t) in &tags {
        if run != Some(*r) {
            console.print(&format!("{r}\n"))?;
            run = Some(*r);
        }
        let steps = if t.steps.0 == t.steps.1 { format!("step {}", t.steps.0) } else { format!("steps {} to {}", t.steps.0, t.steps.1) };
        let last = one_line(&t.last);
        console.print(&format!("  {tag:width$}  {:12} {:>6}  {steps}  {last}\n", t.kind, t.count))?;
    }
    Ok(())
}

fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() > 60 { line.chars().take(57).chain("...".chars()).collect() } else { line.to_owned() }
}

fn json(e: &Entry) -> Json {
    let value = e.number.map_or_else(|| Json::from(e.note.as_str()), Json::Single);
    object([
        ("run", e.run.as_str().into()),
        ("tag", e.tag.as_str().into()),
        ("kind", e.kind.into()),
        ("step", e.step.into()),
        ("wall_time", e.wall_time.into()),
        ("value", value),
    ])
}

fn tail(entries: &[Entry], lines: usize, as_json: bool, console: &mut Console) -> Result<(), Failure> {
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_by(|a, b| a.wall_time.total_cmp(&b.wall_time));
    let last = order.get(order.len().saturating_sub(lines)..).unwrap_or(&[]);
    if as_json {
        return console.print(&object([("events", last.iter().map(|e| json(e)).collect())]).text());
    }
    for e in last {
        console.print(&format!("{:.3}  {}  step {}  {}  {}  {}\n", e.wall_time, e.run, e.step, e.kind, e.tag, one_line(&e.note)))?;
    }
    Ok(())
}

fn export(entries: &[Entry], args: &Args, console: &mut Console) -> Result<(), Failure> {
    let scalars: Vec<&Entry> = entries.iter().filter(|e| e.number.is_some()).collect();
    let text = if args.json {
        object([("scalars", scalars.iter().map(|e| json(e)).collect())]).text()
    } else {
        let mut text = String::from("run,tag,step,wall_time,value\n");
        for e in &scalars {
            let number = e.number.map_or(String::new(), float32_text);
            text.push_str(&format!("{},{},{},{:.6},{number}\n", quoted(&e.run), quoted(&e.tag), e.step, e.wall_time));
        }
        text
    };
    match args.last("out") {
        None => console.print(&text),
        Some(path) => {
            files::write(Path::new(path), text.as_bytes()).map_err(|e| Failure::Run(e.to_string()))?;
            console.say(&format!("{path}: {} values", scalars.len()));
            Ok(())
        }
    }
}

/// A field of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
