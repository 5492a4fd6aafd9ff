"""Convolutions of tf.nn: one to three dimensions, dilated, depthwise, separable and transposed."""

import numpy as np

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import convert_to_tensor, is_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, required_space_to_batch_paddings, squeeze, stack
from graphpb.ops.shape import shape
from graphpb.shapes import as_shape
from graphpb.variables.variable import Variable


def per_axis(value, count, channels_first, name):
    """Return a stride, window or dilation for every axis of an input with `count` spatial axes.

    Args:
      value: Integer, or list of 1, `count` or `count` + 2 integers; None means ones.
      count: Number of spatial axes.
      channels_first: Whether the channel axis is the second one.
      name: Name of the argument in the message.

    Raises:
      ValueError: The list has another length.
    """
    if value is None:
        return [1] * (count + 2)
    value = list(value) if hasattr(value, "__len__") else [value]
    if len(value) == count + 2:
        return value
    if len(value) not in (1, count):
        raise ValueError(f"{name} should be of length 1, {count} or {count + 2}. Received: {name}={value} of length {len(value)}")
    value = value * count if len(value) == 1 else value
    return [1, 1, *value] if channels_first else [1, *value, 1]


def split_padding(padding, length=4):
    """Return (padding, explicit_paddings): "EXPLICIT" and the flat numbers for a list of [before, after] pairs.

    Raises:
      ValueError: The padding is "EXPLICIT", or the list has another form.
    """
    if padding == "EXPLICIT":
        raise ValueError("'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` must be a list.")
    if not isinstance(padding, (list, tuple)):
        return padding, []
    if any(not isinstance(pair, (list, tuple)) or len(pair) != 2 for pair in padding):
        raise ValueError(f"When `padding` is a list, each element of `padding` must be a list/tuple of size 2. Received: padding={padding}")
    if len(padding) != length:
        raise ValueError(f"When padding is a list, it must be of size {length}. Received: padding={padding} of size {len(padding)}")
    return "EXPLICIT", [number for pair in padding for number in pair]


def _channels_first(data_format):
    return data_format is not None and data_format.startswith("NC")


def conv2d(
    input, filter=None, strides=None, padding=None, use_cudnn_on_gpu=True, data_format="NHWC", dilations=(1, 1, 1, 1), name=None, filters=None
):
    """Convolve images with filters (correlation: the filter is not flipped).

    Args:
      input: float [batch, height, width, in].
      filter: dtype of `input` [h, w, in, out].
      strides: Integer, 2 or 4 integers.
      padding: "SAME" (output size ceil(size / stride)), "VALID", or 4 [before, after] pairs.
      use_cudnn_on_gpu: Attr of the node.
      data_format: "NHWC" or "NCHW".
      dilations: Integer, 2 or 4 integers.
      name: Name of the node; default `Conv2D`.
      filters: Other name of `filter`.

    Returns:
      A tensor [batch, out_height, out_width, out].

    Raises:
      ValueError: Sizes do not fit.
    """
    filter = argument("filters", filters, "filter", filter)
    padding, explicit = split_padding(padding)
    data_format = data_format or "NHWC"
    first = _channels_first(data_format)
    return raw.Conv2D(
        input=input,
        filter=filter,
        strides=per_axis(strides, 2, first, "strides"),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=per_axis(dilations, 2, first, "dilations"),
        name=name,
    )


def conv1d(value=None, filters=None, stride=None, padding=None, use_cudnn_on_gpu=None, data_format=None, name=None, input=None, dilations=None):
    """Convolve sequences with filters, as a `Conv2D` of height 1.

    Args:
      value: float [batch, width, in].
      filters: dtype of `value` [w, in, out].
      stride: Integer.
      padding: "SAME" or "VALID".
      use_cudnn_on_gpu: Attr of the node.
      data_format: "NWC" (the default) or "NCW".
      name: Scope and name of the nodes; default `conv1d`.
      input: Other name of `value`.
      dilations: Integer.

    Raises:
      ValueError: Another format, or sizes do not fit.
    """
    value = argument("input", input, "value", value)
    with name_scope(name, "conv1d", [value, filters]) as name:
        if data_format in (None, "NHWC", "NWC"):
            data_format, axis = "NHWC", -3
        elif data_format in ("NCHW", "NCW"):
            data_format, axis = "NCHW", -2
        else:
            raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")
        first = data_format == "NCHW"
        strides = [1, *per_axis(stride, 1, first, "stride")]
        dilations = [1, *per_axis(dilations, 1, first, "dilations")]
        value = expand_dims(value, axis)
        filters = expand_dims(filters, 0)
        result = raw.Conv2D(
            input=value,
            filter=filters,
            strides=strides,
            padding=padding,
            use_cudnn_on_gpu=True if use_cudnn_on_gpu is None else use_cudnn_on_gpu,
            data_format=data_format,
            dilations=dilations,
            name=name,
        )
        return squeeze(result, [axis])


