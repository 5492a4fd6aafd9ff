//! BatchMatMul and its later versions: products of stacks of matrices.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType::*;
use graphpb_kernels::pointwise::{self, Space, Unary, broadcast_dims};
use graphpb_kernels::product::{Product, product};
use graphpb_kernels::shape_text;

fn shape_of(c: &mut ShapeCtx, broadcasts: bool) -> Result<()> {
    let (x, y) = (c.input(0).with_rank_at_least(2)?, c.input(1).with_rank_at_least(2)?);
    let (Some(rx), Some(ry)) = (x.rank(), y.rank()) else { return Ok(()) };
    let (ax, ay) = (c.attrs().bool("adj_x")?, c.attrs().bool("adj_y")?);
    let at = |s: &Shape, r: usize, i: usize, adj: bool| s.dim(r - 2 + if adj { 1 - i } else { i });
    let (k, l) = (at(&x, rx, 1, ax), at(&y, ry, 0, ay));
    if k >= 0 && l >= 0 && k != l {
        return Err(Error::value(format!("Dimensions must be equal, but are {k} and {l}")));
    }
    let (bx, by) = (x.sub(0..rx - 2), y.sub(0..ry - 2));
    let batch = if broadcasts { bx.broadcast(&by)? } else { bx.merge(&by)? };
    c.set(0, batch.concat(&Shape::of(&[at(&x, rx, 0, ax), at(&y, ry, 1, ay)])));
    Ok(())
}

fn run(c: &mut KernelCtx, broadcasts: bool) -> Result<()> {
    let (ax, ay) = (c.attrs().bool("adj_x")?, c.attrs().bool("adj_y")?);
    let out = c.output_dtype(0);
    let (mut x, mut y) = (c.take(0), c.take(1));
    if x.rank() < 2 || y.rank() < 2 {
        let (i, t) = if x.rank() < 2 { (0, &x) } else { (1, &y) };
        return Err(Error::invalid(format!("In[{i}] ndims must be >= 2: {}", t.rank())));
    }
    // The adjoint conjugates.
    if ax && x.dtype().is_complex() {
        x = pointwise::unary(Unary::Conj, x)?;
    }
    if ay && y.dtype().is_complex() {
        y = pointwise::unary(Unary::Conj, y)?;
    }
    let (x, y) = (pointwise::cast(&x, out)?, pointwise::cast(&y, out)?);
    let (bx, mx) = x.dims().split_at(x.rank() - 2);
    let (by, my) = y.dims().split_at(y.rank() - 2);
    if !broadcasts && bx != by {
        let at = bx.iter().zip(by).position(|(a, b)| a != b).unwrap_or(0);
        return Err(Error::invalid(format!(
            "In[0].dim({at}) and In[1].dim({at}) must be the same: {} vs {}",
            shape_text(x.dims()),
            shape_text(y.dims())
        )));
    }
    let batch = broadcast_dims(bx, by).map_err(|_| {
        Error::invalid(format!("In[0] and In[1] must have compatible batch dimensions: {} vs. {}", shape_text(x.dims()), shape_text(y.dims())))
    })?;
    let (m, k) = if ax { (mx[1], mx[0]) } else { (mx[0], mx[1]) };
    let (l, n) = if ay { (my[1], my[0]) } else { (my[0], my[1]) };
    if k != l {
        return Err(Error::invalid(format!(
            "Matrix size-incompatible: In[0]: {}, In[1]: {} {} {}",
            shape_text(x.dims()),
            shape_text(y.dims()),
            ax as u8,
            ay as u8
        )));
    }
    let count: usize = batch.iter().product();
    let space = Space::new(&batch, [bx, by]);
    let mut pairs = Vec::with_capacity(count);
    for row in 0..if count == 0 { 0 } else { space.rows } {
        let [i, j] = space.offsets(row);
        pairs.extend((0..space.run).map(|r| (i + r * space.step[0], j + r * space.step[1])));
    }
    // A single matrix on the right: the stack on the left is one tall matrix.
    let tall = !ax && count > 1 && by.iter().all(|&n| n == 1) && bx == batch.as_slice();
    let single = [(0, 0)];
    let (m_all, pairs) = if tall { (m * count, &single[..]) } else { (m, &pairs[..]) };
    let p = Product { m: m_all, n, k, a: if ax { (1, mx[1]) } else { (mx[1], 1) }, b: if ay { (1, my[1]) } else { (my[1], 1) }, pairs };
    let mut dims = batch.to_vec();
    dims.extend([m, n]);
    let z = product(&p, &x, &y, &dims)?;
    c.set(0, z);
    Ok(())
}

