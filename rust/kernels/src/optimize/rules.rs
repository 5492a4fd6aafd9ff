//! The rules themselves, after TensorFlow's `training_ops.cc`. States are listed variable first.

use super::{Real, Rule};

/// `var −= lr · g`.
pub struct GradientDescent<T> {
    pub lr: T,
}
impl<T: Real> Rule<T> for GradientDescent<T> {
    const STATES: usize = 1;
    #[inline(always)]
    fn step(&self, [v, a, b, c]: [T; 4], g: T) -> [T; 4] {
        [v - g * self.lr, a, b, c]
    }
}

/// Momentum; states: var, accum.
pub struct Momentum<T> {
    pub lr: T,
    pub momentum: T,
    pub nesterov: bool,
}
impl<T: Real> Rule<T> for Momentum<T> {
    const STATES: usize = 2;
    #[inline(always)]
    fn step(&self, [v, a, b, c]: [T; 4], g: T) -> [T; 4] {
        let a = a * self.momentum + g;
        let v = if self.nesterov { v - (g * self.lr + a * self.momentum * self.lr) } else { v - a * self.lr };
        [v, a, b, c]
    }
}

/// Momentum with the learning rate inside the accumulator (Keras); states: var, accum.
pub struct KerasMomentum<T> {
    pub lr: T,
    pub momentum: T,
    pub nesterov: bool,
}
impl<T: Real> Rule<T> for KerasMomentum<T> {
    const STATES: usize = 2;
    #[inline(always)]
    fn step(&self, [v, a, b, c]: [T; 4], g: T) -> [T; 4] {
        let a = a * self.momentum - g * self.lr;
        let v = if self.nesterov { v + (a * self.momentum - g * self.lr) } else { v + a };
        [v, a, b, c]
    }
}

/// Adam; `alpha = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ)`. States: var, m, v.
pub struct Adam<T> {
    pub alpha: T,
    pub beta1: T,
    pub beta2: T,
    pub epsilon: T,
    pub nesterov: bool,
}
impl<T: Real> Adam<T> {
    pub fn alpha(lr: T, beta1_power: T, beta2_power: T) -> T {
        lr * (T::ONE - beta2_power).sqrt() / (T::ONE - beta1_power)
    }
}
impl<T: Real> Rule<T> for Adam<T> {
    const STATES: usize = 3;
    #[inline(always)]
    fn step(&self, [x, m, v, c]: [T; 4], g: T) -> [T; 4] {
        let m = m + (g - m) * (T::ONE - self.beta1);
        let v = v + (g * g - v) * (T::ONE - self.beta2);
        let top = if self.nesterov { (g * (T::ONE - self.beta1) + m * self.beta1) * self.alpha } else { m * self.alpha };
        [x - top / (v.sqrt() + self.epsilon), m, v, c]
    }
}

/// Adam with the largest second moment so far; states: var, m, v, vhat.
pub struct Amsgrad<T>(pub Adam<T>);
impl<T: Real> Rule<T> for Amsgrad<T> {
    const STATES: usize = 4;
    #[inline(always)]
    fn step(&self, [x, m, v, top]: [T; 4], g: T) -> [T; 4] {
        let m = m + (g - m) * (T::ONE - self.0.beta1);
        let v = v + (g * g - v) * (T::ONE - self.0.beta2);
        let top = top.max_of(v);
        [x - m * self.0.alpha / (top.sqrt() + self.0.epsilon), m, v, top]
    }
}

/// AdaMax; `alpha = lr / (1 − β₁ᵗ)`. States: var, m, v.
pub struct AdaMax<T> {
    pub alpha: T,
    pub beta1: T,
    pub beta2: T,
    pub epsilon: T,
}
impl<T: Real> Rule<T> for AdaMax<T> {
    const STATES: usize = 3;
    #[inline(always)]
    fn step(&self, [x, m, v, c]: [T; 4], g: T) -> [T; 4] {
        let m = m + (g - m) * (T::ONE - self.beta1);
        let v = (v * self.beta2).max_of(g.abs());
        [x - self.alpha * (m / (v + self.epsilon)), m, v, c]
    }
}

