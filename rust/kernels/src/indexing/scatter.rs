//! Slices written, or combined, at positions named by index rows.

use super::gather::offsets;
use super::number::{Number, Real, storage};
use super::{element_name, indices};
use crate::dtype::{Bool, DType};
use crate::error::{KernelError, Result};
use crate::movement::{Elem, product};
use crate::tensor::filled;
use crate::tensor::{Bytes, Tensor, shape_text};

/// What happens where an update meets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    Set,
    Add,
    Sub,
    Mul,
    Min,
    Max,
}

/// Write `updates[i…]` at `x[idx[i…, :]]`, in the order of the rows; duplicates combine (the last one wins for `Set`).
pub fn scatter_nd(mut x: Tensor, idx: &Tensor, updates: &Tensor, how: Combine) -> Result<Tensor> {
    let dims = x.dims().to_vec();
    let Some((&depth, lead)) = idx.dims().split_last() else { return Err(KernelError::invalid("indices must be at least a vector")) };
    if depth > dims.len() {
        return Err(KernelError::invalid(format!(
            "The inner {} dimensions of output.shape={} must match: index depth {depth} exceeds the rank",
            0,
            shape_text(&dims)
        )));
    }
    let mut want = lead.to_vec();
    want.extend(&dims[depth..]);
    if updates.dims() != want {
        return Err(KernelError::invalid(format!(
            "Dimensions [0,{}) of indices{} must match dimensions [0,{}) of updates{}, and the rest those of output{}",
            lead.len(),
            shape_text(idx.dims()),
            lead.len(),
            shape_text(updates.dims()),
            shape_text(&dims)
        )));
    }
    let at = offsets(idx, &dims, |r, row| {
        let text: Vec<String> = row.iter().map(i64::to_string).collect();
        format!("{} = [{}] does not index into shape {}", element_name("indices", lead, r), text.join(", "), shape_text(&dims))
    })?;
    let inner = product(&dims[depth..]);
    if x.is_empty() || updates.is_empty() {
        return Ok(x);
    }
    let d = storage(x.dtype());
    let none = || KernelError::unimplemented(format!("scattering is not defined for {}", d.name()));
    match (how, d) {
        (Combine::Set, _) => crate::with_elem!(d, T => set::<T>(&mut x, &at, inner, updates)),
        (Combine::Add, DType::Str) => combine(x.as_strings_mut(), &at, inner, updates.as_strings(), |a: Bytes, b| [&*a, &*b].concat().into()),
        (Combine::Add, DType::Bool) => {
            combine(x.raw_mut::<u8>(), &at, inner, updates.raw::<u8>(), |a, b| Bool::from(a != 0 || b != 0).0);
        }
        (Combine::Add | Combine::Sub | Combine::Mul, _) => crate::with_number!(d, T => {
            let f = match how { Combine::Add => <T as Number>::add, Combine::Sub => <T as Number>::sub, _ => <T as Number>::mul };
            combine(x.raw_mut::<T>(), &at, inner, updates.raw::<T>(), f);
        }, else return Err(none())),
        (Combine::Min | Combine::Max, _) => crate::with_real!(d, T => {
            let f = if how == Combine::Min { <T as Real>::lesser } else { <T as Real>::greater };
            combine(x.raw_mut::<T>(), &at, inner, updates.raw::<T>(), f);
        }, else return Err(none())),
    }
    Ok(x)
}

fn set<T: Elem>(x: &mut Tensor, at: &[usize], inner: usize, updates: &Tensor) {
    let (dst, src) = (T::of_mut(x), T::of(updates));
    if inner == 1 {
        for (&a, v) in at.iter().zip(src) {
            dst[a] = v.clone();
        }
        return;
    }
    for (&a, v) in at.iter().zip(src.chunks(inner)) {
        dst[a..a + inner].clone_from_slice(v);
    }
}

fn combine<T: Clone>(dst: &mut [T], at: &[usize], inner: usize, src: &[T], f: impl Fn(T, T) -> T) {
    for (&a, row) in at.iter().zip(src.chunks(inner)) {
        for (d, v) in dst[a..a + inner].iter_mut().zip(row) {
            *d = f(d.clone(), v.clone());
        }
    }
}

