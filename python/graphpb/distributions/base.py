"""What all distributions have: named methods on top of their formulas, and divergences of pairs."""

from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops.unary import exp, log, sqrt

_DIVERGENCES = {}


class RegisterKL:
    """A decorator: the function `f(a, b, name)` computes the divergence of two distributions of these classes."""

    def __init__(self, dist_cls_a, dist_cls_b):
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn):
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _DIVERGENCES:
            raise ValueError(f"KL({self._key[0].__name__} || {self._key[1].__name__}) has already been registered to: {_DIVERGENCES[self._key]}")
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn


def kl_divergence(distribution_a, distribution_b, allow_nan_stats=True, name=None):
    """Compute the Kullback-Leibler divergence E_a[log a - log b], one number for each distribution of the batch.

    Raises:
      NotImplementedError: No formula is registered for the two classes.
    """
    for a in type(distribution_a).__mro__:
        for b in type(distribution_b).__mro__:
            if (a, b) in _DIVERGENCES:
                with name_scope("KullbackLeibler"):
                    return _DIVERGENCES[a, b](distribution_a, distribution_b, name=name)
    raise NotImplementedError(
        f"No KL(distribution_a || distribution_b) registered for distribution_a type {type(distribution_a).__name__} "
        f"and distribution_b type {type(distribution_b).__name__}"
    )


class Distribution:
    """A batch of distributions; a subclass gives `_sample(shape, seed)`, `_log_prob(value)`, `_entropy()`, `_mean()`, `_variance()`, `_mode()`."""

    def __init__(self, dtype, name):
        self._dtype = dtype
        self._name = name

    @property
    def dtype(self):
        """The dtype of samples."""
        return self._dtype

    @property
    def name(self):
        """The scope of the distribution's nodes."""
        return self._name

    def _in_scope(self, name, make):
        with name_scope(self._name), name_scope(name):
            return make()

    def sample(self, sample_shape=(), seed=None, name="sample"):
        """Draw: a tensor sample_shape + batch_shape.

        Args:
          sample_shape: Integers.
          seed: Integer, see `tf.set_random_seed`.
          name: Scope of the nodes.
        """
        return self._in_scope(name, lambda: self._sample(sample_shape, seed))

    def log_prob(self, value, name="log_prob"):
        """Compute the logarithm of the probability, or of its density."""
        return self._in_scope(name, lambda: self._log_prob(convert_to_tensor(value, name="value", preferred_dtype=self._dtype)))

    def prob(self, value, name="prob"):
        """Compute the probability, or its density."""
        return self._in_scope(name, lambda: exp(self._log_prob(convert_to_tensor(value, name="value", preferred_dtype=self._dtype))))

    def entropy(self, name="entropy"):
        """Compute the entropy in nats."""
        return self._in_scope(name, self._entropy)

    def mean(self, name="mean"):
        """Compute the mean."""
        return self._in_scope(name, self._mean)

    def variance(self, name="variance"):
        """Compute the variance."""
        return self._in_scope(name, self._variance)

    def stddev(self, name="stddev"):
        """Compute the standard deviation."""
        return self._in_scope(name, lambda: sqrt(self._variance()))

    def mode(self, name="mode"):
        """Compute the most probable value."""
        return self._in_scope(name, self._mode)

    def cdf(self, value, name="cdf"):
        """Compute the probability of values up to this one."""
        return self._in_scope(name, lambda: self._cdf(convert_to_tensor(value, name="value", preferred_dtype=self._dtype)))

    def log_cdf(self, value, name="log_cdf"):
        """Compute the logarithm of `cdf`."""
        return self._in_scope(name, lambda: log(self._cdf(convert_to_tensor(value, name="value", preferred_dtype=self._dtype))))

    def kl_divergence(self, other, name="kl_divergence"):
        """Compute the divergence of this distribution from another one; see `tf.distributions.kl_divergence`."""
        return self._in_scope(name, lambda: kl_divergence(self, other))

    def cross_entropy(self, other, name="cross_entropy"):
        """Compute the entropy of this distribution plus its divergence from another one."""
        return self._in_scope(name, lambda: self._entropy() + kl_divergence(self, other))

    def __repr__(self):
        return f"<tf.distributions.{type(self).__name__} '{self._name}' dtype={self._dtype.name}>"
