//! Print and PrintV2: write values to standard error while a graph runs.

use super::summarize::summarize;
use crate::graph::infer;
use crate::registry::*;
use graphpb_kernels::DType;

pub static PRINT: OpDef = OpDef {
    name: "Print",
    doc: "The input; writes `message` and the first `summarize` values of each of `data` to standard error, the first `first_n` times.",
    inputs: &[arg("input", "T"), args_by_types("data", "U")],
    outputs: &[arg("output", "T")],
    attrs: &[
        type_any("T"),
        attr("U", AttrKind::ListType).at_least(0),
        string("message").default_str(""),
        int("first_n").default_int(-1),
        int("summarize").default_int(3),
    ],
    traits: Traits::STATEFUL,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let (first, limit) = (c.attrs().int("first_n")?, c.attrs().int("summarize")?);
        let count = c.state(|| 0i64);
        let mut count = count.lock().unwrap_or_else(|e| e.into_inner());
        if first < 0 || *count < first {
            *count += 1;
            let mut line = String::from_utf8_lossy(c.attrs().bytes("message")?).into_owned();
            for i in 1..c.inputs() {
                line.push_str(&format!("[{}]", summarize(c.input(i), limit)));
            }
            eprintln!("{line}");
        }
        let t = c.take(0);
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        c.pass(0, 0);
        Ok(())
    }),
    ..OpDef::BASE
};

pub static PRINT_V2: OpDef = OpDef {
    name: "PrintV2",
    doc: "Writes a string to standard error, or to standard output where `output_stream` says so.",
    inputs: &[arg_of("input", DType::Str)],
    attrs: &[string("output_stream").default_str("stderr"), string("end").default_str("\n")],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let text = c.input(0).as_strings().first().map(|s| String::from_utf8_lossy(s).into_owned()).unwrap_or_default();
        let end = String::from_utf8_lossy(c.attrs().bytes("end")?).into_owned();
        if c.attrs().str("output_stream")? == "stdout" {
            print!("{text}{end}");
        } else {
            eprint!("{text}{end}");
        }
        Ok(())
    }),
    grad: Grad::NotDifferentiable("printing has no outputs"),
    ..OpDef::BASE
};
