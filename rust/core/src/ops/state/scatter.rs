//! Scatter updates of variables: rows (or, in the Nd forms, index tuples) replaced or combined in place.

use graphpb_kernels::scatter::{Combine, Number, scatter};
use graphpb_kernels::{DType, Tensor, shape_text, with_number, with_width};

use crate::error::{Error, Result};
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;

/// Indices into an axis of `rows`, checked.
pub(super) fn checked_rows(indices: &Tensor, rows: usize) -> Result<Vec<usize>> {
    let values = indices.to_i64s().ok_or_else(|| Error::invalid("indices must be integers"))?;
    values
        .iter()
        .enumerate()
        .map(|(i, &v)| {
            usize::try_from(v).ok().filter(|&r| r < rows).ok_or_else(|| Error::invalid(format!("indices[{i}] = {v} is not in [0, {rows})")))
        })
        .collect()
}

/// Index tuples into the leading axes of `dims`, flattened and checked: (flat indices, elements of each slice).
pub(super) fn checked_tuples(indices: &Tensor, dims: &[usize]) -> Result<(Vec<usize>, usize)> {
    let depth = indices.dims().last().copied().unwrap_or(1);
    if indices.rank() == 0 || depth > dims.len() {
        return Err(Error::invalid(format!(
            "index innermost dimension length must be <= params rank; saw: {depth} vs. {} (indices of shape {})",
            dims.len(),
            shape_text(indices.dims())
        )));
    }
    let row = dims[depth..].iter().product();
    let values = indices.to_i64s().ok_or_else(|| Error::invalid("indices must be integers"))?;
    if depth == 0 {
        let n = indices.dims()[..indices.rank() - 1].iter().product();
        return Ok((vec![0; n], row));
    }
    let flat = values
        .chunks_exact(depth)
        .enumerate()
        .map(|(i, tuple)| {
            tuple
                .iter()
                .zip(dims)
                .try_fold(0usize, |at, (&v, &d)| usize::try_from(v).ok().filter(|&v| v < d).map(|v| at * d + v))
                .ok_or_else(|| Error::invalid(format!("indices[{i}] = {tuple:?} does not index into shape {}", shape_text(dims))))
        })
        .collect::<Result<_>>()?;
    Ok((flat, row))
}

fn run(c: &mut KernelCtx, how: Combine, tuples: bool) -> Result<()> {
    let var = c.any_variable(0)?;
    let (indices, updates) = (c.input(1), c.input(2));
    var.update(|t| {
        let dims = t.dims().to_vec();
        if t.dtype() != updates.dtype() {
            return Err(Error::invalid(format!("updates have type {}, the variable has {}", updates.dtype().name(), t.dtype().name())));
        }
        let (flat, row, want) = if tuples {
            let (flat, row) = checked_tuples(indices, &dims)?;
            let depth = indices.dims().last().copied().unwrap_or(0);
            (flat, row, [&indices.dims()[..indices.rank() - 1], &dims[depth..]].concat())
        } else {
            let rows = *dims.first().ok_or_else(|| Error::invalid(format!("params must be at least 1-D, got shape {}", shape_text(&dims))))?;
            (checked_rows(indices, rows)?, dims[1..].iter().product(), [indices.dims(), &dims[1..]].concat())
        };
        if updates.dims() != want && (tuples || updates.rank() != 0) {
            return Err(Error::invalid(format!(
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape {}, indices.shape {}, params.shape {}",
                shape_text(updates.dims()),
                shape_text(indices.dims()),
                shape_text(&dims)
            )));
        }
        if how == Combine::Update {
            return replace(t, row, &flat, updates);
        }
        with_number!(t.dtype(), T => {
            let u = updates.slice::<T>();
            if how == Combine::Div && T::IS_INTEGER && u.iter().any(|v| v.is_zero()) {
                return Err(Error::invalid("Integer division by zero"));
            }
            // One match outside the loop, so that each loop is a single operation.
            macro_rules! each {
                ($($h:ident)*) => { match how {
                    Combine::Update => {}
                    $(Combine::$h => scatter(t.slice_mut::<T>(), row, &flat, u, |d, v| *d = d.combine(Combine::$h, v)),)*
                } };
            }
            each!(Add Sub Mul Div Min Max);
            Ok(())
        }, else Err(Error::unimplemented(format!("no kernel for type {}", t.dtype().name()))))
    })?;
    if c.outputs() > 0 {
        c.set_ref(0, var);
    }
    Ok(())
}

