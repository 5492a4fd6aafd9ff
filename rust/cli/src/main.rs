//! The stand-alone `graphpb` binary.
#![forbid(unsafe_code)]

use std::process::exit;

fn main() {
    let args: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    exit(graphpb_cli::run(&args));
}
