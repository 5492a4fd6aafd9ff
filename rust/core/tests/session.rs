//! A graph built in Rust runs: variables, feeds, errors that name the node.

use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::session::Session;
use graphpb::{Code, Graph, Out};
use graphpb_kernels::{DType, Tensor};

fn constant(g: &mut Graph, name: &str, t: Tensor) -> Out {
    g.add(NewNode::new("Const", Name::Unique(name), &[]).attr("dtype", t.dtype()).attr("value", t)).unwrap().out(0)
}

fn variable(g: &mut Graph, name: &str, shape: &[usize]) -> Out {
    g.add(NewNode::new("VariableV2", Name::Unique(name), &[]).attr("dtype", DType::F32).attr("shape", Shape::known(shape))).unwrap().out(0)
}

#[test]
fn a_variable_is_uninitialised_until_assigned_and_then_keeps_its_value() {
    let mut g = Graph::new();
    let v = variable(&mut g, "v", &[2]);
    let read = g.add(NewNode::new("Identity", Name::Unique("v/read"), &[v])).unwrap().out(0);
    let init = constant(&mut g, "init", Tensor::vector(&[1f32, 2.0]));
    let assign = g.add(NewNode::new("Assign", Name::Unique("v/Assign"), &[v, init])).unwrap();
    let s = Session::of(g);
    let e = s.run(&[], &[read], &[]).unwrap_err();
    assert_eq!(e.code(), Code::FailedPrecondition);
    assert_eq!(e.message(), "Attempting to use uninitialized value v");
    assert_eq!(e.node(), Some(("v/read", "Identity")));
    s.run(&[], &[], &[assign]).unwrap();
    assert_eq!(s.run(&[], &[read, v], &[]).unwrap()[1].slice::<f32>(), [1.0, 2.0]);
}

#[test]
fn an_unfed_placeholder_and_a_wrong_feed_are_invalid_arguments() {
    let mut g = Graph::new();
    let x = g.add(NewNode::new("Placeholder", Name::Unique("x"), &[]).attr("dtype", DType::F32).attr("shape", Shape::of(&[-1, 2]))).unwrap().out(0);
    let y = g.add(NewNode::new("Identity", Name::Unique("y"), &[x])).unwrap().out(0);
    let s = Session::of(g);
    let e = s.run(&[], &[y], &[]).unwrap_err();
    assert_eq!(e.message(), "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,2]");
    let e = s.run(&[(x, Tensor::vector(&[1f32]))], &[y], &[]).unwrap_err();
    assert_eq!(e.code(), Code::InvalidArgument);
    let t = Tensor::from_slice(&[1f32, 2.0], &[1, 2]);
    assert_eq!(s.run(&[(x, t)], &[y], &[]).unwrap()[0].slice::<f32>(), [1.0, 2.0]);
}

#[test]
fn a_file_comes_back_as_it_was_written_in_any_node_order() {
    let mut g = Graph::new();
    let a = constant(&mut g, "a", Tensor::vector(&[1f32, 2.0]));
    let b = g.add(NewNode::new("Identity", Name::Unique("b"), &[a])).unwrap().out(0);
    let inputs = [b];
    let mut c = NewNode::new("Identity", Name::Unique("c"), &inputs);
    let controls = [a.node];
    c.controls = &controls;
    g.add(c).unwrap();
    let mut def = g.to_graph_def(0, false).unwrap();
    assert_eq!(Graph::from_graph_def(def.clone()).unwrap().to_graph_def(0, false).unwrap(), def);
    def.node.reverse();
    def.node[0].op = "NobodyKnowsThis".into();
    assert_eq!(Graph::from_graph_def(def.clone()).unwrap().to_graph_def(0, false).unwrap(), def);
}

#[test]
fn cycles_duplicates_and_unknown_inputs_are_refused() {
    let node = |name: &str, inputs: &[&str]| graphpb::proto::NodeDef {
        name: name.into(),
        op: "Identity".into(),
        input: inputs.iter().map(|s| s.to_string()).collect(),
        attr: [("T".to_owned(), graphpb::proto::convert::attr_to_proto(&DType::F32.into()).unwrap())].into(),
        ..Default::default()
    };
    let refuse = |nodes: Vec<graphpb::proto::NodeDef>| {
        let e = Graph::from_graph_def(graphpb::proto::GraphDef { node: nodes, ..Default::default() }).err().unwrap();
        assert_eq!(e.code(), Code::InvalidArgument);
        e.message().to_owned()
    };
    assert!(refuse(vec![node("a", &["b"]), node("b", &["a"])]).contains("cycle"));
    assert!(refuse(vec![node("a", &["a"])]).contains("cycle"));
    assert!(refuse(vec![node("a", &["zz"])]).contains("'zz' is not in the graph"));
    assert!(refuse(vec![node("a", &["b"]), node("a", &["b"])]).contains("already exists"));
    assert!(refuse(vec![node("b", &["a"]), node("a", &["^b", "b"])]).contains("Control dependencies must come after"));
}
