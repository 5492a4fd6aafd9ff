//! Update rules of optimizers: one element at a time, in place, in TensorFlow's order of operations and without fused multiply-add.

mod rules;

use std::ops::{Add, Div, Mul, Neg, Range, Sub};

pub use rules::*;

use crate::dtype::{Element, bf16, f16};
use crate::isa::multiversion;
use crate::par;

/// A floating type that optimizers work in; every operation rounds to the type.
pub trait Real:
    Element + Default + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;
    fn of(v: f64) -> Self;
    fn sqrt(self) -> Self;
    fn pow(self, e: Self) -> Self;
    fn exp(self) -> Self;
    fn abs(self) -> Self;
    #[inline(always)]
    fn max_of(self, o: Self) -> Self {
        if self > o { self } else { o }
    }
    /// −1, 0 or 1.
    #[inline(always)]
    fn sign(self) -> Self {
        if self > Self::ZERO {
            Self::ONE
        } else if self < Self::ZERO {
            -Self::ONE
        } else {
            self
        }
    }
}

macro_rules! real {
    ($t:ident) => {
        impl Real for $t {
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            #[inline(always)]
            fn of(v: f64) -> $t {
                v as $t
            }
            #[inline(always)]
            fn sqrt(self) -> $t {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn pow(self, e: $t) -> $t {
                $t::powf(self, e)
            }
            #[inline(always)]
            fn exp(self) -> $t {
                $t::exp(self)
            }
            #[inline(always)]
            fn abs(self) -> $t {
                $t::abs(self)
            }
        }
    };
    (narrow $t:ident) => {
        impl Real for $t {
            const ZERO: $t = $t::from_f32_const(0.0);
            const ONE: $t = $t::from_f32_const(1.0);
            #[inline(always)]
            fn of(v: f64) -> $t {
                $t::from_f64(v)
            }
            #[inline(always)]
            fn sqrt(self) -> $t {
                $t::from_f32(self.to_f32().sqrt())
            }
            #[inline(always)]
            fn pow(self, e: $t) -> $t {
                $t::from_f32(self.to_f32().powf(e.to_f32()))
            }
            #[inline(always)]
            fn exp(self) -> $t {
                $t::from_f32(self.to_f32().exp())
            }
            #[inline(always)]
            fn abs(self) -> $t {
                $t::from_f32(self.to_f32().abs())
            }
        }
    };
}
real!(f32);
real!(f64);
real!(narrow f16);
real!(narrow bf16);

/// How one element of the variable and its slots changes.
pub trait Rule<T: Real>: Sync {
    /// The variable and its slots.
    const STATES: usize;
    /// Map (variable, first slot, second, third) and the gradient to the new values; slots beyond `STATES` are ignored.
    #[doc(hidden)]
    fn step(&self, s: [T; 4], g: T) -> [T; 4];
}

multiversion! {
    fn update1<L, T: [Real], R: [Rule<T>]>(r: &R, v: &mut [T], g: &[T]) {
        let _ = L::FMA;
        for (v, g) in v.iter_mut().zip(g) {
            *v = r.step([*v, T::ZERO, T::ZERO, T::ZERO], *g)[0];
        }
    }
    fn update2<L, T: [Real], R: [Rule<T>]>(r: &R, v: &mut [T], a: &mut [T], g: &[T]) {
        let _ = L::FMA;
        for ((v, a), g) in v.iter_mut().zip(a).zip(g) {
            let n = r.step([*v, *a, T::ZERO, T::ZERO], *g);
            (*v, *a) = (n[0], n[1]);
        }
    }
    fn update3<L, T: [Real], R: [Rule<T>]>(r: &R, v: &mut [T], a: &mut [T], b: &mut [T], g: &[T]) {
        let _ = L::FMA;
        for (((v, a), b), g) in v.iter_mut().zip(a).zip(b).zip(g) {
            let n = r.step([*v, *a, *b, T::ZERO], *g);
            (*v, *a, *b) = (n[0], n[1], n[2]);
        }
    }
    fn update4<L, T: [Real], R: [Rule<T>]>(r: &R, v: &mut [T], a: &mut [T], b: &mut [T], c: &mut [T], g: &[T]) {
        let _ = L::FMA;
        for ((((v, a), b), c), g) in v.iter_mut().zip(a).zip(b).zip(c).zip(g) {
            let n = r.step([*v, *a, *b, *c], *g);
            (*v, *a, *b, *c) = (n[0], n[1], n[2], n[3]);
        }
    }
}

/// The variable and slots as tasks see them: disjoint ranges are written side by side.
struct States<T> {
    parts: [*mut T; 4],
    count: usize,
    len: usize,
}
// SAFETY: tasks take disjoint ranges (see `range`).
unsafe impl<T: Send> Sync for States<T> {}

impl<T: Real> States<T> {
    fn new(states: &mut [&mut [T]]) -> States<T> {
        let len = states.first().map_or(0, |s| s.len());
        assert!(!states.is_empty() && states.len() <= 4 && states.iter().all(|s| s.len() == len), "states differ in size");
        let mut parts = [std::ptr::null_mut(); 4];
        for (p, s) in parts.iter_mut().zip(states.iter_mut()) {
            *p = s.as_mut_ptr();
        }
        States { parts, count: states.len(), len }
    }
    /// # Safety
    /// No other task uses this range of the elements.
    unsafe fn update<R: Rule<T>>(&self, rule: &R, range: Range<usize>, g: &[T]) {
        assert!(range.end <= self.len && range.len() == g.len());
        // SAFETY: in bounds; the states are distinct slices borrowed for the whole call, and the range is this task's alone.
        let part = |i: usize| unsafe { std::slice::from_raw_parts_mut(self.parts[i].add(range.start), range.len()) };
        match self.count {
            1 => update1(rule, part(0), g),
            2 => update2(rule, part(0), part(1), g),
            3 => update3(rule, part(0), part(1), part(2), g),
            _ => update4(rule, part(0), part(1), part(2), part(3), g),
        }
    }
}

/// Apply `rule` to every element. `states` holds the variable and its slots, all as long as `grad`.
pub fn dense<T: Real, R: Rule<T>>(rule: &R, states: &mut [&mut [T]], grad: &[T]) {
    assert_eq!(states.len(), R::STATES);
    let states = States::new(states);
    assert_eq!(states.len, grad.len());
    par::ranges(grad.len(), 0.4 + 0.3 * R::STATES as f64, |r| {
        // SAFETY: the ranges of `par::ranges` are disjoint.
        unsafe { states.update(rule, r.clone(), &grad[r]) }
    });
}

/// Apply `rule` to rows: row `indices[i]` of the states with row `i` of `grad`, in order. All indices are below the row count.
pub fn sparse<T: Real, R: Rule<T>>(rule: &R, states: &mut [&mut [T]], row: usize, indices: &[usize], grad: &[T]) {
    assert_eq!(states.len(), R::STATES);
    assert_eq!(grad.len(), row * indices.len());
    if row == 0 {
        return;
    }
    let states = States::new(states);
    let rows = states.len / row;
    assert!(indices.iter().all(|&i| i < rows));
    // Each task owns a range of rows and looks for them in the whole list, so repeated rows keep their order.
    let per_row = indices.len() as f64 / rows.max(1) as f64 * row as f64 * (0.4 + 0.3 * R::STATES as f64);
    par::ranges(rows, per_row + 0.01, |mine| {
        for (i, &at) in indices.iter().enumerate() {
            if mine.contains(&at) {
                // SAFETY: row `at` belongs to this task alone.
                unsafe { states.update(rule, at * row..(at + 1) * row, &grad[i * row..(i + 1) * row]) }
            }
        }
    });
}
