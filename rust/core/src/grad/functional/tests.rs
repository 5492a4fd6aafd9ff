//! Derivatives of branches, loops and calls, first and second, against central differences in double precision.

use std::sync::Arc;

use crate::error::Result;
use crate::grad::{GradValue, Options, gradients};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use crate::graph::builder::{Name, NewNode};
use crate::graph::fact::Shape;
use crate::graph::function_export::Export;
use crate::graph::node::{NodeId, Out};
use crate::session::Session;
use crate::testing::numgrad::central_difference;
use graphpb_kernels::{DType, Tensor};

/// A graph being built, or the body of a function.
struct B {
    g: Graph,
}

fn types(d: &[DType]) -> Attr {
    Attr::List(AttrList::Type(d.iter().map(|d| d.number()).collect()))
}
fn func(name: &str) -> Attr {
    Attr::Func(Arc::new(FuncAttr { name: name.into(), attrs: Attrs::new() }))
}

impl B {
    fn new() -> B {
        B { g: Graph::new() }
    }
    fn arg(&mut self, name: &str, dtype: DType, shape: Shape) -> Out {
        self.g.add(NewNode::new("Placeholder", Name::Unique(name), &[]).attr("dtype", dtype).attr("shape", shape)).unwrap().out(0)
    }
    fn node(&mut self, op: &str, inputs: &[Out], attrs: Attrs) -> NodeId {
        let mut n = NewNode::new(op, Name::Unique(op), inputs);
        n.attrs = attrs;
        self.g.add(n).unwrap()
    }
    fn op(&mut self, op: &str, inputs: &[Out]) -> Out {
        self.node(op, inputs, Attrs::new()).out(0)
    }
    fn constant(&mut self, t: Tensor) -> Out {
        self.node("Const", &[], Attrs::new().with("dtype", t.dtype()).with("value", t)).out(0)
    }
    fn int(&mut self, v: i32) -> Out {
        self.constant(Tensor::scalar(v))
    }
    fn num(&mut self, v: f64) -> Out {
        self.constant(Tensor::scalar(v))
    }
    /// A function of arguments with the given types and shapes.
    fn function(&mut self, name: &str, like: &[(DType, Shape)], f: &dyn Fn(&mut B, &[Out]) -> Vec<Out>) -> String {
        let mut b = B::new();
        b.g.library = self.g.library.clone();
        let args: Vec<Out> = like.iter().map(|(d, s)| b.arg("arg", *d, s.clone())).collect();
        let results = f(&mut b, &args);
        let prune = false;
        self.g.add_function(name, &b.g, &Export { args: &args, results: &results, effects: &[], prune }).unwrap()
    }
    fn like(&self, inputs: &[Out], shapes: bool) -> Vec<(DType, Shape)> {
        inputs.iter().map(|&i| (self.g.fact(i).dtype, if shapes { self.g.shape(i).clone() } else { Shape::UNKNOWN })).collect()
    }
    /// `shapes`: whether variables keep their shapes.
    fn while_loop(
        &mut self,
        inputs: &[Out],
        shapes: bool,
        cond: &dyn Fn(&mut B, &[Out]) -> Out,
        body: &dyn Fn(&mut B, &[Out]) -> Vec<Out>,
    ) -> NodeId {
        let like = self.like(inputs, shapes);
        let c = self.function("while_cond", &like, &|b, a| vec![cond(b, a)]);
        let f = self.function("while_body", &like, body);
        let stated = Attr::List(if shapes { AttrList::Shape(like.iter().map(|l| l.1.clone()).collect()) } else { AttrList::Empty });
        self.node("While", inputs, Attrs::new().with("cond", func(&c)).with("body", func(&f)).with("output_shapes", stated))
    }
    fn branch(
        &mut self,
        pred: Out,
        inputs: &[Out],
        then: &dyn Fn(&mut B, &[Out]) -> Vec<Out>,
        otherwise: &dyn Fn(&mut B, &[Out]) -> Vec<Out>,
    ) -> NodeId {
        let like = self.like(inputs, true);
        let t = self.function("cond_true", &like, then);
        let f = self.function("cond_false", &like, otherwise);
        let out: Vec<DType> = self.g.library.signature(&t).unwrap().output_arg.iter().map(|a| DType::from_number(a.r#type).unwrap()).collect();
        let all = [&[pred], inputs].concat();
        self.node("If", &all, Attrs::new().with("Tout", types(&out)).with("then_branch", func(&t)).with("else_branch", func(&f)))
    }
}

fn derivative(g: &mut Graph, y: Out, xs: &[Out]) -> Vec<Out> {
    let scope = format!("{}/", g.names.unique("gradients", true));
    let found = gradients(g, &[y], xs, Options { scope, unconnected_zero: true, ..Default::default() }).unwrap();
    found.into_iter().map(|g| if let Some(GradValue::Dense(o)) = g { o } else { panic!("no dense gradient") }).collect()
}

/// First and second derivatives of `build`'s scalar at `at`; the graph is saved and loaded in between.
fn check(at: &[Tensor], build: impl Fn(&mut B, &[Out]) -> Out) {
    check_with(at, &[], |b, x, _| build(b, x));
}

fn check_with(at: &[Tensor], fixed: &[Tensor], build: impl Fn(&mut B, &[Out], &[Out]) -> Out) {
    let mut b = B::new();
    let xs: Vec<Out> = at.iter().map(|t| b.arg("x", DType::F64, Shape::known(t.dims()))).collect();
    let others: Vec<Out> = fixed.iter().map(|t| b.arg("fixed", t.dtype(), Shape::known(t.dims()))).collect();
    let y = build(&mut b, &xs, &others);
    let first = derivative(&mut b.g, y, &xs);
    // A scalar that mixes all first derivatives with different weights.
    let mut mixed = b.num(0.0);
    for (k, &d) in first.iter().enumerate() {
        let n = at[k].len();
        let w = b.constant(Tensor::from_slice(&(0..n).map(|i| 1.0 + 0.3 * i as f64 + k as f64).collect::<Vec<_>>(), at[k].dims()));
        let p = b.op("Mul", &[d, w]);
        let axes = b.constant(Tensor::vector(&(0..at[k].rank() as i32).collect::<Vec<_>>()));
        let s = b.op("Sum", &[p, axes]);
        mixed = b.op("AddV2", &[mixed, s]);
    }
    let second = derivative(&mut b.g, mixed, &xs);
    let g = Graph::from_graph_def(b.g.to_graph_def(0, false).unwrap()).unwrap();
    let s = Session::of(g);
    let run = |t: &[Tensor], fetch: &[Out]| -> Result<Vec<Tensor>> {
        let feeds: Vec<_> = xs.iter().copied().zip(t.iter().cloned()).chain(others.iter().copied().zip(fixed.iter().cloned())).collect();
        s.run(&feeds, fetch, &[])
    };
    for (what, value, grads) in [("first", y, &first), ("second", mixed, &second)] {
        let got = run(at, grads).unwrap();
        for (k, d) in got.iter().enumerate() {
            assert_eq!(d.dims(), at[k].dims(), "{what} derivative {k}");
            for (e, &ours) in d.slice::<f64>().iter().enumerate() {
                let mut f = |t: &[Tensor]| -> Result<f64> { Ok(run(t, &[value])?[0].slice::<f64>()[0]) };
                let want = central_difference(&mut f, at, k, e).unwrap();
                assert!((ours - want).abs() <= 2e-6 * (1.0 + want.abs()), "{what} derivative {k}[{e}]: {ours}, central difference {want}");
            }
        }
    }
}

fn sum_all(b: &mut B, x: Out) -> Out {
    let rank = b.g.shape(x).rank().unwrap_or(1);
    let axes = b.constant(Tensor::vector(&(0..rank as i32).collect::<Vec<_>>()));
    b.op("Sum", &[x, axes])
}

fn v(x: &[f64]) -> Tensor {
    Tensor::vector(x)
}
fn s(x: f64) -> Tensor {
    Tensor::scalar(x)
}

#[test]
fn a_call_and_its_second_derivative() {
    check(&[v(&[0.3, -0.7]), v(&[1.1, 0.4])], |b, x| {
        let like = b.like(x, true);
        let f = b.function("f", &like, &|b, a| {
            let p = b.op("Mul", &[a[0], a[1]]);
            let t = b.op("Tanh", &[p]);
            let e = b.op("Exp", &[a[0]]);
            vec![t, e, a[1]]
        });
        let n = b.node("PartitionedCall", x, Attrs::new().with("f", func(&f)).with("Tout", types(&[DType::F64; 3])));
        let m = b.op("Mul", &[n.out(0), n.out(1)]);
        let m = b.op("AddV2", &[m, n.out(2)]);
        sum_all(b, m)
    });
}

#[test]
fn both_sides_of_a_branch() {
    for taken in [true, false] {
        check_with(&[v(&[0.3, -0.7]), v(&[1.1, 0.4])], &[Tensor::scalar(graphpb_kernels::Bool::from(taken))], |b, x, p| {
            let n = b.branch(
                p[0],
                x,
                &|b, a| {
                    let e = b.op("Tanh", &[a[0]]);
                    let e2 = b.op("Mul", &[e, e]);
                    vec![e2, a[1]]
                },
                &|b, a| {
                    let e = b.op("Exp", &[a[1]]);
                    let s = b.op("Sin", &[e]);
                    vec![s, e]
                },
            );
            let m = b.op("Mul", &[n.out(0), n.out(1)]);
            sum_all(b, m)
        });
    }
}

#[test]
fn every_branch_of_a_case() {
    for k in [0, 1, 2, 7] {
        check_with(&[v(&[0.3, -0.7]), s(0.5)], &[Tensor::scalar(k)], |b, x, p| {
            let like = b.like(x, true);
            let names: Vec<String> = ["Tanh", "Exp", "Sin"]
                .iter()
                .map(|op| {
                    b.function("branch", &like, &|b, a| {
                        let t = b.op(op, &[a[0]]);
                        vec![b.op("Mul", &[t, a[1]])]
                    })
                })
                .collect();
            let list = names.iter().map(|n| Arc::new(FuncAttr { name: n.as_str().into(), attrs: Attrs::new() })).collect();
            let attrs = Attrs::new().with("Tout", types(&[DType::F64])).with("branches", Attr::List(AttrList::Func(list)));
            let n = b.node("Case", &[p[0], x[0], x[1]], attrs);
            sum_all(b, n.out(0))
        });
    }
}

/// `h = tanh(h·w + x)`, `steps` times.
fn recurrence(b: &mut B, steps: i32, h: Out, w: Out, x: Out, shapes: bool) -> Out {
    let zero = b.int(0);
    let n = b.int(steps);
    b.while_loop(&[zero, h, n, w, x], shapes, &|b, a| b.op("Less", &[a[0], a[2]]), &|b, a| {
        let one = b.int(1);
        let i = b.op("AddV2", &[a[0], one]);
        let m = b.op("Mul", &[a[1], a[3]]);
        let s = b.op("AddV2", &[m, a[4]]);
        vec![i, b.op("Tanh", &[s]), a[2], a[3], a[4]]
    })
    .out(1)
}

#[test]
fn a_loop_to_its_variables_and_to_captured_tensors() {
    for (steps, shapes) in [(3, true), (3, false), (1, true), (0, true), (0, false)] {
        check(&[v(&[0.3, -0.7]), v(&[1.1, 0.4]), v(&[0.2, -0.1])], |b, x| {
            let h = recurrence(b, steps, x[0], x[1], x[2], shapes);
            let m = b.op("Mul", &[h, h]);
            b.g.merge_shape(m, &Shape::vector(2)).unwrap();
            sum_all(b, m)
        });
    }
}

#[test]
fn a_loop_that_counts_down_and_uses_its_counter() {
    check(&[s(0.7)], |b, x| {
        let four = b.int(4);
        let big = b.constant(Tensor::scalar(5i64));
        let n = b.while_loop(
            &[four, big, x[0]],
            true,
            &|b, a| {
                let zero = b.int(0);
                b.op("Greater", &[a[0], zero])
            },
            &|b, a| {
                let one = b.int(1);
                let i = b.op("Sub", &[a[0], one]);
                let one64 = b.constant(Tensor::scalar(1i64));
                let j = b.op("AddV2", &[a[1], one64]);
                let fi = b.node("Cast", &[a[0]], Attrs::new().with("DstT", DType::F64)).out(0);
                let fj = b.node("Cast", &[a[1]], Attrs::new().with("DstT", DType::F64)).out(0);
                let m = b.op("Mul", &[a[2], fi]);
                let m = b.op("RealDiv", &[m, fj]);
                vec![i, j, b.op("Sin", &[m])]
            },
        );
        n.out(2)
    });
}

#[test]
fn a_branch_in_a_loop_in_a_branch_and_a_loop_in_a_loop() {
    // if p: while i < 3: h = (if i odd: while j < 2: h = sin(h·w); h else: h·h·w) ; else exp(h)
    for taken in [true, false] {
        let p = Tensor::scalar(graphpb_kernels::Bool::from(taken));
        check_with(&[v(&[0.6, -0.8]), v(&[1.2, 0.9])], &[p], |b, x, p| {
            let n = b.branch(
                p[0],
                x,
                &|b, a| {
                    let zero = b.int(0);
                    let outer = b.while_loop(
                        &[zero, a[0], a[1]],
                        true,
                        &|b, a| {
                            let n = b.int(3);
                            b.op("Less", &[a[0], n])
                        },
                        &|b, a| {
                            let two = b.int(2);
                            let one = b.int(1);
                            let odd = b.op("FloorMod", &[a[0], two]);
                            let odd = b.op("Equal", &[odd, one]);
                            let n = b.branch(
                                odd,
                                &[a[1], a[2]],
                                &|b, a| {
                                    let zero = b.int(0);
                                    let inner = b.while_loop(
                                        &[a[0], a[1], zero],
                                        true,
                                        &|b, a| {
                                            let n = b.int(2);
                                            b.op("Less", &[a[2], n])
                                        },
                                        &|b, a| {
                                            let one = b.int(1);
                                            let i = b.op("AddV2", &[one, a[2]]);
                                            let m = b.op("Mul", &[a[0], a[1]]);
                                            vec![b.op("Sin", &[m]), a[1], i]
                                        },
                                    );
                                    vec![inner.out(0)]
                                },
                                &|b, a| {
                                    let m = b.op("Mul", &[a[0], a[0]]);
                                    vec![b.op("Mul", &[m, a[1]])]
                                },
                            );
                            let i = b.op("AddV2", &[a[0], one]);
                            vec![i, n.out(0), a[2]]
                        },
                    );
                    vec![outer.out(1)]
                },
                &|b, a| vec![b.op("Exp", &[a[0]])],
            );
            b.g.merge_shape(n.out(0), &Shape::vector(2)).unwrap();
            sum_all(b, n.out(0))
        });
    }
}

#[test]
fn lists_read_and_written_in_a_loop() {
    // h = tanh(h + x[i]) ; out[i] = h·w ; stack(out)
    check(&[Tensor::from_slice(&[0.1, 0.2, -0.3, 0.4, 0.5, -0.6], &[3, 2]), v(&[0.3, 0.1]), v(&[1.1, -0.4])], |b, x| {
        let (zero, size) = (b.int(0), b.constant(Tensor::vector(&[2i32])));
        let list = b.op("TensorListFromTensor", &[x[0], size]);
        let n = b.int(3);
        let out = b.node("TensorListReserve", &[size, n], Attrs::new().with("element_dtype", DType::F64)).out(0);
        let l = b.while_loop(
            &[zero, x[1], out, list, x[2]],
            true,
            &|b, a| {
                let n = b.int(3);
                b.op("Less", &[a[0], n])
            },
            &|b, a| {
                let one = b.int(1);
                let size = b.constant(Tensor::vector(&[2i32]));
                let i = b.op("AddV2", &[a[0], one]);
                let xi = b.node("TensorListGetItem", &[a[3], a[0], size], Attrs::new().with("element_dtype", DType::F64)).out(0);
                let h = b.op("AddV2", &[a[1], xi]);
                let h = b.op("Tanh", &[h]);
                let o = b.op("Mul", &[h, a[4]]);
                let out = b.op("TensorListSetItem", &[a[2], a[0], o]);
                vec![i, h, out, a[3], a[4]]
            },
        );
        let y = b.node("TensorListStack", &[l.out(2), size], Attrs::new().with("element_dtype", DType::F64).with("num_elements", 3i64)).out(0);
        let y = b.op("Mul", &[y, y]);
        sum_all(b, y)
    });
}

#[test]
fn a_variable_whose_shape_grows() {
    // h = concat(h, h·w) twice: [2] to [8]
    check(&[v(&[0.3, -0.7]), s(0.4)], |b, x| {
        let zero = b.int(0);
        let n = b.while_loop(
            &[zero, x[0], x[1]],
            false,
            &|b, a| {
                let n = b.int(2);
                b.op("Less", &[a[0], n])
            },
            &|b, a| {
                let one = b.int(1);
                let zero = b.int(0);
                let i = b.op("AddV2", &[a[0], one]);
                let m = b.op("Mul", &[a[1], a[2]]);
                let e = b.op("Sin", &[m]);
                let c = b.node("ConcatV2", &[a[1], e, zero], Attrs::new().with("N", 2i64)).out(0);
                vec![i, c, a[2]]
            },
        );
        let zero = b.constant(Tensor::vector(&[0i32]));
        let m = b.op("Mul", &[n.out(1), n.out(1)]);
        b.op("Sum", &[m, zero])
    });
}

#[test]
fn variables_that_change_places_and_one_that_is_overwritten() {
    check(&[v(&[0.3, -0.7]), v(&[1.1, 0.4]), v(&[0.2, 0.9])], |b, x| {
        let zero = b.int(0);
        let n = b.while_loop(
            &[x[0], x[1], zero, x[2]],
            true,
            &|b, a| {
                let n = b.int(3);
                b.op("Less", &[a[2], n])
            },
            &|b, a| {
                let one = b.int(1);
                let i = b.op("AddV2", &[a[2], one]);
                let t = b.op("Mul", &[a[0], a[1]]);
                let z = b.constant(Tensor::vector(&[0.5, 2.0]));
                let keep = b.op("Sin", &[z]);
                vec![a[1], t, i, keep]
            },
        );
        let m = b.op("Mul", &[n.out(0), n.out(1)]);
        let m = b.op("AddV2", &[m, n.out(3)]);
        sum_all(b, m)
    });
}

#[test]
fn what_is_loop_invariant_is_not_stacked_and_only_what_is_needed_is() {
    let mut b = B::new();
    let (h, w, x) = (b.arg("h", DType::F64, Shape::vector(2)), b.arg("w", DType::F64, Shape::vector(2)), b.arg("x", DType::F64, Shape::vector(2)));
    let y = recurrence(&mut b, 5, h, w, x, true);
    let before = b.g.node(y.node).inputs.len();
    derivative(&mut b.g, y, &[h, w, x]);
    // tanh's result, and h at the start of the iteration; the counter is there already.
    assert_eq!(b.g.node(y.node).inputs.len(), before + 2);
    // Asking for w alone costs nothing new: the same lists serve.
    derivative(&mut b.g, y, &[w]);
    assert_eq!(b.g.node(y.node).inputs.len(), before + 2);
    let lists = b.g.nodes().iter().filter(|n| n.op_name() == "EmptyTensorList").count();
    assert_eq!(lists, 2);
}

#[test]
fn a_recurrent_product_over_more_steps_than_are_summed_together() {
    // h = tanh(h·w), 19 times: the weight is packed once, its gradient is summed in blocks.
    let w = Tensor::from_slice(&[0.9, -0.2, 0.1, 0.3, 0.8, -0.4, -0.1, 0.2, 1.1], &[3, 3]);
    check(&[Tensor::from_slice(&[0.3, -0.7, 0.2, 0.5, 0.1, -0.9], &[2, 3]), w], |b, x| {
        let (zero, n) = (b.int(0), b.int(19));
        let l = b.while_loop(&[zero, x[0], n, x[1]], true, &|b, a| b.op("Less", &[a[0], a[2]]), &|b, a| {
            let one = b.int(1);
            let i = b.op("AddV2", &[a[0], one]);
            let m = b.op("MatMul", &[a[1], a[3]]);
            vec![i, b.op("Tanh", &[m]), a[2], a[3]]
        });
        let y = b.op("Mul", &[l.out(1), l.out(1)]);
        sum_all(b, y)
    });
}
