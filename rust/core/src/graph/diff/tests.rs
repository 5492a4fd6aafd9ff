//! The diff of graphs that differ in one known way each.

use graphpb_kernels::{DType, Tensor};

use super::*;
use crate::graph::builder::{Name, NewNode};
use crate::graph::import::ImportOptions;
use crate::proto::GraphDef;

/// x -> add(x, w) -> id, under a scope.
fn model(scope: &str, weights: &[f32]) -> Graph {
    let mut g = Graph::new();
    let name = |n: &str| format!("{scope}{n}");
    let x = g.add(NewNode::new("Placeholder", Name::Exact(&name("x")), &[]).attr("dtype", DType::F32)).unwrap().out(0);
    let value = Tensor::vector(weights);
    let w = g.add(NewNode::new("Const", Name::Exact(&name("w")), &[]).attr("dtype", DType::F32).attr("value", value)).unwrap().out(0);
    let sum = g.add(NewNode::new("AddV2", Name::Exact(&name("sum")), &[x, w])).unwrap().out(0);
    g.add(NewNode::new("Identity", Name::Exact(&name("out")), &[sum])).unwrap();
    g
}

fn names(g: &Graph, ids: &[NodeId]) -> Vec<String> {
    ids.iter().map(|id| g.node(*id).name.to_string()).collect()
}

fn reimported(g: &Graph, edit: impl Fn(&mut GraphDef)) -> Graph {
    let mut def = g.to_graph_def(0, true).unwrap();
    edit(&mut def);
    let mut out = Graph::new();
    out.import(def, ImportOptions { replace_versions: true, ..Default::default() }).unwrap();
    out
}

#[test]
fn spelling_makes_no_difference() {
    let a = model("", &[1.0, 2.0]);
    let b = reimported(&a, |def| {
        def.node.reverse();
        for node in &mut def.node {
            for input in &mut node.input {
                input.push_str(":0");
            }
            if let Some(Some(crate::proto::attr_value::Value::Tensor(t))) = node.attr.get_mut("value").map(|v| v.value.as_mut()) {
                t.tensor_content = Default::default();
                t.float_val = vec![1.0, 2.0];
            }
            node.attr.remove("shape");
        }
    });
    let d = diff(&a, &b);
    assert!(d.is_empty(), "{d:?}");
}

#[test]
fn retrained_weights_are_given_by_norm() {
    let (a, b) = (model("", &[3.0, 4.0]), model("", &[3.0, 8.0]));
    let d = diff(&a, &b);
    let [w] = d.weights.as_slice() else { panic!("{d:?}") };
    assert_eq!((&*a.node(w.before).name, w.attr.as_str(), w.elements), ("w", "value", 1));
    assert_eq!((w.norm_before, w.norm_change, w.max_change, w.relative()), (5.0, 4.0, 4.0, 0.8));
    assert!(d.changed.is_empty() && d.added.is_empty() && d.removed.is_empty() && d.renamed.is_empty());
}

#[test]
fn a_renamed_scope_is_found_even_with_new_weights() {
    for weights in [[1.0, 2.0], [5.0, 6.0]] {
        let (a, b) = (model("old/", &[1.0, 2.0]), model("new/", &weights));
        let d = diff(&a, &b);
        let renamed: Vec<_> = d.renamed.iter().map(|(p, q)| format!("{} {}", a.node(*p).name, b.node(*q).name)).collect();
        assert_eq!(renamed, ["old/x new/x", "old/w new/w", "old/sum new/sum", "old/out new/out"]);
        assert!(d.changed.is_empty() && d.added.is_empty() && d.removed.is_empty());
        assert_eq!(d.weights.len(), usize::from(weights[0] != 1.0));
    }
}

#[test]
fn a_node_put_between_shows_as_added_with_one_changed_input() {
    let a = model("", &[1.0, 2.0]);
    let b = reimported(&a, |def| {
        let mut extra = def.node[3].clone();
        extra.name = "between".into();
        def.node[3].input = vec!["between".into(), "^x".into()];
        def.node.push(extra);
    });
    let d = diff(&a, &b);
    assert_eq!(names(&b, &d.added), ["between"]);
    assert!(d.removed.is_empty() && d.renamed.is_empty());
    let [change] = d.changed.as_slice() else { panic!("{d:?}") };
    assert_eq!(change.inputs, [InputChange { index: 0, before: Some("sum".into()), after: Some("between".into()) }]);
    assert_eq!((change.controls_added.as_slice(), change.controls_removed.len()), (&["x".to_owned()][..], 0));
    let back = diff(&b, &a);
    assert_eq!(names(&b, &back.removed), ["between"]);
}

#[test]
fn changed_ops_attributes_and_functions_are_listed() {
    let a = model("", &[1.0, 2.0]);
    let b = reimported(&a, |def| {
        def.node[3].op = "StopGradient".into();
        def.node[3].device = "/device:CPU:0".into();
        def.node[0].attr.insert("_note".into(), crate::proto::AttrValue { value: Some(crate::proto::attr_value::Value::I(3)) });
        let signature = crate::proto::OpDef { name: "f".into(), ..Default::default() };
        let function = crate::proto::FunctionDef { signature: Some(signature), ..Default::default() };
        def.library = Some(crate::proto::FunctionDefLibrary { function: vec![function], ..Default::default() });
    });
    let d = diff(&a, &b);
    let [x, out] = d.changed.as_slice() else { panic!("{d:?}") };
    assert_eq!(x.attrs, [AttrChange { name: "_note".into(), before: None, after: Some(Attr::Int(3)) }]);
    assert_eq!(out.op, Some(("Identity".into(), "StopGradient".into())));
    assert_eq!(out.device, Some((String::new(), "/device:CPU:0".into())));
    assert_eq!(d.functions.get("f"), Some(&FunctionChange::Added));
}
