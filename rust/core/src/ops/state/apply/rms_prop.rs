//! RMSProp updates, plain and centered, dense and of rows.

use graphpb_kernels::optimize::{CenteredRmsProp as Rule2, RmsProp as Rule1};

use super::*;

struct RmsProp;
impl Optimizer for RmsProp {
    const STATES: usize = 3;
    const GRAD: usize = 7;
    fn rule<T: Real>(h: &[T], _: &Attrs, rows: bool) -> Result<impl Rule<T>> {
        rms_prop(h, rows)
    }
}

struct Centered;
impl Optimizer for Centered {
    const STATES: usize = 4;
    const GRAD: usize = 8;
    fn rule<T: Real>(h: &[T], _: &Attrs, rows: bool) -> Result<impl Rule<T>> {
        Ok(Rule2(rms_prop(h, rows)?))
    }
}

fn rms_prop<T: Real>(h: &[T], sparse: bool) -> Result<Rule1<T>> {
    Ok(Rule1 { lr: at(h, 0)?, rho: at(h, 1)?, momentum: at(h, 2)?, epsilon: at(h, 3)?, sparse })
}

forms!(RmsProp, "ms += (g² − ms)(1 − ρ); mom = μ·mom + lr·g/√(ms + ε); var −= mom.",
    states: ["var" "ms" "mom"], attrs: [],
    dense [t("lr"), t("rho"), t("momentum"), t("epsilon"), t("grad")]
        => by_ref APPLY_RMS_PROP "ApplyRMSProp", by_handle RESOURCE_APPLY_RMS_PROP "ResourceApplyRMSProp";
    rows [t("lr"), t("rho"), t("momentum"), t("epsilon"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_RMS_PROP "SparseApplyRMSProp", by_handle RESOURCE_SPARSE_APPLY_RMS_PROP "ResourceSparseApplyRMSProp";);

forms!(Centered, "As ApplyRMSProp, with mg += (g − mg)(1 − ρ) and √(ms − mg² + ε).",
    states: ["var" "mg" "ms" "mom"], attrs: [],
    dense [t("lr"), t("rho"), t("momentum"), t("epsilon"), t("grad")]
        => by_ref APPLY_CENTERED_RMS_PROP "ApplyCenteredRMSProp", by_handle RESOURCE_APPLY_CENTERED_RMS_PROP "ResourceApplyCenteredRMSProp";
    rows [t("lr"), t("rho"), t("momentum"), t("epsilon"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_CENTERED_RMS_PROP "SparseApplyCenteredRMSProp",
           by_handle RESOURCE_SPARSE_APPLY_CENTERED_RMS_PROP "ResourceSparseApplyCenteredRMSProp";);
