"""Normalization layers of tf.contrib.layers over parts of each example: layer, instance and group."""

from graphpb import dtypes
from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.contrib.framework.variables import model_variable
from graphpb.contrib.layers.building import checked_format, collect_output, collections_of
from graphpb.graph.convert import convert_to_tensor
from graphpb.initializers import Ones, Zeros
from graphpb.nn import norm as nn
from graphpb.ops.array import reshape
from graphpb.ops.shape import shape
from graphpb.ops.unary import rsqrt
from graphpb.variables.scope import variable_scope


@add_arg_scope
def layer_norm(
    inputs,
    center=True,
    scale=True,
    activation_fn=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    begin_norm_axis=1,
    begin_params_axis=-1,
    scope=None,
):
    """Normalize each example by mean and variance over its own elements (arxiv 1607.06450).

    Args:
      inputs: float [batch, ...].
      center: Add beta.
      scale: Multiply by gamma.
      activation_fn: Function, or None.
      reuse: Whether the variables of the scope are shared.
      variables_collections: Collections of all variables, or {"beta": …, "gamma": …}.
      outputs_collections: Collections of the output.
      trainable: Whether beta and gamma are trained.
      begin_norm_axis: First axis of those that mean and variance are taken over.
      begin_params_axis: First axis of the shape of beta and gamma.
      scope: Variable scope; default `LayerNorm`.

    Raises:
      ValueError: The rank is unknown, an axis is out of range, or the shape of beta and gamma is not known.
    """
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        dtype = inputs.dtype.base_dtype
        if begin_norm_axis < 0:
            begin_norm_axis += rank
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) must be < rank(inputs) ({rank})")
        param_shape = inputs.shape[begin_params_axis:]
        if not param_shape.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: {inputs.shape}")

        def weight(name, initializer):
            return model_variable(
                name,
                shape=param_shape,
                dtype=dtype,
                initializer=initializer,
                collections=collections_of(variables_collections, name),
                trainable=trainable,
            )

        beta = weight("beta", Zeros()) if center else None
        gamma = weight("gamma", Ones()) if scale else None
        mean, variance = nn.moments(inputs, list(range(begin_norm_axis, rank)), keep_dims=True)
        outputs = nn.batch_normalization(inputs, mean, variance, beta, gamma, 1e-3 if dtype == dtypes.float16 else 1e-12)
        outputs.set_shape(inputs.shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_output(outputs_collections, sc.name, outputs)


@add_arg_scope
def instance_norm(
    inputs,
    center=True,
    scale=True,
    epsilon=1e-6,
    activation_fn=None,
    param_initializers=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    data_format="NHWC",
    scope=None,
):
    """Normalize each channel of each image by its own mean and variance (arxiv 1607.08022)."""
    checked_format(data_format)
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        axis = 1 if data_format == "NCHW" else rank - 1
        channels = inputs.shape[axis].value
        if channels is None:
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {inputs.shape[axis]}.")
        initializers = {"beta": Zeros(), "gamma": Ones(), **(param_initializers or {})}
        spread = [1] * rank
        spread[axis] = channels

        def weight(name):
            variable = model_variable(
                name,
                shape=[channels],
                dtype=inputs.dtype.base_dtype,
                initializer=initializers[name],
                collections=collections_of(variables_collections, name),
                trainable=trainable,
            )
            return reshape(variable, spread) if data_format == "NCHW" else variable

        beta = weight("beta") if center else None
        gamma = weight("gamma") if scale else None
        mean, variance = nn.moments(inputs, [i for i in range(1, rank) if i != axis], keep_dims=True)
        outputs = nn.batch_normalization(inputs, mean, variance, beta, gamma, epsilon, name="instancenorm")
        outputs.set_shape(inputs.shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_output(outputs_collections, sc.name, outputs)


@add_arg_scope
def group_norm(
    inputs,
    groups=32,
    channels_axis=-1,
    reduction_axes=(-3, -2),
    center=True,
    scale=True,
    epsilon=1e-6,
    activation_fn=None,
    param_initializers=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
    mean_close_to_zero=False,
):
    """Normalize groups of channels of each example by their own mean and variance (arxiv 1803.08494).

    Args:
      inputs: float tensor.
      groups: Number of groups, a divisor of the number of channels.
      channels_axis: Axis of the channels.
      reduction_axes: The other axes that mean and variance are taken over.
      center: Add beta.
      scale: Multiply by gamma.
      epsilon: Added to the variance.
      activation_fn: Function, or None.
      param_initializers: {"beta", "gamma": initializer}.
      reuse: Whether the variables of the scope are shared.
      variables_collections: Collections of all variables, or {"beta": …, "gamma": …}.
      outputs_collections: Collections of the output.
      trainable: Whether beta and gamma are trained.
      scope: Variable scope; default `GroupNorm`.
      mean_close_to_zero: Compute the variance from sums of squares in one pass.

    Raises:
      ValueError: The rank or a size of the axes is unknown, an axis is out of range or named twice, or the groups do not fit.
    """
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if channels_axis > rank - 1:
        raise ValueError("Axis is out of bounds.")
    dynamic = shape(inputs)
    sizes = [dynamic[i] if size is None else size for i, size in enumerate(inputs.shape.as_list())]
    channels_axis = channels_axis + rank if channels_axis < 0 else channels_axis
    channels = inputs.shape[channels_axis].value
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channel dimension: {channels_axis}.")
    axes = [axis + rank if axis < 0 else axis for axis in reduction_axes]
    for axis in axes:
        if axis >= rank:
            raise ValueError("Axis is out of bounds.")
        if inputs.shape[axis].value is None:
            raise ValueError(f"Inputs {inputs.name} has undefined dimensions {axis}.")
        if axis == channels_axis:
            raise ValueError("reduction_axis must be mutually exclusive with channels_axis")
    if groups > channels:
        raise ValueError(f"Invalid groups {groups} for {channels} channels.")
    if channels % groups:
        raise ValueError(f"{channels} channels is not commensurate with {groups} groups.")
    split = [groups, channels // groups]
    spread = [1] * channels_axis + split + [1] * (rank - channels_axis - 1)
    inputs = reshape(inputs, sizes[:channels_axis] + split + sizes[channels_axis + 1 :])
    reduced = [channels_axis + 1, *(axis + 1 if axis > channels_axis else axis for axis in axes)]
    initializers = {"beta": Zeros(), "gamma": Ones(), **(param_initializers or {})}
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as sc:

        def weight(name):
            variable = model_variable(
                name,
                shape=[channels],
                dtype=inputs.dtype.base_dtype,
                initializer=initializers[name],
                collections=collections_of(variables_collections, name),
                trainable=trainable,
            )
            return reshape(variable, spread)

        beta = weight("beta") if center else None
        gamma = weight("gamma") if scale else None
        if mean_close_to_zero:
            count, total, squares, _ = nn.sufficient_statistics(inputs, reduced, keep_dims=True)
            mean, variance = nn.normalize_moments(count, total, squares, shift=None)
        else:
            mean, variance = nn.moments(inputs, reduced, keep_dims=True)
        gain = rsqrt(variance + epsilon)
        offset = -mean * gain
        if gamma is not None:
            gain, offset = gain * gamma, offset * gamma
        if beta is not None:
            offset += beta
        outputs = reshape(inputs * gain + offset, sizes)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_output(outputs_collections, sc.name, outputs)
