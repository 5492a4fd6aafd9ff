"""Convolutions and pools of tf.contrib.layers."""

from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.contrib.framework.variables import model_variable
from graphpb.contrib.layers.building import (
    channels_format,
    checked_format,
    collect_output,
    collect_variable,
    collections_of,
    finish,
    model_variables,
    pair,
)
from graphpb.contrib.layers.initializers import xavier_initializer
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.initializers import Zeros
from graphpb.layers import conv as layers
from graphpb.layers import pool as pools
from graphpb.nn.activations import bias_add, relu
from graphpb.nn.conv import depthwise_conv2d
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
    renamed = model_variables({"bias": "biases", "kernel": "weights"})
    with variable_scope(scope, "Conv", [inputs], reuse=reuse, custom_getter=renamed) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if conv_dims is not None and conv_dims + 2 != rank:
            raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
        kinds = {3: layers.Conv1D, 4: layers.Conv2D, 5: layers.Conv3D}
        if rank not in kinds:
            raise ValueError("Convolution not supported for input with rank", rank)
        layer = kinds[rank](
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format=channels_format(data_format),
            dilation_rate=rate,
            activation=None,
            use_bias=not normalizer_fn and biases_initializer is not None,
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=sc.name,
            dtype=inputs.dtype.base_dtype,
            _scope=sc,
            _reuse=reuse,
        )
        outputs = layer(inputs)
        collect_variable(layer.kernel, variables_collections, "weights")
        if layer.use_bias:
            collect_variable(layer.bias, variables_collections, "biases")
        return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)


def _of_rank(count):
    def function(inputs, num_outputs, kernel_size, *args, **kwargs):
        return convolution(inputs, num_outputs, kernel_size, *args, conv_dims=count, **kwargs)

    function.__name__ = function.__qualname__ = f"convolution{count}d"
    function.__doc__ = f"Apply `convolution` to inputs with {count} spatial axes."
    return add_arg_scope(function)


conv1d = convolution1d = _of_rank(1)
conv2d = convolution2d = _of_rank(2)
conv3d = convolution3d = _of_rank(3)


def _transposed(layer_class, scope_name):
    def function(
        inputs,
        num_outputs,
        kernel_size,
        stride=1,
        padding="SAME",
        data_format=None,
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
        renamed = model_variables({"bias": "biases", "kernel": "weights"})
        with variable_scope(scope, scope_name, [inputs], reuse=reuse, custom_getter=renamed) as sc:
            inputs = convert_to_tensor(inputs)
            layer = layer_class(
                filters=num_outputs,
                kernel_size=kernel_size,
                strides=stride,
                padding=padding,
                data_format=channels_format(data_format),
                activation=None,
                use_bias=not normalizer_fn and biases_initializer is not None,
                kernel_initializer=weights_initializer,
                bias_initializer=biases_initializer,
                kernel_regularizer=weights_regularizer,
                bias_regularizer=biases_regularizer,
                trainable=trainable,
                name=sc.name,
                dtype=inputs.dtype.base_dtype,
                _scope=sc,
                _reuse=reuse,
            )
            outputs = layer(inputs)
            collect_variable(layer.kernel, variables_collections, "weights")
            if layer.bias is not None:
                collect_variable(layer.bias, variables_collections, "biases")
            return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)

    function.__name__ = function.__qualname__ = scope_name.replace("Conv", "convolution")
    function.__doc__ = "Apply the transpose of a convolution, then normalizer and activation; arguments as `convolution`."
    return add_arg_scope(function)


conv2d_transpose = convolution2d_transpose = _transposed(layers.Conv2DTranspose, "Conv2d_transpose")
conv3d_transpose = convolution3d_transpose = _transposed(layers.Conv3DTranspose, "Conv3d_transpose")


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
    renamed = model_variables({"bias": "biases", "depthwise_kernel": "depthwise_weights", "pointwise_kernel": "pointwise_weights"})
    with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=renamed) as sc:
        inputs = convert_to_tensor(inputs)
        if num_outputs is not None:
            layer = layers.SeparableConv2D(
                filters=num_outputs,
                kernel_size=kernel_size,
                strides=stride,
                padding=padding,
                data_format=channels_format(data_format),
                dilation_rate=pair(rate),
                activation=None,
                depth_multiplier=depth_multiplier,
                use_bias=not normalizer_fn and biases_initializer is not None,
                depthwise_initializer=weights_initializer,
                pointwise_initializer=weights_initializer if pointwise_initializer is None else pointwise_initializer,
                bias_initializer=biases_initializer,
                depthwise_regularizer=weights_regularizer,
                pointwise_regularizer=weights_regularizer,
                bias_regularizer=biases_regularizer,
                trainable=trainable,
                name=sc.name,
                dtype=inputs.dtype.base_dtype,
                _scope=sc,
                _reuse=reuse,
            )
            outputs = layer(inputs)
            collect_variable(layer.depthwise_kernel, variables_collections, "weights")
            collect_variable(layer.pointwise_kernel, variables_collections, "weights")
            if layer.bias is not None:
                collect_variable(layer.bias, variables_collections, "biases")
            return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)
        first = data_format == "NCHW"
        dtype = inputs.dtype.base_dtype
        channels = inputs.shape[1 if first else 3].value
        weights = model_variable(
            "depthwise_weights",
            shape=[*pair(kernel_size), channels, depth_multiplier],
            dtype=dtype,
            initializer=weights_initializer,
            regularizer=weights_regularizer,
            trainable=trainable,
            collections=collections_of(variables_collections, "weights"),
        )
        strides = [1, 1, *pair(stride)] if first else [1, *pair(stride), 1]
        outputs = depthwise_conv2d(inputs, weights, strides, padding, rate=pair(rate), data_format=data_format)
        if normalizer_fn is None and biases_initializer is not None:
            biases = model_variable(
                "biases",
                shape=[depth_multiplier * channels],
                dtype=dtype,
                initializer=biases_initializer,
                regularizer=biases_regularizer,
                trainable=trainable,
                collections=collections_of(variables_collections, "biases"),
            )
            outputs = bias_add(outputs, biases, data_format=data_format)
        return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)


separable_conv2d = separable_convolution2d


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


max_pool2d = _pool(pools.MaxPooling2D, "MaxPool2D", ("NHWC", "NCHW"), "NHWC")
avg_pool2d = _pool(pools.AveragePooling2D, "AvgPool2D", ("NHWC", "NCHW"), "NHWC")
max_pool3d = _pool(pools.MaxPooling3D, "MaxPool3D", ("NDHWC", "NCDHW"), "NDHWC")
avg_pool3d = _pool(pools.AveragePooling3D, "AvgPool3D", ("NDHWC", "NCDHW"), "NDHWC")
