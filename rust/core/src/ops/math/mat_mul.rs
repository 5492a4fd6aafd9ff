//! MatMul: the product of two matrices.

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::product::{Product, product};
use graphpb_kernels::shape_text;

pub const TYPES: &[DType] = &[BF16, F16, F32, F64, I32, I64, U8, U16, U32, U64, C64, C128];

pub static MAT_MUL: OpDef = OpDef {
    name: "MatMul",
    doc: "a · b, of matrices that may be transposed first. INVALID_ARGUMENT when the inner sizes differ.",
    inputs: &[arg("a", "T"), arg("b", "T")],
    outputs: &[arg("product", "T")],
    attrs: &[flag("transpose_a", false), flag("transpose_b", false), type_in("T", TYPES), flag("grad_a", false), flag("grad_b", false)],
    traits: Traits::PURE,
    shape: |c| {
        let (a, b) = (c.input(0).with_rank(2)?, c.input(1).with_rank(2)?);
        let (ta, tb) = (c.attrs().bool("transpose_a")?, c.attrs().bool("transpose_b")?);
        let at = |s: &Shape, i: usize, t: bool| s.dim(if t { 1 - i } else { i });
        let (k, l) = (at(&a, 1, ta), at(&b, 0, tb));
        if k >= 0 && l >= 0 && k != l {
            return Err(Error::value(format!("Dimensions must be equal, but are {k} and {l}")));
        }
        c.set(0, Shape::of(&[at(&a, 0, ta), at(&b, 1, tb)]));
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (ta, tb) = (c.attrs().bool("transpose_a")?, c.attrs().bool("transpose_b")?);
        let (a, b) = (c.input(0), c.input(1));
        let (a, b) = (c.conj(a)?, c.conj(b)?);
        let mut product = |x, y, tx: bool, ty: bool, which: &'static str| {
            c.op("MatMul", &[x, y], Attrs::new().with("transpose_a", tx).with("transpose_b", ty).with(which, true))
        };
        let (ga, gb) = match (ta, tb) {
            (false, false) => (product(g, b, false, true, "grad_a")?, product(a, g, true, false, "grad_b")?),
            (false, true) => (product(g, b, false, false, "grad_a")?, product(g, a, true, false, "grad_b")?),
            (true, false) => (product(b, g, false, true, "grad_a")?, product(a, g, false, false, "grad_b")?),
            (true, true) => (product(b, g, true, true, "grad_a")?, product(g, a, true, true, "grad_b")?),
        };
        c.set(0, ga);
        c.set(1, gb);
        Ok(())
    }),
    sample: Some(|d| {
        let size = |d: &mut crate::testing::cases::Draw| if d.below(10) == 0 { 0 } else { 1 + d.below(5) };
        let (m, n, k) = (size(d), size(d), size(d));
        let (ta, tb) = (d.flag(), d.flag());
        let a = d.tensor(&if ta { [k, m] } else { [m, k] });
        let b = d.tensor(&if tb { [n, k] } else { [k, n] });
        Case::new().input(a).input(b).attr("transpose_a", ta).attr("transpose_b", tb)
    }),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx) -> Result<()> {
    let (ta, tb) = (c.attrs().bool("transpose_a")?, c.attrs().bool("transpose_b")?);
    let (a, b) = (c.input(0), c.input(1));
    let ([ar, ac], [br, bc]) = (matrix(a.dims(), 0)?, matrix(b.dims(), 1)?);
    let (m, k) = if ta { (ac, ar) } else { (ar, ac) };
    let (l, n) = if tb { (bc, br) } else { (br, bc) };
    if k != l {
        return Err(Error::invalid(format!("Matrix size-incompatible: In[0]: {}, In[1]: {}", shape_text(a.dims()), shape_text(b.dims()))));
    }
    let p = Product { m, n, k, a: if ta { (1, ac) } else { (ac, 1) }, b: if tb { (1, bc) } else { (bc, 1) }, pairs: &[(0, 0)] };
    let y = product(&p, a, b, &[m, n])?;
    c.set(0, y);
    Ok(())
}

fn matrix(dims: &[usize], i: usize) -> Result<[usize; 2]> {
    dims.try_into().map_err(|_| Error::invalid(format!("In[{i}] ndims must be >= 2")))
}
