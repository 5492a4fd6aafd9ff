"""Cross-entropies and other losses of tf.nn, one value per example, computed from logits without overflow."""

import math

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.nn.activations import relu
from graphpb.ops import raw
from graphpb.ops.array import concat, reshape, slice, stop_gradient, transpose, where
from graphpb.ops.cast import cast
from graphpb.ops.checks import assert_equal
from graphpb.ops.compare import logical_and
from graphpb.ops.fill import ones_like, zeros_like
from graphpb.ops.math import add, range, subtract
from graphpb.ops.shape import rank, shape
from graphpb.ops.unary import abs, exp, log, log1p


def _both_given(function, labels, logits):
    if labels is None or logits is None:
        raise ValueError(f"Both `labels` and `logits` must be provided for {function}Received: labels={labels} and logits={logits}")


def _same_shape(labels, logits, label_name="labels"):
    try:
        labels.shape.assert_is_compatible_with(logits.shape)
    except ValueError:
        raise ValueError(f"`logits` and `{label_name}` must have the same shape, received ({logits.shape} vs {labels.shape}).") from None


def _flatten_outer(tensor):
    """The tensor as rows [n, last axis]."""
    count = rank(tensor)
    last = slice(shape(tensor), [subtract(count, 1)], [1])
    rows = reshape(tensor, concat([[-1], last], 0))
    if tensor.shape.ndims is not None:
        sizes = tensor.shape.as_list()
        if None not in sizes[:-1]:
            rows.set_shape([math.prod(sizes[:-1]), sizes[-1]])
    return rows


def softmax_cross_entropy_with_logits_v2(labels, logits, axis=None, name=None, dim=None):
    """Compute -sum(labels * log_softmax(logits)) along an axis; gradients flow to both inputs.

    Args:
      labels: float [..., classes], distributions.
      logits: float [..., classes].
      axis: Integer, the axis of classes; default the last.
      name: Scope and name of the nodes; default `softmax_cross_entropy_with_logits`.
      dim: Older name of `axis`.

    Returns:
      The loss of each example, without the axis of classes.
    """
    axis = argument("axis", axis, "dim", dim)
    return _softmax_cross_entropy(labels, logits, -1 if axis is None else axis, name)


def _softmax_cross_entropy(labels, logits, axis, name):
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as name:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        narrow = logits.dtype in (dtypes.float16, dtypes.bfloat16)
        precise = cast(logits, dtypes.float32) if narrow else logits
        labels = cast(labels, precise.dtype)
        count = rank(precise)
        if axis != -1:
            precise, labels = [transpose(t, concat([range(axis), range(axis + 1, count), [axis]], 0)) for t in (precise, labels)]
        whole = shape(precise)
        precise = _flatten_outer(precise)
        labels = _flatten_outer(labels)
        cost = raw.SoftmaxCrossEntropyWithLogits(features=precise, labels=labels, name=name)[0]
        cost = reshape(cost, slice(whole, [0], [subtract(count, 1)]))
        if logits.shape.ndims is not None:
            sizes = logits.shape.as_list()
            del sizes[axis]
            cost.set_shape(sizes)
        return cast(cost, logits.dtype) if narrow else cost


def softmax_cross_entropy_with_logits(labels=None, logits=None, dim=-1, name=None, axis=None):
    """Compute -sum(labels * log_softmax(logits)) along an axis; labels are taken as constants.

    Args:
      labels: float [..., classes], distributions.
      logits: float [..., classes].
      dim: Integer, the axis of classes.
      name: Scope and name of the nodes; default `softmax_cross_entropy_with_logits_sg`.
      axis: Newer name of `dim`.

    Raises:
      ValueError: Labels or logits are missing.
    """
    if axis is not None:
        dim = axis
    _both_given("softmax_cross_entropy_with_logits", labels, logits)
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as name:
        labels = stop_gradient(labels, name="labels_stop_gradient")
    return _softmax_cross_entropy(labels, logits, dim, name)


