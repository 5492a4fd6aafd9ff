//! ApplyAdam, ResourceApplyAdam, ResourceApplyAdamWithAmsgrad.

use graphpb_kernels::optimize::{Adam as Rule1, Amsgrad as Rule2};

use super::*;

struct Adam;
impl Optimizer for Adam {
    const STATES: usize = 3;
    const GRAD: usize = 9;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        adam(h, attrs.bool("use_nesterov")?)
    }
}

fn adam<T: Real>(h: &[T], nesterov: bool) -> Result<Rule1<T>> {
    let alpha = Rule1::alpha(at(h, 2)?, at(h, 0)?, at(h, 1)?);
    Ok(Rule1 { alpha, beta1: at(h, 3)?, beta2: at(h, 4)?, epsilon: at(h, 5)?, nesterov })
}

struct Amsgrad;
impl Optimizer for Amsgrad {
    const STATES: usize = 4;
    const GRAD: usize = 10;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule2(adam(h, false)?))
    }
}

forms!(Adam, "lr' = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ); m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); var −= m·lr'/(√v + ε).",
    states: ["var" "m" "v"], attrs: [NESTEROV],
    dense [t("beta1_power"), t("beta2_power"), t("lr"), t("beta1"), t("beta2"), t("epsilon"), t("grad")]
        => by_ref APPLY_ADAM "ApplyAdam", by_handle RESOURCE_APPLY_ADAM "ResourceApplyAdam";);

forms!(Amsgrad, "As ResourceApplyAdam, with the largest v so far (vhat) under the root.",
    states: ["var" "m" "v" "vhat"], attrs: [],
    dense [t("beta1_power"), t("beta2_power"), t("lr"), t("beta1"), t("beta2"), t("epsilon"), t("grad")]
        => by_handle RESOURCE_APPLY_ADAM_WITH_AMSGRAD "ResourceApplyAdamWithAmsgrad";);