/// RMSProp; states: var, ms, mom. The sparse form averages and divides in another order than the dense one.
pub struct RmsProp<T> {
    pub lr: T,
    pub rho: T,
    pub momentum: T,
    pub epsilon: T,
    pub sparse: bool,
}
impl<T: Real> Rule<T> for RmsProp<T> {
    const STATES: usize = 3;
    #[inline(always)]
    fn step(&self, [x, ms, mom, c]: [T; 4], g: T) -> [T; 4] {
        let (ms, mom) = if self.sparse {
            let ms = ms * self.rho + g * g * (T::ONE - self.rho);
            (ms, mom * self.momentum + T::ONE / (ms + self.epsilon).sqrt() * self.lr * g)
        } else {
            let ms = ms + (g * g - ms) * (T::ONE - self.rho);
            (ms, mom * self.momentum + g * self.lr / (ms + self.epsilon).sqrt())
        };
        [x - mom, ms, mom, c]
    }
}

/// RMSProp by the variance of the gradient; states: var, mg, ms, mom.
pub struct CenteredRmsProp<T>(pub RmsProp<T>);
impl<T: Real> Rule<T> for CenteredRmsProp<T> {
    const STATES: usize = 4;
    #[inline(always)]
    fn step(&self, [x, mg, ms, mom]: [T; 4], g: T) -> [T; 4] {
        let r = &self.0;
        let (mg, ms, mom) = if r.sparse {
            let ms = ms * r.rho + g * g * (T::ONE - r.rho);
            let mg = mg * r.rho + g * (T::ONE - r.rho);
            (mg, ms, mom * r.momentum + T::ONE / (ms - mg * mg + r.epsilon).sqrt() * r.lr * g)
        } else {
            let ms = ms + (g * g - ms) * (T::ONE - r.rho);
            let mg = mg + (g - mg) * (T::ONE - r.rho);
            (mg, ms, mom * r.momentum + g * r.lr / (ms - mg * mg + r.epsilon).sqrt())
        };
        [x - mom, mg, ms, mom]
    }
}

/// Adagrad; states: var, accum. `epsilon` is that of the second version of the op.
pub struct Adagrad<T> {
    pub lr: T,
    pub epsilon: Option<T>,
    pub update_slots: bool,
}
impl<T: Real> Rule<T> for Adagrad<T> {
    const STATES: usize = 2;
    #[inline(always)]
    fn step(&self, [v, a, b, c]: [T; 4], g: T) -> [T; 4] {
        let a = if self.update_slots { a + g * g } else { a };
        let d = match self.epsilon {
            Some(e) => g * self.lr / (a.sqrt() + e),
            None => g * self.lr * (T::ONE / a.sqrt()),
        };
        [v - d, a, b, c]
    }
}

/// Adagrad by dual averaging; `step` is the global step. States: var, sum of gradients, sum of their squares.
pub struct AdagradDa<T> {
    pub lr: T,
    pub l1: T,
    pub l2: T,
    pub step: T,
}
impl<T: Real> Rule<T> for AdagradDa<T> {
    const STATES: usize = 3;
    #[inline(always)]
    fn step(&self, [_, sum, squares, c]: [T; 4], g: T) -> [T; 4] {
        let (sum, squares) = (sum + g, squares + g * g);
        let below = self.l2 * self.step * self.lr + squares.sqrt();
        let v = if self.l1 > T::ZERO {
            self.lr * (sum.sign() * -T::ONE) * (sum.abs() - self.step * self.l1).max_of(T::ZERO) / below
        } else {
            self.lr * (sum * -T::ONE) / below
        };
        [v, sum, squares, c]
    }
}

