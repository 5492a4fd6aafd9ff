"""Pooling of tf.nn: maxima and averages over windows of one to three dimensions."""

import numpy as np

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.nn.conv import dilated, per_axis, split_padding
from graphpb.ops import raw
from graphpb.ops.array import expand_dims, squeeze


def max_pool(value, ksize, strides, padding, data_format="NHWC", name=None, input=None):
    """Take the maximum of each window.

    Args:
      value: numeric [batch, height, width, channels].
      ksize: Integer, 2 or 4 integers.
      strides: Integer, 2 or 4 integers.
      padding: "SAME", "VALID", or 4 [before, after] pairs.
      data_format: "NHWC" or "NCHW".
      name: Scope and name of the node; default `MaxPool`.
      input: Other name of `value`.

    Raises:
      ValueError: A window size is zero, or sizes do not fit.
    """
    value = argument("input", input, "value", value)
    with name_scope(name, "MaxPool", [value]) as name:
        return _max_pool2d(value, ksize, strides, padding, data_format, name)


def _max_pool2d(value, ksize, strides, padding, data_format, name):
    data_format = data_format or "NHWC"
    first = data_format.startswith("NC")
    ksize = per_axis(ksize, 2, first, "ksize")
    strides = per_axis(strides, 2, first, "strides")
    padding, explicit = split_padding(padding)
    if 0 in ksize:
        raise ValueError(f"`ksize` cannot be zero. Received: ksize={ksize}")
    return raw.MaxPool(input=value, ksize=ksize, strides=strides, padding=padding, explicit_paddings=explicit, data_format=data_format, name=name)


def avg_pool(value, ksize, strides, padding, data_format="NHWC", name=None, input=None):
    """Average each window over its valid cells; arguments as `max_pool`."""
    with name_scope(name, "AvgPool", [value]) as name:
        value = argument("input", input, "value", value)
        data_format = data_format or "NHWC"
        first = data_format.startswith("NC")
        ksize = per_axis(ksize, 2, first, "ksize")
        strides = per_axis(strides, 2, first, "strides")
        return raw.AvgPool(value=value, ksize=ksize, strides=strides, padding=padding, data_format=data_format, name=name)


def _pool1d(scope, input, ksize, strides, padding, data_format, name):
    with name_scope(name, scope, [input]) as name:
        data_format = data_format or "NWC"
        first = data_format.startswith("NC")
        ksize = [1, *per_axis(ksize, 1, first, "ksize")]
        strides = [1, *per_axis(strides, 1, first, "strides")]
        axis = 1 if data_format == "NWC" else 2
        more = {}
        if scope == "MaxPool1d":
            padding, explicit = split_padding(padding, 3)
            more = {"explicit_paddings": [0, 0, *explicit] if explicit else []}
        image = expand_dims(input, axis)
        source = {"input" if more else "value": image}
        pooled = (raw.MaxPool if more else raw.AvgPool)(
            **source, ksize=ksize, strides=strides, padding=padding, **more, data_format="NHWC" if data_format == "NWC" else "NCHW", name=name
        )
        return squeeze(pooled, axis)


def max_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """Take the maximum of each window of sequences [batch, width, channels]; arguments as `max_pool`."""
    return _pool1d("MaxPool1d", input, ksize, strides, padding, data_format, name)


def avg_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """Average each window of sequences [batch, width, channels]; arguments as `max_pool`."""
    return _pool1d("AvgPool1D", input, ksize, strides, padding, data_format, name)


def max_pool2d(input, ksize, strides, padding, data_format="NHWC", name=None):
    """Take the maximum of each window of images, under the name `MaxPool2d`; arguments as `max_pool`."""
    with name_scope(name, "MaxPool2d", [input]) as name:
        return _max_pool2d(input, ksize, strides, padding, data_format, name)


avg_pool2d = avg_pool


def _pool3d(scope, op, input, ksize, strides, padding, data_format, name):
    with name_scope(name, scope, [input]) as name:
        data_format = data_format or "NDHWC"
        first = data_format.startswith("NC")
        ksize = per_axis(ksize, 3, first, "ksize")
        strides = per_axis(strides, 3, first, "strides")
        return op(input=input, ksize=ksize, strides=strides, padding=padding, data_format=data_format, name=name)


def max_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """Take the maximum of each window of volumes [batch, depth, height, width, channels]; arguments as `max_pool`."""
    return _pool3d("MaxPool3D", raw.MaxPool3D, input, ksize, strides, padding, data_format, name)


def avg_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """Average each window of volumes [batch, depth, height, width, channels]; arguments as `max_pool`."""
    return _pool3d("AvgPool3D", raw.AvgPool3D, input, ksize, strides, padding, data_format, name)


