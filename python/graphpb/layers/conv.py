"""Convolution layers: one to three dimensions, separable and transposed, as classes and functions."""

from graphpb.initializers import Zeros
from graphpb.layers.base import InputSpec, Layer, activation_named
from graphpb.layers.function import function_of
from graphpb.nn import conv as nn
from graphpb.nn.activations import bias_add
from graphpb.ops.array import expand_dims, pad, reshape, squeeze, stack
from graphpb.ops.shape import shape
from graphpb.shapes import TensorShape


def per_axis(value, count, name, least=1):
    """Return a tuple of one integer, not below `least`, for each spatial axis.

    Raises:
      ValueError: The value has another form.
    """
    message = f"The `{name}` argument must be a tuple of {count} integers. Received: {value}"
    if isinstance(value, int):
        value = (value,) * count
    try:
        value = tuple(value)
    except TypeError:
        raise ValueError(message) from None
    if len(value) != count:
        raise ValueError(message)
    for part in value:
        try:
            int(part)
        except (TypeError, ValueError):
            raise ValueError(f"{message}including element {part} of type {type(part)}") from None
    values = tuple(int(part) for part in value)
    if min(values) < least:
        raise ValueError(
            f"{message} including { {v for v in values if v < least} } that does not satisfy the requirement `>{'= 0' if least == 0 else ' 0'}`."
        )
    return values


def padding_of(value, allowed=("valid", "same", "causal")):
    """Return a padding in lower case. ValueError for one that is not allowed."""
    padding = value.lower()
    if padding not in allowed:
        raise ValueError(
            f'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", only for `Conv1D). Received: {padding}'
        )
    return padding


def data_format_of(value):
    """Return "channels_last" or "channels_first". ValueError for anything else."""
    lower = (value or "channels_last").lower()
    if lower not in ("channels_first", "channels_last"):
        raise ValueError(f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}')
    return lower


def op_format(data_format, rank):
    """Return the ops' name of a data format: "NHWC", "NCDHW", ..."""
    axes = "DHW"[-rank:] if rank > 1 else "W"
    return f"NC{axes}" if data_format == "channels_first" else f"N{axes}C"


def window_length(size, window, padding, stride, dilation=1):
    """Return the output size of a convolution or pool, None when the input size is unknown."""
    if size is None:
        return None
    if padding == "valid":
        size = size - (window - 1) * dilation
    return (size + stride - 1) // stride


