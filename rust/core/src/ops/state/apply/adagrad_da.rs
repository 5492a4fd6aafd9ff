//! Adagrad by dual averaging, dense and of rows.

use graphpb_kernels::optimize::AdagradDa as Rule1;

use super::*;

struct AdagradDa;
impl Optimizer for AdagradDa {
    const STATES: usize = 3;
    const GRAD: usize = 3;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)?, l1: at(h, 1)?, l2: at(h, 2)?, step: at(h, 3)? })
    }
}

const STEP: Arg = arg_of("global_step", DType::I64);

forms!(AdagradDa, "s += g; q += g²; var = −lr·sign(s)·max(|s| − l1·step, 0)/(l2·step·lr + √q).",
    states: ["var" "gradient_accumulator" "gradient_squared_accumulator"], attrs: [],
    dense [t("grad"), t("lr"), t("l1"), t("l2"), STEP]
        => by_ref APPLY_ADAGRAD_DA "ApplyAdagradDA", by_handle RESOURCE_APPLY_ADAGRAD_DA "ResourceApplyAdagradDA";
    rows [t("grad"), INDICES, t("lr"), t("l1"), t("l2"), STEP]
        => by_ref SPARSE_APPLY_ADAGRAD_DA "SparseApplyAdagradDA", by_handle RESOURCE_SPARSE_APPLY_ADAGRAD_DA "ResourceSparseApplyAdagradDA";);