def conv3d(input, filter=None, strides=None, padding=None, data_format="NDHWC", dilations=(1, 1, 1, 1, 1), name=None, filters=None):
    """Convolve volumes with filters.

    Args:
      input: float [batch, depth, height, width, in].
      filter: dtype of `input` [d, h, w, in, out].
      strides: 5 integers.
      padding: "SAME" or "VALID".
      data_format: "NDHWC" or "NCDHW".
      dilations: 5 integers.
      name: Name of the node; default `Conv3D`.
      filters: Other name of `filter`.
    """
    filter = argument("filters", filters, "filter", filter)
    return raw.Conv3D(
        input=input, filter=filter, strides=list(strides), padding=padding, data_format=data_format, dilations=list(dilations), name=name
    )


def convolution(input, filter, padding, strides=None, dilation_rate=None, name=None, data_format=None, filters=None, dilations=None):
    """Convolve over one to three spatial axes; dilated forms move blocks to the batch axis and back.

    Args:
      input: float [batch, spatial..., in].
      filter: dtype of `input` [window..., in, out].
      padding: "SAME" or "VALID".
      strides: One integer for each spatial axis; default ones.
      dilation_rate: One integer for each spatial axis; default ones. Not with strides above one.
      name: Scope and name of the nodes; default `convolution`.
      data_format: "N...C" (the default) or "NC...".
      filters: Other name of `filter`.
      dilations: Other name of `dilation_rate`.

    Raises:
      ValueError: The ranks or sizes do not fit, or both strides and dilations are above one.
    """
    filter = argument("filters", filters, "filter", filter)
    rates = argument("dilations", dilations, "dilation_rate", dilation_rate)
    if not isinstance(filter, Variable) and not is_tensor(filter):
        with name_scope("convolution_internal", None, [filter, input]):
            filter = convert_to_tensor(filter, name="filters")
    if not is_tensor(input):
        with name_scope("convolution_internal", None, [filter, input]):
            input = convert_to_tensor(input, name="input")
    count = (filter.shape.ndims or input.shape.ndims or 2) - 2
    if count not in (1, 2, 3):
        raise ValueError(f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={count}.")
    first = _channels_first(data_format)
    rates = per_axis(rates, count, first, "dilations")
    strides = per_axis(strides, count, first, "strides")
    with name_scope(name, "convolution", [input, filter]) as name:
        if all(rate == 1 for rate in rates):
            return _convolved(input, filter, strides, padding, data_format, rates, name)
        spatial = slice(2, None) if first else slice(1, -1)
        _check_rates(strides[spatial], rates[spatial])
        channels = input.shape[1 if first else -1] if input.shape.ndims is not None else None
        if channels is not None and not (channels % filter.shape[count]).is_compatible_with(0):
            raise ValueError(
                f"The number of input channels is not divisible by the corresponding number of output filters. Received: "
                f"input.shape={input.shape} with {channels} channels and filters.shape={filter.shape} with {filter.shape[count]} output filters."
            )

        def plain(moved, padding):
            return _convolved(moved, filter, strides, padding, data_format, [1] * (count + 2), name)

        return dilated(input, rates[spatial], padding, plain, filter.shape, data_format)


def _check_rates(strides, rates):
    if any(stride < 1 for stride in strides):
        raise ValueError(f"all values of `strides` must be positive. Received: strides={strides}")
    if any(rate < 1 for rate in rates):
        raise ValueError(f"all values of `dilation_rate` must be positive. Received: dilation_rate={rates}")
    if any(stride > 1 for stride in strides) and any(rate > 1 for rate in rates):
        raise ValueError(
            f"`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides={strides} and dilation_rate={rates}"
        )


def _convolved(input, filter, strides, padding, data_format, dilations, name):
    count = len(strides) - 2
    if count == 1:
        return conv1d(input, filter, strides, padding=padding, data_format=data_format, dilations=dilations, name=name)
    if count == 3:
        return raw.Conv3D(
            input=input, filter=filter, strides=strides, padding=padding, data_format=data_format or "NDHWC", dilations=dilations, name=name
        )
    padding, explicit = split_padding(padding)
    return raw.Conv2D(
        input=input,
        filter=filter,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit,
        data_format=data_format or "NHWC",
        dilations=dilations,
        name=name,
    )


def dilated(input, rates, padding, plain, filter_shape, data_format=None):
    """Apply a window function with gaps: blocks go to the batch axis, the function is applied, and blocks come back.

    Args:
      input: Tensor [batch, spatial..., channels].
      rates: One integer for each spatial axis.
      padding: "SAME" or "VALID".
      plain: Function from (tensor, padding) to tensor that does the work without gaps.
      filter_shape: Shape of the window, with the spatial axes first.
      data_format: "N...C" or "NC...".

    Raises:
      ValueError: The rates are not positive, or the padding is another one.
    """
    input = convert_to_tensor(input, name="input")
    rate_tensor = convert_to_tensor(rates, dtypes.int32, name="dilation_rate")
    rates = np.asarray(rates, np.int32)
    count = len(rates)
    if np.any(rates < 1):
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={rates}")
    if np.all(rates == 1):
        return plain(input, padding)
    start = 2 if _channels_first(data_format) else 1
    padding, explicit = split_padding(padding, count + 2)
    if padding == "SAME":
        window = convert_to_tensor(filter_shape, name="filter_shape")
        known = constant_value(window)
        window = (window if known is None else known)[:count]
        extra = (window - 1) * rates
        before = extra // 2
        after = extra - before
        base = stack([[before[i], after[i]] for i in range(count)])
    elif padding == "VALID":
        base = np.zeros([count, 2], np.int32)
    elif padding == "EXPLICIT":
        base = np.array(explicit).reshape([count + 2, 2])[start : start + count]
    else:
        raise ValueError(f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}")
    sizes = None if input.shape.ndims is None else input.shape.as_list()[start : start + count]
    if sizes is None or None in sizes:
        whole = shape(input)
        sizes = stack([whole[i] for i in range(start, start + count)])
    paddings, crops = required_space_to_batch_paddings(input_shape=sizes, base_paddings=base, block_shape=rate_tensor)
    block, paddings, crops = [_with_leading(tensor, fill, start - 1) for tensor, fill in ((rate_tensor, 1), (paddings, 0), (crops, 0))]
    moved = raw.SpaceToBatchND(input=input, block_shape=block, paddings=paddings)
    return raw.BatchToSpaceND(input=plain(moved, "VALID"), block_shape=block, crops=crops)


def _with_leading(tensor, fill, count):
    """A block shape or its paddings, continued to the axes before the spatial ones."""
    known = constant_value(tensor)
    length, *rest = tensor.shape.as_list()
    lead = [np.full([count, *rest], fill, dtype=np.int32)] if count else []
    if known is None:
        return concat([*lead, tensor[0:length]], 0)
    return np.concatenate([*lead, known])


def atrous_conv2d(value, filters, rate, padding, name=None):
    """Convolve images with a filter whose taps are `rate` apart; arguments as `convolution`."""
    return convolution(input=value, filter=filters, padding=padding, dilation_rate=np.broadcast_to(rate, (2,)), name=name)


def _transposed(scope, op, count, default_format, value, filter, output_shape, strides, padding, data_format, dilations, name):
    with name_scope(name, scope, [value, filter, output_shape]) as name:
        data_format = data_format or default_format
        first = _channels_first(data_format)
        padding, explicit = split_padding(padding) if count == 2 else (padding, [])
        return op(
            input_sizes=output_shape,
            filter=filter,
            out_backprop=value,
            strides=per_axis(strides, count, first, "strides"),
            padding=padding,
            **({"explicit_paddings": explicit} if count == 2 else {}),
            data_format=data_format,
            dilations=per_axis(dilations, count, first, "dilations"),
            name=name,
        )


def conv2d_transpose(
    value=None, filter=None, output_shape=None, strides=None, padding="SAME", data_format="NHWC", name=None, input=None, filters=None, dilations=None
):
    """Apply the transpose of a convolution (its gradient with respect to the input).

    Args:
      value: float [batch, height, width, in].
      filter: dtype of `value` [h, w, out, in].
      output_shape: int32 [4].
      strides: Integer, 2 or 4 integers.
      padding: "SAME" or "VALID" of the convolution that is transposed.
      data_format: "NHWC" or "NCHW".
      name: Scope and name of the node; default `conv2d_transpose`.
      input: Other name of `value`.
      filters: Other name of `filter`.
      dilations: Integer, 2 or 4 integers.
    """
    value = argument("input", input, "value", value)
    filter = argument("filters", filters, "filter", filter)
    return _transposed(
        "conv2d_transpose", raw.Conv2DBackpropInput, 2, "NHWC", value, filter, output_shape, strides, padding, data_format, dilations, name
    )


def conv3d_transpose(
    value, filter=None, output_shape=None, strides=None, padding="SAME", data_format="NDHWC", name=None, input=None, filters=None, dilations=None
):
    """Apply the transpose of a convolution of volumes; arguments as `conv2d_transpose` with three spatial axes."""
    value = argument("input", input, "value", value)
    filter = argument("filters", filters, "filter", filter)
    return _transposed(
        "conv3d_transpose", raw.Conv3DBackpropInputV2, 3, "NDHWC", value, filter, output_shape, strides, padding, data_format, dilations, name
    )


def conv1d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None, name=None):
    """Apply the transpose of a convolution of sequences; arguments as `conv2d_transpose` with one spatial axis.

    Raises:
      ValueError: The format is neither "NWC" nor "NCW".
    """
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]) as name:
        if data_format not in (None, "NWC", "NCW"):
            raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")
        first = data_format == "NCW"
        axis = 2 if first else 1
        strides = [1, *per_axis(strides, 1, first, "stride")]
        dilations = [1, *per_axis(dilations, 1, first, "dilations")]
        input = expand_dims(input, axis)
        filters = expand_dims(filters, 0)
        output_shape = output_shape if isinstance(output_shape, Tensor) else list(output_shape)
        output_shape = concat([output_shape[:axis], [1], output_shape[axis:]], 0)
        result = raw.Conv2DBackpropInput(
            input_sizes=output_shape,
            filter=filters,
            out_backprop=input,
            strides=strides,
            padding=padding,
            data_format="NCHW" if first else "NHWC",
            dilations=dilations,
            name=name,
        )
        return squeeze(result, axis)


