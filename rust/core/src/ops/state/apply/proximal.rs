//! Proximal gradient descent and proximal Adagrad, dense and of rows.

use graphpb_kernels::optimize::{ProximalAdagrad as Rule2, ProximalGradientDescent as Rule1};

use super::*;

struct Descent;
impl Optimizer for Descent {
    const STATES: usize = 1;
    const GRAD: usize = 4;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule1 { lr: at(h, 0)?, l1: at(h, 1)?, l2: at(h, 2)? })
    }
}

struct Adagrad;
impl Optimizer for Adagrad {
    const STATES: usize = 2;
    const GRAD: usize = 5;
    fn rule<T: Real>(h: &[T], _: &Attrs, _: bool) -> Result<impl Rule<T>> {
        Ok(Rule2 { lr: at(h, 0)?, l1: at(h, 1)?, l2: at(h, 2)? })
    }
}

forms!(Descent, "p = var − lr·g; var = sign(p)·max(|p| − lr·l1, 0)/(1 + lr·l2), with lr = alpha.",
    states: ["var"], attrs: [],
    dense [t("alpha"), t("l1"), t("l2"), t("delta")]
        => by_ref APPLY_PROXIMAL_GRADIENT_DESCENT "ApplyProximalGradientDescent",
           by_handle RESOURCE_APPLY_PROXIMAL_GRADIENT_DESCENT "ResourceApplyProximalGradientDescent";
    rows [t("alpha"), t("l1"), t("l2"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT "SparseApplyProximalGradientDescent",
           by_handle RESOURCE_SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT "ResourceSparseApplyProximalGradientDescent";);

forms!(Adagrad, "accum += g²; then the proximal step with learning rate lr/√accum.",
    states: ["var" "accum"], attrs: [],
    dense [t("lr"), t("l1"), t("l2"), t("grad")]
        => by_ref APPLY_PROXIMAL_ADAGRAD "ApplyProximalAdagrad", by_handle RESOURCE_APPLY_PROXIMAL_ADAGRAD "ResourceApplyProximalAdagrad";
    rows [t("lr"), t("l1"), t("l2"), t("grad"), INDICES]
        => by_ref SPARSE_APPLY_PROXIMAL_ADAGRAD "SparseApplyProximalAdagrad",
           by_handle RESOURCE_SPARSE_APPLY_PROXIMAL_ADAGRAD "ResourceSparseApplyProximalAdagrad";);
