//! Factors multiplied together give the matrix back; orthonormal ones are orthonormal.

use super::*;
use crate::C128;

/// A pseudo-random number in (−1, 1).
fn number(i: usize) -> f64 {
    let z = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 32)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn real(m: usize, n: usize) -> Vec<f64> {
    (0..m * n).map(|i| number(i + 1000 * m + n)).collect()
}
fn complex(m: usize, n: usize) -> Vec<C128> {
    (0..m * n).map(|i| C128::new(number(2 * i + m), number(2 * i + 1 + m))).collect()
}

fn times<T: Field>(a: &[T], b: &[T], m: usize, k: usize, n: usize) -> Vec<T> {
    let mut c = vec![T::zero(); m * n];
    for i in 0..m {
        for j in 0..n {
            for p in 0..k {
                c[i * n + j] += a[i * k + p] * b[p * n + j];
            }
        }
    }
    c
}

fn distance<T: Field<Real = f64>>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m, (&x, &y)| (x - y).modulus().max(m))
}

fn unit<T: Field>(n: usize) -> Vec<T> {
    (0..n * n).map(|i| if i % (n + 1) == 0 { T::one() } else { T::zero() }).collect()
}

fn check_square<T: Field<Real = f64>>(a: &[T], n: usize) {
    let (mut f, mut order, mut x) = (a.to_vec(), vec![0; n], vec![T::zero(); n * n]);
    lu(&mut f, n, &mut order);
    assert!(is_invertible(&f, n));
    lu_inverse(&f, n, &order, &mut x);
    assert!(distance(&times(a, &x, n, n, n), &unit(n)) < 1e-8);
    let (sign, log) = log_determinant(&mut a.to_vec(), n);
    let det = determinant(&mut a.to_vec(), n);
    assert!((sign * T::real(log.exp()) - det).modulus() <= 1e-10 * det.modulus());
    // A·Aᴴ + I is positive definite.
    let mut p = times(a, &adjoint(a, n, n), n, n, n);
    for i in 0..n {
        p[i * n + i] += T::one();
    }
    let mut l = p.clone();
    assert!(cholesky(&mut l, n));
    assert!(distance(&times(&l, &adjoint(&l, n, n), n, n, n), &p) < 1e-10 * n as f64);
    let (mut values, mut v) = (vec![0.0; n], vec![T::zero(); n * n]);
    assert!(eigh(&p, n, &mut values, &mut v));
    assert!(values.windows(2).all(|w| w[0] <= w[1]));
    assert!(distance(&times(&adjoint(&v, n, n), &v, n, n, n), &unit(n)) < 1e-11 * n as f64);
    let scaled: Vec<T> = v.iter().enumerate().map(|(i, x)| x.scaled(values[i % n])).collect();
    assert!(distance(&times(&p, &v, n, n, n), &scaled) < 1e-10 * n as f64);
}

fn check_any<T: Field<Real = f64>>(a: &[T], m: usize, n: usize) {
    let p = m.min(n);
    for full in [false, true] {
        let (cu, cv) = if full { (m, n) } else { (p, p) };
        let (mut q, mut r) = (vec![T::zero(); m * cu], vec![T::zero(); cu * n]);
        qr(a, m, n, full, &mut q, &mut r);
        assert!(distance(&times(&q, &r, m, cu, n), a) < 1e-11 * m as f64);
        assert!(distance(&times(&adjoint(&q, m, cu), &q, cu, m, cu), &unit(cu)) < 1e-11 * m as f64);
        let (mut s, mut u, mut v) = (vec![0.0; p], vec![T::zero(); m * cu], vec![T::zero(); n * cv]);
        assert!(svd(a, m, n, &mut s, &mut u, &mut v));
        assert!(s.windows(2).all(|w| w[0] >= w[1]) && s.iter().all(|&x| x >= 0.0));
        assert!(distance(&times(&adjoint(&u, m, cu), &u, cu, m, cu), &unit(cu)) < 1e-11 * m as f64);
        assert!(distance(&times(&adjoint(&v, n, cv), &v, cv, n, cv), &unit(cv)) < 1e-11 * n as f64);
        let mut us = vec![T::zero(); m * p];
        for i in 0..m {
            for j in 0..p {
                us[i * p + j] = u[i * cu + j].scaled(s[j]);
            }
        }
        let vh = adjoint(&v, n, cv);
        assert!(distance(&times(&us, &vh[..p * n], m, p, n), a) < 1e-11 * m.max(n) as f64);
    }
}

#[test]
fn square_matrices_of_all_block_sizes() {
    for n in [1, 2, 3, 5, 16, 47, 48, 49, 100, 131] {
        check_square(&real(n, n), n);
        check_square(&complex(n, n), n);
    }
}

#[test]
fn orthogonal_factors_of_all_forms() {
    for (m, n) in [(1, 1), (2, 2), (3, 2), (2, 3), (7, 4), (4, 9), (15, 15), (20, 20), (40, 17), (9, 33)] {
        check_any(&real(m, n), m, n);
        check_any(&complex(m, n), m, n);
    }
}

