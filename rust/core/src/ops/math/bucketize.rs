//! Bucketize: which interval of a rising list a number falls into.

use graphpb_kernels::pointwise::cast;
use graphpb_kernels::{DType, Tensor, par};

use crate::error::{Error, Result};
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

pub static BUCKETIZE: OpDef = OpDef {
    name: "Bucketize",
    doc: "How many of the rising boundaries are not above each element: the number of its bucket.",
    inputs: &[arg("input", "T")],
    outputs: &[arg_of("output", DType::I32)],
    attrs: &[type_in("T", &[DType::I32, DType::I64, DType::F32, DType::F64]), attr("boundaries", AttrKind::ListFloat)],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let x = d.tensor(&dims);
        Case::new().input(x).attr("boundaries", crate::graph::attr::Attr::List(crate::graph::attr::AttrList::Float(vec![-1.0, 0.0, 1.5])))
    }),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx) -> Result<()> {
    let bounds = c.attrs().floats("boundaries")?.to_vec();
    if bounds.windows(2).any(|w| w[0] > w[1]) {
        return Err(Error::invalid("Expected sorted boundaries"));
    }
    // Float boundaries are compared in the element's type: exactly, in double.
    let x = cast(c.input(0), DType::F64)?;
    let mut out = Tensor::try_scratch(DType::I32, x.dims())?;
    let src = x.slice::<f64>();
    par::rows_mut(out.slice_mut::<i32>(), 1, 10.0, |first, part| {
        for (o, v) in part.iter_mut().zip(&src[first..]) {
            *o = bounds.partition_point(|b| !(*v < *b as f64)) as i32;
        }
    });
    c.set(0, out);
    Ok(())
}
