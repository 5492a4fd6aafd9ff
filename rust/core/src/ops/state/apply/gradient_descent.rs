//! ResourceApplyGradientDescent.

use graphpb_kernels::optimize::GradientDescent as Rule1;

use super::*;

struct GradientDescent;
impl Optimizer for GradientDescent {
    const STATES: usize = 1;
    const GRAD: usize = 2;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)? })
    }
}

forms!(GradientDescent, "var −= alpha·delta.",
    states: ["var"], attrs: [],
    dense [t("alpha"), t("delta")] => by_handle RESOURCE_APPLY_GRADIENT_DESCENT "ResourceApplyGradientDescent";);