#[test]
fn matrices_without_full_rank() {
    for (m, n) in [(4, 4), (6, 3), (3, 6), (20, 18)] {
        let a = times(&real(m, 2), &real(2, n), m, 2, n);
        check_any(&a, m, n);
        check_any(&vec![0.0; m * n], m, n);
    }
    let mut f = vec![1.0, 2.0, 2.0, 4.0];
    lu(&mut f, 2, &mut [0, 0]);
    assert!(!is_invertible(&f, 2));
    assert_eq!(determinant(&mut [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0], 3), 0.0);
    assert_eq!(log_determinant(&mut [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0], 3), (0.0, f64::NEG_INFINITY));
    assert!(!cholesky(&mut [1.0, 2.0, 2.0, 1.0], 2));
    assert!(!cholesky(&mut [f64::NAN], 1));
}

/// Nothing panics or spins on what no algorithm has an answer to; what has one is right at the ends of the exponents too.
#[test]
fn numbers_that_are_not_finite_or_extreme() {
    for n in [1, 2, 5, 20, 40, 70] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in [0, n * n / 2, n * n - 1] {
                let mut a = real(n, n);
                a[at] = bad;
                let (mut q, mut r) = (vec![0.0; n * n], vec![0.0; n * n]);
                qr(&a, n, n, true, &mut q, &mut r);
                assert!(q.iter().chain(&r).any(|v| !v.is_finite()));
                assert!(!svd(&a, n, n, &mut vec![0.0; n], &mut q, &mut r));
                // Only the lower triangle counts.
                assert_eq!(eigh(&a, n, &mut vec![0.0; n], &mut q), at % n > at / n);
                let mut order = vec![0; n];
                let mut f = a.clone();
                lu(&mut f, n, &mut order);
                order.sort_unstable();
                assert!(order.iter().copied().eq(0..n));
                a[at / n * (n + 1)] = bad;
                assert!(!cholesky(&mut a, n));
                determinant(&mut a, n);
            }
        }
        for scale in [1e-300, 1e-160, 1e150, 1e300] {
            let a: Vec<f64> = real(n, n).iter().map(|v| v * scale).collect();
            let (mut s, mut one) = (vec![0.0; n], vec![0.0; n]);
            assert!(svd(&a, n, n, &mut s, &mut [], &mut []) && svd(&real(n, n), n, n, &mut one, &mut [], &mut []));
            assert!(s.iter().zip(&one).all(|(s, o)| (s / scale - o).abs() < 1e-12 * n as f64));
            assert!(eigh(&a, n, &mut s, &mut []) && eigh(&real(n, n), n, &mut one, &mut []));
            assert!(s.iter().zip(&one).all(|(s, o)| (s / scale - o).abs() < 1e-12 * n as f64));
        }
    }
}

/// Matrices with many equal values, which divide-and-conquer deflates: diagonal, constant and block ones, and adjacency matrices.
#[test]
fn repeated_eigenvalues() {
    for n in [3, 20, 33, 34, 64, 100] {
        let of = |f: &dyn Fn(usize, usize) -> f64| (0..n * n).map(|at| f(at / n, at % n)).collect::<Vec<f64>>();
        let forms = [
            of(&|i, j| if i == j { (n - i) as f64 } else { 0.0 }),
            of(&|_, _| 1.0),
            of(&|i, j| if i / 5 == j / 5 { 1.0 } else { 0.0 }),
            of(&|i, j| if i.abs_diff(j) == 1 { 1.0 } else { 0.0 }),
            of(&|i, j| if (i * j + i + j) % 7 == 0 { 1.0 } else { 0.0 }),
            unit(n),
        ];
        for a in forms {
            let (mut values, mut v) = (vec![0.0; n], vec![0.0; n * n]);
            assert!(eigh(&a, n, &mut values, &mut v));
            assert!(values.windows(2).all(|w| w[0] <= w[1]));
            assert!(distance(&times(&adjoint(&v, n, n), &v, n, n, n), &unit(n)) < 1e-12 * n as f64);
            let scaled: Vec<f64> = v.iter().enumerate().map(|(i, x)| x * values[i % n]).collect();
            assert!(distance(&times(&a, &v, n, n, n), &scaled) < 1e-12 * (n * n) as f64);
            let mut alone = vec![0.0; n];
            assert!(eigh(&a, n, &mut alone, &mut []));
            assert!(distance(&alone, &values) < 1e-12 * (n * n) as f64);
            check_any(&a, n, n);
        }
    }
}

/// As LAPACK's and Eigen's, the diagonal of R is real and opposite in sign to what stood there.
#[test]
fn the_diagonal_of_r_is_real() {
    let a = [C128::new(1.0, 2.0), C128::new(0.5, -1.0), C128::new(-2.0, 1.0), C128::new(3.0, 0.25)];
    let (mut q, mut r) = ([C128::new(0.0, 0.0); 4], [C128::new(0.0, 0.0); 4]);
    qr(&a, 2, 2, false, &mut q, &mut r);
    assert!((r[0] - C128::new(-(10f64.sqrt()), 0.0)).norm() < 1e-14 && r[3].im == 0.0);
    let (mut q, mut r) = ([0.0; 4], [0.0; 4]);
    qr(&[-2.0, 1.0, 0.0, 3.0], 2, 2, false, &mut q, &mut r);
    assert_eq!((q, r), ([1.0, 0.0, 0.0, 1.0], [-2.0, 1.0, 0.0, 3.0]));
}
