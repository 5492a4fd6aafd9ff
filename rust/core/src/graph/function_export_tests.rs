//! A body turned into a function runs as the body does, also when it was a function before.

use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use crate::graph::builder::{Name, NewNode};
use crate::graph::fact::{Fact, Shape};
use crate::graph::function::{forget_shapes, instantiate};
use crate::graph::function_export::Export;
use crate::graph::node::{NodeId, Out};
use crate::session::Session;
use graphpb_kernels::{DType, Tensor};

fn arg(g: &mut Graph, name: &str, dtype: DType) -> Out {
    g.add(NewNode::new("Placeholder", Name::Exact(name), &[]).attr("dtype", dtype).attr("shape", Shape::UNKNOWN)).unwrap().out(0)
}
fn op(g: &mut Graph, op: &str, inputs: &[Out]) -> NodeId {
    g.add(NewNode::new(op, Name::Unique(op), inputs)).unwrap()
}
fn types(types: &[DType]) -> Attr {
    Attr::List(AttrList::Type(types.iter().map(|d| d.number()).collect()))
}

/// `(a·b + a, a, moments of a)`: results that are an argument, a later output, and one of several.
fn body() -> (Graph, Vec<Out>, Vec<Out>) {
    let mut g = Graph::new();
    let (a, b) = (arg(&mut g, "A-x", DType::F64), arg(&mut g, "3b/c", DType::F64));
    let ab = op(&mut g, "Mul", &[a, b]).out(0);
    let s = op(&mut g, "AddV2", &[ab, a]).out(0);
    let axis = g.add(NewNode::new("Const", Name::Exact("axis"), &[]).attr("dtype", DType::I32).attr("value", Tensor::scalar(0i32))).unwrap().out(0);
    let halves = g.add(NewNode::new("Split", Name::Exact("halves"), &[axis, a]).attr("num_split", 2i64)).unwrap();
    op(&mut g, "Neg", &[a]);
    (g, vec![a, b], vec![s, a, halves.out(1)])
}

fn call(g: &mut Graph, f: &str, inputs: &[Out], results: usize) -> NodeId {
    let func = Attr::Func(std::sync::Arc::new(FuncAttr { name: f.into(), attrs: Attrs::new() }));
    let new = NewNode::new("PartitionedCall", Name::Unique("call"), inputs).attr("f", func).attr("Tout", types(&vec![DType::F64; results]));
    g.add(new).unwrap()
}

#[test]
fn an_exported_body_computes_what_the_body_does() {
    let (b, args, results) = body();
    for prune in [false, true] {
        let mut g = Graph::new();
        let name = g.add_function("body", &b, &Export { args: &args, results: &results, effects: &[], prune }).unwrap();
        let f = g.library.find(&name).unwrap().clone();
        let signature = f.signature.as_ref().unwrap();
        let names: Vec<_> = signature.input_arg.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["a_x", "b_c"]);
        assert_eq!(f.node_def.iter().any(|n| n.op == "Neg"), !prune);
        assert_eq!(f.ret[&signature.output_arg[2].name], "halves:output:1");
        assert!(!signature.is_stateful);
        let (x, y) = (arg(&mut g, "x", DType::F64), arg(&mut g, "y", DType::F64));
        let n = call(&mut g, &name, &[x, y], 3);
        // The file is read back, so the function goes through the message.
        let read = Graph::from_graph_def(g.to_graph_def(0, false).unwrap()).unwrap();
        let feeds = [(x, Tensor::vector(&[1.0, 2.0, 3.0, 4.0])), (y, Tensor::scalar(10.0))];
        let got = Session::of(read).run(&feeds, &[n.out(0), n.out(1), n.out(2)], &[]).unwrap();
        assert_eq!(got[0].slice::<f64>(), [11.0, 22.0, 33.0, 44.0]);
        assert_eq!(got[1].slice::<f64>(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(got[2].slice::<f64>(), [3.0, 4.0]);
    }
}

#[test]
fn exporting_an_instantiated_function_gives_it_back() {
    let (b, args, results) = body();
    let mut g = Graph::new();
    let name = g.add_function("body", &b, &Export { args: &args, results: &results, effects: &[], prune: false }).unwrap();
    let f = g.library.find(&name).unwrap().clone();
    let facts = forget_shapes(&vec![Fact { dtype: DType::F64, is_ref: false, shape: Shape::UNKNOWN }; 2]);
    let i = instantiate(&g.library, &name, &Attrs::new(), &facts).unwrap();
    let again = i.graph.to_function(&name, &Export { args: &i.args, results: &i.results, effects: &i.effects, prune: false }).unwrap();
    assert_eq!(again.node_def, f.node_def);
    assert_eq!(again.ret.values().collect::<Vec<_>>(), f.ret.values().collect::<Vec<_>>());
    assert_eq!(g.unique_function_name(&name), "body_1");
}

#[test]
fn effects_and_state_are_told() {
    let mut b = Graph::new();
    let h = b.add(NewNode::new("Placeholder", Name::Exact("h"), &[]).attr("dtype", DType::Resource).attr("shape", Shape::scalar())).unwrap().out(0);
    let x = arg(&mut b, "x", DType::F32);
    let write = op(&mut b, "AssignAddVariableOp", &[h, x]);
    let f = b.to_function("f", &Export { args: &[h, x], results: &[x], effects: &[write], prune: true }).unwrap();
    let s = f.signature.unwrap();
    assert!(s.is_stateful);
    assert_eq!(s.control_output, ["AssignAddVariableOp"]);
    assert_eq!(f.control_ret["AssignAddVariableOp"], "AssignAddVariableOp");
}

#[test]
fn a_node_can_be_given_more_inputs_and_outputs() {
    let mut g = Graph::new();
    let (x, y) = (arg(&mut g, "x", DType::F32), arg(&mut g, "y", DType::I32));
    let n = g.add(NewNode::new("IdentityN", Name::Exact("n"), &[x])).unwrap();
    let user = op(&mut g, "Neg", &[n.out(0)]);
    let epoch = g.epoch();
    let attrs = g.node(n).attrs.clone().with("T", types(&[DType::F32, DType::I32]));
    g.rewrite(n, &[x, y], attrs.clone()).unwrap();
    assert_eq!(g.node(n).outputs.len(), 2);
    assert_eq!(g.fact(n.out(1)).dtype, DType::I32);
    assert_ne!(g.epoch(), epoch);
    let got = Session::of(Graph::from_graph_def(g.to_graph_def(0, false).unwrap()).unwrap())
        .run(&[(x, Tensor::scalar(2f32)), (y, Tensor::scalar(5i32))], &[user.out(0), n.out(1)], &[])
        .unwrap();
    assert_eq!((got[0].slice::<f32>()[0], got[1].slice::<i32>()[0]), (-2.0, 5));
    assert!(g.rewrite(n, &[y, x], attrs.with("T", types(&[DType::I32, DType::F32]))).is_err());
}
