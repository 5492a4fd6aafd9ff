//! AddSign and PowerSign updates.

use graphpb_kernels::optimize::SignUpdate as Rule1;

use super::*;

struct AddSign;
impl Optimizer for AddSign {
    const STATES: usize = 2;
    const GRAD: usize = 6;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        sign(h, false)
    }
}

struct PowerSign;
impl Optimizer for PowerSign {
    const STATES: usize = 2;
    const GRAD: usize = 6;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        sign(h, true)
    }
}

fn sign<T: Real>(h: &[T], power: bool) -> Result<Rule1<T>> {
    Ok(Rule1 { lr: at(h, 0)?, scale: at(h, 1)?, decay: at(h, 2)?, beta: at(h, 3)?, power })
}

forms!(AddSign, "m = m·β + g(1 − β); var −= lr·(α + sign_decay·sign(g)·sign(m))·g.",
    states: ["var" "m"], attrs: [],
    dense [t("lr"), t("alpha"), t("sign_decay"), t("beta"), t("grad")]
        => by_ref APPLY_ADD_SIGN "ApplyAddSign", by_handle RESOURCE_APPLY_ADD_SIGN "ResourceApplyAddSign";);

forms!(PowerSign, "m = m·β + g(1 − β); var −= lr·exp(logbase·sign_decay·sign(g)·sign(m))·g.",
    states: ["var" "m"], attrs: [],
    dense [t("lr"), t("logbase"), t("sign_decay"), t("beta"), t("grad")]
        => by_ref APPLY_POWER_SIGN "ApplyPowerSign", by_handle RESOURCE_APPLY_POWER_SIGN "ResourceApplyPowerSign";);
