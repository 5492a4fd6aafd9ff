//! Cholesky factorization of positive definite matrices.

use num_traits::Zero;

use super::field::Field;

const BLOCK: usize = 48;

/// Factor A = L·Lᴴ in place, reading the lower triangle; the upper one becomes zero. False when A is not positive definite.
pub fn cholesky<T: Field>(a: &mut [T], n: usize) -> bool {
    let mut update = Vec::new();
    let mut conjugate: Vec<T> = Vec::new();
    for start in (0..n).step_by(BLOCK) {
        let end = n.min(start + BLOCK);
        if start > 0 {
            // A[start.., start..end] −= L[start.., ..start] · L[start..end, ..start]ᴴ.
            let (rows, cols) = (n - start, end - start);
            update.resize(rows * cols, T::zero());
            conjugate.clear();
            for i in start..end {
                conjugate.extend(a[i * n..i * n + start].iter().map(|v| v.conj()));
            }
            T::product(rows, cols, start, &a[start * n..], (n, 1), &conjugate, (1, start), &mut update);
            for i in 0..rows {
                let row = &mut a[(start + i) * n + start..(start + i) * n + end];
                for (x, &u) in row.iter_mut().zip(&update[i * cols..]) {
                    *x -= u;
                }
            }
        }
        for j in start..end {
            let mut d = a[j * n + j].re();
            for p in start..j {
                d -= a[j * n + p].norm2();
            }
            if !(d > T::Real::zero()) || !num_traits::Float::is_finite(d) {
                return false;
            }
            let d = num_traits::Float::sqrt(d);
            a[j * n + j] = T::real(d);
            for i in j + 1..n {
                let mut s = a[i * n + j];
                for p in start..j {
                    s -= a[i * n + p] * a[j * n + p].conj();
                }
                a[i * n + j] = s / T::real(d);
            }
        }
    }
    for i in 0..n {
        a[i * n + i + 1..(i + 1) * n].fill(T::zero());
    }
    true
}
