//! Axes permuted, reversed, rolled, repeated.

use super::copy::{Walk, gathered};
use super::strides_of;
use crate::error::{KernelError, Result};
use crate::tensor::Tensor;
use crate::tensor::checked_len;

/// Axis `i` of the result is axis `perm[i]` of `x`. `perm` must be a permutation of the axes.
pub fn transpose(x: &Tensor, perm: &[usize]) -> Result<Tensor> {
    let dims: Vec<usize> = perm.iter().map(|&p| x.dims()[p]).collect();
    // Moving axes of size 1 about leaves the data where it is.
    let mut last = 0;
    let trivial = perm.iter().filter(|&&p| x.dims()[p] != 1).all(|&p| std::mem::replace(&mut last, p + 1) <= p);
    if trivial || x.is_empty() {
        return Ok(x.clone().reshaped(&dims));
    }
    let s = strides_of(x.dims());
    gathered(x, &Walk { offset: 0, strides: perm.iter().map(|&p| s[p]).collect(), dims: dims.clone() }, &dims)
}

/// The axes in `axes` run backwards.
pub fn reverse(x: &Tensor, axes: &[bool]) -> Result<Tensor> {
    if x.is_empty() || axes.iter().zip(x.dims()).all(|(&r, &d)| !r || d == 1) {
        return Ok(x.clone());
    }
    let mut strides = strides_of(x.dims());
    let mut offset = 0;
    for (k, s) in strides.iter_mut().enumerate() {
        if axes[k] {
            offset += (x.dims()[k] as isize - 1) * *s;
            *s = -*s;
        }
    }
    gathered(x, &Walk { offset, dims: x.dims().to_vec(), strides }, x.dims())
}

/// `x` repeated `multiples[k]` times along axis `k`.
pub fn tile(x: &Tensor, multiples: &[usize]) -> Result<Tensor> {
    let mut dims = Vec::with_capacity(x.rank());
    for (&d, &m) in x.dims().iter().zip(multiples) {
        dims.push(d.checked_mul(m).ok_or_else(|| KernelError::invalid("Tile: the result is too large"))?);
    }
    if multiples.iter().all(|&m| m == 1) {
        return Ok(x.clone());
    }
    if dims.contains(&0) {
        return Tensor::try_scratch(x.dtype(), &dims);
    }
    let s = strides_of(x.dims());
    let mut walk = Walk { offset: 0, dims: Vec::new(), strides: Vec::new() };
    for k in 0..x.rank() {
        walk.dims.extend([multiples[k], x.dims()[k]]);
        walk.strides.extend([0, s[k]]);
    }
    gathered(x, &walk, &dims)
}

/// `x` broadcast to `dims` by numpy's rule.
pub fn broadcast_to(x: &Tensor, dims: &[usize]) -> Result<Tensor> {
    let bad =
        || KernelError::invalid(format!("Incompatible shapes: {} vs. {}", crate::tensor::shape_text(x.dims()), crate::tensor::shape_text(dims)));
    if x.dims() == dims {
        return Ok(x.clone());
    }
    let lead = dims.len().checked_sub(x.rank()).ok_or_else(bad)?;
    let s = strides_of(x.dims());
    let mut strides = vec![0isize; lead];
    for k in 0..x.rank() {
        match (x.dims()[k], dims[lead + k]) {
            (a, b) if a == b => strides.push(s[k]),
            (1, _) => strides.push(0),
            _ => return Err(bad()),
        }
    }
    if checked_len(x.dtype(), dims)? == x.len() {
        return Ok(x.clone().reshaped(dims));
    }
    gathered(x, &Walk { offset: 0, dims: dims.to_vec(), strides }, dims)
}

