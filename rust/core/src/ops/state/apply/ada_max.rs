//! ApplyAdaMax and ResourceApplyAdaMax.

use graphpb_kernels::optimize::AdaMax as Rule1;

use super::*;

struct AdaMax;
impl Optimizer for AdaMax {
    const STATES: usize = 3;
    const GRAD: usize = 8;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { alpha: at(h, 1)? / (T::ONE - at(h, 0)?), beta1: at(h, 2)?, beta2: at(h, 3)?, epsilon: at(h, 4)? })
    }
}

forms!(AdaMax, "m += (g − m)(1 − β₁); v = max(β₂·v, |g|); var −= lr/(1 − β₁ᵗ) · m/(v + ε).",
    states: ["var" "m" "v"], attrs: [],
    dense [t("beta1_power"), t("lr"), t("beta1"), t("beta2"), t("epsilon"), t("grad")]
        => by_ref APPLY_ADA_MAX "ApplyAdaMax", by_handle RESOURCE_APPLY_ADA_MAX "ResourceApplyAdaMax";);