fn replace(t: &mut Tensor, row: usize, flat: &[usize], updates: &Tensor) -> Result<()> {
    match t.dtype() {
        DType::Str => {
            let (u, one) = (updates.as_strings(), updates.rank() == 0);
            let dst = t.as_strings_mut();
            for (i, &at) in flat.iter().enumerate() {
                for k in 0..row {
                    dst[at * row + k] = u[if one { 0 } else { i * row + k }].clone();
                }
            }
            Ok(())
        }
        d if d.is_plain() => {
            with_width!(d, W => scatter(t.raw_mut::<W>(), row, flat, updates.raw::<W>(), |d, v| *d = v), else {});
            Ok(())
        }
        d => Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
    }
}

fn infer(c: &mut ShapeCtx, tuples: bool) -> Result<()> {
    let s = if c.dtype(0) == Some(DType::Resource) { c.handle(0) } else { c.input(0).clone() };
    if tuples {
        let indices = c.input(1).with_rank_at_least(1)?;
        if let (Some(r), Some(dims)) = (indices.rank(), s.rank()) {
            let depth = indices.dim(r - 1);
            if depth > dims as i64 {
                return Err(Error::value(format!("Inner dimensions of output shape must match: index depth {depth} against rank {dims}")));
            }
            if depth >= 0 {
                indices.sub(0..r - 1).concat(&s.sub(depth as usize..dims)).merge(c.input(2))?;
            }
        }
    } else {
        let s = s.with_rank_at_least(1)?;
        if let Some(r) = s.rank() {
            if c.input(2).rank() != Some(0) {
                c.input(1).concat(&s.sub(1..r)).merge(c.input(2))?;
            }
        }
    }
    if c.outputs() > 0 {
        let s = c.input(0).clone();
        c.set(0, s);
    }
    Ok(())
}

const T_INDICES: AttrSpec = type_in("Tindices", INDEX);
const POLICY: AttrSpec = string("bad_indices_policy").default_str("");
const ORDERED: &[DType] = &[DType::F16, DType::BF16, DType::F32, DType::F64, DType::I32, DType::I64];

macro_rules! scatter_ops {
    ($($static:ident $name:literal $how:ident $doc:literal $types:expr, $lock:literal;)*) => { $(
        pub static $static: OpDef = OpDef {
            name: $name,
            doc: $doc,
            inputs: &[arg("ref", "T").by_ref(), arg("indices", "Tindices"), arg("updates", "T")],
            outputs: &[arg("output_ref", "T").by_ref()],
            attrs: &[$types, T_INDICES, flag("use_locking", $lock)],
            shape: |c| infer(c, false),
            kernel: Kernel::Plain(|c| run(c, Combine::$how, false)),
            grad: Grad::NotDifferentiable("an update is an effect"),
            ..OpDef::BASE
        };
    )* };
}
scatter_ops! {
    SCATTER_ADD "ScatterAdd" Add "ref[indices] += updates." type_in("T", NUMBERS), false;
    SCATTER_DIV "ScatterDiv" Div "ref[indices] /= updates." type_in("T", NUMBERS), false;
    SCATTER_MAX "ScatterMax" Max "ref[indices] = max(ref[indices], updates)." type_in("T", ORDERED), false;
    SCATTER_MIN "ScatterMin" Min "ref[indices] = min(ref[indices], updates)." type_in("T", ORDERED), false;
    SCATTER_MUL "ScatterMul" Mul "ref[indices] *= updates." type_in("T", NUMBERS), false;
    SCATTER_SUB "ScatterSub" Sub "ref[indices] -= updates." type_in("T", NUMBERS), false;
    SCATTER_UPDATE "ScatterUpdate" Update "ref[indices] = updates." type_any("T"), true;
}

