//! Comparisons, predicates and boolean algebra: results are bool.

use super::real::Real;
use super::space::{broadcast_dims, map_into, map_new, zip_into, zip_new};
use super::{cast, no_kernel};
use crate::error::{KernelError, Result};
use crate::{Bool, DType, Element, Tensor, with_number};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logical {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicate {
    IsNan,
    IsInf,
    IsFinite,
}

const NS: f64 = 0.4;

/// Compare the broadcast inputs, which have one type; order is defined on real numbers only.
pub fn compare(op: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.dtype() != b.dtype() {
        return Err(KernelError::invalid(format!("types differ: {} and {}", a.dtype().name(), b.dtype().name())));
    }
    match (op, a.dtype()) {
        (Compare::Equal | Compare::NotEqual, DType::Str) => strings(op, a, b),
        (Compare::Equal, DType::Bool) => zip_new(a, b, NS, (|x: Bool, y: Bool| Bool::from(x == y)) as fn(Bool, Bool) -> Bool),
        (Compare::NotEqual, DType::Bool) => zip_new(a, b, NS, (|x: Bool, y: Bool| Bool::from(x != y)) as fn(Bool, Bool) -> Bool),
        (_, DType::F16 | DType::BF16) => compare(op, &cast(a, DType::F32)?, &cast(b, DType::F32)?),
        (Compare::Equal, d) => {
            with_number!(d, T => zip_new(a, b, NS, (|x: T, y: T| Bool::from(x == y)) as fn(T, T) -> Bool), else no_kernel("Equal", d))
        }
        (Compare::NotEqual, d) => {
            with_number!(d, T => zip_new(a, b, NS, (|x: T, y: T| Bool::from(x != y)) as fn(T, T) -> Bool), else no_kernel("NotEqual", d))
        }
        (_, d @ (DType::C64 | DType::C128 | DType::Bool)) => no_kernel(&format!("{op:?}"), d),
        (_, d) => ordered(op, a, b, d),
    }
}

fn ordered(op: Compare, a: &Tensor, b: &Tensor, d: DType) -> Result<Tensor> {
    fn run<T: Element + PartialOrd>(op: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        match op {
            Compare::Less => zip_new(a, b, NS, (|x: T, y: T| Bool::from(x < y)) as fn(T, T) -> Bool),
            Compare::LessEqual => zip_new(a, b, NS, (|x: T, y: T| Bool::from(x <= y)) as fn(T, T) -> Bool),
            Compare::Greater => zip_new(a, b, NS, (|x: T, y: T| Bool::from(x > y)) as fn(T, T) -> Bool),
            _ => zip_new(a, b, NS, (|x: T, y: T| Bool::from(x >= y)) as fn(T, T) -> Bool),
        }
    }
    match d {
        DType::F32 => run::<f32>(op, a, b),
        DType::F64 => run::<f64>(op, a, b),
        d => super::integer::with_integer!(d, T => run::<T>(op, a, b), else no_kernel(&format!("{op:?}"), d)),
    }
}

fn strings(op: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let dims = broadcast_dims(a.dims(), b.dims())?;
    let mut out = Tensor::try_scratch(DType::Bool, &dims)?;
    let space = super::Space::new(&dims, [a.dims(), b.dims()]);
    let (x, y) = (a.as_strings(), b.as_strings());
    space.pieces(out.slice_mut::<Bool>(), 10.0, &|piece, [i, j]| {
        for (k, o) in piece.iter_mut().enumerate() {
            let same = x[i + k * space.step[0]] == y[j + k * space.step[1]];
            *o = Bool::from(same == (op == Compare::Equal));
        }
    });
    Ok(out)
}

/// `op` of the broadcast bool inputs.
pub fn logical(op: Logical, a: Tensor, b: Tensor) -> Result<Tensor> {
    match op {
        Logical::And => zip_into(a, b, NS, |x: Bool, y| Bool::from(x.get() & y.get())),
        Logical::Or => zip_into(a, b, NS, |x: Bool, y| Bool::from(x.get() | y.get())),
    }
}

/// Not, of a bool tensor.
pub fn logical_not(x: Tensor) -> Tensor {
    map_into(x, NS, |v: Bool| Bool::from(!v.get()))
}

/// Whether each float is of the kind asked for.
pub fn predicate(op: Predicate, x: &Tensor) -> Result<Tensor> {
    fn run<R: Real>(op: Predicate, x: &Tensor) -> Tensor {
        match op {
            Predicate::IsNan => map_new(x, NS, |v: R| Bool::from(v.is_nan())),
            Predicate::IsInf => map_new(x, NS, |v: R| Bool::from(v.is_infinite())),
            Predicate::IsFinite => map_new(x, NS, |v: R| Bool::from(v.is_finite())),
        }
    }
    Ok(match x.dtype() {
        DType::F32 => run::<f32>(op, x),
        DType::F64 => run::<f64>(op, x),
        DType::F16 | DType::BF16 => run::<f32>(op, &cast(x, DType::F32)?),
        d => return no_kernel(&format!("{op:?}"), d),
    })
}