/// The products of the gradient, by op `op`, before broadcasting is undone.
fn products(c: &mut GradCtx, op: &'static str, mark: bool) -> Result<(Out, Out)> {
    let g = c.grad(0)?;
    let (x, y) = (c.input(0), c.input(1));
    let (ax, ay) = (c.attrs().bool("adj_x")?, c.attrs().bool("adj_y")?);
    let (tx, ty) = (c.dtype(x), c.dtype(y));
    let mut mul = |a: Out, b: Out, adj_a: bool, adj_b: bool, which: &'static str, to| {
        let mut attrs = Attrs::new().with("adj_x", adj_a).with("adj_y", adj_b);
        if mark {
            attrs.set(which, true);
        }
        if op == "BatchMatMulV3" {
            attrs.set("Tout", to);
        }
        c.op_node(op, "MatMul", &[a, b], attrs).map(|n| n.out(0))
    };
    Ok(match (ax, ay) {
        (false, false) => (mul(g, y, false, true, "grad_x", tx)?, mul(x, g, true, false, "grad_y", ty)?),
        (false, true) => (mul(g, y, false, false, "grad_x", tx)?, mul(g, x, true, false, "grad_y", ty)?),
        (true, false) => (mul(y, g, false, true, "grad_x", tx)?, mul(x, g, false, false, "grad_y", ty)?),
        (true, true) => (mul(y, g, true, true, "grad_x", tx)?, mul(g, x, true, true, "grad_y", ty)?),
    })
}

fn grad(c: &mut GradCtx) -> Result<()> {
    let op = if c.node().op_name() == "BatchMatMulV3" { "BatchMatMulV3" } else { "BatchMatMulV2" };
    let (gx, gy) = products(c, op, true)?;
    set_unbroadcast(c, gx, gy)
}

/// Set the gradients of two stacks of matrices, summed over the outer axes along which either was repeated.
pub(crate) fn set_unbroadcast(c: &mut GradCtx, gx: Out, gy: Out) -> Result<()> {
    let (x, y) = (c.input(0), c.input(1));
    let (sx, sy) = (c.shape_of(x).clone(), c.shape_of(y).clone());
    let batch = |s: &Shape| s.rank().map(|r| s.sub(0..r.saturating_sub(2)));
    let same = match (batch(&sx), batch(&sy)) {
        (Some(a), Some(b)) => a == b && a.is_fully_known(),
        _ => false,
    };
    if same {
        c.set(0, gx);
        c.set(1, gy);
        return Ok(());
    }
    let (shape_x, shape_y) = (c.shape_tensor(x)?, c.shape_tensor(y)?);
    let (bx, by) = (all_but_two(c, shape_x)?, all_but_two(c, shape_y)?);
    let axes = c.op_node("BroadcastGradientArgs", "BroadcastGradientArgs", &[bx, by], Attrs::new())?;
    for (i, (g, shape)) in [(gx, shape_x), (gy, shape_y)].into_iter().enumerate() {
        let s = c.sum(g, axes.out(i), false)?;
        let r = c.reshape(s, shape)?;
        c.set(i, r);
    }
    Ok(())
}