macro_rules! scatter_nd_ops {
    ($($static:ident $name:literal $how:ident $doc:literal $types:expr, $lock:literal;)*) => { $(
        pub static $static: OpDef = OpDef {
            name: $name,
            doc: $doc,
            inputs: &[arg("ref", "T").by_ref(), arg("indices", "Tindices"), arg("updates", "T")],
            outputs: &[arg("output_ref", "T").by_ref()],
            attrs: &[$types, T_INDICES, flag("use_locking", $lock), POLICY],
            shape: |c| infer(c, true),
            kernel: Kernel::Plain(|c| run(c, Combine::$how, true)),
            grad: Grad::NotDifferentiable("an update is an effect"),
            ..OpDef::BASE
        };
    )* };
}
scatter_nd_ops! {
    SCATTER_ND_ADD "ScatterNdAdd" Add "Adds updates at index tuples of the variable." type_in("T", NUMBERS), false;
    SCATTER_ND_MAX "ScatterNdMax" Max "Takes the maximum at index tuples of the variable." type_in("T", REALS), false;
    SCATTER_ND_MIN "ScatterNdMin" Min "Takes the minimum at index tuples of the variable." type_in("T", REALS), false;
    SCATTER_ND_SUB "ScatterNdSub" Sub "Subtracts updates at index tuples of the variable." type_in("T", NUMBERS), false;
    SCATTER_ND_UPDATE "ScatterNdUpdate" Update "Replaces slices at index tuples of the variable." type_any("T"), true;
}

macro_rules! resource_scatter_ops {
    ($($static:ident $name:literal $how:ident $doc:literal $types:expr;)*) => { $(
        pub static $static: OpDef = OpDef {
            name: $name,
            doc: $doc,
            inputs: &[arg_of("resource", DType::Resource), arg("indices", "Tindices"), arg("updates", "dtype")],
            attrs: &[$types, T_INDICES],
            traits: Traits::STATEFUL,
            shape: |c| infer(c, false),
            kernel: Kernel::Plain(|c| run(c, Combine::$how, false)),
            grad: Grad::Missing("an update is an effect"),
            ..OpDef::BASE
        };
    )* };
}
resource_scatter_ops! {
    RESOURCE_SCATTER_ADD "ResourceScatterAdd" Add "variable[indices] += updates." type_in("dtype", NUMBERS);
    RESOURCE_SCATTER_DIV "ResourceScatterDiv" Div "variable[indices] /= updates." type_in("dtype", NUMBERS);
    RESOURCE_SCATTER_MAX "ResourceScatterMax" Max "variable[indices] = max(variable[indices], updates)." type_in("dtype", REALS);
    RESOURCE_SCATTER_MIN "ResourceScatterMin" Min "variable[indices] = min(variable[indices], updates)." type_in("dtype", REALS);
    RESOURCE_SCATTER_MUL "ResourceScatterMul" Mul "variable[indices] *= updates." type_in("dtype", NUMBERS);
    RESOURCE_SCATTER_SUB "ResourceScatterSub" Sub "variable[indices] -= updates." type_in("dtype", NUMBERS);
    RESOURCE_SCATTER_UPDATE "ResourceScatterUpdate" Update "variable[indices] = updates." type_any("dtype");
}

macro_rules! resource_scatter_nd_ops {
    ($($static:ident $name:literal $how:ident $doc:literal $types:expr;)*) => { $(
        pub static $static: OpDef = OpDef {
            name: $name,
            doc: $doc,
            inputs: &[arg_of("ref", DType::Resource), arg("indices", "Tindices"), arg("updates", "T")],
            attrs: &[$types, T_INDICES, flag("use_locking", true), POLICY],
            traits: Traits::STATEFUL,
            shape: |c| infer(c, true),
            kernel: Kernel::Plain(|c| run(c, Combine::$how, true)),
            grad: Grad::Missing("an update is an effect"),
            ..OpDef::BASE
        };
    )* };
}
resource_scatter_nd_ops! {
    RESOURCE_SCATTER_ND_ADD "ResourceScatterNdAdd" Add "Adds updates at index tuples of the variable." type_any("T");
    RESOURCE_SCATTER_ND_MAX "ResourceScatterNdMax" Max "Takes the maximum at index tuples of the variable." type_any("T");
    RESOURCE_SCATTER_ND_MIN "ResourceScatterNdMin" Min "Takes the minimum at index tuples of the variable." type_any("T");
    RESOURCE_SCATTER_ND_SUB "ResourceScatterNdSub" Sub "Subtracts updates at index tuples of the variable." type_any("T");
    RESOURCE_SCATTER_ND_UPDATE "ResourceScatterNdUpdate" Update "Replaces slices at index tuples of the variable." type_any("T");
}