def max_pool_with_argmax(
    input, ksize, strides, padding, data_format="NHWC", Targmax=None, name=None, output_dtype=None, include_batch_in_index=False
):
    """Take the maximum of each window and where it is.

    Args:
      input: numeric [batch, height, width, channels].
      ksize: 4 integers.
      strides: 4 integers.
      padding: "SAME" or "VALID".
      data_format: Only "NHWC".
      Targmax: int32 or int64, the default.
      name: Name of the node; default `MaxPoolWithArgmax`.
      output_dtype: Other name of `Targmax`.
      include_batch_in_index: Count flat indices over the whole batch.

    Returns:
      (maxima, flat indices)

    Raises:
      ValueError: Another format.
    """
    if data_format != "NHWC":
        raise ValueError(f"`data_format` values other  than 'NHWC' are not supported. Received: data_format={data_format}")
    kind = argument("output_dtype", output_dtype, "Targmax", Targmax)
    return raw.MaxPoolWithArgmax(
        input=input,
        ksize=list(ksize),
        strides=list(strides),
        padding=padding,
        Targmax=kind or dtypes.int64,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )


def pool(input, window_shape, pooling_type, padding, dilation_rate=None, strides=None, name=None, data_format=None, dilations=None):
    """Pool over one to three spatial axes, with gaps if asked for.

    Args:
      input: numeric [batch, spatial..., channels].
      window_shape: One integer for each spatial axis.
      pooling_type: "AVG" or "MAX".
      padding: "SAME" or "VALID"; "SAME" not with dilation.
      dilation_rate: One integer for each spatial axis; default ones.
      strides: One integer for each spatial axis; default ones.
      name: Scope and name of the nodes; default `max_pool` or `avg_pool`.
      data_format: "N...C" (the default) or "NC...".
      dilations: Other name of `dilation_rate`.

    Raises:
      ValueError: The arguments do not fit each other.
    """
    rates = argument("dilations", dilations, "dilation_rate", dilation_rate)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        count = len(window_shape)
        if not 1 <= count <= 3:
            raise ValueError(f"`len(window_shape)` must be 1, 2, or 3. Received: window_shape={window_shape} of length {count}")
        input.shape.with_rank(count + 2)
        rates = [1] * count if rates is None else list(rates)
        strides = [1] * count if strides is None else list(strides)
        if len(rates) != count or len(strides) != count:
            raise ValueError(f"`len(strides)` and `len(dilation_rate)` should be {count}. Received: strides={strides} and dilation_rate={rates}")
        if padding == "SAME" and any(rate > 1 for rate in rates):
            raise ValueError(
                f"pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. Received: padding={padding} and dilation_rate={rates}"
            )
        if np.any(np.array(strides) > np.array(window_shape)):
            raise ValueError(
                f"`strides` > `window_shape` not supported due to inconsistency between CPU and "
                f"GPU implementations. Received: strides={strides} and window_shape={window_shape}"
            )
        kinds = {"MAX": (max_pool, max_pool3d), "AVG": (avg_pool, avg_pool3d)}
        if pooling_type not in kinds:
            raise ValueError(f"{count}-D {pooling_type} pooling is not supported.")
        function = kinds[pooling_type][count == 3]
        first = data_format is not None and data_format.startswith("NC")
        ksize, steps = per_axis(window_shape, count, first, "ksize"), per_axis(strides, count, first, "strides")
        if count == 1:
            data_format = {None: "NHWC", "NWC": "NHWC", "NCW": "NCHW"}.get(data_format)
            if data_format is None:
                raise ValueError("data_format must be either 'NWC' or 'NCW'.")
            ksize, steps = [1, *ksize], [1, *steps]
        axis = 2 if first else 1

        def plain(moved, padding):
            if count == 1:
                moved = expand_dims(moved, axis)
            result = function(moved, ksize, steps, padding, name=scope, data_format=data_format)
            return squeeze(result, [axis]) if count == 1 else result

        return dilated(input, rates, padding, plain, window_shape, data_format if count > 1 or not first else "NCW")


def _by_rank(forms, input, ksize, strides, padding, data_format, name):
    count = len(data_format) - 2 if data_format else input.shape.ndims - 2 if input.shape.ndims is not None else None
    if count not in (1, 2, 3):
        raise ValueError(f"`input.shape.rank` must be 3, 4 or 5. Received: input.shape={input.shape} of rank {input.shape.ndims}.")
    return forms[count - 1](input, ksize, strides, padding, data_format or ("NWC", "NHWC", "NDHWC")[count - 1], name)


def max_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """Take the maximum of each window over one to three spatial axes, by the rank of `input`; arguments as `max_pool`."""
    return _by_rank((max_pool1d, max_pool2d, max_pool3d), input, ksize, strides, padding, data_format, name)


def avg_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """Average each window over one to three spatial axes, by the rank of `input`; arguments as `max_pool`."""
    return _by_rank((avg_pool1d, avg_pool2d, avg_pool3d), input, ksize, strides, padding, data_format, name)