/// Axis `k` rotated by `shifts[k]` places towards higher indices.
pub fn roll(x: &Tensor, shifts: &[i64]) -> Result<Tensor> {
    let mut cur = x.clone();
    if x.is_empty() {
        return Ok(cur);
    }
    for (k, &s) in shifts.iter().enumerate() {
        let n = x.dims()[k];
        let s = s.rem_euclid(n as i64) as usize;
        if s == 0 {
            continue;
        }
        let parts = super::concat::split(&cur, k, &[n - s, s])?;
        cur = super::concat::concat(&[&parts[1], &parts[0]], k)?;
    }
    Ok(cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iota(dims: &[usize]) -> Tensor {
        Tensor::from_slice(&(0..dims.iter().product::<usize>()).map(|i| i as f32).collect::<Vec<_>>(), dims)
    }
    fn index(dims: &[usize], mut i: usize) -> Vec<usize> {
        let mut ix = vec![0; dims.len()];
        for k in (0..dims.len()).rev() {
            ix[k] = i % dims[k];
            i /= dims[k];
        }
        ix
    }
    fn flat(dims: &[usize], ix: &[usize]) -> usize {
        ix.iter().zip(dims).fold(0, |a, (&i, &d)| a * d + i)
    }

    #[test]
    fn transposing_moves_every_element_to_its_place() {
        let cases: [(&[usize], &[usize]); 8] = [
            (&[3, 5], &[1, 0]),
            (&[70, 33], &[1, 0]),
            (&[2, 3, 4], &[2, 0, 1]),
            (&[9, 40, 20], &[0, 2, 1]),
            (&[4, 5, 6, 7], &[0, 2, 1, 3]),
            (&[4, 5, 6, 7], &[3, 2, 1, 0]),
            (&[4, 1, 6, 1], &[1, 2, 3, 0]),
            (&[0, 3], &[1, 0]),
        ];
        for (dims, perm) in cases {
            let x = iota(dims);
            let y = transpose(&x, perm).unwrap();
            for i in 0..y.len() {
                let ix = index(y.dims(), i);
                let mut src = vec![0; dims.len()];
                for (k, &p) in perm.iter().enumerate() {
                    src[p] = ix[k];
                }
                assert_eq!(y.slice::<f32>()[i], x.slice::<f32>()[flat(dims, &src)], "{dims:?} {perm:?}");
            }
        }
    }

    #[test]
    fn a_large_transposition_is_the_same_on_several_threads() {
        let x = iota(&[700, 900]);
        let one = transpose(&x, &[1, 0]).unwrap();
        let many = crate::par::install(|| transpose(&x, &[1, 0]).unwrap());
        assert_eq!(one.slice::<f32>(), many.slice::<f32>());
        assert_eq!(one.slice::<f32>()[3 * 700 + 5], (5 * 900 + 3) as f32);
    }

    #[test]
    fn tile_broadcast_reverse_and_roll_follow_plain_indexing() {
        let x = iota(&[2, 3]);
        let t = tile(&x, &[2, 3]).unwrap();
        for i in 0..t.len() {
            let ix = index(t.dims(), i);
            assert_eq!(t.slice::<f32>()[i], x.slice::<f32>()[(ix[0] % 2) * 3 + ix[1] % 3]);
        }
        let b = broadcast_to(&iota(&[2, 1, 3]), &[4, 2, 5, 3]).unwrap();
        for i in 0..b.len() {
            let ix = index(b.dims(), i);
            assert_eq!(b.slice::<f32>()[i], (ix[1] * 3 + ix[3]) as f32);
        }
        assert!(broadcast_to(&x, &[2, 4]).is_err());
        assert_eq!(reverse(&x, &[false, true]).unwrap().slice::<f32>(), [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
        assert_eq!(reverse(&x, &[true, true]).unwrap().slice::<f32>(), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
        assert_eq!(roll(&x, &[1, -1]).unwrap().slice::<f32>(), [4.0, 5.0, 3.0, 1.0, 2.0, 0.0]);
        let s = Tensor::strings(vec![(*b"a").into(), (*b"b").into()], &[2, 1]);
        assert_eq!(transpose(&tile(&s, &[1, 2]).unwrap(), &[1, 0]).unwrap().as_strings().concat(), b"abab");
    }
}
