//! MatrixDiag, MatrixDiagPart, MatrixSetDiag in their three versions: diagonals of inner matrices.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::movement::diagonal::{Band, diag_part, set_diag};
use graphpb_kernels::movement::pad::zero;
use graphpb_kernels::{DType, Tensor, shape_text};

const ALIGN: AttrSpec = string("align").one_of(&["LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"]).default_str("RIGHT_LEFT");
const BUILD: &[Arg] =
    &[arg("diagonal", "T"), arg_of("k", DType::I32), arg_of("num_rows", DType::I32), arg_of("num_cols", DType::I32), arg("padding_value", "T")];

pub static MATRIX_DIAG: OpDef = OpDef {
    name: "MatrixDiag",
    doc: "Square matrices with `diagonal` on the main diagonal and zeros elsewhere.",
    inputs: &[arg("diagonal", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank_at_least(1)?;
        if let Some(r) = s.rank() {
            c.set(0, s.concat(&s.sub(r - 1..r)));
        }
        Ok(())
    },
    kernel: Kernel::Plain(build),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.call("MatrixDiagPart", &[g])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(1, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static MATRIX_DIAG_V2: OpDef = OpDef {
    name: "MatrixDiagV2",
    doc: "Matrices of `num_rows` × `num_cols` with the diagonals `k` set from `diagonal` and `padding_value` elsewhere; -1 infers a size.",
    inputs: BUILD,
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: build_shape,
    kernel: Kernel::Plain(build),
    grad: Grad::Rule(|c| build_back(c, "MatrixDiagPartV2")),
    sample: Some(|d| build_sample(d, &["LEFT_LEFT"]).0),
    ..OpDef::BASE
};

pub static MATRIX_DIAG_V3: OpDef = OpDef {
    name: "MatrixDiagV3",
    doc: "MatrixDiagV2 with a choice of how shorter diagonals stand in their rows.",
    inputs: BUILD,
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), ALIGN],
    traits: Traits::PURE,
    shape: build_shape,
    kernel: Kernel::Plain(build),
    grad: Grad::Rule(|c| build_back(c, "MatrixDiagPartV3")),
    sample: Some(|d| {
        let (case, align) = build_sample(d, ALIGN.strings);
        case.attr("align", align)
    }),
    ..OpDef::BASE
};

pub static MATRIX_DIAG_PART: OpDef = OpDef {
    name: "MatrixDiagPart",
    doc: "The main diagonal of each matrix.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("diagonal", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: part_shape,
    kernel: Kernel::Plain(part),
    grad: Grad::Rule(|c| part_back(c, "MatrixSetDiag")),
    sample: Some(|d| {
        let dims = d.dims(2, 4);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static MATRIX_DIAG_PART_V2: OpDef = OpDef {
    name: "MatrixDiagPartV2",
    doc: "The diagonals `k` (one, or lowest and highest) of each matrix, the highest first; missing places hold `padding_value`.",
    inputs: &[arg("input", "T"), arg_of("k", DType::I32), arg("padding_value", "T")],
    outputs: &[arg("diagonal", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: part_shape,
    kernel: Kernel::Plain(part),
    grad: Grad::Rule(|c| part_back(c, "MatrixSetDiagV2")),
    sample: Some(|d| {
        let (dims, k) = draw(d);
        Case::new().input(d.tensor(&dims)).constant(k).input(d.tensor(&[])).differentiate(&[0])
    }),
    ..OpDef::BASE
};

pub static MATRIX_DIAG_PART_V3: OpDef = OpDef {
    name: "MatrixDiagPartV3",
    doc: "MatrixDiagPartV2 with a choice of how shorter diagonals stand in their rows.",
    inputs: &[arg("input", "T"), arg_of("k", DType::I32), arg("padding_value", "T")],
    outputs: &[arg("diagonal", "T")],
    attrs: &[type_any("T"), ALIGN],
    traits: Traits::PURE,
    shape: part_shape,
    kernel: Kernel::Plain(part),
    grad: Grad::Rule(|c| part_back(c, "MatrixSetDiagV3")),
    sample: Some(|d| {
        let (dims, k) = draw(d);
        let align = d.one_of(ALIGN.strings);
        Case::new().input(d.tensor(&dims)).constant(k).input(d.tensor(&[])).attr("align", align).differentiate(&[0])
    }),
    ..OpDef::BASE
};

pub static MATRIX_SET_DIAG: OpDef = OpDef {
    name: "MatrixSetDiag",
    doc: "`input` with the main diagonal of each matrix replaced by `diagonal`.",
    inputs: &[arg("input", "T"), arg("diagonal", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: set_shape,
    kernel: Kernel::Plain(set),
    grad: Grad::Rule(|c| set_back(c, "MatrixSetDiag", "MatrixDiagPart")),
    sample: Some(|d| {
        let dims = d.dims(2, 4);
        let (r, n) = (dims.len(), dims[dims.len() - 2].min(dims[dims.len() - 1]));
        let mut diag = dims[..r - 2].to_vec();
        diag.push(n);
        Case::new().input(d.tensor(&dims)).input(d.tensor(&diag))
    }),
    ..OpDef::BASE
};

pub static MATRIX_SET_DIAG_V2: OpDef = OpDef {
    name: "MatrixSetDiagV2",
    doc: "`input` with the diagonals `k` of each matrix replaced by `diagonal`, packed as MatrixDiagPartV2 gives them.",
    inputs: &[arg("input", "T"), arg("diagonal", "T"), arg_of("k", DType::I32)],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: set_shape,
    kernel: Kernel::Plain(set),
    grad: Grad::Rule(|c| set_back(c, "MatrixSetDiagV2", "MatrixDiagPartV2")),
    sample: Some(set_sample),
    ..OpDef::BASE
};

pub static MATRIX_SET_DIAG_V3: OpDef = OpDef {
    name: "MatrixSetDiagV3",
    doc: "MatrixSetDiagV2 with a choice of how shorter diagonals stand in their rows.",
    inputs: &[arg("input", "T"), arg("diagonal", "T"), arg_of("k", DType::I32)],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), ALIGN],
    traits: Traits::PURE,
    shape: set_shape,
    kernel: Kernel::Plain(set),
    grad: Grad::Rule(|c| set_back(c, "MatrixSetDiagV3", "MatrixDiagPartV3")),
    sample: Some(|d| {
        let align = d.one_of(ALIGN.strings);
        set_sample(d).attr("align", align)
    }),
    ..OpDef::BASE
};

/// Lowest and highest diagonal.
fn ends(k: &[i64]) -> Result<(i64, i64)> {
    match *k {
        [k] => Ok((k, k)),
        [lo, hi] if lo <= hi => Ok((lo, hi)),
        [lo, hi] => Err(Error::invalid(format!("lower_diag_index must not be larger than upper_diag_index: {lo} > {hi}"))),
        _ => Err(Error::invalid(format!("diag_index must have only one or two elements, received {}", k.len()))),
    }
}

fn aligned(attrs: &Attrs) -> (bool, bool) {
    match attrs.str("align") {
        Ok("LEFT_RIGHT") => (true, false),
        Ok("RIGHT_LEFT") => (false, true),
        Ok("RIGHT_RIGHT") => (false, false),
        _ => (true, true),
    }
}

fn band(attrs: &Attrs, k: &[i64], rows: usize, cols: usize) -> Result<Band> {
    let (lower, upper) = ends(k)?;
    let (left_super, left_sub) = aligned(attrs);
    let b = Band { lower, upper, rows, cols, left_super, left_sub };
    b.check()?;
    Ok(b)
}

fn matrix(dims: &[usize]) -> Result<(usize, usize)> {
    match dims {
        [.., r, c] => Ok((*r, *c)),
        _ => Err(Error::invalid(format!("input must be at least 2-dim, received shape: {}", shape_text(dims)))),
    }
}

fn packed_dims(lead: &[usize], b: &Band) -> Vec<usize> {
    let mut dims = lead.to_vec();
    if b.count() > 1 {
        dims.push(b.count());
    }
    dims.push(b.longest());
    dims
}

fn part(c: &mut KernelCtx) -> Result<()> {
    let k = if c.inputs() > 1 { c.ints(1)? } else { vec![0] };
    let x = c.input(0);
    let (rows, cols) = matrix(x.dims())?;
    let b = band(c.attrs(), &k, rows, cols)?;
    let pad = if c.inputs() > 2 { c.input(2).clone() } else { zero(x.dtype())? };
    let dims = packed_dims(&x.dims()[..x.rank() - 2], &b);
    let y = diag_part(x, &b, &pad, &dims)?;
    c.set(0, y);
    Ok(())
}

fn set(c: &mut KernelCtx) -> Result<()> {
    let k = if c.inputs() > 2 { c.ints(2)? } else { vec![0] };
    let x = c.take(0);
    let (rows, cols) = matrix(x.dims())?;
    let b = band(c.attrs(), &k, rows, cols)?;
    let want = packed_dims(&x.dims()[..x.rank() - 2], &b);
    if c.input(1).dims() != want {
        return Err(Error::invalid(format!(
            "diagonal must have the shape {} for input {}, but has {}",
            shape_text(&want),
            shape_text(x.dims()),
            shape_text(c.input(1).dims())
        )));
    }
    let y = set_diag(x, &b, c.input(1));
    c.set(0, y);
    Ok(())
}

/// Rows and columns that fit diagonals `lower..=upper` of at most `longest` elements; −1 is inferred.
fn fitted(lower: i64, upper: i64, longest: i64, rows: i64, cols: i64) -> Result<(i64, i64)> {
    let (least_rows, least_cols) = (longest - upper.min(0), longest + lower.max(0));
    if rows != -1 && rows < least_rows {
        return Err(Error::invalid("The number of rows is too small."));
    }
    if cols != -1 && cols < least_cols {
        return Err(Error::invalid("The number of columns is too small."));
    }
    let (rows, cols) = match (rows, cols) {
        (-1, -1) => (least_rows.max(least_cols), least_rows.max(least_cols)),
        (-1, c) => (least_rows, c),
        (r, -1) => (r, least_cols),
        both => both,
    };
    if rows != least_rows && cols != least_cols {
        return Err(Error::invalid("The number of rows or columns is not consistent with the specified d_lower, d_upper, and diagonal."));
    }
    Ok((rows, cols))
}

fn build(c: &mut KernelCtx) -> Result<()> {
    let plain = c.inputs() == 1;
    let (k, rows, cols) = if plain { (vec![0], -1, -1) } else { (c.ints(1)?, c.int(2)?, c.int(3)?) };
    let (lower, upper) = ends(&k)?;
    let d = c.input(0);
    let Some((&longest, lead)) = d.dims().split_last() else {
        return Err(Error::invalid("diagonal must be at least 1-dim, received shape: []"));
    };
    let lead = if lower == upper {
        lead
    } else {
        match lead.split_last() {
            Some((&n, lead)) if n as i64 == upper - lower + 1 => lead,
            _ => {
                return Err(Error::invalid(
                    "The number of diagonals provided in the input does not match the lower_diag_index and upper_diag_index range.",
                ));
            }
        }
    };
    let (rows, cols) = fitted(lower, upper, longest as i64, rows, cols)?;
    let (rows, cols) = (super::sizes(&[rows])?[0], super::sizes(&[cols])?[0]);
    let (left_super, left_sub) = aligned(c.attrs());
    let b = Band { lower, upper, rows, cols, left_super, left_sub };
    b.check()?;
    let mut dims = lead.to_vec();
    dims.extend([rows, cols]);
    let pad = if plain { zero(d.dtype())? } else { c.input(4).clone() };
    if pad.len() != 1 {
        return Err(Error::invalid("padding_value must have only one element"));
    }
    let blank = graphpb_kernels::movement::copy::filled(&pad, &dims)?;
    let y = set_diag(blank, &b, d);
    c.set(0, y);
    Ok(())
}

fn build_shape(c: &mut ShapeCtx) -> Result<()> {
    let d = c.input(0).with_rank_at_least(1)?;
    let (Some(rank), Some(k)) = (d.rank(), c.ints(1)) else { return Ok(()) };
    let (lower, upper) = ends(&k).map_err(Error::into_value)?;
    let drop = if lower == upper { 1 } else { 2 };
    let Some(lead) = rank.checked_sub(drop) else {
        return Err(Error::value(format!("Shape must be at least rank {drop} but is rank {rank}")));
    };
    let longest = d.dim(rank - 1);
    let sizes = match (c.int(2), c.int(3)) {
        (Some(r), Some(n)) if longest >= 0 => fitted(lower, upper, longest, r, n).map_err(Error::into_value)?,
        _ => (-1, -1),
    };
    c.set(0, d.sub(0..lead).concat(&Shape::of(&[sizes.0, sizes.1])));
    Ok(())
}

fn part_shape(c: &mut ShapeCtx) -> Result<()> {
    let x = c.input(0).with_rank_at_least(2)?;
    let Some(rank) = x.rank() else { return Ok(()) };
    let k = if c.inputs() > 1 { c.ints(1) } else { Some(vec![0]) };
    let Some(k) = k else { return Ok(()) };
    let (lower, upper) = ends(&k).map_err(Error::into_value)?;
    let (r, n) = (x.dim(rank - 2), x.dim(rank - 1));
    let longest = if r >= 0 && n >= 0 {
        let b = Band { lower, upper, rows: r as usize, cols: n as usize, left_super: true, left_sub: true };
        b.check().map_err(|e| Error::value(e.message))?;
        b.longest() as i64
    } else {
        -1
    };
    let mut s = x.sub(0..rank - 2);
    if lower < upper {
        s = s.concat(&Shape::vector(upper - lower + 1));
    }
    c.set(0, s.concat(&Shape::vector(longest)));
    Ok(())
}

fn set_shape(c: &mut ShapeCtx) -> Result<()> {
    let x = c.input(0).with_rank_at_least(2)?;
    c.input(1).with_rank_at_least(1)?;
    c.set(0, x);
    Ok(())
}

fn with_align(c: &GradCtx) -> Result<Attrs> {
    let mut a = Attrs::new();
    if c.attrs().get("align").is_some() {
        a.set("align", c.attrs().str("align")?);
    }
    Ok(a)
}

fn build_back(c: &mut GradCtx, op: &str) -> Result<()> {
    let (g, k) = (c.grad(0)?, c.input(1));
    let kind = c.dtype(g);
    let pad = c.number(kind, 0.0)?;
    let attrs = with_align(c)?;
    let r = c.op(op, &[g, k, pad], attrs)?;
    c.set(0, r);
    Ok(())
}

fn part_back(c: &mut GradCtx, op: &str) -> Result<()> {
    let (g, x) = (c.grad(0)?, c.input(0));
    let blank = c.zeros_like(x)?;
    let mut args: Vec<Out> = vec![blank, g];
    if c.inputs() > 1 {
        args.push(c.input(1));
    }
    let attrs = with_align(c)?;
    let r = c.op(op, &args, attrs)?;
    c.set(0, r);
    Ok(())
}

fn set_back(c: &mut GradCtx, op: &str, part: &str) -> Result<()> {
    let (g, d) = (c.grad(0)?, c.input(1));
    let blank = c.zeros_like(d)?;
    let (mut set, mut take) = (vec![g, blank], vec![g]);
    if c.inputs() > 2 {
        let k = c.input(2);
        let kind = c.dtype(g);
        set.push(k);
        take.extend([k, c.number(kind, 0.0)?]);
    }
    let attrs = with_align(c)?;
    let gx = c.op(op, &set, attrs.clone())?;
    let gd = c.op(part, &take, attrs)?;
    c.set(0, gx);
    c.set(1, gd);
    Ok(())
}

/// Sizes of matrices and diagonals inside them.
fn draw(d: &mut Draw) -> (Vec<usize>, Tensor) {
    let dims = d.full_dims(2, 3);
    let (r, n) = (dims[dims.len() - 2] as i64, dims[dims.len() - 1] as i64);
    let a = d.below((r + n - 1) as usize) as i64 - r + 1;
    if d.flag() {
        return (dims, Tensor::scalar(a as i32));
    }
    let b = a + d.below((n - a) as usize) as i64;
    (dims, Tensor::vector(&[a as i32, b as i32]))
}

fn drawn_band(dims: &[usize], k: &Tensor) -> (Band, Vec<usize>) {
    let k = k.to_i64s().unwrap_or_default();
    let (lower, upper) = (k.first().copied().unwrap_or(0), k.last().copied().unwrap_or(0));
    let n = dims.len();
    let b = Band { lower, upper, rows: dims[n - 2], cols: dims[n - 1], left_super: true, left_sub: true };
    let packed = packed_dims(&dims[..n - 2], &b);
    (b, packed)
}

fn build_sample(d: &mut Draw, aligns: &[&'static str]) -> (Case, &'static str) {
    let (dims, k) = draw(d);
    let (b, mut packed) = drawn_band(&dims, &k);
    // The last axis must be as long as the longest diagonal that the sizes allow.
    let at = packed.len() - 1;
    packed[at] = b.longest();
    let (rows, cols) = (dims[dims.len() - 2] as i32, dims[dims.len() - 1] as i32);
    let case = Case::new()
        .input(d.tensor(&packed))
        .constant(k)
        .constant(Tensor::scalar(rows))
        .constant(Tensor::scalar(cols))
        .input(d.tensor(&[]))
        .differentiate(&[0]);
    (case, d.one_of(aligns))
}

fn set_sample(d: &mut Draw) -> Case {
    let (dims, k) = draw(d);
    let (_, packed) = drawn_band(&dims, &k);
    Case::new().input(d.tensor(&dims)).input(d.tensor(&packed)).constant(k)
}