/// Adadelta; states: var, accum, accum_update.
pub struct Adadelta<T> {
    pub lr: T,
    pub rho: T,
    pub epsilon: T,
}
impl<T: Real> Rule<T> for Adadelta<T> {
    const STATES: usize = 3;
    #[inline(always)]
    fn step(&self, [v, a, d, c]: [T; 4], g: T) -> [T; 4] {
        let a = a * self.rho + g * g * (T::ONE - self.rho);
        let u = (d + self.epsilon).sqrt() * (T::ONE / (a + self.epsilon).sqrt()) * g;
        [v - u * self.lr, a, d * self.rho + u * u * (T::ONE - self.rho), c]
    }
}

/// FTRL-proximal; states: var, accum, linear.
pub struct Ftrl<T> {
    pub lr: T,
    pub l1: T,
    pub l2: T,
    pub l2_shrinkage: Option<T>,
    pub lr_power: T,
    pub multiply_linear_by_lr: bool,
}
impl<T: Real> Ftrl<T> {
    #[inline(always)]
    fn root(&self, a: T) -> T {
        if self.lr_power == T::of(-0.5) { a.sqrt() } else { a.pow(-self.lr_power) }
    }
}
impl<T: Real> Rule<T> for Ftrl<T> {
    const STATES: usize = 3;
    #[inline(always)]
    fn step(&self, [v, a, l, c]: [T; 4], g: T) -> [T; 4] {
        let two = T::ONE + T::ONE;
        let pull = match self.l2_shrinkage {
            Some(s) => g + two * s * v,
            None => g,
        };
        let next = a + g * g;
        let (new, old) = (self.root(next), self.root(a));
        let (l, l1, below) = if self.multiply_linear_by_lr {
            (l + (pull * self.lr - (new - old) * v), self.l1 * self.lr, new + two * self.l2 * self.lr)
        } else {
            (l + (pull - (new - old) / self.lr * v), self.l1, new / self.lr + two * self.l2)
        };
        let v = if l.abs() > l1 { (l1 * l.sign() - l) / below } else { T::ZERO };
        [v, next, l, c]
    }
}

/// The proximal step: shrink by `l1`, scale by `l2`, at learning rate `lr`.
#[inline(always)]
fn proximal<T: Real>(p: T, lr: T, l1: T, l2: T) -> T {
    if l1 > T::ZERO { p.sign() * (p.abs() - lr * l1).max_of(T::ZERO) / (T::ONE + lr * l2) } else { p / (T::ONE + lr * l2) }
}

pub struct ProximalGradientDescent<T> {
    pub lr: T,
    pub l1: T,
    pub l2: T,
}
impl<T: Real> Rule<T> for ProximalGradientDescent<T> {
    const STATES: usize = 1;
    #[inline(always)]
    fn step(&self, [v, a, b, c]: [T; 4], g: T) -> [T; 4] {
        [proximal(v - g * self.lr, self.lr, self.l1, self.l2), a, b, c]
    }
}

/// States: var, accum.
pub struct ProximalAdagrad<T> {
    pub lr: T,
    pub l1: T,
    pub l2: T,
}
impl<T: Real> Rule<T> for ProximalAdagrad<T> {
    const STATES: usize = 2;
    #[inline(always)]
    fn step(&self, [v, a, b, c]: [T; 4], g: T) -> [T; 4] {
        let a = a + g * g;
        let lr = self.lr * (T::ONE / a.sqrt());
        [proximal(v - g * lr, lr, self.l1, self.l2), a, b, c]
    }
}

/// AddSign and PowerSign (Bello et al., 2017); states: var, m.
pub struct SignUpdate<T> {
    pub lr: T,
    pub beta: T,
    /// `alpha`, or the base's logarithm where `power` is set.
    pub scale: T,
    pub decay: T,
    pub power: bool,
}
impl<T: Real> Rule<T> for SignUpdate<T> {
    const STATES: usize = 2;
    #[inline(always)]
    fn step(&self, [v, m, b, c]: [T; 4], g: T) -> [T; 4] {
        let m = m * self.beta + g * (T::ONE - self.beta);
        let agree = g.sign() * m.sign();
        let scale = if self.power { (self.scale * self.decay * agree).exp() } else { self.scale + self.decay * agree };
        [v - self.lr * scale * g, m, b, c]
    }
}
