//! Data movement: kernels that copy elements without looking at them.

pub mod blocks;
pub mod concat;
pub mod copy;
pub mod diagonal;
pub mod pad;
pub mod patches;
pub mod slice;
pub mod transpose;

use crate::dtype::{C128, DType};
use crate::tensor::{Bytes, Handle, Tensor};

/// An element as data movement sees it: a word of some width, a string, or a handle.
pub trait Elem: Clone + Send + Sync + 'static {
    fn of(t: &Tensor) -> &[Self];
    fn of_mut(t: &mut Tensor) -> &mut [Self];
}

/// Copy `from`, of the same length, which is often too short for a call to be worth it.
#[inline(always)]
pub(crate) fn copy_run<T: Clone>(out: &mut [T], from: &[T]) {
    match out.len() {
        16..=32 => both_ends::<T, 16>(out, from),
        8..16 => both_ends::<T, 8>(out, from),
        4..8 => both_ends::<T, 4>(out, from),
        _ => out.clone_from_slice(from),
    }
}

/// Copy `N` to `2 * N` elements: the first ones and the last ones.
#[inline(always)]
fn both_ends<T: Clone, const N: usize>(out: &mut [T], from: &[T]) {
    if let (Some(o), Some(f)) = (out.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        o.clone_from(f);
    }
    if let (Some(o), Some(f)) = (out.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
        o.clone_from(f);
    }
}

macro_rules! words {
    ($($t:ty),*) => { $(
        impl Elem for $t {
            #[inline]
            fn of(t: &Tensor) -> &[$t] {
                t.raw::<$t>()
            }
            #[inline]
            fn of_mut(t: &mut Tensor) -> &mut [$t] {
                t.raw_mut::<$t>()
            }
        }
    )* };
}
words!(u8, u16, u32, u64, C128);

impl Elem for Bytes {
    fn of(t: &Tensor) -> &[Bytes] {
        t.as_strings()
    }
    fn of_mut(t: &mut Tensor) -> &mut [Bytes] {
        t.as_strings_mut()
    }
}
impl Elem for Handle {
    fn of(t: &Tensor) -> &[Handle] {
        t.as_handles()
    }
    fn of_mut(t: &mut Tensor) -> &mut [Handle] {
        t.as_handles_mut()
    }
}

/// Bind `$T` to the `Elem` type that holds elements of a `DType`; every type has one.
#[macro_export]
macro_rules! with_elem {
    ($d:expr, $T:ident => $body:expr) => {
        match $d {
            $crate::DType::Str => {
                type $T = $crate::Bytes;
                $body
            }
            $crate::DType::Resource | $crate::DType::Variant => {
                type $T = $crate::Handle;
                $body
            }
            d => match d.size() {
                1 => {
                    type $T = u8;
                    $body
                }
                2 => {
                    type $T = u16;
                    $body
                }
                4 => {
                    type $T = u32;
                    $body
                }
                8 => {
                    type $T = u64;
                    $body
                }
                _ => {
                    type $T = $crate::C128;
                    $body
                }
            },
        }
    };
}

/// Estimated nanoseconds to move `n` elements of a type, for `par`.
pub(crate) fn move_ns(dtype: DType, n: usize) -> f64 {
    // Strings and handles count references; plain elements stream at some 5 to 10 GB/s.
    if dtype.is_plain() { 0.3 + n as f64 * dtype.size() as f64 * 0.15 } else { 1.0 + n as f64 * 10.0 }
}

/// Row-major strides, in elements.
pub(crate) fn strides_of(dims: &[usize]) -> Vec<isize> {
    let mut s = vec![1isize; dims.len()];
    for i in (0..dims.len().saturating_sub(1)).rev() {
        // Empty tensors may have sizes whose product overflows; nothing is addressed then.
        s[i] = s[i + 1].wrapping_mul(dims[i + 1] as isize);
    }
    s
}

pub(crate) fn product(dims: &[usize]) -> usize {
    if dims.contains(&0) { 0 } else { dims.iter().product() }
}
