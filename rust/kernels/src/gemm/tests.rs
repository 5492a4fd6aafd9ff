use super::driver::{Operands, Right, run};
use super::pieces::Piece;
use super::*;
use crate::isa::{Isa, available};

fn values(seed: u64, n: usize) -> Vec<f64> {
    let mut s = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..n)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            (s >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
        })
        .collect()
}

fn reference(m: usize, n: usize, k: usize, a: &[f64], sa: (usize, usize), b: &[f64], sb: (usize, usize)) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            for p in 0..k {
                c[i * n + j] += a[i * sa.0 + p * sa.1] * b[p * sb.0 + j * sb.1];
            }
        }
    }
    c
}

fn product<T: GemmFloat>(
    level: Isa,
    s: (usize, usize, usize),
    a: &[T],
    sa: (usize, usize),
    b: &[T],
    sb: (usize, usize),
    c: &mut [T],
    accumulate: bool,
) {
    let b = Right::Plain { ptr: b.as_ptr(), rs: sb.0, cs: sb.1 };
    let x = Operands { m: s.0, n: s.1, k: s.2, a: a.as_ptr(), a_rs: sa.0, a_cs: sa.1, b, c: c.as_mut_ptr(), accumulate, epilogue: None };
    // SAFETY: the tests allocate what the sizes and strides need; the level comes from `available`.
    unsafe { run(level, &x) }
}

const SIZES: &[(usize, usize, usize)] = &[
    (1, 1, 1),
    (1, 64, 17),
    (1, 10, 784),
    (1, 300, 64),
    (7, 1, 33),
    (1, 1, 100),
    (3, 5, 2),
    (2, 130, 9),
    (4, 67, 31),
    (5, 40, 700),
    (14, 32, 10),
    (15, 33, 11),
    (16, 16, 16),
    (20, 10, 784),
    (100, 10, 784),
    (33, 70, 65),
    (64, 64, 64),
    (100, 784, 10),
    (61, 129, 400),
    (128, 96, 800),
    (350, 40, 20),
    (345, 70, 390),
    (17, 9, 3000),
    (40, 32, 2100),
];

#[test]
fn products_match_a_plain_float64_loop_for_every_level_and_layout() {
    for level in available() {
        for &(m, n, k) in SIZES {
            let (a, b) = (values(1, m * k), values(2, k * n));
            for (sa, sb) in [((k, 1), (n, 1)), ((1, m), (n, 1)), ((k, 1), (1, k)), ((1, m), (1, k))] {
                let want = reference(m, n, k, &a, sa, &b, sb);
                let mut c = vec![f64::NAN; m * n];
                product(level, (m, n, k), &a, sa, &b, sb, &mut c, false);
                let close = |c: f64, w: f64, eps: f64| (c - w).abs() <= eps * (k as f64).sqrt() * 4.0;
                assert!(c.iter().zip(&want).all(|(&c, &w)| close(c, w, 1e-15)), "f64 {level:?} {m}x{n}x{k} {sa:?} {sb:?}");
                let (a32, b32): (Vec<f32>, Vec<f32>) = (a.iter().map(|&v| v as f32).collect(), b.iter().map(|&v| v as f32).collect());
                let mut c = vec![2.0f32; m * n];
                product(level, (m, n, k), &a32, sa, &b32, sb, &mut c, true);
                assert!(c.iter().zip(&want).all(|(&c, &w)| close(c as f64 - 2.0, w, 5e-7)), "f32 {level:?} {m}x{n}x{k} {sa:?} {sb:?}");
            }
        }
    }
}

#[test]
fn strides_beyond_the_plain_layouts_work() {
    let (m, n, k) = (19, 37, 23);
    let (a, b) = (values(3, m * k * 6), values(4, k * n * 6));
    for (sa, sb) in [((2 * k, 2), (3 * n, 3)), ((3, 2 * m * 3), (n + 5, 1)), ((0, 1), (n, 1)), ((k + 3, 1), (1, k + 2))] {
        let want = reference(m, n, k, &a, sa, &b, sb);
        let mut c = vec![0.0; m * n];
        gemm(m, n, k, &a, sa, &b, sb, &mut c, false);
        assert!(c.iter().zip(&want).all(|(c, w)| (c - w).abs() < 1e-13), "{sa:?} {sb:?}");
    }
}

#[test]
fn packed_weights_and_epilogue_give_the_plain_product() {
    for &(m, n, k) in SIZES {
        let (a, b): (Vec<f32>, Vec<f32>) =
            (values(5, m * k).iter().map(|&v| v as f32).collect(), values(6, k * n).iter().map(|&v| v as f32).collect());
        let want = reference(m, n, k, &values(5, m * k), (k, 1), &values(6, k * n), (1, k));
        let packed = PackedB::new(k, n, &b, (1, k));
        let mut c = vec![0.0f32; m * n];
        let add = |row: usize, col: usize, v: &mut [f32]| v.iter_mut().enumerate().for_each(|(j, v)| *v += (row + col + j) as f32);
        gemm_packed(m, &a, (k, 1), &packed, &mut c, false, Some(&add));
        let mut d = vec![0.0f32; m * n];
        gemm_with(m, n, k, &a, (k, 1), &b, (1, k), &mut d, false, Some(&add));
        for i in 0..m * n {
            let w = want[i] + (i / n + i % n) as f64;
            assert!((c[i] as f64 - w).abs() < 1e-4 && (d[i] as f64 - w).abs() < 1e-4, "{m}x{n}x{k} at {i}: {} {} {w}", c[i], d[i]);
        }
    }
}

