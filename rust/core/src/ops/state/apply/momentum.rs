//! Momentum updates, TensorFlow's and Keras', dense and of rows.

use graphpb_kernels::optimize::{KerasMomentum as Rule2, Momentum as Rule1};

use super::*;

struct Momentum;
impl Optimizer for Momentum {
    const STATES: usize = 2;
    const GRAD: usize = 3;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)?, momentum: at(h, 1)?, nesterov: attrs.bool("use_nesterov")? })
    }
}

struct KerasMomentum;
impl Optimizer for KerasMomentum {
    const STATES: usize = 2;
    const GRAD: usize = 3;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule2 { lr: at(h, 0)?, momentum: at(h, 1)?, nesterov: attrs.bool("use_nesterov")? })
    }
}

forms!(Momentum, "accum = accum·μ + g; var −= lr·accum, or with use_nesterov var −= g·lr + accum·μ·lr.",
    states: ["var" "accum"], attrs: [NESTEROV],
    dense [t("lr"), t("grad"), t("momentum")]
        => by_ref APPLY_MOMENTUM "ApplyMomentum", by_handle RESOURCE_APPLY_MOMENTUM "ResourceApplyMomentum";
    rows [t("lr"), t("grad"), INDICES, t("momentum")]
        => by_ref SPARSE_APPLY_MOMENTUM "SparseApplyMomentum", by_handle RESOURCE_SPARSE_APPLY_MOMENTUM "ResourceSparseApplyMomentum";);

forms!(KerasMomentum, "accum = accum·μ − g·lr; var += accum, or with use_nesterov var += accum·μ − g·lr.",
    states: ["var" "accum"], attrs: [NESTEROV],
    dense [t("lr"), t("grad"), t("momentum")] => by_handle RESOURCE_APPLY_KERAS_MOMENTUM "ResourceApplyKerasMomentum";
    rows [t("lr"), t("grad"), INDICES, t("momentum")] => by_handle RESOURCE_SPARSE_APPLY_KERAS_MOMENTUM "ResourceSparseApplyKerasMomentum";);