class _Conv(Layer):
    """What the convolution layers share; see `Conv2D`."""

    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=Zeros(),
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs)
        if filters is not None and filters <= 0:
            raise ValueError(f"Invalid value for argument `filters`. Expected a strictly positive value. Received filters={filters}.")
        self.filters = int(filters) if isinstance(filters, float) else filters
        self.kernel_size = per_axis(kernel_size, self.rank, "kernel_size")
        self.strides = per_axis(strides, self.rank, "strides", least=0)
        if 0 in self.strides:
            raise ValueError(f"The argument `strides` cannot contains 0(s). Received: {self.strides}")
        self.padding = padding_of(padding)
        self.data_format = data_format_of(data_format)
        self.dilation_rate = per_axis(dilation_rate, self.rank, "dilation_rate")
        if self.padding == "causal" and self.rank != 1:
            raise ValueError("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.activation = activation_named(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.kernel = None
        self.bias = None
        self.input_spec = InputSpec(min_ndim=self.rank + 2, max_ndim=self.rank + 2)

    def _channels(self, input_shape):
        axis = -1 - self.rank if self.data_format == "channels_first" else -1
        size = TensorShape(input_shape)[axis].value
        if size is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. "
                f"The input_shape received is {input_shape}, where axis {axis} (0-based) is the channel dimension, which found to be `None`."
            )
        return axis, size

    def _kernel_shape(self, channels):
        return (*self.kernel_size, channels, self.filters)

    def build(self, input_shape):
        """Make kernel and bias."""
        axis, channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = self.add_weight(
            "kernel",
            shape=self._kernel_shape(channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._build_bias()
        self.input_spec = InputSpec(min_ndim=self.rank + 2, max_ndim=self.rank + 2, axes={axis: channels})
        self.built = True

    def _build_bias(self):
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", shape=(self.filters,), initializer=self.bias_initializer, regularizer=self.bias_regularizer, constraint=self.bias_constraint
            )

    def call(self, inputs):
        """Compute the outputs."""
        convolved = inputs
        if self.padding == "causal":
            before = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
            convolved = pad(inputs, [[0, 0], before, [0, 0]] if self.data_format == "channels_last" else [[0, 0], [0, 0], before])
        outputs = nn.convolution(
            convolved,
            self.kernel,
            strides=list(self.strides),
            padding="VALID" if self.padding == "causal" else self.padding.upper(),
            dilation_rate=list(self.dilation_rate),
            data_format=op_format(self.data_format, self.rank),
            name=type(self).__name__,
        )
        return self._finish(outputs, inputs)

    def _finish(self, outputs, inputs):
        if self.use_bias:
            if self.rank == 1 and self.data_format == "channels_first":
                outputs += reshape(self.bias, (1, self.filters, 1))
            else:
                outputs = bias_add(outputs, self.bias, data_format=op_format(self.data_format, self.rank))
        if inputs.shape.ndims is not None:
            outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        """Return the output's static shape."""
        batch, *sizes = TensorShape(input_shape).as_list()
        first = self.data_format == "channels_first"
        sizes = sizes[1:] if first else sizes[:-1]
        padding = "same" if self.padding == "causal" else self.padding
        spatial = [
            window_length(*args) for args in zip(sizes, self.kernel_size, [padding] * self.rank, self.strides, self.dilation_rate, strict=True)
        ]
        if any(size is not None and size < 0 for size in spatial):
            raise ValueError(
                f"One of the dimensions in the output is <= 0 due to downsampling in {self.name}. Consider increasing the input size. "
                f"Received input shape {TensorShape(input_shape).as_list()} which would produce output shape with a zero or negative value in a dimension."
            )
        return TensorShape([batch, self.filters, *spatial] if first else [batch, *spatial, self.filters])


class Conv1D(_Conv):
    """Convolution of sequences [batch, width, channels]; arguments as `Conv2D`, and padding "causal" too."""

    rank = 1


class Conv2D(_Conv):
    """activation(convolution(inputs, kernel) + bias) of images [batch, height, width, channels].

    Args:
      filters: Number of output channels.
      kernel_size: Integer or 2 integers.
      strides: Integer or 2 integers.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      dilation_rate: Integer or 2 integers.
      activation: Function, its name in tf.nn, or None.
      use_bias: Add a bias.
      kernel_initializer: Initializer of the kernel [h, w, in, filters]; default that of the scope, else Glorot uniform.
      bias_initializer: Initializer of the bias [filters].
      kernel_regularizer: Function from the kernel to a loss.
      bias_regularizer: Function from the bias to a loss.
      activity_regularizer: Function from the output to a loss.
      kernel_constraint: Function applied to the kernel after each update.
      bias_constraint: Function applied to the bias after each update.
      trainable: Whether the variables are trained.
      name: Name of the layer.

    ValueError: an argument has another form, or the number of channels is unknown.
    """


class Conv3D(_Conv):
    """Convolution of volumes [batch, depth, height, width, channels]; arguments as `Conv2D`."""

    rank = 3


def _transposed_length(size, window, padding, stride):
    """The output size of a transposed convolution: a number, or a tensor when the input size is one."""
    if size is None:
        return None
    size = size * stride
    return size + max(window - stride, 0) if padding == "valid" else size


class Conv2DTranspose(_Conv):
    """The transpose of a convolution of images; arguments as `Conv2D` without dilation, the kernel is [h, w, filters, in]."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=Zeros(),
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        if "dilation_rate" in kwargs:
            raise TypeError("Keyword argument not understood:", "dilation_rate")
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            1,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )

    def _kernel_shape(self, channels):
        return (*self.kernel_size, self.filters, channels)

    def build(self, input_shape):
        """Make kernel and bias."""
        super().build(input_shape)
        axis, channels = self._channels(input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})

    def call(self, inputs):
        """Compute the outputs."""
        sizes = shape(inputs)
        batch = sizes[0]
        first = self.data_format == "channels_first"
        axes = (2, 3) if first else (1, 2)
        known = [None, None] if inputs.shape.ndims is None else [inputs.shape.as_list()[axis] for axis in axes]
        spatial = [sizes[axis] if size is None else size for axis, size in zip(axes, known, strict=True)]
        spatial = [
            _transposed_length(size, window, self.padding, stride)
            for size, window, stride in zip(spatial, self.kernel_size, self.strides, strict=True)
        ]
        output_shape = stack((batch, self.filters, *spatial) if first else (batch, *spatial, self.filters))
        # TensorFlow looks at this entry and leaves the node.
        output_shape[0]
        strides = (1, 1, *self.strides) if first else (1, *self.strides, 1)
        outputs = nn.conv2d_transpose(
            inputs, self.kernel, output_shape, strides, padding=self.padding.upper(), data_format=op_format(self.data_format, 2)
        )
        return self._finish_transposed(outputs, inputs)

    def _finish_transposed(self, outputs, inputs):
        if inputs.shape.ndims is not None:
            outputs.set_shape(self.compute_output_shape(inputs.shape))
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format=op_format(self.data_format, self.rank))
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        """Return the output's static shape."""
        batch, *sizes = TensorShape(input_shape).as_list()
        first = self.data_format == "channels_first"
        sizes = sizes[1:] if first else sizes[:-1]
        spatial = [
            _transposed_length(size, window, self.padding, stride) for size, window, stride in zip(sizes, self.kernel_size, self.strides, strict=True)
        ]
        return TensorShape([batch, self.filters, *spatial] if first else [batch, *spatial, self.filters])


class Conv3DTranspose(Conv2DTranspose):
    """The transpose of a convolution of volumes; arguments as `Conv2D`, the kernel is [d, h, w, filters, in]."""

    rank = 3

    def call(self, inputs):
        """Compute the outputs."""
        sizes = shape(inputs)
        batch = sizes[0]
        first = self.data_format == "channels_first"
        spatial = [sizes[axis] for axis in ((2, 3, 4) if first else (1, 2, 3))]
        spatial = [
            _transposed_length(size, window, self.padding, stride)
            for size, window, stride in zip(spatial, self.kernel_size, self.strides, strict=True)
        ]
        output_shape = stack((batch, self.filters, *spatial) if first else (batch, *spatial, self.filters))
        strides = (1, 1, *self.strides) if first else (1, *self.strides, 1)
        outputs = nn.conv3d_transpose(
            inputs, self.kernel, output_shape, strides, padding=self.padding.upper(), data_format=op_format(self.data_format, 3)
        )
        return self._finish_transposed(outputs, inputs)


class SeparableConv2D(_Conv):
    """A convolution of each channel by itself, then a mix of the channels of each pixel.

    Arguments as `Conv2D`, and:
      depth_multiplier: Filters for each input channel.
      depthwise_initializer, pointwise_initializer: Initializers of the two kernels.
      depthwise_regularizer, pointwise_regularizer: Functions from a kernel to a loss.
      depthwise_constraint, pointwise_constraint: Functions applied after each update.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer=None,
        pointwise_initializer=None,
        bias_initializer=Zeros(),
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = depthwise_initializer
        self.pointwise_initializer = pointwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_constraint = pointwise_constraint
        self.depthwise_kernel = None
        self.pointwise_kernel = None

    def build(self, input_shape):
        """Make both kernels and the bias."""
        axis, channels = self._channels(input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            shape=(*[1] * self.rank, self.depth_multiplier * channels, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._build_bias()
        self.built = True

    def call(self, inputs):
        """Compute the outputs."""
        first = self.data_format == "channels_first"
        outputs = nn.separable_conv2d(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=(1, 1, *self.strides) if first else (1, *self.strides, 1),
            padding=self.padding.upper(),
            rate=self.dilation_rate,
            data_format=op_format(self.data_format, 2),
        )
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format=op_format(self.data_format, 2))
        return outputs if self.activation is None else self.activation(outputs)


class SeparableConv1D(SeparableConv2D):
    """A separable convolution of sequences [batch, width, channels]; arguments as `SeparableConv2D`."""

    rank = 1

    def call(self, inputs):
        """Compute the outputs."""
        if self.padding == "causal":
            before = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
            inputs = pad(inputs, [[0, 0], before, [0, 0]] if self.data_format == "channels_last" else [[0, 0], [0, 0], before])
        first = self.data_format == "channels_first"
        axis = 2 if first else 1
        image = expand_dims(inputs, axis)
        depthwise = expand_dims(self.depthwise_kernel, 0)
        pointwise = expand_dims(self.pointwise_kernel, 0)
        outputs = nn.separable_conv2d(
            image,
            depthwise,
            pointwise,
            strides=(1, 1, *self.strides * 2) if first else (1, *self.strides * 2, 1),
            padding="VALID" if self.padding == "causal" else self.padding.upper(),
            rate=(1, *self.dilation_rate),
            data_format="NCHW" if first else "NHWC",
        )
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format="NCHW" if first else "NHWC")
        outputs = squeeze(outputs, [axis])
        return outputs if self.activation is None else self.activation(outputs)


conv1d = function_of(Conv1D, "conv1d")
conv2d = function_of(Conv2D, "conv2d")
conv3d = function_of(Conv3D, "conv3d")
separable_conv1d = function_of(SeparableConv1D, "separable_conv1d")
separable_conv2d = function_of(SeparableConv2D, "separable_conv2d")
conv2d_transpose = function_of(Conv2DTranspose, "conv2d_transpose")
conv3d_transpose = function_of(Conv3DTranspose, "conv3d_transpose")

Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
Convolution2DTranspose = Deconvolution2D = Deconv2D = Conv2DTranspose
Convolution3DTranspose = Deconvolution3D = Deconv3D = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
convolution1d, convolution2d, convolution3d = conv1d, conv2d, conv3d
separable_convolution2d = separable_conv2d
convolution2d_transpose = deconvolution2d = deconv2d = conv2d_transpose
convolution3d_transpose = deconvolution3d = deconv3d = conv3d_transpose
