//! Adadelta updates, dense and of rows.

use graphpb_kernels::optimize::Adadelta as Rule1;

use super::*;

struct Adadelta;
impl Optimizer for Adadelta {
    const STATES: usize = 3;
    const GRAD: usize = 6;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)?, rho: at(h, 1)?, epsilon: at(h, 2)? })
    }
}

forms!(Adadelta, "a = a·ρ + g²(1 − ρ); u = √(d + ε)/√(a + ε)·g; var −= lr·u; d = d·ρ + u²(1 − ρ), with a = accum, d = accum_update.",
    states: ["var" "accum" "accum_update"], attrs: [],
    dense [t("lr"), t("rho"), t("epsilon"), t("grad")]
        => by_ref APPLY_ADADELTA "ApplyAdadelta", by_handle RESOURCE_APPLY_ADADELTA "ResourceApplyAdadelta";
    rows [t("lr"), t("rho"), t("epsilon"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_ADADELTA "SparseApplyAdadelta", by_handle RESOURCE_SPARSE_APPLY_ADADELTA "ResourceSparseApplyAdadelta";);
