//! `graphpb train`: run the training op of a saved graph on arrays, batch by batch.

use std::path::Path;

use graphpb::io::events::{EventWriter, now, scalars};
use graphpb::io::npz::Npz;
use graphpb::proto::event::What;
use graphpb::proto::{Event, Summary};
use graphpb::{NodeId, Out};
use graphpb_kernels::{DType, Tensor, shape_text};
use prost::Message;

use crate::args::{Args, Spec};
use crate::batches::{Batches, take};
use crate::cast::cast;
use crate::engine::Engine;
use crate::json::Json;
use crate::outcome::{Console, Failure};
use crate::progress::Progress;
use crate::{feed, load, results, show_tensor};

const SPEC: Spec = Spec {
    help: "\
Train a saved graph: run its training op again and again on batches of arrays.

Usage: graphpb train FILE --target NAME --steps N [--data ARRAYS.npz] [OPTIONS]

Options:
  --target NAME      operation to run in every step; may be repeated
  --steps N          how many steps
  --data FILE        arrays whose first axis counts the examples; each is fed to the placeholder of its name
  --batch N          examples a step (all, when not given); an epoch's last batch goes on with the next epoch
  --shuffle SEED     a new order of the examples in every epoch
  --feed NAME=VALUE  VALUE is the name of an array of --data, or @file.npy, or a literal that is fed in every step
  --init NAME        operation to run first; may be repeated (init, when not given and the graph has it)
  --checkpoint CKPT  take the variables from this checkpoint, after --init
  --fetch NAME       tensor to compute in every step, such as the loss; may be repeated; the last values are printed
  --summary NAME     serialized summary (of tf.summary.merge_all) to compute and log; may be repeated
  --log DIR          write an event file: the graph, one-element values of --fetch, the summaries
  --every N          log and compute --fetch and --summary in every Nth step only (1)
  --save PREFIX      write the variables to this checkpoint, which tf.train.Saver restores
  --json             as JSON

Example:
  graphpb train model.pb --data digits.npz --feed x=images --feed y=labels --batch 32 --shuffle 1 \\
      --target train --steps 1000 --fetch loss --log logs --save digits.ckpt
",
    values: &["target", "steps", "data", "batch", "shuffle", "feed", "init", "checkpoint", "fetch", "summary", "log", "every", "save"],
    flags: &[],
    positional: (1, 1),
};

struct Job {
    engine: Engine,
    targets: Vec<NodeId>,
    steps: u64,
    every: u64,
    /// Fed in every step as they are.
    fixed: Vec<(Out, Tensor)>,
    /// Fed in parts.
    arrays: Vec<(Out, Tensor)>,
    batches: Batches,
    inits: Vec<NodeId>,
    names: Vec<String>,
    fetches: Vec<Out>,
    summaries: Vec<Out>,
    log: Option<EventWriter>,
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let mut job = prepare(&args)?;
    for init in &job.inits {
        job.engine.run(&[], &[], &[*init])?;
    }
    if let Some(prefix) = args.last("checkpoint") {
        job.engine.restore(prefix)?;
    }
    let (last, seconds) = train(&mut job, console)?;
    if let Some(log) = &mut job.log {
        log.close().map_err(failed)?;
    }
    let saved = args.last("save").map(|prefix| job.engine.save(prefix).map(|n| (prefix, n))).transpose()?;
    if args.json {
        let fetches = job.names.iter().zip(&last).map(|(name, t)| (name.clone(), results::to_json(t, None))).collect();
        let mut report = vec![
            ("steps".to_owned(), Json::Int(job.steps.into())),
            ("seconds".to_owned(), seconds.into()),
            ("fetches".to_owned(), Json::Object(fetches)),
        ];
        report.extend(saved.map(|(prefix, _)| ("checkpoint".to_owned(), prefix.into())));
        return console.print(&Json::Object(report).text());
    }
    for (name, t) in job.names.iter().zip(&last) {
        console.print(&format!("{name}  {}{}\n{}\n", t.dtype().name(), shape_text(t.dims()), show_tensor::text(t)))?;
    }
    if let Some((prefix, n)) = saved {
        console.say(&format!("{prefix}: {n} variables"));
    }
    Ok(())
}

