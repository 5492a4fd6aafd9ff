//! SparseToDense: values written at given coordinates over a default.

use super::sizes;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::indexing::scatter::{Combine, scatter_nd};
use graphpb_kernels::movement::copy::filled;
use graphpb_kernels::movement::transpose::broadcast_to;
use graphpb_kernels::{Tensor, shape_text};

pub static SPARSE_TO_DENSE: OpDef = OpDef {
    name: "SparseToDense",
    doc: "A tensor of `output_shape` that holds `sparse_values` at the rows of `sparse_indices` and `default_value` elsewhere.",
    inputs: &[arg("sparse_indices", "Tindices"), arg("output_shape", "Tindices"), arg("sparse_values", "T"), arg("default_value", "T")],
    outputs: &[arg("dense", "T")],
    attrs: &[flag("validate_indices", true), type_any("T"), type_in("Tindices", INDEX)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let s = c.shape_value(1);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(|c: &mut GradCtx| {
        let (g, ix) = (c.grad(0)?, c.input(0));
        // The values: what stands at their places. The default: everything else.
        let taken = c.call("GatherNd", &[g, ix])?;
        c.set(2, taken);
        let (shape, values) = (c.input(1), c.input(2));
        let blank = c.zeros_like(values)?;
        let kind = c.dtype(g);
        let one = c.number(kind, 1.0)?;
        let mask = c.op(
            "SparseToDense",
            &[ix, shape, blank, one],
            crate::graph::attr::Attrs::new().with("validate_indices", c.attrs().bool("validate_indices")?),
        )?;
        let rest = c.mul(g, mask)?;
        let flat = c.int_vector(&[-1])?;
        let rest = c.reshape(rest, flat)?;
        let axis = c.int_vector(&[0])?;
        let rest = c.sum(rest, axis, false)?;
        c.set(3, rest);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let n: usize = dims.iter().product();
        let chosen: Vec<usize> = (0..n).filter(|_| d.flag()).collect();
        let mut ix = Vec::new();
        for &i in &chosen {
            let (mut i, mut row) = (i, vec![0i64; dims.len()]);
            for k in (0..dims.len()).rev() {
                row[k] = (i % dims[k]) as i64;
                i /= dims[k];
            }
            ix.extend(row);
        }
        let shape: Vec<i64> = dims.iter().map(|&v| v as i64).collect();
        Case::new()
            .input(Tensor::from_slice(&ix, &[chosen.len(), dims.len()]))
            .constant(Tensor::vector(&shape))
            .input(d.tensor(&[chosen.len()]))
            .input(d.tensor(&[]))
    }),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx) -> Result<()> {
    let dims = sizes(&c.ints(1)?)?;
    let ix = c.input(0).clone();
    let rank = dims.len();
    // A scalar is one index, a vector one index of each element.
    let (n, depth) = match ix.dims() {
        [] => (1, 1),
        [n] => (*n, 1),
        [n, k] => (*n, *k),
        d => return Err(Error::invalid(format!("sparse_indices should be a scalar, vector, or matrix, got shape {}", shape_text(d)))),
    };
    if depth != rank {
        return Err(Error::invalid(format!("output_shape has incorrect number of elements: {rank} should be: {depth}")));
    }
    let (values, default) = (c.input(2), c.input(3));
    if default.len() != 1 {
        return Err(Error::invalid(format!("default_value should be a scalar, got shape {}", shape_text(default.dims()))));
    }
    if values.rank() > 1 || values.rank() == 1 && values.len() != n {
        return Err(Error::invalid(format!("sparse_values has incorrect shape {}, should be [] or [{n}]", shape_text(values.dims()))));
    }
    let rows = c.ints(0)?;
    if c.attrs().bool("validate_indices")? {
        for i in 1..n {
            let (a, b) = (&rows[(i - 1) * depth..i * depth], &rows[i * depth..(i + 1) * depth]);
            let text = || b.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            if a == b {
                return Err(Error::invalid(format!("indices[{i}] = [{}] is repeated", text())));
            }
            if a > b {
                return Err(Error::invalid(format!(
                    "indices[{i}] = [{}] is out of order. Many sparse ops require sorted indices.\n    Use `tf.sparse.reorder` to create a correctly ordered copy.\n\n",
                    text()
                )));
            }
        }
    }
    for (i, row) in rows.chunks(depth.max(1)).enumerate() {
        if let Some(k) = (0..depth).find(|&k| row[k] < 0 || row[k] >= dims[k] as i64) {
            let text = row.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            return Err(Error::invalid(format!("indices[{i}] = [{text}] is out of bounds: need 0 <= index[{k}] < {}", dims[k])));
        }
    }
    let blank = filled(default, &dims)?;
    let values = broadcast_to(values, &[n])?;
    let y = scatter_nd(blank, &ix.reshaped(&[n, depth]), &values, Combine::Set)?;
    c.set(0, y);
    Ok(())
}
