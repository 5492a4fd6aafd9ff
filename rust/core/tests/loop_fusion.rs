//! Cells inside loops: what the plan makes of concatenations, cuts, products and sums gives the numbers of the plain nodes and of
//! plain loops in double precision, whatever the sizes turn out to be.

use std::sync::Arc;

use graphpb::grad::{GradValue, Options, gradients};
use graphpb::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::graph::function_export::Export;
use graphpb::plan::program::Run;
use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::{DType, Tensor, par};

const I: usize = 3;
const H: usize = 5;

fn arg(g: &mut Graph, dtype: DType, dims: &[i64]) -> Out {
    let shape = Shape::of(dims);
    g.add(NewNode::new("Placeholder", Name::Unique("arg"), &[]).attr("dtype", dtype).attr("shape", shape)).unwrap().out(0)
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

/// i, h, c, then what stays: steps, limit, x as a list, w, b.
fn loop_args(g: &mut Graph) -> Vec<Out> {
    let (h, w) = (H as i64, (I + H) as i64);
    let kinds: [(DType, &[i64]); 8] = [
        (DType::I32, &[]),
        (DType::F32, &[-1, h]),
        (DType::F32, &[-1, h]),
        (DType::I32, &[]),
        (DType::I32, &[]),
        (DType::Variant, &[]),
        (DType::F32, &[w, 4 * h]),
        (DType::F32, &[4 * h]),
    ];
    kinds.iter().map(|(d, s)| arg(g, *d, s)).collect()
}

/// The graph of an LSTM over x; feeds x, h, c, w, b, steps and the weights of the loss; fetches h, c, the loss and gradients.
struct Net {
    graph: Graph,
    feeds: Vec<Out>,
    fetches: Vec<Out>,
}

fn lstm(limit: i32) -> Net {
    let mut g = Graph::new();
    let mut cond = Graph::new();
    let a = loop_args(&mut cond);
    let (first, second) = (op(&mut cond, "Less", &[a[0], a[3]]), op(&mut cond, "GreaterEqual", &[a[4], a[0]]));
    let both = op(&mut cond, "LogicalAnd", &[first, second]);
    let cond = g.add_function("cond", &cond, &Export { args: &a, results: &[both], ..Default::default() }).unwrap();

    let mut b = Graph::new();
    let a = loop_args(&mut b);
    let one = constant(&mut b, Tensor::scalar(1i32));
    let next = op(&mut b, "AddV2", &[a[0], one]);
    let shape = constant(&mut b, Tensor::vector(&[-1i32, I as i32]));
    let read = [a[5], a[0], shape];
    let get = NewNode::new("TensorListGetItem", Name::Unique("get"), &read).attr("element_dtype", DType::F32);
    let x = b.add(get).unwrap().out(0);
    let axis = constant(&mut b, Tensor::scalar(1i32));
    let joined = b.add(NewNode::new("ConcatV2", Name::Unique("concat"), &[x, a[1], axis]).attr("N", 2)).unwrap().out(0);
    let product = op(&mut b, "MatMul", &[joined, a[6]]);
    let biased = op(&mut b, "BiasAdd", &[product, a[7]]);
    let cut = b.add(NewNode::new("Split", Name::Unique("split"), &[axis, biased]).attr("num_split", 4)).unwrap();
    let half = constant(&mut b, Tensor::scalar(0.5f32));
    let shifted = op(&mut b, "AddV2", &[cut.out(2), half]);
    let (i, j) = (op(&mut b, "Sigmoid", &[cut.out(0)]), op(&mut b, "Tanh", &[cut.out(1)]));
    let (f, o) = (op(&mut b, "Sigmoid", &[shifted]), op(&mut b, "Sigmoid", &[cut.out(3)]));
    let (kept, new) = (op(&mut b, "Mul", &[a[2], f]), op(&mut b, "Mul", &[i, j]));
    let c = op(&mut b, "AddV2", &[kept, new]);
    let t = op(&mut b, "Tanh", &[c]);
    let h = op(&mut b, "Mul", &[t, o]);
    let results = [next, h, c, a[3], a[4], a[5], a[6], a[7]];
    let body = g.add_function("body", &b, &Export { args: &a, results: &results, ..Default::default() }).unwrap();

    let x = arg(&mut g, DType::F32, &[-1, -1, I as i64]);
    let (h, c) = (arg(&mut g, DType::F32, &[-1, H as i64]), arg(&mut g, DType::F32, &[-1, H as i64]));
    let (w, b) = (arg(&mut g, DType::F32, &[(I + H) as i64, 4 * H as i64]), arg(&mut g, DType::F32, &[4 * H as i64]));
    let steps = arg(&mut g, DType::I32, &[]);
    let weight = arg(&mut g, DType::F32, &[-1, H as i64]);
    let (zero, limit) = (constant(&mut g, Tensor::scalar(0i32)), constant(&mut g, Tensor::scalar(limit)));
    let shape = constant(&mut g, Tensor::vector(&[-1i32, I as i32]));
    let list = g.add(NewNode::new("TensorListFromTensor", Name::Unique("list"), &[x, shape]).attr("element_dtype", DType::F32)).unwrap().out(0);
    let inputs = [zero, h, c, steps, limit, list, w, b];
    let stated = |o: &Out| g.fact(*o).shape.clone();
    let shapes = Attr::List(AttrList::Shape(inputs.iter().map(stated).collect()));
    let new = NewNode::new("While", Name::Exact("while"), &inputs).attr("cond", func(&cond)).attr("body", func(&body));
    let n = g.add(new.attr("output_shapes", shapes)).unwrap();
    let weighted = op(&mut g, "Mul", &[n.out(1), weight]);
    let axes = constant(&mut g, Tensor::vector(&[0i32, 1]));
    let loss = op(&mut g, "Sum", &[weighted, axes]);
    let grads = gradients(&mut g, &[loss], &[x, h, c, w, b], Options { scope: "gradients/".into(), ..Default::default() }).unwrap();
    let grads = grads.into_iter().map(|g| if let Some(GradValue::Dense(o)) = g { o } else { panic!("no gradient") });
    let fetches = [n.out(1), n.out(2), loss].into_iter().chain(grads).collect();
    Net { graph: g, feeds: vec![x, h, c, w, b, steps, weight], fetches }
}

fn values(seed: usize, n: usize) -> Vec<f64> {
    (0..n).map(|k| (((k * 7919 + seed * 104_729) % 1009) as f64 / 1009.0 - 0.5) as f32 as f64).collect()
}

/// What is fed, as plain numbers: x, h, c, w, b and the weights of the loss; h and c may have one row for all.
#[derive(Clone)]
struct Case {
    steps: usize,
    batch: usize,
    state: usize,
    given: [Vec<f64>; 6],
}

impl Case {
    fn new(length: usize, steps: usize, batch: usize, state: usize) -> Case {
        let sizes = [length * batch * I, batch * H, state * H, (I + H) * 4 * H, 4 * H, batch * H];
        Case { steps, batch, state, given: std::array::from_fn(|k| values(k + 1, sizes[k])) }
    }
    fn feeds(&self, net: &Net) -> Vec<(Out, Tensor)> {
        let length = if self.batch == 0 { self.steps } else { self.given[0].len() / (self.batch * I) };
        let dims: [&[usize]; 6] = [&[length, self.batch, I], &[self.batch, H], &[self.state, H], &[I + H, 4 * H], &[4 * H], &[self.batch, H]];
        let tensor = |k: usize| Tensor::from_slice(&self.given[k].iter().map(|&v| v as f32).collect::<Vec<_>>(), dims[k]);
        let mut t: Vec<Tensor> = (0..5).map(tensor).collect();
        t.extend([Tensor::scalar(self.steps as i32), tensor(5)]);
        net.feeds.iter().copied().zip(t).collect()
    }
    /// Final h and c (spread over all rows) and the loss.
    fn truth(&self) -> (Vec<f64>, Vec<f64>, f64) {
        let [x, h, c, w, b, weight] = &self.given;
        let sigmoid = |v: f64| 1.0 / (1.0 + (-v).exp());
        let mut h = h.clone();
        let mut c: Vec<f64> = (0..self.batch * H).map(|k| c[k % (self.state * H).max(1)]).collect();
        for t in 0..self.steps {
            let mut gates = vec![0.0; self.batch * 4 * H];
            for r in 0..self.batch {
                for q in 0..4 * H {
                    let input = |k: usize| if k < I { x[(t * self.batch + r) * I + k] } else { h[r * H + k - I] };
                    gates[r * 4 * H + q] = b[q] + (0..I + H).map(|k| input(k) * w[k * 4 * H + q]).sum::<f64>();
                }
            }
            for r in 0..self.batch {
                for k in 0..H {
                    let g = |part: usize| gates[r * 4 * H + part * H + k];
                    let new = c[r * H + k] * sigmoid(g(2) + 0.5) + sigmoid(g(0)) * g(1).tanh();
                    c[r * H + k] = new;
                    h[r * H + k] = new.tanh() * sigmoid(g(3));
                }
            }
        }
        let loss = h.iter().zip(weight).map(|(a, b)| a * b).sum();
        (h, c, loss)
    }
}

fn close(got: &Tensor, want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (k, (a, b)) in got.slice::<f32>().iter().zip(want).enumerate() {
        assert!((*a as f64 - b).abs() <= tolerance * (1.0 + b.abs()), "{what} at {k}: {a} for {b}");
    }
}

#[test]
fn a_cell_in_a_loop_computes_what_plain_loops_compute_for_all_sizes() {
    // c of one row is spread over the batch in the first iteration, so that its gradient really is a sum.
    let cases = [
        Case::new(5, 5, 1, 1),
        Case::new(7, 4, 3, 3),
        Case::new(40, 40, 2, 2),
        Case::new(3, 3, 33, 33),
        Case::new(4, 0, 2, 2),
        Case::new(4, 1, 2, 2),
        Case::new(5, 5, 3, 1),
    ];
    for case in cases {
        let what = |k: usize| format!("fetch {k}, {} steps, batch {}, state of {}", case.steps, case.batch, case.state);
        let nets = [lstm(1000), lstm(1000)];
        let feeds: Vec<_> = nets.iter().map(|n| case.feeds(n)).collect();
        // The gradient of rows that were never read has no known shape.
        let x = if case.steps == 0 { 3..4 } else { 3..3 };
        let [fused, plain] = nets.map(|mut n| {
            n.fetches.drain(x.clone());
            (n.graph, n.fetches)
        });
        let (fused, plain) = ((Session::of(fused.0), fused.1), (Session::of(plain.0).without_fusion(), plain.1));
        let got = fused.0.run(&feeds[0], &fused.1, &[]).unwrap();
        let want = plain.0.run(&feeds[1], &plain.1, &[]).unwrap();
        for (k, (g, w)) in got.iter().zip(&want).enumerate() {
            assert_eq!(g.dims(), w.dims(), "{}", what(k));
            close(g, &w.slice::<f32>().iter().map(|&v| v as f64).collect::<Vec<_>>(), 1e-5, &what(k));
        }
        let again = par::install(|| fused.0.run(&feeds[0], &fused.1, &[])).unwrap();
        assert!(got.iter().zip(&again).all(|(a, b)| a.bytes() == b.bytes()), "a second run differs");
        let (h, c, loss) = case.truth();
        close(&got[0], &h, 1e-5, &what(0));
        if case.steps > 0 || case.state == case.batch {
            close(&got[1], &c, 1e-5, &what(1));
        }
        close(&got[2], &[loss], 1e-5, &what(2));
        for k in x.len()..5 {
            let step = 1e-5;
            let slope = |at: usize| {
                let loss = |by: f64| {
                    let mut moved = case.clone();
                    moved.given[k][at] += by;
                    moved.truth().2
                };
                (loss(step) - loss(-step)) / (2.0 * step)
            };
            let slopes: Vec<f64> = (0..case.given[k].len()).map(slope).collect();
            close(&got[3 + k - x.len()], &slopes, 2e-5, &format!("gradient {}", what(3 + k)));
        }
    }
}

#[test]
fn an_empty_batch_and_a_condition_of_two_comparisons() {
    // The second comparison ends the loop after limit + 1 iterations.
    let (net, case) = (lstm(2), Case::new(6, 6, 2, 2));
    let feeds = case.feeds(&net);
    let got = Session::of(net.graph).run(&feeds, &net.fetches, &[]).unwrap();
    let shorter = Case { steps: 3, ..case };
    let (h, _, loss) = shorter.truth();
    close(&got[0], &h, 1e-5, "h");
    close(&got[2], &[loss], 1e-5, "loss");
    let (net, case) = (lstm(1000), Case::new(3, 3, 0, 0));
    let feeds = case.feeds(&net);
    let got = Session::of(net.graph).run(&feeds, &net.fetches, &[]).unwrap();
    assert_eq!((got[0].dims(), got[3].dims()), (&[0, H][..], &[3, 0, I][..]));
    close(&got[6], &[0.0; (I + H) * 4 * H], 0.0, "gradient of w");
}

#[test]
fn wrong_sizes_inside_a_cell_are_errors_of_the_user() {
    let net = lstm(1000);
    let case = Case::new(3, 3, 2, 2);
    let mut feeds = case.feeds(&net);
    // Three rows of h for two rows of x.
    feeds[1].1 = Tensor::from_slice(&[0.0f32; 3 * H], &[3, H]);
    let e = Session::of(net.graph).run(&feeds, &net.fetches[..1], &[]).unwrap_err();
    assert_eq!(e.code(), graphpb::Code::InvalidArgument, "{e}");
    assert!(e.message().contains("Dimension 0 in both shapes must be equal"), "{e}");
}

/// Of three variables one is only written: it costs nothing unless its value is wanted.
#[test]
fn variables_that_nobody_reads_are_not_computed() {
    let args = |g: &mut Graph| vec![arg(g, DType::I32, &[]), arg(g, DType::F32, &[2]), arg(g, DType::F32, &[2])];
    let mut g = Graph::new();
    let mut cond = Graph::new();
    let a = args(&mut cond);
    let three = constant(&mut cond, Tensor::scalar(3i32));
    let less = op(&mut cond, "Less", &[a[0], three]);
    let cond = g.add_function("cond", &cond, &Export { args: &a, results: &[less], ..Default::default() }).unwrap();
    let mut b = Graph::new();
    let a = args(&mut b);
    let one = constant(&mut b, Tensor::scalar(1i32));
    let next = op(&mut b, "AddV2", &[a[0], one]);
    let (squared, sum) = (op(&mut b, "Square", &[a[1]]), op(&mut b, "AddV2", &[a[1], a[2]]));
    let root = op(&mut b, "Sqrt", &[sum]);
    let body = g.add_function("body", &b, &Export { args: &a, results: &[next, squared, root], ..Default::default() }).unwrap();
    let zero = constant(&mut g, Tensor::scalar(0i32));
    let (x, y) = (arg(&mut g, DType::F32, &[2]), arg(&mut g, DType::F32, &[2]));
    let n = g.add(NewNode::new("While", Name::Exact("while"), &[zero, x, y]).attr("cond", func(&cond)).attr("body", func(&body))).unwrap();
    let (first, second) = (n.out(1), n.out(2));
    let s = Session::of(g);
    let feeds = [(x, Tensor::vector(&[2.0f32, 0.5])), (y, Tensor::vector(&[1.0f32, 3.0]))];
    let ops = |fetches: &[Out]| -> Vec<&'static str> {
        let p = s.prepare(&[x, y], fetches, &[]).unwrap();
        let bodies = p.plan.steps().iter().filter_map(|s| if let Run::Loop(l) = &s.run { Some(&l.body) } else { None });
        bodies.flat_map(|b| b.steps().iter().map(|s| s.info.op)).collect()
    };
    assert!(!ops(&[first]).contains(&"Sqrt"));
    assert_eq!(s.run(&feeds, &[first], &[]).unwrap()[0].slice::<f32>(), [256.0, 0.5f32.powi(8)]);
    // The other one depends on both.
    assert!(ops(&[second]).contains(&"Sqrt"));
    let (mut a, mut b) = ([2.0f32, 0.5], [1.0f32, 3.0]);
    for _ in 0..3 {
        b = [(a[0] + b[0]).sqrt(), (a[1] + b[1]).sqrt()];
        a = [a[0] * a[0], a[1] * a[1]];
    }
    for fetches in [&[second][..], &[second, first]] {
        let got = s.run(&feeds, fetches, &[]).unwrap();
        assert!(got[0].slice::<f32>().iter().zip(b).all(|(g, w)| (g - w).abs() < 1e-6));
    }
}
