//! StridedSlice and StridedSliceGrad: numpy's basic indexing and its reverse.

use super::sizes;
use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::movement::slice::{Masks, resolve, slice, slice_grad};
use graphpb_kernels::{DType, Tensor, shape_text};

pub static STRIDED_SLICE: OpDef = OpDef {
    name: "StridedSlice",
    doc: "`input[begin:end:strides, …]`. Bit i of a mask: begin and end masks ignore entry i, `ellipsis_mask` makes it `...`, \
          `new_axis_mask` a new axis, `shrink_axis_mask` a single index.",
    inputs: &[arg("input", "T"), arg("begin", "Index"), arg("end", "Index"), arg("strides", "Index")],
    outputs: &[arg("output", "T")],
    attrs: &[
        type_any("T"),
        type_in("Index", &[DType::I16, DType::I32, DType::I64]),
        int("begin_mask").default_int(0),
        int("end_mask").default_int(0),
        int("ellipsis_mask").default_int(0),
        int("new_axis_mask").default_int(0),
        int("shrink_axis_mask").default_int(0),
    ],
    traits: Traits::PURE,
    shape: |c| {
        let mut entries = Shape::UNKNOWN;
        for i in 1..4 {
            entries = entries.merge(&c.input(i).with_rank(1)?)?;
        }
        let (Some(dims), Some(strides)) = (c.input(0).dims(), c.ints(3)) else { return Ok(()) };
        let (begin, end) = (c.ints(1), c.ints(2));
        let r = resolve(dims, begin.as_deref(), end.as_deref(), &strides, masks(c.attrs())?).map_err(|e| Error::value(e.message))?;
        c.set(0, Shape::of(&r.shape));
        Ok(())
    },
    kernel: Kernel::Prepared(|p| {
        let masks = masks(p.attrs)?;
        Ok(Box::new(move |c| {
            let (b, e, s) = (c.ints(1)?, c.ints(2)?, c.ints(3)?);
            let x = c.take(0);
            let dims: Vec<i64> = x.dims().iter().map(|&d| d as i64).collect();
            let y = slice(&x, &resolve(&dims, Some(&b), Some(&e), &s, masks)?)?;
            c.set(0, y);
            Ok(())
        }))
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let x = c.input(0);
        let index = c.dtype(c.input(1));
        let mut args = Vec::with_capacity(5);
        // StridedSliceGrad has no int16 form.
        let to = if index == DType::I16 { DType::I32 } else { index };
        args.push(match (to, c.shape_of(x).to_known()) {
            (DType::I32, Some(_)) => c.shape_tensor(x)?,
            _ => c.op("Shape", &[x], Attrs::new().with("out_type", to))?,
        });
        for i in 1..4 {
            let t = c.input(i);
            args.push(c.cast(t, to)?);
        }
        args.push(g);
        let attrs = mask_attrs(c.attrs())?;
        let r = c.op("StridedSliceGrad", &args, attrs)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (dims, spec) = draw(d);
        let x = d.tensor(&dims);
        spec.into_case(Case::new().input(x))
    }),
    ..OpDef::BASE
};