def sparse_softmax_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """Compute -log_softmax(logits)[label] for each example.

    Args:
      labels: int32 or int64 [...], indices below the number of classes; others give NaN or an error when run.
      logits: float [..., classes].
      name: Scope of the nodes; default `SparseSoftmaxCrossEntropyWithLogits`.

    Raises:
      ValueError: An input is missing, logits are a scalar, or the ranks or shapes do not fit.
    """
    _both_given("sparse_softmax_cross_entropy_with_logits", labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        narrow = logits.dtype == dtypes.float16
        precise = cast(logits, dtypes.float32) if narrow else logits
        label_shape = labels.shape
        labels_size = shape(labels)
        ndims = logits.shape.ndims
        known = label_shape.is_fully_defined() and logits.shape[:-1].is_fully_defined()
        if ndims == 0:
            raise ValueError(f"`logits` cannot be a scalar. Received logits={logits}`")
        if ndims is not None and label_shape.ndims not in (None, ndims - 1):
            raise ValueError(
                f"`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape={label_shape} "
                f"of rank {label_shape.ndims} and logits.shape={logits.shape} of rank {ndims}"
            )
        if known and label_shape != logits.shape[:-1]:
            raise ValueError(
                f"`labels.shape` must equal `logits.shape` except for the last dimension. "
                f"Received: labels.shape={label_shape} and logits.shape={logits.shape}"
            )
        if ndims == 2:
            cost = raw.SparseSoftmaxCrossEntropyWithLogits(features=precise, labels=labels, name=name)[0]
            return cast(cost, dtypes.float16) if narrow else cost
        checks = [] if known else [assert_equal(shape(labels), shape(logits)[:-1])]
        with control_dependencies(checks):
            classes = shape(logits)[rank(logits) - 1]
            precise = reshape(precise, [-1, classes])
            labels = reshape(labels, [-1])
            cost = raw.SparseSoftmaxCrossEntropyWithLogits(features=precise, labels=labels, name=name)[0]
            cost = reshape(cost, labels_size)
            cost.set_shape(label_shape)
            return cast(cost, dtypes.float16) if narrow else cost


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """Compute -z*log(sigmoid(x)) - (1-z)*log(1-sigmoid(x)) as max(x, 0) - x*z + log(1 + exp(-abs(x))).

    Args:
      labels: float [...], z.
      logits: dtype and shape of `labels`, x.
      name: Scope and name of the nodes; default `logistic_loss`.

    Raises:
      ValueError: An input is missing, or the shapes differ.
    """
    _both_given("sigmoid_cross_entropy_with_logits", labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as name:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _same_shape(labels, logits)
        zeros = zeros_like(logits, dtype=logits.dtype)
        positive = logits >= zeros
        above = where(positive, logits, zeros)
        below = where(positive, -logits, logits)
        return add(above - logits * labels, log1p(exp(below)), name=name)


def weighted_cross_entropy_with_logits(labels=None, logits=None, pos_weight=None, name=None, targets=None):
    """Compute the sigmoid cross-entropy with the positive term multiplied by `pos_weight`.

    Args:
      labels: float [...], z.
      logits: dtype and shape of `labels`, x.
      pos_weight: Factor q of positive examples.
      name: Scope and name of the nodes; default `logistic_loss`.
      targets: Older name of `labels`.

    Returns:
      (1-z)*x + l*(log(1+exp(-abs(x))) + max(-x, 0)) with l = 1 + (q-1)*z.

    Raises:
      ValueError: The shapes differ.
    """
    labels = argument("labels", labels, "targets", targets)
    with name_scope(name, "logistic_loss", [logits, labels]) as name:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _same_shape(labels, logits)
        weight = 1 + (pos_weight - 1) * labels
        return add((1 - labels) * logits, weight * (log1p(exp(-abs(logits))) + relu(-logits)), name=name)


def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """Compute exp(c) - z*c, the Poisson loss of the log of the rate c; optionally with Stirling's term for log(z!).

    Args:
      targets: float [...], z.
      log_input: dtype and shape of `targets`, c.
      compute_full_loss: Add z*log(z) - z + log(2*pi*z)/2 where z > 1.
      name: Scope of the nodes; default `log_poisson_loss`.

    Raises:
      ValueError: The shapes differ.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        try:
            targets.shape.assert_is_compatible_with(log_input.shape)
        except ValueError:
            raise ValueError(f"`log_input` and `targets` must have the same shape, received ({log_input.shape} vs {targets.shape}).") from None
        loss = exp(log_input) - log_input * targets
        if compute_full_loss:
            half = constant(0.5, dtype=targets.dtype)
            circle = constant(2 * math.pi, dtype=targets.dtype)
            stirling = targets * log(targets) - targets + half * log(circle * targets)
            zeros = zeros_like(targets, dtype=targets.dtype)
            ones = ones_like(targets, dtype=targets.dtype)
            small = logical_and(targets >= zeros, targets <= ones)
            loss += where(small, zeros, stirling)
        return loss