fn failed(e: graphpb::io::files::FileError) -> Failure {
    Failure::Run(e.to_string())
}

fn number(args: &Args, name: &str, least: u64) -> Result<Option<u64>, Failure> {
    let Some(text) = args.last(name) else { return Ok(None) };
    let value = text.parse::<u64>().ok().filter(|n| *n >= least);
    value.map(Some).ok_or_else(|| SPEC.wrong(&format!("--{name} {text}: a number from {least} on expected")))
}

fn prepare(args: &Args) -> Result<Job, Failure> {
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    let steps = number(args, "steps", 0)?.ok_or_else(|| SPEC.wrong("--steps is missing"))?;
    let (batch, every) = (number(args, "batch", 1)?, number(args, "every", 1)?.unwrap_or(1));
    let seed = number(args, "shuffle", 0)?;
    if args.last("target").is_none() {
        return Err(SPEC.wrong(&format!("--target is missing (graphpb info {file} shows likely ones)")));
    }
    let graph = load::graph(file)?.graph;
    let outs = |name: &str| args.all(name).map(|n| load::tensor(&graph, n)).collect::<Result<Vec<_>, _>>();
    let nodes = |name: &str| args.all(name).map(|n| load::node(&graph, n)).collect::<Result<Vec<_>, _>>();
    let (targets, fetches, summaries) = (nodes("target")?, outs("fetch")?, outs("summary")?);
    for (name, out) in args.all("summary").zip(&summaries) {
        if graph.fact(*out).dtype != DType::Str {
            return Err(Failure::Usage(format!("--summary {name}: a serialized summary is a string, not {}", graph.fact(*out).dtype.name())));
        }
    }
    let mut inits = nodes("init")?;
    if inits.is_empty() {
        inits.extend(graph.find("init"));
    }
    let (arrays, fixed) = feeds(args, &graph)?;
    let rows = rows_of(&arrays, &graph)?;
    if (batch.is_some() || seed.is_some()) && arrays.is_empty() {
        return Err(SPEC.wrong("--batch and --shuffle need the arrays of --data"));
    }
    let size = batch.map(|n| usize::try_from(n).map_err(|_| SPEC.wrong("--batch is too large"))).transpose()?;
    let batches = Batches::new(rows, size, seed)?;
    let log = args.last("log").map(|dir| open_log(dir, &graph)).transpose()?;
    let names = args.all("fetch").map(str::to_owned).collect();
    Ok(Job { engine: Engine::new(graph), targets, steps, every, fixed, arrays, batches, inits, names, fetches, summaries, log })
}

type Feeds = Vec<(Out, Tensor)>;

/// What is fed in parts, and what is fed as it is.
fn feeds(args: &Args, graph: &graphpb::Graph) -> Result<(Feeds, Feeds), Failure> {
    let mut archive = args.last("data").map(|path| Npz::open(Path::new(path))).transpose()?;
    let keys: Vec<String> = archive.iter().flat_map(|a| a.names()).map(str::to_owned).collect();
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut fixed = Vec::new();
    for text in args.all("feed") {
        match text.split_once('=') {
            Some((name, key)) if keys.iter().any(|k| k == key) => pairs.push((name.to_owned(), key.to_owned())),
            _ => fixed.push(feed::parse(graph, text)?),
        }
    }
    // Arrays that no --feed names go to the placeholders of their own names.
    for key in &keys {
        if !pairs.iter().any(|(_, k)| k == key) && graph.find_out(key).is_some() {
            pairs.push((key.clone(), key.clone()));
        }
    }
    if pairs.is_empty() && !keys.is_empty() {
        return Err(Failure::Usage(format!(
            "no array of --data has the name of a tensor: {}\n\nHint: --feed NAME=KEY says where one goes",
            keys.join(", ")
        )));
    }
    let mut arrays: Feeds = Vec::new();
    for (name, key) in pairs {
        let (out, Some(archive)) = (load::tensor(graph, &name)?, &mut archive) else { continue };
        if arrays.iter().chain(&fixed).any(|(o, _)| *o == out) {
            return Err(SPEC.wrong(&format!("{name} is fed twice")));
        }
        let (array, wanted) = (archive.get(&key)?, graph.fact(out).dtype);
        let given = array.dtype().name();
        let array =
            cast(&array, wanted).ok_or_else(|| Failure::Usage(format!("{key} holds {given}, which cannot be fed to {name} as {}", wanted.name())))?;
        arrays.push((out, array));
    }
    Ok((arrays, fixed))
}