pub static STRIDED_SLICE_GRAD: OpDef = OpDef {
    name: "StridedSliceGrad",
    doc: "Zeros of sizes `shape` with `dy` written where StridedSlice with the same arguments reads.",
    inputs: &[arg("shape", "Index"), arg("begin", "Index"), arg("end", "Index"), arg("strides", "Index"), arg("dy", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[
        type_any("T"),
        type_in("Index", INDEX),
        int("begin_mask").default_int(0),
        int("end_mask").default_int(0),
        int("ellipsis_mask").default_int(0),
        int("new_axis_mask").default_int(0),
        int("shrink_axis_mask").default_int(0),
    ],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.shape_value(0);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Prepared(|p| {
        let masks = masks(p.attrs)?;
        Ok(Box::new(move |c| {
            let (shape, b, e, s) = (c.ints(0)?, c.ints(1)?, c.ints(2)?, c.ints(3)?);
            let dims = sizes(&shape)?;
            let r = resolve(&shape, Some(&b), Some(&e), &s, masks)?;
            if c.input(4).dims() != r.sizes() {
                return Err(Error::invalid(format!("shape of dy was {} instead of {}", shape_text(c.input(4).dims()), shape_text(&r.sizes()))));
            }
            let y = slice_grad(&dims, &r, c.input(4))?;
            c.set(0, y);
            Ok(())
        }))
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let args = [g, c.input(1), c.input(2), c.input(3)];
        let attrs = mask_attrs(c.attrs())?;
        let r = c.op("StridedSlice", &args, attrs)?;
        c.set(4, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (dims, spec) = draw(d);
        let want: Vec<i64> = dims.iter().map(|&v| v as i64).collect();
        let out = spec.result(&want);
        let case = spec.into_case(Case::new().constant(d.shape_vector(&dims)));
        case.input(d.tensor(&out))
    }),
    ..OpDef::BASE
};

pub(crate) fn masks(a: &Attrs) -> Result<Masks> {
    Ok(Masks {
        begin: a.int("begin_mask")?,
        end: a.int("end_mask")?,
        ellipsis: a.int("ellipsis_mask")?,
        new_axis: a.int("new_axis_mask")?,
        shrink: a.int("shrink_axis_mask")?,
    })
}

fn mask_attrs(a: &Attrs) -> Result<Attrs> {
    let mut out = Attrs::new();
    for name in ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"] {
        out.set(name, a.int(name)?);
    }
    Ok(out)
}

/// A random slice, as a user would write it.
struct Spec {
    begin: Vec<i32>,
    end: Vec<i32>,
    strides: Vec<i32>,
    masks: Masks,
}

impl Spec {
    fn push(&mut self, begin: i32, end: i32, stride: i32) {
        self.begin.push(begin);
        self.end.push(end);
        self.strides.push(stride);
    }
    fn result(&self, dims: &[i64]) -> Vec<usize> {
        let wide = |v: &[i32]| v.iter().map(|&x| x as i64).collect::<Vec<_>>();
        resolve(dims, Some(&wide(&self.begin)), Some(&wide(&self.end)), &wide(&self.strides), self.masks).map(|r| r.sizes()).unwrap_or_default()
    }
    fn into_case(self, case: Case) -> Case {
        let m = self.masks;
        case.constant(Tensor::vector(&self.begin))
            .constant(Tensor::vector(&self.end))
            .constant(Tensor::vector(&self.strides))
            .attr("begin_mask", m.begin)
            .attr("end_mask", m.end)
            .attr("ellipsis_mask", m.ellipsis)
            .attr("new_axis_mask", m.new_axis)
            .attr("shrink_axis_mask", m.shrink)
    }
}

fn draw(d: &mut Draw) -> (Vec<usize>, Spec) {
    let dims = d.full_dims(1, 4);
    let mut s = Spec { begin: vec![], end: vec![], strides: vec![], masks: Masks::default() };
    let dots = if d.flag() { d.below(dims.len() + 1) } else { usize::MAX };
    for (k, &n) in dims.iter().enumerate() {
        let bit = 1i64 << s.begin.len();
        if k == dots {
            s.masks.ellipsis |= bit;
            s.push(0, 0, 1);
            if d.flag() {
                continue;
            }
        }
        let bit = if k == dots { bit << 1 } else { bit };
        match d.below(5) {
            0 => {
                s.masks.shrink |= bit;
                let i = d.below(n) as i32 - if d.flag() { n as i32 } else { 0 };
                s.push(i, i.wrapping_add(1), 1);
            }
            1 => {
                s.masks.new_axis |= bit;
                s.push(0, 1, 1);
            }
            2 => {
                s.push(n as i32, -(n as i32) - 3, -1 - d.below(2) as i32);
            }
            3 => {
                s.masks.begin |= bit;
                s.masks.end |= bit & -(d.flag() as i64);
                s.push(1, d.below(n + 1) as i32, 1 + d.below(2) as i32);
            }
            _ => {
                s.push(d.below(n) as i32, n as i32 + 2, 1 + d.below(3) as i32);
            }
        }
    }
    (dims, s)
}
