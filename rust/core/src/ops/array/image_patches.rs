//! ExtractImagePatches: every window of an image as a vector.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::patches::{Window, extract_patches};
use graphpb_kernels::{DType, Tensor};

pub static EXTRACT_IMAGE_PATCHES: OpDef = OpDef {
    name: "ExtractImagePatches",
    doc: "Windows of `ksizes` pixels, `rates` apart, every `strides` pixels, laid out in the depth.",
    inputs: &[arg("images", "T")],
    outputs: &[arg("patches", "T")],
    attrs: &[
        attr("ksizes", AttrKind::ListInt).at_least(4),
        attr("strides", AttrKind::ListInt).at_least(4),
        attr("rates", AttrKind::ListInt).at_least(4),
        type_in(
            "T",
            &[
                DType::BF16,
                DType::F16,
                DType::F32,
                DType::F64,
                DType::I8,
                DType::I16,
                DType::I32,
                DType::I64,
                DType::U8,
                DType::U16,
                DType::U32,
                DType::U64,
                DType::C64,
                DType::C128,
                DType::Bool,
            ],
        ),
        string("padding").one_of(&["SAME", "VALID"]),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let x = c.input(0).with_rank(4)?;
        let w = window(c.attrs()).map_err(Error::into_value)?;
        let size = |k: usize, n: i64| if n < 0 { -1 } else { w.fit(k, n as usize).0 as i64 };
        let depth = x.dim(3);
        let cells = (w.size[0] * w.size[1]) as i64;
        c.set(0, Shape::of(&[x.dim(0), size(0, x.dim(1)), size(1, x.dim(2)), if depth < 0 { -1 } else { depth.saturating_mul(cells) }]));
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let y = extract_patches(c.input(0), &window(c.attrs())?)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let dims = [1 + d.below(2), 2 + d.below(4), 2 + d.below(4), 1 + d.below(2)];
        let list = |a: i64, b: i64| crate::graph::attr::Attr::List(crate::graph::attr::AttrList::Int(vec![1, a, b, 1]));
        let mut pair = |n: usize| list(1 + d.below(n) as i64, 1 + d.below(n) as i64);
        let (k, s, r) = (pair(3), pair(3), pair(2));
        let padding = d.one_of(&["SAME", "VALID"]);
        Case::new().input(d.tensor(&dims)).attr("ksizes", k).attr("strides", s).attr("rates", r).attr("padding", padding)
    }),
    ..OpDef::BASE
};

fn window(a: &Attrs) -> Result<Window> {
    let pair = |name: &str| -> Result<[usize; 2]> {
        match a.ints(name)? {
            &[1, h, w, 1] if (1..1 << 20).contains(&h) && (1..1 << 20).contains(&w) => Ok([h as usize, w as usize]),
            v => Err(Error::invalid(format!("{name} must be [1, rows, cols, 1] with positive entries, but is {v:?}"))),
        }
    };
    Ok(Window { size: pair("ksizes")?, stride: pair("strides")?, rate: pair("rates")?, same: a.str("padding")? == "SAME" })
}

/// Sum the gradients by the pixel that each cell was copied from: patches of the image of pixel numbers name it.
fn back(c: &mut GradCtx) -> Result<()> {
    let (g, x) = (c.grad(0)?, c.input(0));
    let (Ok(rows), Ok(cols)) = (i32::try_from(c.shape_of(x).dim(1)), i32::try_from(c.shape_of(x).dim(2))) else {
        return Err(Error::value("The gradient of ExtractImagePatches needs the size of the images"));
    };
    if rows < 0 || cols < 0 {
        return Err(Error::value("The gradient of ExtractImagePatches needs the size of the images"));
    }
    let pixels = rows as i64 * cols as i64;
    let (one, end, step) = (c.int_scalar(1)?, c.int_scalar(pixels + 1)?, c.int_scalar(1)?);
    let numbers = c.op_node("Range", "range", &[one, end, step], Attrs::new())?.out(0);
    let image = c.int_vector(&[1, rows as i64, cols as i64, 1])?;
    let numbers = c.reshape(numbers, image)?;
    let mut attrs = Attrs::new();
    for name in ["ksizes", "strides", "rates", "padding"] {
        if let Some(v) = c.attrs().get(name) {
            attrs.set(name, v.clone());
        }
    }
    let from = c.op("ExtractImagePatches", &[numbers], attrs)?;
    let minus = c.int_vector(&[-1])?;
    let from = c.reshape(from, minus)?;
    // Padding has number 0: it becomes −1 and is dropped.
    let from = c.sub(from, one)?;
    let shape = c.shape_tensor(x)?;
    let (b0, b1, b3, b4) = (c.int_vector(&[0])?, c.int_vector(&[1])?, c.int_vector(&[3])?, c.int_vector(&[4])?);
    let batch = c.call("StridedSlice", &[shape, b0, b1, b1])?;
    let depth = c.call("StridedSlice", &[shape, b3, b4, b1])?;
    let axis = c.int_scalar(0)?;
    let count = c.call("Shape", &[from])?;
    let cells = c.op_node("ConcatV2", "concat", &[batch, count, depth, axis], Attrs::new())?.out(0);
    let g = c.reshape(g, cells)?;
    let swap = c.int_vector(&[1, 0, 2])?;
    let g = c.op_node("Transpose", "transpose", &[g, swap], Attrs::new())?.out(0);
    let n = c.constant("Const", Tensor::scalar(pixels as i32))?;
    let sum = c.call("UnsortedSegmentSum", &[g, from, n])?;
    let sum = c.op_node("Transpose", "transpose", &[sum, swap], Attrs::new())?.out(0);
    let r = c.reshape(sum, shape)?;
    c.set(0, r);
    Ok(())
}