def atrous_conv2d_transpose(value, filters, output_shape, rate, padding, name=None):
    """Apply the transpose of `atrous_conv2d`.

    Args:
      value: float [batch, height, width, in].
      filters: dtype of `value` [h, w, out, in].
      output_shape: 4 integers, or int32 [4].
      rate: Positive integer.
      padding: "SAME" or "VALID".
      name: Scope of the nodes; default `atrous_conv2d_transpose`.

    Raises:
      ValueError: The channels, the rate or the padding do not fit.
    """
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]):
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        if not value.shape[3].is_compatible_with(filters.shape[3]):
            raise ValueError(
                f"`value` channel count must be compatible with `filters` input channel count. "
                f"Received: value.shape={value.shape} and filters.shape={filters.shape}"
            )
        if rate < 1:
            raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
        if rate == 1:
            return conv2d_transpose(value, filters, output_shape, strides=[1, 1, 1, 1], padding=padding, data_format="NHWC")
        convert_to_tensor(output_shape, name="output_shape")
        if padding == "SAME":
            sizes = filters.shape.as_list() if filters.shape.is_fully_defined() else shape(filters)
            spans = [sizes[i] + (sizes[i] - 1) * (rate - 1) - 1 for i in (0, 1)]
            before = [span // 2 for span in spans]
            after = [span - half for span, half in zip(spans, before, strict=True)]
        elif padding == "VALID":
            before, after = [0, 0], [0, 0]
        else:
            raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
        padded = [output_shape[i + 1] + before[i] + after[i] for i in (0, 1)]
        extra = [(rate - size % rate) % rate for size in padded]
        block = np.array([rate, rate], dtype=np.int64)
        moved = raw.SpaceToBatchND(input=value, block_shape=block, paddings=[[0, extra[0]], [0, extra[1]]])
        sizes = [rate * rate * output_shape[0], (padded[0] + extra[0]) // rate, (padded[1] + extra[1]) // rate, output_shape[3]]
        moved = raw.Conv2DBackpropInput(
            input_sizes=sizes, filter=filters, out_backprop=moved, strides=[1, 1, 1, 1], padding="VALID", data_format="NHWC"
        )
        crops = [[before[0], after[0] + extra[0]], [before[1], after[1] + extra[1]]]
        return raw.BatchToSpaceND(input=moved, block_shape=block, crops=crops)


def depthwise_conv2d_native(input, filter, strides, padding, data_format="NHWC", dilations=(1, 1, 1, 1), name=None):
    """Convolve every channel with its own filters, as one node; arguments as `depthwise_conv2d`."""
    padding, explicit = split_padding(padding)
    return raw.DepthwiseConv2dNative(
        input=input,
        filter=filter,
        strides=list(strides),
        padding=padding,
        explicit_paddings=explicit,
        data_format=data_format or "NHWC",
        dilations=list(dilations),
        name=name,
    )


def depthwise_conv2d(input, filter, strides, padding, rate=None, name=None, data_format=None, dilations=None):
    """Convolve every channel with its own filters.

    Args:
      input: float [batch, height, width, in].
      filter: dtype of `input` [h, w, in, multiplier].
      strides: 4 integers.
      padding: "SAME" or "VALID".
      rate: 2 integers, the dilation; default ones.
      name: Scope and name of the nodes; default `depthwise`.
      data_format: "NHWC" or "NCHW".
      dilations: Other name of `rate`.

    Returns:
      A tensor [batch, out_height, out_width, in * multiplier].
    """
    rate = argument("dilations", dilations, "rate", rate)
    with name_scope(name, "depthwise", [input, filter]) as name:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")

        def plain(moved, padding):
            return depthwise_conv2d_native(moved, filter, strides, padding, data_format=data_format, name=name)

        return dilated(input, [1, 1] if rate is None else rate, padding, plain, shape(filter), data_format)


def separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, rate=None, name=None, data_format=None, dilations=None):
    """Apply `depthwise_conv2d`, then mix the channels of each pixel.

    Args:
      input: float [batch, height, width, in].
      depthwise_filter: dtype of `input` [h, w, in, multiplier].
      pointwise_filter: dtype of `input` [1, 1, in * multiplier, out].
      strides: 4 integers.
      padding: "SAME" or "VALID".
      rate: 2 integers, the dilation; default ones.
      name: Scope and name of the nodes; default `separable_conv2d`.
      data_format: "NHWC" or "NCHW".
      dilations: Other name of `rate`.

    Raises:
      ValueError: The pointwise filter is not 1 x 1.
    """
    rate = argument("dilations", dilations, "rate", rate)
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as name:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        window = as_shape(pointwise_filter.shape).with_rank(4)
        window[0].assert_is_compatible_with(1)
        window[1].assert_is_compatible_with(1)

        def plain(moved, padding):
            return depthwise_conv2d_native(moved, depthwise_filter, strides, padding, data_format=data_format, name="depthwise")

        mixed = dilated(input, [1, 1] if rate is None else rate, padding, plain, shape(depthwise_filter), data_format)
        return conv2d(mixed, pointwise_filter, [1, 1, 1, 1], padding="VALID", data_format=data_format, name=name)


def conv2d_backprop_input(
    input_sizes,
    filter=None,
    out_backprop=None,
    strides=None,
    padding=None,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=(1, 1, 1, 1),
    name=None,
    filters=None,
):
    """Compute the gradient of `conv2d` with respect to its input."""
    filter = argument("filters", filters, "filter", filter)
    padding, explicit = split_padding(padding)
    return raw.Conv2DBackpropInput(
        input_sizes=input_sizes,
        filter=filter,
        out_backprop=out_backprop,
        strides=list(strides),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


def conv2d_backprop_filter(
    input, filter_sizes, out_backprop, strides, padding, use_cudnn_on_gpu=True, data_format="NHWC", dilations=(1, 1, 1, 1), name=None
):
    """Compute the gradient of `conv2d` with respect to its filter."""
    padding, explicit = split_padding(padding)
    return raw.Conv2DBackpropFilter(
        input=input,
        filter_sizes=filter_sizes,
        out_backprop=out_backprop,
        strides=list(strides),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )
