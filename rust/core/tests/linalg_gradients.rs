//! Derivatives of factorizations of symmetric matrices against central differences along symmetric directions.

use graphpb::grad::{GradValue, Options, gradients};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::{DType, Tensor};

fn op(g: &mut Graph, op: &str, inputs: &[Out]) -> Out {
    g.add(NewNode::new(op, Name::Unique("n"), inputs)).unwrap().out(0)
}

fn constant(g: &mut Graph, t: Tensor) -> Out {
    g.add(NewNode::new("Const", Name::Unique("c"), &[]).attr("dtype", t.dtype()).attr("value", t)).unwrap().out(0)
}

/// A number in (−1, 1).
fn number(i: usize) -> f64 {
    ((i as f64 + 1.0) * 12.9898).sin()
}

fn matrix(n: usize, from: usize) -> Tensor {
    Tensor::from_slice(&(0..n * n).map(|i| number(i + from)).collect::<Vec<_>>(), &[n, n])
}

/// Σ w·chol(x·xᵀ + n·1) with its first and second derivatives by x.
#[test]
fn cholesky_has_two_derivatives() {
    for n in 1..5 {
        let mut g = Graph::new();
        let x = g.add(NewNode::new("Placeholder", Name::Exact("x"), &[]).attr("dtype", DType::F64)).unwrap().out(0);
        let shape = constant(&mut g, Tensor::vector(&[n as i32, n as i32]));
        let fixed = op(&mut g, "Reshape", &[x, shape]);
        let product = g.add(NewNode::new("MatMul", Name::Unique("m"), &[fixed, fixed]).attr("transpose_b", true)).unwrap().out(0);
        let mut diagonal = Tensor::zeros(DType::F64, &[n, n]);
        for i in 0..n {
            diagonal.slice_mut::<f64>()[i * (n + 1)] = n as f64;
        }
        let diagonal = constant(&mut g, diagonal);
        let a = op(&mut g, "AddV2", &[product, diagonal]);
        let l = op(&mut g, "Cholesky", &[a]);
        let mut values = vec![l];
        for order in 0..2 {
            let weights = constant(&mut g, matrix(n, 50 + 7 * order));
            let y = values[order];
            let options = Options { scope: format!("g{order}/"), grad_ys: vec![Some(GradValue::Dense(weights))], ..Options::default() };
            match gradients(&mut g, &[y], &[x], options).unwrap().remove(0) {
                Some(GradValue::Dense(o)) => values.push(o),
                _ => panic!("no gradient"),
            }
        }
        let session = Session::of(g);
        let at = matrix(n, 3);
        let run = |x: &Tensor, y: Out| session.run(&[(x_of(&session), x.clone())], &[y], &[]).unwrap().remove(0);
        for order in 0..2 {
            let weights = matrix(n, 50 + 7 * order);
            let total = |x: &Tensor| run(x, values[order]).slice::<f64>().iter().zip(weights.slice::<f64>()).map(|(a, b)| a * b).sum::<f64>();
            let got = run(&at, values[order + 1]);
            for e in 0..n * n {
                let h = 1e-5;
                let moved = |by: f64| {
                    let mut x = at.clone();
                    x.slice_mut::<f64>()[e] += by;
                    total(&x)
                };
                let want = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
                let got = got.slice::<f64>()[e];
                assert!((got - want).abs() < 1e-7 * (1.0 + want.abs()), "order {order}, n {n}, element {e}: {got} for {want}");
            }
        }
    }
}

fn x_of(s: &Session) -> Out {
    s.graph().read().unwrap().find_out("x:0").unwrap()
}

fn fails(name: &str, inputs: &[Tensor]) -> String {
    let mut g = Graph::new();
    let inputs: Vec<Out> = inputs.iter().map(|t| constant(&mut g, t.clone())).collect();
    let y = op(&mut g, name, &inputs);
    Session::of(g).run(&[], &[y], &[]).unwrap_err().to_string()
}

#[test]
fn matrices_without_an_inverse_have_tensorflows_messages() {
    let singular = Tensor::from_slice(&[1.0, 2.0, 2.0, 4.0], &[2, 2]);
    let rhs = Tensor::from_slice(&[1.0, 1.0], &[2, 1]);
    assert!(fails("MatrixInverse", std::slice::from_ref(&singular)).contains("Input is not invertible."));
    assert!(fails("MatrixSolve", &[singular.clone(), rhs.clone()]).contains("Input matrix is not invertible."));
    let zero = Tensor::zeros(DType::F64, &[2, 2]);
    assert!(fails("MatrixTriangularSolve", &[zero, rhs]).contains("Input matrix is not invertible."));
    let indefinite = Tensor::from_slice(&[1.0, 2.0, 2.0, 1.0], &[2, 2]);
    assert!(fails("Cholesky", &[indefinite]).contains("Cholesky decomposition was not successful. The input might not be valid."));
}