/// Row `i` of `data` goes to row `idx[i]` of the result; `pieces` are joined in order, later ones win.
pub fn dynamic_stitch(idx: &[&Tensor], data: &[&Tensor]) -> Result<Tensor> {
    let (Some(i0), Some(d0)) = (idx.first(), data.first()) else { return Err(KernelError::invalid("DynamicStitch needs at least one piece")) };
    let slice = d0.dims().get(i0.rank()..).unwrap_or(&[]).to_vec();
    let mut rows = 0i64;
    let mut all = Vec::with_capacity(idx.len());
    for (k, (i, d)) in idx.iter().zip(data).enumerate() {
        if d.rank() < i.rank() || d.dims()[..i.rank()] != *i.dims() {
            return Err(KernelError::invalid(format!(
                "data[{k}].shape = {} does not start with indices[{k}].shape = {}",
                shape_text(d.dims()),
                shape_text(i.dims())
            )));
        }
        if d.dims()[i.rank()..] != slice {
            return Err(KernelError::invalid(format!(
                "Need data[0].shape[{}:] = data[{k}].shape[{}:], got data[0].shape = {}, data[{k}].shape = {}",
                i0.rank(),
                i.rank(),
                shape_text(d0.dims()),
                shape_text(d.dims())
            )));
        }
        let ix = indices(i)?;
        if let Some(bad) = ix.iter().find(|&&v| v < 0) {
            return Err(KernelError::invalid(format!("indices[{k}] = {bad} is out of range")));
        }
        rows = ix.iter().fold(rows, |m, &v| m.max(v + 1));
        all.push(ix);
    }
    let mut dims = vec![rows as usize];
    dims.extend(&slice);
    // Rows that no index names are zero here (arbitrary in TensorFlow).
    let mut out = Tensor::try_zeros(d0.dtype(), &dims)?;
    let inner = product(&slice);
    for (ix, d) in all.iter().zip(data) {
        let at: Vec<usize> = ix.iter().map(|&v| v as usize * inner).collect();
        if inner > 0 {
            crate::with_elem!(d.dtype(), T => set::<T>(&mut out, &at, inner, d));
        }
    }
    Ok(out)
}

/// The rows of `data` sorted into `n` groups by `parts`, each in the order of appearance.
pub fn dynamic_partition(data: &Tensor, parts: &Tensor, n: usize) -> Result<Vec<Tensor>> {
    if data.rank() < parts.rank() || data.dims()[..parts.rank()] != *parts.dims() {
        return Err(KernelError::invalid(format!(
            "data.shape must start with partitions.shape, got data.shape = {}, partitions.shape = {}",
            shape_text(data.dims()),
            shape_text(parts.dims())
        )));
    }
    let p = indices(parts)?;
    let mut groups: Vec<Vec<usize>> = filled(n, Vec::new())?;
    for (i, &v) in p.iter().enumerate() {
        match usize::try_from(v).ok().and_then(|v| groups.get_mut(v)) {
            Some(g) => g.push(i),
            None => {
                return Err(KernelError::invalid(format!("{} = {v} is not in [0, {n})", element_name("partitions", parts.dims(), i))));
            }
        }
    }
    let slice = &data.dims()[parts.rank()..];
    let inner = product(slice);
    groups
        .iter()
        .map(|g| {
            let mut dims = vec![g.len()];
            dims.extend(slice);
            let mut out = Tensor::try_scratch(data.dtype(), &dims)?;
            if inner > 0 {
                crate::with_elem!(data.dtype(), T => {
                    let src = T::of(data);
                    for (o, &i) in T::of_mut(&mut out).chunks_mut(inner).zip(g) {
                        o.clone_from_slice(&src[i * inner..(i + 1) * inner]);
                    }
                });
            }
            Ok(out)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_combine() {
        let x = Tensor::vector(&[10f32, 20.0, 30.0]);
        let idx = Tensor::from_slice(&[1i32, 1, 2], &[3, 1]);
        let u = Tensor::vector(&[1f32, 2.0, 40.0]);
        let run = |how| scatter_nd(x.clone(), &idx, &u, how).unwrap().slice::<f32>().to_vec();
        assert_eq!(run(Combine::Set), [10.0, 2.0, 40.0]);
        assert_eq!(run(Combine::Add), [10.0, 23.0, 70.0]);
        assert_eq!(run(Combine::Sub), [10.0, 17.0, -10.0]);
        assert_eq!(run(Combine::Min), [10.0, 1.0, 30.0]);
        assert_eq!(run(Combine::Max), [10.0, 20.0, 40.0]);
        assert_eq!(x.slice::<f32>(), [10.0, 20.0, 30.0]);
        let far = Tensor::from_slice(&[7i32], &[1, 1]);
        let e = scatter_nd(x.clone(), &far, &Tensor::vector(&[1f32]), Combine::Add).unwrap_err();
        assert_eq!(e.message, "indices[0] = [7] does not index into shape [3]");
    }

    #[test]
    fn partition_then_stitch_is_the_identity() {
        let x = Tensor::from_slice(&(0..10).collect::<Vec<i32>>(), &[5, 2]);
        let parts = Tensor::vector(&[2i32, 0, 2, 1, 0]);
        let rows = Tensor::vector(&[0i32, 1, 2, 3, 4]);
        let d = dynamic_partition(&x, &parts, 4).unwrap();
        let i = dynamic_partition(&rows, &parts, 4).unwrap();
        assert_eq!(d[2].slice::<i32>(), [0, 1, 4, 5]);
        assert_eq!(d[3].dims(), [0, 2]);
        let y = dynamic_stitch(&i.iter().collect::<Vec<_>>(), &d.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(y.slice::<i32>(), x.slice::<i32>());
        assert_eq!(dynamic_partition(&x, &Tensor::vector(&[0i32, 9, 0, 0, 0]), 4).unwrap_err().message, "partitions[1] = 9 is not in [0, 4)");
    }
}
