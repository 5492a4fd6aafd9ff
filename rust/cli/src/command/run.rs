//! `graphpb run`: feed, fetch, step.

use graphpb::{NodeId, Out};
use graphpb_kernels::Tensor;

use crate::args::{Args, Spec};
use crate::engine::Engine;
use crate::json::{Json, object};
use crate::outcome::{Console, Failure};
use crate::progress::Progress;
use crate::restore::Restore;
use crate::{feed, load, results};

const SPEC: Spec = Spec {
    help: "\
Compute tensors of a graph.

Usage: graphpb run FILE [--feed NAME=VALUE]... [--fetch NAME]... [OPTIONS]

Options:
  --feed NAME=VALUE  VALUE is @file.npy, @file.npz:key, or a literal: 3, [[1,2],[3,4]], [\"a\",\"b\"];
                     numbers are converted to the type that the graph wants
  --fetch NAME       tensor to compute, name or name:0; may be repeated
  --target NAME      operation to run along with the fetches; may be repeated
  --init NAME        operation to run once before everything else; may be repeated
  --steps N          run the targets N times, then the fetches
  --checkpoint CKPT  restore the variables from a checkpoint first
  --tags A,B         of a SavedModel, the graph with exactly these tags
  --out FILE         write the fetches to .npy (one) or .npz (any number) instead of printing them
  --json             as JSON

Examples:
  graphpb run model.pb --feed x=@images.npy --fetch y:0 --out y.npy
  graphpb run train.pb --init init --target train --steps 1000 --fetch W:0
  graphpb run saved_model_folder --feed x=@images.npy --fetch y:0

FILE may be a SavedModel's folder, whose variables are restored and whose initialization is run, or a MetaGraph.
",
    values: &["feed", "fetch", "target", "init", "steps", "out", "checkpoint", "tags"],
    flags: &[],
    positional: (1, 1),
};

struct Job {
    engine: Engine,
    feeds: Vec<(Out, Tensor)>,
    fetches: Vec<Out>,
    targets: Vec<NodeId>,
    inits: Vec<NodeId>,
    steps: Option<u64>,
    restore: Option<Restore>,
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let job = prepare(&args)?;
    let names: Vec<String> = args.all("fetch").map(str::to_owned).collect();
    if let Some(restore) = &job.restore {
        restore.run(&job.engine)?;
    }
    for init in &job.inits {
        job.engine.run(&[], &[], &[*init])?;
    }
    let targets = match job.steps {
        None => job.targets.as_slice(),
        Some(steps) => {
            step(&job, steps, console)?;
            &[]
        }
    };
    let tensors = job.engine.run(&job.feeds, &job.fetches, targets)?;
    let named: Vec<(String, Tensor)> = names.into_iter().zip(tensors).collect();
    let out = args.last("out");
    results::deliver(&named, out, args.json, console)?;
    if args.json {
        let fetches = named.iter().map(|(name, tensor)| (name.clone(), results::to_json(tensor, out)));
        console.print(&object([("fetches", Json::Object(fetches.collect()))]).text())?;
    }
    Ok(())
}

fn prepare(args: &Args) -> Result<Job, Failure> {
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    let steps = match args.last("steps") {
        None => None,
        Some(text) => Some(text.parse::<u64>().map_err(|_| SPEC.wrong(&format!("--steps {text}: a number expected")))?),
    };
    if args.all("fetch").chain(args.all("target")).chain(args.all("init")).next().is_none() {
        return Err(SPEC.wrong(&format!("nothing to do: give --fetch or --target (graphpb info {file} shows likely ones)")));
    }
    if steps.is_some() && args.last("target").is_none() {
        return Err(SPEC.wrong("--steps repeats --target, and there is none"));
    }
    results::check_out(args.last("out"), args.all("fetch").count())?;
    let load::Loaded { graph, model, .. } = load::tagged(file, args.last("tags"))?;
    let restore = match (args.last("checkpoint"), &model.folder) {
        (None, None) => None,
        (checkpoint, _) => Restore::find(&graph, &model, file, checkpoint)?,
    };
    let fetches = args.all("fetch").map(|n| load::tensor(&graph, n)).collect::<Result<_, _>>()?;
    let targets = args.all("target").map(|n| load::node(&graph, n)).collect::<Result<_, _>>()?;
    let inits = args.all("init").map(|n| load::node(&graph, n)).collect::<Result<_, _>>()?;
    let feeds: Vec<(Out, Tensor)> = args.all("feed").map(|f| feed::parse(&graph, f)).collect::<Result<_, _>>()?;
    for (i, (out, _)) in feeds.iter().enumerate() {
        if feeds.iter().take(i).any(|(o, _)| o == out) {
            return Err(SPEC.wrong(&format!("--feed {} is given twice", graph.out_name(*out))));
        }
    }
    Ok(Job { engine: Engine::new(graph), feeds, fetches, targets, inits, steps, restore })
}

/// Run the targets again and again; on a terminal, say how far it is.
fn step(job: &Job, steps: u64, console: &mut Console) -> Result<(), Failure> {
    let mut progress = Progress::new(steps);
    for done in 0..steps {
        progress.at(done, &String::new, console);
        let result = job.engine.run(&job.feeds, &[], &job.targets);
        if result.is_err() {
            progress.interrupted(console);
        }
        result?;
    }
    progress.finished(console);
    Ok(())
}
