"""Activation functions of tf.nn, softmax along any axis, biases and affine maps."""

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.errors import InvalidArgumentError
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.custom_gradient import custom_gradient
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import concat, transpose, where
from graphpb.ops.cast import cast
from graphpb.ops.math import range, subtract
from graphpb.ops.product import matmul
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import rank
from graphpb.ops.unary import sigmoid, square


def _activation(op, summary):
    def function(features, name=None):
        return getattr(raw, op)(features=features, name=name)

    function.__name__ = function.__qualname__ = op.lower()
    function.__doc__ = f"""{summary}

    Args:
      features: float16, float32 or float64 [...].
      name: Name of the node; default `{op}`.

    Returns:
      A tensor of the shape and dtype of `features`.
    """
    return function


relu = _activation("Relu", "Compute max(x, 0).")
relu6 = _activation("Relu6", "Compute min(max(x, 0), 6).")
elu = _activation("Elu", "Compute exp(x) - 1 where negative, else x.")
selu = _activation("Selu", "Compute scale * elu(x, alpha) with the constants of self-normalizing networks.")
softplus = _activation("Softplus", "Compute log(exp(x) + 1).")
softsign = _activation("Softsign", "Compute x / (abs(x) + 1).")


def leaky_relu(features, alpha=0.2, name=None):
    """Compute x where positive, else alpha * x.

    Args:
      features: float or integer [...]; integers become float32.
      alpha: Python float, the slope below zero.
      name: Scope and name of the node; default `LeakyRelu`.
    """
    with name_scope(name, "LeakyRelu", [features, alpha]) as name:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = cast(features, dtypes.float32)
        return raw.LeakyRelu(features=features, alpha=float(alpha), name=name)


def crelu(features, name=None, axis=-1):
    """Concatenate relu(x) and relu(-x) along an axis."""
    with name_scope(name, "CRelu", [features]) as name:
        features = convert_to_tensor(features, name="features")
        both = concat([features, -features], axis, name=name)
        return raw.Relu(features=both)


def swish(features, beta=1.0):
    """Compute x * sigmoid(beta * x); the gradient recomputes the sigmoid and keeps no copy of it."""
    features = convert_to_tensor(features, name="features")
    beta = cast(convert_to_tensor(beta, name="beta"), features.dtype)

    @custom_gradient
    def scaled(x, beta):
        def grad(dy):
            with control_dependencies([dy]):
                gate = sigmoid(beta * x)
            slope = gate * (1.0 + beta * x * (1.0 - gate))
            return dy * slope, reduce_sum(dy * square(x) * gate * (1.0 - gate))

        return x * sigmoid(beta * x), grad

    return scaled(features, beta)


def softmax(logits, axis=None, name=None, dim=None):
    """Compute exp(x) / sum(exp(x)) along an axis, without overflow.

    Args:
      logits: float [...].
      axis: Integer; default the last.
      name: Name of the node; default `Softmax`.
      dim: Older name of `axis`.

    Raises:
      InvalidArgumentError: The axis is out of range.
    """
    return _along(raw.Softmax, logits, argument("axis", axis, "dim", dim), name)


def log_softmax(logits, axis=None, name=None, dim=None):
    """Compute x - log(sum(exp(x))) along an axis, without overflow; arguments as `softmax`."""
    return _along(raw.LogSoftmax, logits, argument("axis", axis, "dim", dim), name)


def _along(make, logits, axis, name):
    """Apply an op of the last axis along another one, between two transposes."""
    axis = -1 if axis is None else axis
    logits = convert_to_tensor(logits)
    shape = logits.shape
    if not isinstance(axis, Tensor) and (axis == -1 or axis == (shape.ndims or 0) - 1 and shape.ndims):
        return make(logits=logits, name=name)
    known = constant_value(axis) if isinstance(axis, Tensor) else axis
    if known is not None and not -shape.ndims <= known < shape.ndims:
        raise InvalidArgumentError(
            None,
            None,
            f"`dim` must be in the range [{-shape.ndims}, {shape.ndims}) where "
            f"{shape.ndims} is the number of dimensions in the input. Received: dim={known}",
        )
    count = rank(logits)
    if isinstance(axis, Tensor):
        axis = where(raw.Less(x=axis, y=0), axis + count, axis)
    elif axis < 0:
        axis = axis + count
    last = rank(logits)
    axis = axis % shape.ndims
    moved = _swapped(logits, axis, subtract(last, 1))
    result = _swapped(make(logits=moved), axis, subtract(last, 1), name=name)
    result.set_shape(shape)
    return result


def _swapped(tensor, axis, last, name="transpose"):
    order = concat([range(axis), [last], range(axis + 1, last), [axis]], 0)
    return transpose(tensor, order, name=name)


def bias_add(value, bias, data_format=None, name=None):
    """Add a vector to the channels of a tensor.

    Args:
      value: numeric [..., channels].
      bias: dtype of `value` [channels].
      data_format: "N...C" (channels last, the default) or "NC..." (channels second).
      name: Scope and name of the node; default `BiasAdd`.

    Raises:
      ValueError: The format is another one, or the sizes differ.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as name:
        if data_format is not None:
            if data_format.startswith("NC"):
                data_format = "NCHW"
            elif data_format.startswith("N") and data_format.endswith("C"):
                data_format = "NHWC"
            else:
                raise ValueError(f"`data_format` must be of the form `N...C` or `NC...`. Received: data_format={data_format}")
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return raw.BiasAdd(value=value, bias=bias, data_format=data_format or "NHWC", name=name)


def xw_plus_b(x, weights, biases, name=None):
    """Compute matmul(x, weights) + biases.

    Args:
      x: float [batch, in].
      weights: dtype of `x` [in, out].
      biases: dtype of `x` [out].
      name: Scope and name of the nodes; default `xw_plus_b`.
    """
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as name:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(matmul(x, weights), biases, name=name)


def relu_layer(x, weights, biases, name=None):
    """Compute relu(matmul(x, weights) + biases); arguments as `xw_plus_b`."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as name:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return relu(bias_add(matmul(x, weights), biases), name=name)


def l2_loss(t, name=None):
    """Compute half the sum of squares, a scalar.

    Args:
      t: float [...].
      name: Name of the node; default `L2Loss`.
    """
    return raw.L2Loss(t=t, name=name)


def zero_fraction(value, name=None):
    """Compute the share of elements that are zero, a float32 scalar.

    Args:
      value: numeric [...].
      name: Scope of the nodes; default `zero_fraction`.
    """
    from graphpb.graph.control import cond
    from graphpb.ops.fill import zeros
    from graphpb.ops.shape import size

    def nonzero(dtype):
        with name_scope("count_nonzero", values=[value]):
            return reduce_sum(cast(raw.NotEqual(x=value, y=zeros([], dtype=value.dtype)), dtype=dtype), name="nonzero_count")

    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        count = size(value, out_type=dtypes.int64)
        nonzeros = cond(
            count <= dtypes.int32.max,
            true_fn=lambda: cast(nonzero(dtypes.int32), dtype=dtypes.int64),
            false_fn=lambda: nonzero(dtypes.int64),
        )
        with name_scope("counts_to_fraction"):
            zeros_seen = cast(count - nonzeros, dtype=dtypes.float32)
            fraction = zeros_seen / cast(count, dtype=dtypes.float32)
        return raw.Identity(input=fraction, name="fraction")
