//! SparseTensorDenseMatMul: a sparse matrix times a dense one.

use graphpb_kernels::linalg::{Field, adjoint};
use graphpb_kernels::pointwise::cast;
use graphpb_kernels::tensor::filled;
use graphpb_kernels::{DType, Tensor, par, shape_text, with_field};

use super::*;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::node::Out;
use crate::ops::nn::spatial::narrow;
use crate::registry::*;

pub static SPARSE_TENSOR_DENSE_MAT_MUL: OpDef = OpDef {
    name: "SparseTensorDenseMatMul",
    doc: "A·B for a sparse matrix A and a dense one, of either of which the adjoint may be taken.",
    inputs: &[arg("a_indices", "Tindices"), arg("a_values", "T"), arg_of("a_shape", DType::I64), arg("b", "T")],
    outputs: &[arg("product", "T")],
    attrs: &[
        type_in("T", &[DType::F32, DType::F64, DType::I32, DType::C64, DType::C128, DType::BF16, DType::F16]),
        type_in("Tindices", INDEX).default_type(DType::I64),
        flag("adjoint_a", false),
        flag("adjoint_b", false),
    ],
    traits: Traits::PURE,
    shape: |c| {
        c.input(0).with_rank(2)?;
        c.input(1).with_rank(1)?;
        let (a, b) = (c.shape_value(2).with_rank(2)?, c.input(3).with_rank(2)?);
        let (aa, ab) = (c.attrs().bool("adjoint_a")?, c.attrs().bool("adjoint_b")?);
        let (m, k) = if aa { (a.dim(1), a.dim(0)) } else { (a.dim(0), a.dim(1)) };
        let (l, n) = if ab { (b.dim(1), b.dim(0)) } else { (b.dim(0), b.dim(1)) };
        equal_sizes(k, l)?;
        c.set(0, Shape::of(&[m, n]));
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let (m, k, n) = (d.size(), d.size(), d.size());
        let (aa, ab) = (d.flag(), d.flag());
        let case = case(d, &if aa { [k, m] } else { [m, k] });
        let b = d.tensor(&if ab { [n, k] } else { [k, n] });
        case.input(b).attr("adjoint_a", aa).attr("adjoint_b", ab)
    }),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx) -> Result<()> {
    let s = Sparse::of(c, 0)?;
    let (aa, ab) = (c.attrs().bool("adjoint_a")?, c.attrs().bool("adjoint_b")?);
    let (&[rows, cols], &[p, q]) = (&s.dims[..], c.input(3).dims()) else {
        return Err(Error::invalid(format!(
            "Tensor 'a_shape' must have 2 elements and 'b' be a matrix, got {} and {}",
            s.dims.len(),
            shape_text(c.input(3).dims())
        )));
    };
    let (m, k) = if aa { (cols, rows) } else { (rows, cols) };
    let (l, n) = if ab { (q, p) } else { (p, q) };
    if k != l {
        return Err(Error::invalid(format!("Cannot multiply A and B because inner dimension does not match: {k} vs. {l}")));
    }
    let out_type = c.output_dtype(0);
    let wide = match out_type {
        DType::I32 => DType::F64,
        DType::F16 | DType::BF16 => DType::F32,
        d => d,
    };
    let (v, b) = (cast(c.input(1), wide)?, cast(c.input(3), wide)?);
    // Entries by row of the result, in their order.
    let mut starts = filled(m.saturating_add(1), 0usize)?;
    let place = |i: usize| if aa { (s.row(i)[1], s.row(i)[0]) } else { (s.row(i)[0], s.row(i)[1]) };
    for i in 0..s.count {
        starts[place(i).0 + 1] += 1;
    }
    for r in 0..m {
        starts[r + 1] += starts[r];
    }
    let (mut next, mut order) = (starts.clone(), vec![0usize; s.count]);
    for i in 0..s.count {
        let r = place(i).0;
        order[next[r]] = i;
        next[r] += 1;
    }
    let mut out = Tensor::try_zeros(wide, &[m, n])?;
    with_field!(wide, T => {
        let v = v.slice::<T>();
        let turned = if ab { adjoint(b.slice::<T>(), p, q) } else { Vec::new() };
        let b = if ab { &turned[..] } else { b.slice::<T>() };
        let per_row = (s.count / m.max(1) + 1) * n;
        par::rows_mut(out.slice_mut::<T>(), n, per_row as f64, |first, part| {
            for (r, o) in part.chunks_mut(n).enumerate() {
                for &i in &order[starts[first + r]..starts[first + r + 1]] {
                    let (x, from) = (if aa { v[i].conj() } else { v[i] }, place(i).1 * n);
                    for (o, &y) in o.iter_mut().zip(&b[from..from + n]) {
                        *o += x * y;
                    }
                }
            }
        });
    }, else return Err(Error::unimplemented("SparseTensorDenseMatMul has no kernel for this type")));
    let out = narrow(out, out_type)?;
    c.set(0, out);
    Ok(())
}

/// Column `k` of the coordinates.
fn column(c: &mut GradCtx, at: Out, k: i64) -> Result<Out> {
    let (begin, end, step) = (c.int_vector(&[0, k])?, c.int_vector(&[0, k + 1])?, c.int_vector(&[1, 1])?);
    c.op("StridedSlice", &[at, begin, end, step], Attrs::new().with("begin_mask", 1i64).with("end_mask", 1i64).with("shrink_axis_mask", 2i64))
}

fn turned(c: &mut GradCtx, a: Out) -> Result<Out> {
    let perm = c.int_vector(&[1, 0])?;
    let op = if c.dtype(a).is_complex() { "ConjugateTranspose" } else { "Transpose" };
    c.call(op, &[a, perm])
}

fn back(c: &mut GradCtx) -> Result<()> {
    let (at, values, shape, b, g) = (c.input(0), c.input(1), c.input(2), c.input(3), c.grad(0)?);
    let (aa, ab) = (c.attrs().bool("adjoint_a")?, c.attrs().bool("adjoint_b")?);
    let mut gb = c.op("SparseTensorDenseMatMul", &[at, values, shape, g], Attrs::new().with("adjoint_a", !aa))?;
    if ab {
        gb = turned(c, gb)?;
    }
    c.set(3, gb);
    let (rows, cols) = (column(c, at, 0)?, column(c, at, 1)?);
    let (to, from) = if aa { (cols, rows) } else { (rows, cols) };
    let zero = c.int_scalar(0)?;
    let left = c.call("GatherV2", &[g, to, zero])?;
    let mut b = if ab { turned(c, b)? } else { b };
    b = c.call("GatherV2", &[b, from, zero])?;
    let right = c.conj(b)?;
    let product = c.mul(left, right)?;
    let axis = c.int_vector(&[1])?;
    let mut gv = c.sum(product, axis, false)?;
    if aa {
        gv = c.conj(gv)?;
    }
    c.set(1, gv);
    Ok(())
}
