//! What holds for every op of the registry, checked on the op's own samples. `GRAPHPB_OPS=Add,Mul` narrows it down.

use graphpb::registry::{ArgType, Grad, Kernel, OpDef, Traits, all};
use graphpb::testing::checks::{check_op, is_runnable};
use graphpb_kernels::DType;

fn ops() -> Vec<&'static OpDef> {
    let chosen = std::env::var("GRAPHPB_OPS").ok();
    all().iter().copied().filter(|d| chosen.as_ref().is_none_or(|c| c.split(',').any(|n| n == d.name))).collect()
}

/// Ops whose inputs cannot be drawn one by one: they are tested with the state that they belong to.
fn needs_company(def: &OpDef) -> bool {
    let held = |t: &DType| matches!(t, DType::Resource | DType::Variant | DType::Str);
    let special = |t: &ArgType| match t {
        ArgType::Is(t) => held(t),
        ArgType::Attr(name) => def.attr_spec(name).is_some_and(|a| !a.types.is_empty() && a.types.iter().all(held)),
        ArgType::ListAttr(_) => false,
    };
    def.inputs.is_empty()
        || def.is_stateful()
        || def.traits.has(Traits::CALLS_OUT)
        || def.inputs.iter().chain(def.outputs).any(|a| a.is_ref || special(&a.ty))
        || matches!(def.kernel, Kernel::Calling(_) | Kernel::Control | Kernel::Unsupported)
}

#[test]
fn names_are_unique_and_documented() {
    let mut seen = std::collections::HashSet::new();
    for d in all() {
        assert!(seen.insert(d.name), "{} is listed twice", d.name);
        assert!(!d.doc.is_empty(), "{} has no documentation", d.name);
    }
}

#[test]
fn every_gradient_is_decided() {
    let open: Vec<&str> = all().iter().filter(|d| matches!(d.grad, Grad::Undecided)).map(|d| d.name).collect();
    assert!(open.is_empty(), "no decision about the gradients of {open:?}");
}

#[test]
fn every_op_has_a_sample() {
    let without: Vec<&str> = all().iter().filter(|d| d.sample.is_none() && !needs_company(d)).map(|d| d.name).collect();
    assert!(without.is_empty(), "no samples of {without:?}");
}

#[test]
fn every_op_passes_the_generic_checks() {
    let mut failures = Vec::new();
    let (mut cases, mut first, mut second) = (0, 0, 0);
    // A panic is a finding; its trace is not.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for def in ops().into_iter().filter(|d| is_runnable(d)) {
        let report = check_op(def, 0..8);
        if report.cases == 0 {
            failures.push(format!("{}: no case ran", def.name));
        }
        cases += report.cases;
        first += report.derivatives.0;
        second += report.derivatives.1;
        if report.skipped > 0 {
            println!("{}: {} gradients need known ranks or parameters", def.name, report.skipped);
        }
        failures.extend(report.failures);
    }
    std::panic::set_hook(hook);
    println!("{cases} cases, {first} first and {second} second derivatives");
    assert!(failures.is_empty(), "{} findings:\n{}", failures.len(), failures.join("\n"));
}