/// A shape vector without its last two sizes.
fn all_but_two(c: &mut GradCtx, shape: Out) -> Result<Out> {
    let (begin, end, step) = (c.int_vector(&[0])?, c.int_vector(&[-2])?, c.int_vector(&[1])?);
    let n = c.op_node("StridedSlice", "strided_slice", &[shape, begin, end, step], Attrs::new().with("begin_mask", 1i64))?;
    Ok(n.out(0))
}

fn stack(d: &mut Draw, broadcasts: bool) -> Case {
    let size = |d: &mut Draw| if d.below(12) == 0 { 0 } else { 1 + d.below(4) };
    let (m, n, k) = (size(d), size(d), size(d));
    let (ax, ay) = (d.flag(), d.flag());
    let (mut bx, mut by) = d.broadcast_pair(2);
    if !broadcasts {
        by = bx.clone();
    }
    bx.extend(if ax { [k, m] } else { [m, k] });
    by.extend(if ay { [n, k] } else { [k, n] });
    let x = d.tensor(&bx);
    Case::new().input(x).input(d.tensor(&by)).attr("adj_x", ax).attr("adj_y", ay)
}

const BASE: OpDef = OpDef { inputs: &[arg("x", "T"), arg("y", "T")], outputs: &[arg("output", "T")], traits: Traits::PURE, ..OpDef::BASE };
const FLAGS: [AttrSpec; 4] = [flag("adj_x", false), flag("adj_y", false), flag("grad_x", false), flag("grad_y", false)];

pub static BATCH_MAT_MUL: OpDef = OpDef {
    name: "BatchMatMul",
    doc: "The products of two stacks of matrices with equal outer sizes; `adj_` takes the conjugate transpose first.",
    attrs: &[type_in("T", &[BF16, F16, F32, F64, I32, I64, C64, C128]), FLAGS[0], FLAGS[1], FLAGS[2], FLAGS[3]],
    shape: |c| shape_of(c, false),
    kernel: Kernel::Plain(|c| run(c, false)),
    grad: Grad::Rule(|c| {
        let (gx, gy) = products(c, "BatchMatMul", false)?;
        c.set(0, gx);
        c.set(1, gy);
        Ok(())
    }),
    sample: Some(|d| stack(d, false)),
    ..BASE
};

pub static BATCH_MAT_MUL_V2: OpDef = OpDef {
    name: "BatchMatMulV2",
    doc: "The products of two stacks of matrices whose outer sizes broadcast; `adj_` takes the conjugate transpose first.",
    attrs: &[type_in("T", &[BF16, F16, F32, F64, I16, I32, I64, U8, U16, U32, U64, C64, C128]), FLAGS[0], FLAGS[1], FLAGS[2], FLAGS[3]],
    shape: |c| shape_of(c, true),
    kernel: Kernel::Plain(|c| run(c, true)),
    grad: Grad::Rule(grad),
    sample: Some(|d| stack(d, true)),
    ..BASE
};

pub static BATCH_MAT_MUL_V3: OpDef = OpDef {
    name: "BatchMatMulV3",
    doc: "As BatchMatMulV2, with an element type of its own for each operand and the result.",
    inputs: &[arg("x", "Ta"), arg("y", "Tb")],
    outputs: &[arg("output", "Tout")],
    attrs: &[
        type_in("Ta", &[BF16, F16, F32, F64, U8, I8, I16, I32, I64, C64, C128]),
        type_in("Tb", &[BF16, F16, F32, F64, U8, I8, I16, I32, I64, C64, C128]),
        type_in("Tout", &[BF16, F16, F32, F64, I16, I32, I64, C64, C128]),
        FLAGS[0],
        FLAGS[1],
        FLAGS[2],
        FLAGS[3],
    ],
    shape: |c| shape_of(c, true),
    kernel: Kernel::Plain(|c| run(c, true)),
    grad: Grad::Rule(grad),
    sample: Some(|d| {
        let to = if matches!(d.dtype, U8 | I8) { I32 } else { d.dtype };
        stack(d, true).attr("Tout", to)
    }),
    ..BASE
};