/// The number of examples: the same for all arrays.
fn rows_of(arrays: &Feeds, graph: &graphpb::Graph) -> Result<usize, Failure> {
    let mut rows: Option<(usize, String)> = None;
    for (out, array) in arrays {
        let name = graph.out_name(*out);
        let Some(n) = array.dims().first().copied() else {
            return Err(Failure::Usage(format!("the array for {name} is a scalar; feed it as a literal")));
        };
        match &rows {
            Some((m, other)) if *m != n => return Err(Failure::Usage(format!("the arrays for {other} and {name} have {m} and {n} examples"))),
            _ => rows = Some((n, name)),
        }
    }
    Ok(rows.map_or(0, |(n, _)| n))
}

fn open_log(dir: &str, graph: &graphpb::Graph) -> Result<EventWriter, Failure> {
    let mut log = EventWriter::new(Path::new(dir), "").map_err(failed)?;
    let def = graph.to_graph_def(0, true).map_err(|e| Failure::Run(e.to_string()))?;
    let event = Event { wall_time: now(), what: Some(What::GraphDef(def.encode_to_vec())), ..Event::default() };
    log.write(&event).and_then(|()| log.flush()).map_err(failed)?;
    Ok(log)
}

/// All steps; the last values of the fetches, and the seconds that it took.
fn train(job: &mut Job, console: &mut Console) -> Result<(Vec<Tensor>, f64), Failure> {
    let mut progress = Progress::new(job.steps);
    let mut last = Vec::new();
    let wanted: Vec<Out> = job.fetches.iter().chain(&job.summaries).copied().collect();
    for step in 0..job.steps {
        let names = &job.names;
        progress.at(step, &|| note(names, &last), console);
        let rows = job.batches.next();
        let mut feeds = job.fixed.clone();
        for (out, array) in &job.arrays {
            feeds.push((*out, rows.as_ref().map_or_else(|| Ok(array.clone()), |r| take(array, r))?));
        }
        let logged = (step + 1) % job.every == 0 || step + 1 == job.steps;
        let fetched = job.engine.run(&feeds, if logged { &wanted } else { &[] }, &job.targets);
        if fetched.is_err() {
            progress.interrupted(console);
        }
        let mut fetched = fetched?;
        if logged {
            let summaries = fetched.split_off(job.fetches.len());
            last = fetched;
            if let Some(log) = &mut job.log {
                write_log(log, step as i64 + 1, &job.names, &last, &summaries)?;
            }
        }
    }
    let seconds = progress.seconds();
    progress.finished(console);
    Ok((last, seconds))
}

/// The scalars of a step, in short.
fn note(names: &[String], values: &[Tensor]) -> String {
    let parts = names.iter().zip(values).filter_map(|(name, t)| Some(format!("{name} {:.4}", scalar_of(t)?)));
    parts.collect::<Vec<_>>().join(" ")
}

fn scalar_of(t: &Tensor) -> Option<f32> {
    let single = if t.len() == 1 && t.dtype() != DType::Str { cast(t, DType::F32)? } else { return None };
    single.slice::<f32>().first().copied()
}

fn write_log(log: &mut EventWriter, step: i64, names: &[String], values: &[Tensor], summaries: &[Tensor]) -> Result<(), Failure> {
    let tagged: Vec<(&str, f32)> =
        names.iter().zip(values).filter_map(|(name, t)| Some((name.strip_suffix(":0").unwrap_or(name), scalar_of(t)?))).collect();
    if !tagged.is_empty() {
        log.write(&scalars(step, tagged)).map_err(failed)?;
    }
    for bytes in summaries.iter().flat_map(|t| t.as_strings()) {
        let summary = Summary::decode(&**bytes).map_err(|e| Failure::Run(format!("--summary: Not a Summary message: {e}")))?;
        log.write(&Event { wall_time: now(), step, what: Some(What::Summary(summary)), ..Event::default() }).map_err(failed)?;
    }
    Ok(())
}