#[test]
fn sums_of_products_of_pieces_match_a_plain_float64_loop() {
    let cases: &[(usize, usize, &[usize])] =
        &[(5, 7, &[3]), (320, 70, &[32; 16]), (33, 1024, &[7, 0, 300, 1, 64]), (1, 1, &[2, 2]), (4, 5, &[]), (3, 40, &[0])];
    for &(m, n, rows) in cases {
        let k: usize = rows.iter().sum();
        let (a, b) = (values(9, k * m), values(10, k * n));
        let want = reference(m, n, k, &a, (1, m), &b, (n, 1));
        let (a32, b32): (Vec<f32>, Vec<f32>) = (a.iter().map(|&v| v as f32).collect(), b.iter().map(|&v| v as f32).collect());
        let mut at = 0;
        let mut piece = |&r: &usize| {
            at += r;
            (r, &a32[(at - r) * m..at * m], &b32[(at - r) * n..at * n])
        };
        let pieces: Vec<Piece<f32>> = rows.iter().map(&mut piece).collect();
        let (mut one, mut two) = (vec![1.0f32; m * n], vec![1.0f32; m * n]);
        gemm_pieces(m, n, &pieces, &mut one);
        crate::par::install(|| gemm_pieces(m, n, &pieces, &mut two));
        assert!(one.iter().zip(&want).all(|(c, w)| (*c as f64 - 1.0 - w).abs() < 1e-4), "{m}x{n} {rows:?}");
        assert_eq!(one, two);
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    crate::par::set_threads(2);
    for (m, n, k) in
        [(300, 300, 700), (32, 1024, 320), (33, 500, 330), (128, 1024, 512), (1, 4096, 300), (100, 10, 784), (784, 10, 100), (700, 64, 64)]
    {
        let (a, b): (Vec<f32>, Vec<f32>) =
            (values(7, m * k).iter().map(|&v| v as f32).collect(), values(8, k * n).iter().map(|&v| v as f32).collect());
        for (sa, sb) in [((k, 1), (n, 1)), ((1, m), (1, k))] {
            let mut one = vec![0.0f32; m * n];
            gemm(m, n, k, &a, sa, &b, sb, &mut one, false);
            let mut two = vec![0.0f32; m * n];
            crate::par::install(|| gemm(m, n, k, &a, sa, &b, sb, &mut two, false));
            assert!(one.iter().zip(&two).all(|(x, y)| x.to_bits() == y.to_bits()), "{m}x{n}x{k}");
            let packed = PackedB::new(k, n, &b, sb);
            gemm_packed(m, &a, sa, &packed, &mut one, true, None);
            crate::par::install(|| gemm_packed(m, &a, sa, &packed, &mut two, true, None));
            assert!(one.iter().zip(&two).all(|(x, y)| x.to_bits() == y.to_bits()), "packed {m}x{n}x{k}");
        }
    }
}

#[test]
fn zero_sizes_and_no_steps() {
    let mut c = [5.0f32; 4];
    gemm(0, 2, 3, &[], (3, 1), &[0.0; 6], (2, 1), &mut [], false);
    gemm(2, 2, 0, &[], (0, 1), &[], (2, 1), &mut c, true);
    assert_eq!(c, [5.0; 4]);
    gemm(2, 2, 0, &[], (0, 1), &[], (2, 1), &mut c, false);
    assert_eq!(c, [0.0; 4]);
}

#[test]
fn nan_and_infinity_are_not_skipped() {
    let mut c = [0.0f32; 4];
    gemm(2, 2, 2, &[0.0, 1.0, 0.0, 0.0], (2, 1), &[f32::NAN, 1.0, f32::INFINITY, 2.0], (2, 1), &mut c, false);
    assert!(c[0].is_nan() && c[1] == 2.0 && c[2].is_nan() && c[3] == 0.0);
}

#[test]
fn integers_wrap_and_halves_round_once() {
    let a: Vec<i32> = (0..6).collect();
    let b: Vec<i32> = (0..12).map(|v| v * 3 - 10).collect();
    for sb in [(4, 1), (1, 3)] {
        let mut c = vec![7; 8];
        gemm_plain(2, 4, 3, &a, (3, 1), &b, sb, &mut c, false, 0, |s: i32, x, y| s.wrapping_add(x.wrapping_mul(y)));
        for i in 0..2 {
            for j in 0..4 {
                let want: i32 = (0..3).map(|p| a[i * 3 + p] * b[p * sb.0 + j * sb.1]).sum();
                assert_eq!(c[i * 4 + j], want);
            }
        }
    }
    let h: Vec<crate::f16> = vec![crate::f16::from_f32(0.01); 4096];
    let mut c = [crate::f16::ZERO];
    gemm_half(1, 1, 4096, &h, (4096, 1), &h, (1, 1), &mut c, false, crate::f16::from_f32);
    let x = crate::f16::from_f32(0.01).to_f64();
    assert_eq!(c[0], crate::f16::from_f64(x * x * 4096.0));
}
