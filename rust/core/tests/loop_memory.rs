//! What a loop's backward pass holds: the values that it needs, and little else.

use std::sync::Arc;

use graphpb::grad::{GradValue, Options, gradients};
use graphpb::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::graph::function_export::Export;
use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::{DType, Tensor, pool};

const STEPS: i32 = 1000;
const WIDTH: usize = 1024;

fn arg(g: &mut Graph, dtype: DType, shape: &Shape) -> Out {
    g.add(NewNode::new("Placeholder", Name::Unique("arg"), &[]).attr("dtype", dtype).attr("shape", shape.clone())).unwrap().out(0)
}
fn int(g: &mut Graph, v: i32) -> Out {
    g.add(NewNode::new("Const", Name::Unique("Const"), &[]).attr("dtype", DType::I32).attr("value", Tensor::scalar(v))).unwrap().out(0)
}
fn op(g: &mut Graph, op: &str, inputs: &[Out]) -> Out {
    g.add(NewNode::new(op, Name::Unique(op), inputs)).unwrap().out(0)
}

/// This file holds one test, so that nobody else takes memory.
#[test]
fn a_backward_pass_of_1000_steps_holds_what_it_needs() {
    // h = tanh(h·w + x)
    let shapes = [Shape::scalar(), Shape::vector(WIDTH as i64), Shape::vector(WIDTH as i64), Shape::vector(WIDTH as i64)];
    let types = [DType::I32, DType::F32, DType::F32, DType::F32];
    let mut g = Graph::new();
    let args = |g: &mut Graph| -> Vec<Out> { types.iter().zip(&shapes).map(|(&d, s)| arg(g, d, s)).collect() };
    let mut b = Graph::new();
    let a = args(&mut b);
    let n = int(&mut b, STEPS);
    let less = op(&mut b, "Less", &[a[0], n]);
    let cond = g.add_function("cond", &b, &Export { args: &a, results: &[less], ..Default::default() }).unwrap();
    let mut b = Graph::new();
    let a = args(&mut b);
    let one = int(&mut b, 1);
    let i = op(&mut b, "AddV2", &[a[0], one]);
    let m = op(&mut b, "Mul", &[a[1], a[2]]);
    let s = op(&mut b, "AddV2", &[m, a[3]]);
    let h = op(&mut b, "Tanh", &[s]);
    let body = g.add_function("body", &b, &Export { args: &a, results: &[i, h, a[2], a[3]], ..Default::default() }).unwrap();
    let zero = int(&mut g, 0);
    let xs: Vec<Out> = (1..4).map(|k| arg(&mut g, DType::F32, &shapes[k])).collect();
    let inputs = [zero, xs[0], xs[1], xs[2]];
    let func = |n: &str| Attr::Func(Arc::new(FuncAttr { name: n.into(), attrs: Attrs::new() }));
    let stated = Attr::List(AttrList::Shape(shapes.to_vec()));
    let new = NewNode::new("While", Name::Exact("while"), &inputs).attr("cond", func(&cond)).attr("body", func(&body)).attr("output_shapes", stated);
    let y = g.add(new).unwrap().out(1);
    let grads = gradients(&mut g, &[y], &xs, Options { scope: "gradients/".into(), ..Default::default() }).unwrap();
    let grads: Vec<Out> = grads.into_iter().map(|g| if let Some(GradValue::Dense(o)) = g { o } else { panic!() }).collect();
    let s = Session::of(g);
    let feeds: Vec<(Out, Tensor)> = xs.iter().map(|&x| (x, Tensor::vector(&[0.5f32; WIDTH]))).collect();
    let before = pool::system_bytes();
    let got = s.run(&feeds, &grads, &[]).unwrap();
    assert_eq!(got[0].dims(), [WIDTH]);
    // tanh's result of each step, which is also the next step's h.
    let needed = STEPS as usize * WIDTH * 4;
    let held = pool::system_bytes() - before;
    assert!(held * 10 <= needed * 12, "{held} bytes held, {needed} needed");
    assert!(held >= needed, "the pool's figures cannot be right: {held} of {needed}");
}
