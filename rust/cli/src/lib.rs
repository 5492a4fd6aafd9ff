//! The `graphpb` command as a library: `run(args)` returns the exit code.
//!
//! Data goes to stdout, messages to stderr. Exit codes: 0 done (or equal), 1 a negative answer, 2 wrong usage,
//! 3 unreadable file, 4 unsupported ops, 5 an error while running.
#![forbid(unsafe_code)]

mod args;
mod batches;
mod cast;
mod command;
mod engine;
mod feed;
mod json;
mod literal;
mod load;
mod outcome;
mod progress;
mod restore;
mod results;
mod show_tensor;
mod signature;
mod weights;

use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};

use graphpb_kernels::error::KernelError;
use outcome::{Console, Failure};

const HELP: &str = "\
Inspect, run, differentiate, compare and convert TensorFlow-1 graphs.

Usage: graphpb COMMAND [OPTIONS]

Commands:
  info FILE       inputs, outputs, variables, op counts, parameters
  show FILE       nodes, one per line, filtered by name or op
  run FILE        feed tensors, fetch tensors
  grad FILE       gradient of one tensor with respect to others
  diff A B        what changed between two graphs
  convert A B     binary to text and back
  extract FILE    the part of a graph that some outputs need
  freeze FILE     variables into constants, with the values of a checkpoint
  ckpt            list, show, compare and convert checkpoints
  check FILE      everything that stands against running, training or TensorFlow
  ops             the ops that graphpb knows
  train FILE      run a training op on batches of arrays, log, save a checkpoint
  events ls PATH  what event files hold; also tail, export

Every command takes --json and --help. FILE is a GraphDef, binary (.pb) or text (.pbtxt),
a MetaGraph (.meta) or the folder of a SavedModel.

Exit codes: 0 done or equal, 1 negative answer, 2 usage, 3 unreadable file, 4 unsupported ops, 5 error while running.

Example:
  graphpb run model.pb --feed x=@images.npy --fetch y:0 --out y.npy
";

/// Run the command line `args` (without the program's name); the exit code.
pub fn run(args: &[String]) -> i32 {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut err = io::stderr();
    let terminal = err.is_terminal();
    let code = run_with(args, &mut Console { out: &mut out, err: &mut err, terminal });
    // A closed pipe (`graphpb show … | head`) is no error of ours; a full disk is one.
    match out.flush().map_err(Failure::from) {
        Err(failure) if code == 0 => {
            failure.report(&mut Console { out: &mut io::sink(), err: &mut err, terminal });
            failure.code()
        }
        _ => code,
    }
}

/// As `run`, writing where the caller says.
pub fn run_with(args: &[String], console: &mut Console) -> i32 {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(|| dispatch(args, console)));
    panic::set_hook(hook);
    let failure = match result {
        Ok(Ok(())) => return 0,
        Ok(Err(failure)) => failure,
        Err(panic) if panic.is::<KernelError>() => {
            let message = panic.downcast::<KernelError>().map_or(String::new(), |e| e.message);
            Failure::Run(format!("RESOURCE_EXHAUSTED: {message}"))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Failure::Run(format!("INTERNAL: {}\n\nHint: this is a defect of graphpb; please report it with the file.", text.unwrap_or("?")))
        }
    };
    failure.report(console);
    failure.code()
}

fn dispatch(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some((command, rest)) = args.split_first() else {
        return Err(Failure::Usage("a command is missing\n\nUsage: graphpb COMMAND [OPTIONS]; see graphpb --help".into()));
    };
    match command.as_str() {
        "info" => command::info::run(rest, console),
        "show" => command::show::run(rest, console),
        "run" => command::run::run(rest, console),
        "grad" => command::grad::run(rest, console),
        "diff" => command::diff::run(rest, console),
        "convert" => command::convert::run(rest, console),
        "ops" => command::ops::run(rest, console),
        "extract" => command::extract::run(rest, console),
        "freeze" => command::freeze::run(rest, console),
        "ckpt" => command::ckpt::run(rest, console),
        "check" => command::check::run(rest, console),
        "train" => command::train::run(rest, console),
        "events" => command::events::run(rest, console),
        "-h" | "--help" | "help" => console.print(HELP),
        "-V" | "--version" => console.print(&format!("graphpb {}\n", env!("CARGO_PKG_VERSION"))),
        other => {
            let known = ["info", "show", "run", "grad", "diff", "convert", "ops", "extract", "freeze", "ckpt", "check", "train", "events"];
            let hint = outcome::nearest(other, known.into_iter()).map_or(String::new(), |n| format!("; did you mean {n}?"));
            Err(Failure::Usage(format!("unknown command {other:?}{hint}\n\nCommands: {}; see graphpb --help", known.join(", "))))
        }
    }
}
