//! Loops that never end stop when told to; gradients through TensorFlow 1's dataflow control flow.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use graphpb::grad::{GradValue, Options, gradients};
use graphpb::graph::attr::{Attr, Attrs, FuncAttr};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::graph::function_export::Export;
use graphpb::session::env::CancelToken;
use graphpb::session::{RunOptions, Session};
use graphpb::{Code, Graph, Out};
use graphpb_kernels::{Bool, DType, Tensor};

fn arg(g: &mut Graph, name: &str, dtype: DType) -> Out {
    g.add(NewNode::new("Placeholder", Name::Unique(name), &[]).attr("dtype", dtype).attr("shape", Shape::scalar())).unwrap().out(0)
}
fn constant(g: &mut Graph, t: Tensor) -> Out {
    g.add(NewNode::new("Const", Name::Unique("Const"), &[]).attr("dtype", t.dtype()).attr("value", t)).unwrap().out(0)
}
fn op(g: &mut Graph, op: &str, inputs: &[Out]) -> Out {
    g.add(NewNode::new(op, Name::Unique(op), inputs)).unwrap().out(0)
}
fn func(name: &str) -> Attr {
    Attr::Func(Arc::new(FuncAttr { name: name.into(), attrs: Attrs::new() }))
}

/// A loop that counts for ever.
fn endless() -> (Session, Out) {
    let mut g = Graph::new();
    let mut cond = Graph::new();
    let a = arg(&mut cond, "a", DType::I32);
    let yes = constant(&mut cond, Tensor::scalar(Bool::TRUE));
    let cond = g.add_function("cond", &cond, &Export { args: &[a], results: &[yes], ..Default::default() }).unwrap();
    let mut body = Graph::new();
    let a = arg(&mut body, "a", DType::I32);
    let one = constant(&mut body, Tensor::scalar(1i32));
    let next = op(&mut body, "AddV2", &[a, one]);
    let body = g.add_function("body", &body, &Export { args: &[a], results: &[next], ..Default::default() }).unwrap();
    let zero = constant(&mut g, Tensor::scalar(0i32));
    let n = g.add(NewNode::new("While", Name::Exact("forever"), &[zero]).attr("cond", func(&cond)).attr("body", func(&body))).unwrap();
    (Session::of(g), n.out(0))
}

#[test]
fn an_endless_loop_ends_at_its_deadline_and_when_cancelled() {
    let (s, y) = endless();
    let p = s.prepare(&[], &[y], &[]).unwrap();
    let options = RunOptions { timeout: Some(Duration::from_millis(30)), ..Default::default() };
    let e = s.run_prepared(&p, &[], &options, None, &|| {}).unwrap_err();
    assert_eq!(e.code(), Code::DeadlineExceeded);
    let cancel = CancelToken::default();
    let options = RunOptions { cancel: cancel.clone(), ..Default::default() };
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        cancel.cancel();
    });
    let e = s.run_prepared(&p, &[], &options, None, &|| {}).unwrap_err();
    stopper.join().unwrap();
    assert_eq!(e.code(), Code::Cancelled);
}

#[test]
fn dataflow_conditionals_are_differentiated() {
    // cond(p, x² · w, sin x): w is used on one side only.
    let mut g = Graph::new();
    let (x, w, p) = (arg(&mut g, "x", DType::F64), arg(&mut g, "w", DType::F64), arg(&mut g, "p", DType::Bool));
    let sx = g.add(NewNode::new("Switch", Name::Unique("Switch"), &[x, p])).unwrap();
    let sw = g.add(NewNode::new("Switch", Name::Unique("Switch"), &[w, p])).unwrap();
    let square = op(&mut g, "Square", &[sx.out(1)]);
    let yes = op(&mut g, "Mul", &[square, sw.out(1)]);
    let no = op(&mut g, "Sin", &[sx.out(0)]);
    let y = op(&mut g, "Merge", &[no, yes]);
    let options = Options { scope: "gradients/".into(), ..Default::default() };
    let grads = gradients(&mut g, &[y], &[x, w], options).unwrap();
    let grads: Vec<Out> = grads.into_iter().map(|g| if let Some(GradValue::Dense(o)) = g { o } else { panic!() }).collect();
    let s = Session::of(g);
    for (taken, dx, dw) in [(true, 2.0 * 0.7 * 3.0, 0.49), (false, 0.7f64.cos(), 0.0)] {
        let feeds = [(x, Tensor::scalar(0.7f64)), (w, Tensor::scalar(3.0f64)), (p, Tensor::scalar(Bool::from(taken)))];
        let got = s.run(&feeds, &grads, &[]).unwrap();
        assert!((got[0].slice::<f64>()[0] - dx).abs() < 1e-12 && (got[1].slice::<f64>()[0] - dw).abs() < 1e-12);
    }
}

#[test]
fn gradients_of_a_dataflow_loop_go_through_a_while() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fixtures/lstm_dynamic_rnn_v1_controlflow.pb");
    let mut g = Graph::from_graph_def(graphpb::io::graphdef::read(&file).unwrap().0).unwrap();
    let (y, x) = (g.find_out("final_c").unwrap(), g.find_out("x").unwrap());
    let exits = |g: &Graph| g.ids().filter(|&id| g.node(id).op_name() == "Exit").count();
    let (before, nodes) = (exits(&g), g.len());
    let names: Vec<_> = g.nodes().iter().map(|n| n.name.clone()).collect();
    let found = gradients(&mut g, &[y], &[x], Options { scope: "g/".into(), ..Default::default() }).unwrap();
    assert!(before > 0 && exits(&g) == 0 && found[0].is_some());
    assert!(g.nodes()[..nodes].iter().zip(&names).all(|(n, name)| n.name == *name));
    assert!(g.nodes().iter().any(|n| n.op_name() == "While" && n.name.starts_with("rnn/while/")));
}

#[test]
fn gradients_of_a_loop_that_cannot_be_structured_name_the_node_and_the_reason() {
    let mut g = Graph::new();
    let x = arg(&mut g, "x", DType::F64);
    let entered = g.add(NewNode::new("Enter", Name::Unique("Enter"), &[x]).attr("frame_name", "f")).unwrap().out(0);
    let zero = op(&mut g, "ZerosLike", &[entered]);
    let greater = op(&mut g, "Greater", &[entered, zero]);
    let goes_on = op(&mut g, "LoopCond", &[greater]);
    let twice = op(&mut g, "Neg", &[entered]);
    let s = g.add(NewNode::new("Switch", Name::Unique("Switch"), &[twice, goes_on])).unwrap();
    let y = op(&mut g, "Exit", &[s.out(0)]);
    let e = gradients(&mut g, &[y], &[x], Options { scope: "g/".into(), ..Default::default() }).unwrap_err();
    assert_eq!(e.code(), Code::Unimplemented);
    assert!(e.message().contains("cannot be structured: Switch 'Switch' takes 'Neg', which is no Merge"), "{e}");
    assert_eq!(e.node(), Some(("LoopCond", "LoopCond")));
}
