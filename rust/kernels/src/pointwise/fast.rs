//! Functions of float32 in the loops of the tile programs, which are compiled for each CPU level.

use super::binary::Binary;
use super::space::{Space, broadcast_dims};
use super::unary::Unary;
use crate::error::Result;
use crate::tile::{Op, Operand, binary, simple};
use crate::{DType, Tensor};

/// Elements copied aside at once to work in place.
const PIECE: usize = 1024;

/// The function in place, where the tile programs have it.
pub(super) fn unary(op: Unary) -> Option<fn(&mut [f32])> {
    macro_rules! loops {
        ($($name:ident)*) => {
            match op {
                $(Unary::$name => |x| in_place(Op::$name, x),)*
                _ => return None,
            }
        };
    }
    Some(loops!(Neg Abs Sign Square Sqrt Rsqrt Reciprocal Relu Floor Ceil))
}

fn in_place(op: Op, x: &mut [f32]) {
    let mut copy = [0f32; PIECE];
    for x in x.chunks_mut(PIECE) {
        let copy = &mut copy[..x.len()];
        copy.copy_from_slice(x);
        simple(op, x, Operand::Lanes(copy));
    }
}

/// The function of two tensors that the tile programs have.
pub(super) fn loops(op: Binary) -> Option<Op> {
    macro_rules! same {
        ($($name:ident)*) => {
            match op {
                $(Binary::$name => Op::$name,)*
                _ => return None,
            }
        };
    }
    Some(same!(Add Sub Mul Div Maximum Minimum SquaredDifference TanhGrad SigmoidGrad SqrtGrad RsqrtGrad ReciprocalGrad ReluGrad))
}

/// `op` of every pair of the broadcast inputs, in place in one that has the size of the result and is not shared.
pub(super) fn zip(op: Op, a: Tensor, b: Tensor, ns: f64) -> Result<Tensor> {
    let dims = broadcast_dims(a.dims(), b.dims())?;
    if a.is_unique() && a.dims() == dims.as_slice() {
        return Ok(zip_left(a, &b, ns, |out, x, y| binary(op, out, x, y)));
    }
    if b.is_unique() && b.dims() == dims.as_slice() {
        return Ok(zip_left(b, &a, ns, |out, y, x| binary(op, out, x, y)));
    }
    let mut out = Tensor::try_scratch(DType::F32, &dims)?;
    let space = Space::new(&dims, [a.dims(), b.dims()]);
    let (x, y) = (a.slice::<f32>(), b.slice::<f32>());
    space.pieces(out.slice_mut::<f32>(), ns, &|piece, [i, j]| {
        let n = piece.len();
        binary(op, piece, operand(x, i, n, space.step[0]), operand(y, j, n, space.step[1]));
    });
    Ok(out)
}

fn operand(x: &[f32], at: usize, n: usize, step: usize) -> Operand<'_> {
    if step == 1 { Operand::Lanes(&x[at..at + n]) } else { Operand::Scalar(x[at]) }
}

fn zip_left(mut a: Tensor, b: &Tensor, ns: f64, f: impl Fn(&mut [f32], Operand, Operand) + Sync) -> Tensor {
    let space = Space::new(a.dims(), [b.dims()]);
    let src = b.slice::<f32>();
    space.pieces(a.slice_mut::<f32>(), ns, &|piece, [at]| {
        let mut copy = [0f32; PIECE];
        let step = space.step[0];
        for (i, out) in piece.chunks_mut(PIECE).enumerate() {
            let n = out.len();
            copy[..n].copy_from_slice(out);
            f(out, Operand::Lanes(&copy[..n]), operand(src, at + i * PIECE * step, n, step));
        }
    });
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointwise;

    /// Every function that has a tile loop agrees with float64's own loop, for every shape of operands, in place and not.
    #[test]
    fn tile_loops_compute_what_the_plain_loops_compute() {
        let all = [
            Binary::Add,
            Binary::Sub,
            Binary::Mul,
            Binary::Div,
            Binary::Maximum,
            Binary::Minimum,
            Binary::SquaredDifference,
            Binary::TanhGrad,
            Binary::SigmoidGrad,
            Binary::SqrtGrad,
            Binary::RsqrtGrad,
            Binary::ReciprocalGrad,
            Binary::ReluGrad,
        ];
        let make = |dims: &[usize], k: usize| {
            let n = dims.iter().product();
            Tensor::from_slice(&(0..n).map(|i| ((i * k + 5) % 41) as f32 * 0.25 - 4.9).collect::<Vec<_>>(), dims)
        };
        for (p, q) in [(vec![3, 700], vec![3, 700]), (vec![3, 700], vec![700]), (vec![2100], vec![]), (vec![], vec![7]), (vec![5, 1], vec![1, 6])] {
            for op in all {
                assert!(loops(op).is_some());
                let (a, b) = (make(&p, 7), make(&q, 11));
                let wide = |t: &Tensor| pointwise::cast(t, DType::F64).unwrap();
                let want = pointwise::binary(op, wide(&a), wide(&b)).unwrap();
                let held = (a.clone(), b.clone());
                let fresh = pointwise::binary(op, a.clone(), b.clone()).unwrap();
                drop(held);
                let reused = pointwise::binary(op, a, b).unwrap();
                assert_eq!(fresh.dims(), want.dims());
                for ((x, y), w) in fresh.slice::<f32>().iter().zip(reused.slice::<f32>()).zip(want.slice::<f64>()) {
                    assert_eq!(x.to_bits(), y.to_bits(), "{op:?}");
                    assert!((*x as f64 - w).abs() <= 1e-6 * w.abs().max(1.0), "{op:?}: {x} {w}");
                }
            }
        }
        for op in
            [Unary::Neg, Unary::Abs, Unary::Sign, Unary::Square, Unary::Sqrt, Unary::Rsqrt, Unary::Reciprocal, Unary::Relu, Unary::Floor, Unary::Ceil]
        {
            assert!(unary(op).is_some());
            let x = make(&[2500], 3);
            let want = pointwise::unary(op, pointwise::cast(&x, DType::F64).unwrap()).unwrap();
            let got = pointwise::unary(op, x.clone()).unwrap();
            for (x, w) in got.slice::<f32>().iter().zip(want.slice::<f64>()) {
                assert!(x.is_nan() && w.is_nan() || (*x as f64 - w).abs() <= 1e-6 * w.abs().max(1.0), "{op:?}: {x} {w}");
            }
            assert_eq!(x.slice::<f32>(), make(&[2500], 3).slice::<f32>(), "a shared input is left alone");
        }
    }

    #[test]
    fn nan_passes_through_relu_and_wins_extremes() {
        let x = Tensor::vector(&[f32::NAN, -1.0, f32::NAN, 2.0]);
        let y = Tensor::vector(&[1.0, f32::NAN, f32::NAN, 3.0]);
        let r = pointwise::unary(Unary::Relu, x.clone()).unwrap();
        assert!(r.slice::<f32>()[0].is_nan() && r.slice::<f32>()[1] == 0.0);
        for op in [Binary::Maximum, Binary::Minimum] {
            let r = pointwise::binary(op, x.clone(), y.clone()).unwrap();
            assert!(r.slice::<f32>()[..3].iter().all(|v| v.is_nan()) && !r.slice::<f32>()[3].is_nan());
        }
    }
}
