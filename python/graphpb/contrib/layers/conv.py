"""Convolutions and pools of tf.contrib.layers."""

import inspect

from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.contrib.framework.variables import model_variable
from graphpb.contrib.layers.building import (
    add_biases,
    apply_layer,
    channels_format,
    checked_format,
    collect_output,
    collections_of,
    finish,
    last_size,
    model_variables,
    pair,
)
from graphpb.contrib.layers.initializers import xavier_initializer
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.initializers import Zeros
from graphpb.layers import conv as layers
from graphpb.layers import pool as pools
from graphpb.nn.activations import relu
from graphpb.nn.conv import depthwise_conv2d
from graphpb.nn.pool import pool as pool_windows
from graphpb.ops.array import tile
from graphpb.variables.scope import variable_scope


@add_arg_scope
def convolution(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format=None,
    rate=1,
    activation_fn=relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    weights_regularizer=None,
    biases_initializer=Zeros(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
    conv_dims=None,
):
    """Apply activation(normalizer(convolution(inputs, weights) + biases)); no biases with a normalizer.

    Args:
      inputs: float [batch, one to three spatial axes, channels].
      num_outputs: Integer.
      kernel_size: Integer, or one for each spatial axis.
      stride: Integer, or one for each spatial axis.
      padding: "SAME" or "VALID".
      data_format: "N...C" (the default) or "NC...".
      rate: Dilation, an integer or one for each spatial axis.
      activation_fn: Function, by default relu, or None.
      normalizer_fn: Function such as `batch_norm`, instead of biases.
      normalizer_params: Its keyword arguments.
      weights_initializer: Initializer of the weights [window..., in, num_outputs].
      weights_regularizer: Function from the weights to a loss.
      biases_initializer: Initializer of the biases; None leaves them out.
      biases_regularizer: Function from the biases to a loss.
      reuse: Whether the variables of the scope are shared.
      variables_collections: Collections of all variables, or {"weights": …, "biases": …}.
      outputs_collections: Collections of the output.
      trainable: Whether the variables are trained.
      scope: Variable scope; default `Conv`.
      conv_dims: Number of spatial axes that is expected.

    Raises:
      ValueError: The format is unknown, or the rank does not fit.
    """
    if data_format not in (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise ValueError(f"Invalid data_format: {data_format!r}")

    def make(inputs, **shared):
        rank = inputs.shape.ndims
        if conv_dims is not None and conv_dims + 2 != rank:
            raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
        kinds = {3: layers.Conv1D, 4: layers.Conv2D, 5: layers.Conv3D}
        if rank not in kinds:
            raise ValueError("Convolution not supported for input with rank", rank)
        return kinds[rank](
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format=channels_format(data_format),
            dilation_rate=rate,
            kernel_initializer=weights_initializer,
            kernel_regularizer=weights_regularizer,
            **shared,
        )

    return apply_layer(
        make, inputs, "Conv", {"kernel": "weights"}, activation_fn, normalizer_fn, normalizer_params, biases_initializer, biases_regularizer,
        reuse, variables_collections, outputs_collections, trainable, scope,
    )  # fmt: skip


def _of_rank(count):
    convolve = inspect.unwrap(convolution)
    parameters = list(inspect.signature(convolve).parameters.values())[:-1]

    def function(*args, **kwargs):
        return convolve(*args, conv_dims=count, **kwargs)

    function.__name__ = function.__qualname__ = f"convolution{count}d"
    function.__signature__ = inspect.Signature(parameters)
    function.__doc__ = f"Apply `convolution` to inputs with {count} spatial axes."
    return add_arg_scope(function)


conv1d = convolution1d = _of_rank(1)
conv2d = convolution2d = _of_rank(2)
conv3d = convolution3d = _of_rank(3)


def _transposed(layer_class, scope_name, formats):
    def function(
        inputs,
        num_outputs,
        kernel_size,
        stride=1,
        padding="SAME",
        data_format=formats[1],
        activation_fn=relu,
        normalizer_fn=None,
        normalizer_params=None,
        weights_initializer=xavier_initializer(),
        weights_regularizer=None,
        biases_initializer=Zeros(),
        biases_regularizer=None,
        reuse=None,
        variables_collections=None,
        outputs_collections=None,
        trainable=True,
        scope=None,
    ):
        checked_format(data_format, formats)

        def make(inputs, **shared):
            return layer_class(
                filters=num_outputs,
                kernel_size=kernel_size,
                strides=stride,
                padding=padding,
                data_format=channels_format(data_format),
                kernel_initializer=weights_initializer,
                kernel_regularizer=weights_regularizer,
                **shared,
            )

        return apply_layer(
            make, inputs, scope_name, {"kernel": "weights"}, activation_fn, normalizer_fn, normalizer_params, biases_initializer,
            biases_regularizer, reuse, variables_collections, outputs_collections, trainable, scope,
        )  # fmt: skip

    function.__name__ = function.__qualname__ = scope_name.replace("Conv", "convolution")
    function.__doc__ = "Apply the transpose of a convolution, then normalizer and activation; arguments as `convolution`."
    return add_arg_scope(function)


conv2d_transpose = convolution2d_transpose = _transposed(layers.Conv2DTranspose, "Conv2d_transpose", ("NCHW", "NHWC"))
conv3d_transpose = convolution3d_transpose = _transposed(layers.Conv3DTranspose, "Conv3d_transpose", ("NCDHW", "NDHWC"))


@add_arg_scope
def separable_convolution2d(
    inputs,
    num_outputs,
    kernel_size,
    depth_multiplier=1,
    stride=1,
    padding="SAME",
    data_format="NHWC",
    rate=1,
    activation_fn=relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    pointwise_initializer=None,
    weights_regularizer=None,
    biases_initializer=Zeros(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
    """Convolve each channel by itself, then mix channels into `num_outputs`; without the mix when that is None.

    Args as `convolution`, and:
      depth_multiplier: Filters for each input channel.
      pointwise_initializer: Initializer of the mixing weights; default `weights_initializer`.
    """
    checked_format(data_format)
    if num_outputs is not None:

        def make(inputs, **shared):
            return layers.SeparableConv2D(
                filters=num_outputs,
                kernel_size=kernel_size,
                strides=stride,
                padding=padding,
                data_format=channels_format(data_format),
                dilation_rate=pair(rate),
                depth_multiplier=depth_multiplier,
                depthwise_initializer=weights_initializer,
                pointwise_initializer=weights_initializer if pointwise_initializer is None else pointwise_initializer,
                depthwise_regularizer=weights_regularizer,
                pointwise_regularizer=weights_regularizer,
                **shared,
            )

        kernels = {"depthwise_kernel": "depthwise_weights", "pointwise_kernel": "pointwise_weights"}
        return apply_layer(
            make, inputs, "SeparableConv2d", kernels, activation_fn, normalizer_fn, normalizer_params, biases_initializer, biases_regularizer,
            reuse, variables_collections, outputs_collections, trainable, scope,
        )  # fmt: skip
    with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=model_variables()) as sc:
        inputs = convert_to_tensor(inputs)
        first = data_format == "NCHW"
        channels = inputs.shape[1 if first else 3].value
        weights = model_variable(
            "depthwise_weights",
            shape=[*pair(kernel_size), channels, depth_multiplier],
            dtype=inputs.dtype.base_dtype,
            initializer=weights_initializer,
            regularizer=weights_regularizer,
            trainable=trainable,
            collections=collections_of(variables_collections, "weights"),
        )
        strides = [1, 1, *pair(stride)] if first else [1, *pair(stride), 1]
        outputs = depthwise_conv2d(inputs, weights, strides, padding, rate=pair(rate), data_format=data_format)
        if normalizer_fn is None:
            outputs = add_biases(
                outputs, depth_multiplier * channels, biases_initializer, biases_regularizer, variables_collections, trainable, data_format
            )
        return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)


separable_conv2d = separable_convolution2d


@add_arg_scope
def convolution2d_in_plane(
    inputs,
    kernel_size,
    stride=1,
    padding="SAME",
    activation_fn=relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    weights_regularizer=None,
    biases_initializer=Zeros(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
    """Convolve each channel by itself with one window for all; arguments as `convolution`, scope `ConvInPlane`."""
    with variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        channels = last_size(inputs.shape, 4)
        weights = model_variable(
            "weights",
            shape=[*pair(kernel_size), 1, 1],
            dtype=inputs.dtype.base_dtype,
            initializer=weights_initializer,
            regularizer=weights_regularizer,
            collections=collections_of(variables_collections, "weights"),
            trainable=trainable,
        )
        outputs = depthwise_conv2d(inputs, tile(weights, [1, 1, channels, 1]), [1, *pair(stride), 1], padding)
        if normalizer_fn is None:
            outputs = add_biases(outputs, channels, biases_initializer, biases_regularizer, variables_collections, trainable)
        return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)


conv2d_in_plane = convolution2d_in_plane


@add_arg_scope
def pool(inputs, kernel_size, pooling_type, padding="VALID", data_format=None, dilation_rate=1, stride=1, outputs_collections=None, scope=None):
    """Pool windows over one to three spatial axes; see `tf.nn.pool`.

    Args:
      inputs: float [batch, spatial axes..., channels].
      kernel_size: Integer, or one for each spatial axis.
      pooling_type: "MAX" or "AVG".
      padding: "VALID" or "SAME".
      data_format: "N...C" (the default) or "NC...".
      dilation_rate: Integer, or one for each spatial axis.
      stride: Integer, or one for each spatial axis; not with a dilation.
      outputs_collections: Collections of the output.
      scope: Op scope; default `max_pool` or `avg_pool`.

    Raises:
      ValueError: The rank is unknown or below 3, or an argument is none of these.
    """
    with name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError("Rank of inputs must be known")
        if rank < 3:
            raise ValueError("Rank of inputs must be >= 3")
        window, rates, strides = (
            layers.per_axis(value, rank - 2, name)
            for value, name in ((kernel_size, "kernel_size"), (dilation_rate, "dilation_rate"), (stride, "stride"))
        )
        outputs = pool_windows(inputs, window, pooling_type, padding, data_format=data_format, dilation_rate=rates, strides=strides, name=sc)
        return collect_output(outputs_collections, sc, outputs)


def _pool(layer_class, scope_name, formats, default_format):
    def function(inputs, kernel_size, stride=2, padding="VALID", data_format=default_format, outputs_collections=None, scope=None):
        checked_format(data_format, formats)
        with name_scope(scope, scope_name, [inputs]) as sc:
            inputs = convert_to_tensor(inputs)
            layer = layer_class(pool_size=kernel_size, strides=stride, padding=padding, data_format=channels_format(data_format), _scope=sc)
            return collect_output(outputs_collections, sc, layer(inputs))

    function.__name__ = function.__qualname__ = scope_name.lower().replace("pool", "_pool")
    function.__doc__ = f"""Pool windows; see `tf.layers.{layer_class.__name__}`.

    Args:
      inputs: float [batch, spatial axes..., channels].
      kernel_size: Integer, or one for each spatial axis.
      stride: Integer, or one for each spatial axis.
      padding: "VALID" or "SAME".
      data_format: One of {formats}.
      outputs_collections: Collections of the output.
      scope: Op scope; default `{scope_name}`.
    """
    return add_arg_scope(function)


max_pool2d = _pool(pools.MaxPooling2D, "MaxPool2D", ("NCHW", "NHWC"), "NHWC")
avg_pool2d = _pool(pools.AveragePooling2D, "AvgPool2D", ("NCHW", "NHWC"), "NHWC")
max_pool3d = _pool(pools.MaxPooling3D, "MaxPool3D", ("NCDHW", "NDHWC"), "NDHWC")
avg_pool3d = _pool(pools.AveragePooling3D, "AvgPool3D", ("NCDHW", "NDHWC"), "NDHWC")
