"""Distributions over a few outcomes: Bernoulli and categorical."""

from graphpb import dtypes
from graphpb.distributions.base import Distribution, RegisterKL
from graphpb.distributions.normal import lead, sizes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.nn.activations import log_softmax, softmax, softplus
from graphpb.nn.losses import sigmoid_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits
from graphpb.ops.array import concat, identity, reshape, transpose
from graphpb.ops.cast import cast
from graphpb.ops.compare import greater, less
from graphpb.ops.fill import ones
from graphpb.ops.random import multinomial, random_uniform
from graphpb.ops.reduce import argmax, reduce_prod, reduce_sum
from graphpb.ops.shape import shape
from graphpb.ops.unary import log, log1p, sigmoid


def _parameters(logits, probs, several):
    """(logits, probabilities) of which one is given.

    Raises:
      ValueError: Both are given, or none.
    """
    if (logits is None) == (probs is None):
        raise ValueError("Must pass probs or logits, but not both.")
    if probs is None:
        logits = identity(convert_to_tensor(logits), name="logits")
        return logits, (softmax if several else sigmoid)(logits, name="probs")
    probs = identity(convert_to_tensor(probs), name="probs")
    return (log(probs) if several else log(probs) - log1p(-1.0 * probs)), probs


class Bernoulli(Distribution):
    """Outcomes 0 and 1.

    Args:
      logits: float [...], the log odds of 1; or `probs`, the probability of 1.
      dtype: dtype of samples.
      validate_args, allow_nan_stats: Without effect.
      name: Scope of the nodes.
    """

    def __init__(self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True, name="Bernoulli"):
        with name_scope(name) as scope:
            self._logits, self._probs = _parameters(logits, probs, False)
        super().__init__(dtypes.as_dtype(dtype), scope)

    @property
    def logits(self):
        """The log odds of 1."""
        return self._logits

    @property
    def probs(self):
        """The probability of 1."""
        return self._probs

    def _sample(self, sample_shape, seed):
        drawn = random_uniform(sizes(sample_shape, self._probs), seed=seed, dtype=self._probs.dtype)
        return cast(less(drawn, self._probs), self._dtype)

    def _log_prob(self, value):
        value = cast(value, self._logits.dtype)
        return -sigmoid_cross_entropy_with_logits(labels=value, logits=self._logits * _ones_of(value))

    def _entropy(self):
        return -self._logits * (sigmoid(self._logits) - 1.0) + softplus(-self._logits)

    def _mean(self):
        return identity(self._probs)

    def _variance(self):
        return self._probs * (1.0 - self._probs)

    def _mode(self):
        return cast(greater(self._probs, 0.5), self._dtype)


def _ones_of(value):
    return ones(shape(value), value.dtype)


@RegisterKL(Bernoulli, Bernoulli)
def _between_bernoullis(a, b, name=None):
    with name_scope(name, "kl_bernoulli_bernoulli", [a.logits, b.logits]):
        zero = softplus(b.logits) - softplus(a.logits)
        one = softplus(-b.logits) - softplus(-a.logits)
        return sigmoid(a.logits) * one + sigmoid(-a.logits) * zero


class Categorical(Distribution):
    """Outcomes 0 to classes - 1.

    Args:
      logits: float [..., classes], logarithms of the probabilities up to a constant; or `probs`, the probabilities.
      dtype: dtype of samples.
      validate_args, allow_nan_stats: Without effect.
      name: Scope of the nodes.
    """

    def __init__(self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True, name="Categorical"):
        with name_scope(name) as scope:
            self._logits, self._probs = _parameters(logits, probs, True)
        super().__init__(dtypes.as_dtype(dtype), scope)

    @property
    def logits(self):
        """The logarithms of the probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self):
        """The probabilities."""
        return self._probs

    @property
    def event_size(self):
        """The number of classes, as a scalar tensor."""
        return shape(self._logits)[-1]

    def _sample(self, sample_shape, seed):
        first = lead(sample_shape)
        classes = shape(self._logits)
        drawn = transpose(multinomial(reshape(self._logits, [-1, classes[-1]]), reduce_prod(first), seed=seed))
        result = reshape(drawn, concat([first, classes[:-1]], 0))
        if isinstance(sample_shape, (tuple, list)):
            result.set_shape([*sample_shape, *self._logits.shape[:-1].as_list()] if self._logits.shape.ndims is not None else None)
        return cast(result, self._dtype)

    def _log_prob(self, value):
        value = cast(value, dtypes.int32)
        logits = self._logits
        if value.shape.ndims != (logits.shape.ndims or 0) - 1 or not value.shape.is_compatible_with(logits.shape[:-1]):
            value = value * ones(shape(logits)[:-1], value.dtype)
            logits = logits * ones(concat([shape(value), [1]], 0), logits.dtype)
        return -sparse_softmax_cross_entropy_with_logits(labels=value, logits=logits)

    def _entropy(self):
        return -reduce_sum(softmax(self._logits) * log_softmax(self._logits), axis=-1)

    def _mode(self):
        return cast(argmax(self._logits, axis=-1), self._dtype)


@RegisterKL(Categorical, Categorical)
def _between_categoricals(a, b, name=None):
    with name_scope(name, "kl_categorical_categorical", [a.logits, b.logits]):
        return reduce_sum(softmax(a.logits) * (log_softmax(a.logits) - log_softmax(b.logits)), axis=-1)
