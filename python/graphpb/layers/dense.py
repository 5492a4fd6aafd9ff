"""Densely connected layers, dropout and flattening."""

import math

from graphpb import dtypes
from graphpb.graph.control_choice import smart_cond
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.initializers import Zeros
from graphpb.layers.base import InputSpec, Layer, activation_named
from graphpb.layers.function import function_of
from graphpb.nn.activations import bias_add
from graphpb.nn.norm import dropout as nn_dropout
from graphpb.ops.array import expand_dims, identity, reshape, transpose
from graphpb.ops.cast import cast
from graphpb.ops.product import matmul, tensordot
from graphpb.ops.shape import shape
from graphpb.shapes import TensorShape


class Dense(Layer):
    """activation(inputs @ kernel + bias) over the last axis.

    Args:
      units: Size of the output's last axis.
      activation: Function, its name in tf.nn, or None.
      use_bias: Add a bias.
      kernel_initializer: Initializer of the kernel [in, units]; default that of the scope, else Glorot uniform.
      bias_initializer: Initializer of the bias [units].
      kernel_regularizer: Function from the kernel to a loss.
      bias_regularizer: Function from the bias to a loss.
      activity_regularizer: Function from the output to a loss.
      kernel_constraint: Function applied to the kernel after each update.
      bias_constraint: Function applied to the bias after each update.
      trainable: Whether the variables are trained.
      name: Name of the layer.

    TypeError: the inputs are not float. ValueError: their last size is unknown, or `units` is not positive.
    """

    def __init__(
        self,
        units,
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
        self.units = int(units)
        if self.units <= 0:
            raise ValueError(f"Received an invalid value for `units`, expected a positive integer. Received: units={units}")
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
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        """Make kernel and bias."""
        dtype = self._dtype or dtypes.float32
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"A Dense layer can only be built with a floating-point dtype. Received: dtype={dtype}")
        input_shape = TensorShape(input_shape)
        size = input_shape[-1].value
        if size is None:
            raise ValueError(
                f"The last dimension of the inputs to a Dense layer should be defined. Found None. Full input shape received: {input_shape}"
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self.kernel = self.add_weight(
            "kernel",
            shape=[size, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", shape=[self.units], initializer=self.bias_initializer, regularizer=self.bias_regularizer, constraint=self.bias_constraint
            )
        self.built = True

    def call(self, inputs):
        """Compute the outputs."""
        if inputs.dtype.base_dtype != self._dtype:
            inputs = cast(inputs, self._dtype)
        rank = inputs.shape.ndims
        if rank in (2, None):
            outputs = matmul(inputs, self.kernel)
        else:
            outputs = tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape([*inputs.shape.as_list()[:-1], self.units])
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        """Return the input's shape with the last size replaced."""
        return TensorShape(input_shape).with_rank_at_least(2)[:-1].concatenate(self.units)


class Dropout(Layer):
    """Set elements to zero at random and scale the others, when training.

    Args:
      rate: Probability that an element is dropped, a float or scalar tensor.
      noise_shape: Shape of the draws; None entries are sizes of the input.
      seed: Integer, see `tf.set_random_seed`. Successive calls use seed, seed + 1, ...
      name: Name of the layer.

    ValueError: the rate is outside [0, 1].
    """

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        if isinstance(rate, (int, float)) and not 0 <= rate <= 1:
            raise ValueError(f"Invalid value {rate} received for `rate`, expected a value between 0 and 1.")
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed
        self._used = 0

    def _noise_shape(self, inputs):
        if self.noise_shape is None:
            return None
        sizes = shape(inputs)
        return convert_to_tensor([sizes[i] if size is None else size for i, size in enumerate(self.noise_shape)])

    def call(self, inputs, training=False):
        """Return the outputs; a copy of the inputs when `training` is False."""
        if isinstance(self.rate, (int, float)) and self.rate == 0:
            return identity(inputs)

        def dropped():
            seed = None if self.seed is None else self.seed + self._used
            self._used += 1
            return nn_dropout(inputs, rate=self.rate, noise_shape=self._noise_shape(inputs), seed=seed)

        return smart_cond(training, dropped, lambda: identity(inputs))

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return TensorShape(input_shape)


class Flatten(Layer):
    """Reshape to [batch, all other elements].

    Args:
      data_format: "channels_last", or "channels_first" which moves the channels last first.
      name: Name of the layer.
    """

    def __init__(self, data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        """Return the flat outputs."""
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = transpose(inputs, perm=[0, *range(2, rank), 1])
        if rank == 1:
            return expand_dims(inputs, axis=1)
        rest = inputs.shape[1:]
        if rest.is_fully_defined():
            flat_shape = constant([-1, math.prod(rest.as_list())])
        elif inputs.shape.ndims is not None and inputs.shape[0].value is not None:
            flat_shape = constant([inputs.shape[0].value, -1])
        else:
            flat_shape = [shape(inputs)[0], -1]
        return reshape(inputs, flat_shape)

    def compute_output_shape(self, input_shape):
        """Return [batch, product of the other sizes]."""
        input_shape = TensorShape(input_shape).with_rank_at_least(1)
        return TensorShape([input_shape[0], input_shape[1:].num_elements()])


dense = function_of(Dense, "dense")
fully_connected = dense


def dropout(inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None):
    """Apply a new `Dropout` layer; only drops when `training` is True, which may be a bool tensor."""
    return Dropout(rate, noise_shape=noise_shape, seed=seed, name=name)(inputs, training=training)


def flatten(inputs, name=None, data_format="channels_last"):
    """Reshape to [batch, all other elements]."""
    return Flatten(data_format=data_format, name=name)(inputs)
