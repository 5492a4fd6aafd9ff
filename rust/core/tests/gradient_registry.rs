//! Every op has a gradient where TensorFlow registers one, and none where TensorFlow declares that it has none
//! (tests/data/gradient_registry.tsv, written by tools/oracle/record_gradients.py).

use std::collections::HashMap;
use std::path::Path;

use graphpb::registry::{Grad, all};

/// TensorFlow's rule of these gives no gradient for any input.
const NONE_FROM_A_RULE: &[&str] = &["ArgMax", "ArgMin", "Ceil", "Floor", "FloorDiv", "Rint", "Round", "TruncateDiv"];

/// TensorFlow's rule of these raises.
const RAISES: &[&str] = &["SparseDenseCwiseAdd"];

/// TensorFlow passes gradients through values that may be missing; here these come from iterators only.
const OF_ITERATORS: &[&str] = &["OptionalFromValue", "OptionalGetValue"];

fn recorded() -> HashMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/gradient_registry.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter_map(|l| l.split_once('\t')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

#[test]
fn gradients_are_registered_where_tensorflow_registers_them() {
    let recorded = recorded();
    assert!(recorded.len() > 400);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for op in all() {
        let own = match op.grad {
            Grad::Rule(_) => "rule",
            Grad::NotDifferentiable(_) => "none",
            Grad::Missing(_) | Grad::Undecided => "missing",
        };
        let want = match recorded.get(op.name).map(String::as_str) {
            // Where TensorFlow registers nothing, more is no harm.
            None => continue,
            Some(_) if NONE_FROM_A_RULE.contains(&op.name) => "none",
            Some(_) if RAISES.contains(&op.name) || OF_ITERATORS.contains(&op.name) => "missing",
            Some(theirs) => theirs,
        };
        compared += 1;
        if own != want {
            wrong.push(format!("{}: {own}, TensorFlow: {want}", op.name));
        }
    }
    assert!(compared > 300, "{compared}");
    assert!(wrong.is_empty(), "{} of {compared} ops differ:\n{}", wrong.len(), wrong.join("\n"));
}
