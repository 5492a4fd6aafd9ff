//! FTRL-proximal updates (with and without shrinkage), dense and of rows.

use graphpb_kernels::optimize::Ftrl as Rule1;

use super::*;

struct Ftrl;
impl Optimizer for Ftrl {
    const STATES: usize = 3;
    const GRAD: usize = 3;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        ftrl(h, attrs, None)
    }
}

struct FtrlV2;
impl Optimizer for FtrlV2 {
    const STATES: usize = 3;
    const GRAD: usize = 3;
    fn rule<T: Real>(h: &[T], attrs: &Attrs, _: bool) -> Result<impl Rule<T>> {
        ftrl(&[at(h, 0)?, at(h, 1)?, at(h, 2)?, at(h, 4)?], attrs, Some(at(h, 3)?))
    }
}

fn ftrl<T: Real>(h: &[T], attrs: &Attrs, l2_shrinkage: Option<T>) -> Result<Rule1<T>> {
    let multiply_linear_by_lr = attrs.bool("multiply_linear_by_lr")?;
    Ok(Rule1 { lr: at(h, 0)?, l1: at(h, 1)?, l2: at(h, 2)?, lr_power: at(h, 3)?, l2_shrinkage, multiply_linear_by_lr })
}

const LINEAR: AttrSpec = flag("multiply_linear_by_lr", false);

forms!(Ftrl, "a' = a + g²; l += g − (a'^−p − a^−p)/lr·var; var = |l| > l1 ? (sign(l)·l1 − l)/(a'^−p/lr + 2·l2) : 0.",
    states: ["var" "accum" "linear"], attrs: [LINEAR],
    dense [t("grad"), t("lr"), t("l1"), t("l2"), t("lr_power")]
        => by_ref APPLY_FTRL "ApplyFtrl", by_handle RESOURCE_APPLY_FTRL "ResourceApplyFtrl";
    rows [t("grad"), INDICES, t("lr"), t("l1"), t("l2"), t("lr_power")]
        => by_ref SPARSE_APPLY_FTRL "SparseApplyFtrl", by_handle RESOURCE_SPARSE_APPLY_FTRL "ResourceSparseApplyFtrl";);

forms!(FtrlV2, "As ApplyFtrl with g + 2·l2_shrinkage·var in the place of g where linear is updated.",
    states: ["var" "accum" "linear"], attrs: [LINEAR],
    dense [t("grad"), t("lr"), t("l1"), t("l2"), t("l2_shrinkage"), t("lr_power")]
        => by_ref APPLY_FTRL_V2 "ApplyFtrlV2", by_handle RESOURCE_APPLY_FTRL_V2 "ResourceApplyFtrlV2";
    rows [t("grad"), INDICES, t("lr"), t("l1"), t("l2"), t("l2_shrinkage"), t("lr_power")]
        => by_ref SPARSE_APPLY_FTRL_V2 "SparseApplyFtrlV2", by_handle RESOURCE_SPARSE_APPLY_FTRL_V2 "ResourceSparseApplyFtrlV2";);
