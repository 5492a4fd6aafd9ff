//! Adagrad updates (with and without epsilon), dense and of rows.

use graphpb_kernels::optimize::Adagrad as Rule1;

use super::*;

struct Adagrad;
impl Optimizer for Adagrad {
    const STATES: usize = 2;
    const GRAD: usize = 3;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)?, epsilon: None, update_slots: attrs.bool("update_slots")? })
    }
}

struct AdagradV2;
impl Optimizer for AdagradV2 {
    const STATES: usize = 2;
    const GRAD: usize = 4;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)?, epsilon: Some(at(h, 1)?), update_slots: attrs.bool("update_slots")? })
    }
}

const SLOTS: AttrSpec = flag("update_slots", true);

forms!(Adagrad, "accum += g²; var −= lr·g/√accum.",
    states: ["var" "accum"], attrs: [SLOTS],
    dense [t("lr"), t("grad")]
        => by_ref APPLY_ADAGRAD "ApplyAdagrad", by_handle RESOURCE_APPLY_ADAGRAD "ResourceApplyAdagrad";
    rows [t("lr"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_ADAGRAD "SparseApplyAdagrad", by_handle RESOURCE_SPARSE_APPLY_ADAGRAD "ResourceSparseApplyAdagrad";);

forms!(AdagradV2, "accum += g²; var −= lr·g/(√accum + ε).",
    states: ["var" "accum"], attrs: [SLOTS],
    dense [t("lr"), t("epsilon"), t("grad")]
        => by_ref APPLY_ADAGRAD_V2 "ApplyAdagradV2", by_handle RESOURCE_APPLY_ADAGRAD_V2 "ResourceApplyAdagradV2";
    rows [t("lr"), t("epsilon"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_ADAGRAD_V2 "SparseApplyAdagradV2", by_handle RESOURCE_SPARSE_APPLY_ADAGRAD_V2 "ResourceSparseApplyAdagradV2";);
