//! Second derivatives of float32 ops, which the generic checks (float64) do not reach, against differences of the first ones.

use graphpb::grad::{GradValue, Options, gradients};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::{DType, Tensor};

fn numbers(n: usize, from: usize) -> Vec<f32> {
    (0..n).map(|i| (((i + from) as f32 + 1.0) * 12.9898).sin()).collect()
}

fn place(g: &mut Graph, name: &str) -> Out {
    g.add(NewNode::new("Placeholder", Name::Exact(name), &[]).attr("dtype", DType::F32)).unwrap().out(0)
}

#[test]
fn batch_normalisation_has_second_derivatives() {
    for (training, format, dims) in [(true, "NHWC", [3, 2, 2, 2]), (true, "NCHW", [3, 2, 2, 2]), (false, "NHWC", [2, 3, 1, 2])] {
        let mut g = Graph::new();
        let ins: Vec<Out> = ["x", "scale", "offset", "mean", "variance", "dy", "u", "v"].iter().map(|n| place(&mut g, n)).collect();
        let node = NewNode::new("FusedBatchNormV3", Name::Exact("bn"), &ins[..5]).attr("is_training", training).attr("data_format", format);
        let y = g.add(node).unwrap().out(0);
        let dense = |v: Vec<Option<GradValue>>| -> Vec<Out> {
            v.into_iter()
                .map(|g| match g {
                    Some(GradValue::Dense(o)) => o,
                    _ => panic!("no gradient"),
                })
                .collect()
        };
        let first = Options { scope: "a/".into(), grad_ys: vec![Some(GradValue::Dense(ins[5]))], ..Options::default() };
        let firsts = dense(gradients(&mut g, &[y], &ins[..2], first).unwrap());
        let grad_ys = vec![Some(GradValue::Dense(ins[6])), Some(GradValue::Dense(ins[7]))];
        let second = Options { scope: "b/".into(), grad_ys, ..Options::default() };
        let seconds = dense(gradients(&mut g, &firsts, &[ins[0], ins[1], ins[5]], second).unwrap());
        let s = Session::of(g);
        let vector = |from| Tensor::vector(&numbers(2, from));
        let variance = Tensor::vector(&[1.5f32, 0.7]);
        let n: usize = dims.iter().product();
        let big = |from| Tensor::from_slice(&numbers(n, from), &dims);
        let mut values = vec![big(1), vector(40), vector(50), vector(60), variance, big(70), big(90), vector(120)];
        let run = |values: &[Tensor], outs: &[Out]| {
            let feeds: Vec<(Out, Tensor)> = ins.iter().copied().zip(values.iter().cloned()).collect();
            s.run(&feeds, outs, &[]).unwrap()
        };
        let total = |values: &[Tensor]| -> f64 {
            let got = run(values, &firsts);
            let dot = |a: &Tensor, b: &Tensor| a.slice::<f32>().iter().zip(b.slice::<f32>()).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            dot(&got[0], &values[6]) + dot(&got[1], &values[7])
        };
        let got = run(&values, &seconds);
        for (k, &input) in [0usize, 1, 5].iter().enumerate() {
            for e in 0..values[input].len() {
                let h = 1e-2f32;
                let mut moved = |by: f32| {
                    let before = values[input].clone();
                    values[input].slice_mut::<f32>()[e] += by;
                    let t = total(&values);
                    values[input] = before;
                    t
                };
                let want = (moved(h) - moved(-h)) / f64::from(2.0 * h);
                let ours = f64::from(got[k].slice::<f32>()[e]);
                assert!((ours - want).abs() < 2e-2 * (1.0 + want.abs()), "{training} {format} input {input}[{e}]: {ours} for {want}");
            }
        }
    }
}
