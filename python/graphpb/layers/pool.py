"""Pooling layers of one to three dimensions, as classes and functions."""

from graphpb.layers.base import InputSpec, Layer
from graphpb.layers.conv import data_format_of, op_format, padding_of, per_axis, window_length
from graphpb.layers.function import function_of
from graphpb.nn.pool import avg_pool, avg_pool3d, max_pool, max_pool3d
from graphpb.ops.array import expand_dims, squeeze, transpose
from graphpb.shapes import TensorShape


class _Pool(Layer):
    """What the pooling layers share; see `MaxPooling2D`."""

    rank = 2
    _op = None

    def __init__(self, pool_size, strides, padding="valid", data_format="channels_last", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.pool_size = per_axis(pool_size, self.rank, "pool_size")
        self.strides = per_axis(pool_size if strides is None else strides, self.rank, "strides")
        self.padding = padding_of(padding, ("valid", "same"))
        self.data_format = data_format_of(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape):
        """Return the output's static shape."""
        batch, *sizes = TensorShape(input_shape).as_list()
        first = self.data_format == "channels_first"
        channels, sizes = (sizes[0], sizes[1:]) if first else (sizes[-1], sizes[:-1])
        spatial = [window_length(*args) for args in zip(sizes, self.pool_size, [self.padding] * self.rank, self.strides, strict=True)]
        return TensorShape([batch, channels, *spatial] if first else [batch, *spatial, channels])


class _Pool1D(_Pool):
    rank = 1

    def call(self, inputs):
        """Compute the outputs, as a pool of images one pixel wide."""
        first = self.data_format == "channels_first"
        axis = 3 if first else 2
        image = expand_dims(inputs, axis)
        ksize, strides = (*self.pool_size, 1), (*self.strides, 1)
        window = ((1, 1, *ksize), (1, 1, *strides)) if first else ((1, *ksize, 1), (1, *strides, 1))
        return squeeze(self._op(image, *window, self.padding.upper(), data_format="NCHW" if first else "NHWC"), axis)


class _Pool2D(_Pool):
    def call(self, inputs):
        """Compute the outputs."""
        first = self.data_format == "channels_first"
        window = ((1, 1, *self.pool_size), (1, 1, *self.strides)) if first else ((1, *self.pool_size, 1), (1, *self.strides, 1))
        return self._op(inputs, *window, self.padding.upper(), data_format=op_format(self.data_format, 2))


class _Pool3D(_Pool):
    rank = 3

    def call(self, inputs):
        """Compute the outputs."""
        first = self.data_format == "channels_first"
        if first:
            inputs = transpose(inputs, (0, 2, 3, 4, 1))
        outputs = self._op(inputs, (1, *self.pool_size, 1), (1, *self.strides, 1), self.padding.upper())
        return transpose(outputs, (0, 4, 1, 2, 3)) if first else outputs


class MaxPooling1D(_Pool1D):
    """The maximum of each window of sequences; arguments as `MaxPooling2D`."""

    _op = staticmethod(max_pool)


class MaxPooling2D(_Pool2D):
    """The maximum of each window of images [batch, height, width, channels].

    Args:
      pool_size: Integer or 2 integers, the window.
      strides: Integer or 2 integers.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: Name of the layer.
    """

    _op = staticmethod(max_pool)


class MaxPooling3D(_Pool3D):
    """The maximum of each window of volumes; arguments as `MaxPooling2D`."""

    _op = staticmethod(max_pool3d)


class AveragePooling1D(_Pool1D):
    """The average of each window of sequences; arguments as `MaxPooling2D`."""

    _op = staticmethod(avg_pool)


class AveragePooling2D(_Pool2D):
    """The average of each window of images; arguments as `MaxPooling2D`."""

    _op = staticmethod(avg_pool)


class AveragePooling3D(_Pool3D):
    """The average of each window of volumes; arguments as `MaxPooling2D`."""

    _op = staticmethod(avg_pool3d)


max_pooling1d = function_of(MaxPooling1D, "max_pooling1d", shares=False)
max_pooling2d = function_of(MaxPooling2D, "max_pooling2d", shares=False)
max_pooling3d = function_of(MaxPooling3D, "max_pooling3d", shares=False)
average_pooling1d = function_of(AveragePooling1D, "average_pooling1d", shares=False)
average_pooling2d = function_of(AveragePooling2D, "average_pooling2d", shares=False)
average_pooling3d = function_of(AveragePooling3D, "average_pooling3d", shares=False)

MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
max_pool1d, max_pool2d, max_pool3d = max_pooling1d, max_pooling2d, max_pooling3d
avg_pool1d, avg_pool2d, avg_pool3d = average_pooling1d, average_pooling2d, average_pooling3d
