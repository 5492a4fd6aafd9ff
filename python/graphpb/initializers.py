"""Initial values of variables as classes; `tf.*_initializer` and `tf.initializers.*`."""

import math

import numpy as np

from graphpb import dtypes
from graphpb.graph import convert
from graphpb.ops import fill, raw
from graphpb.ops import random as draw
from graphpb.ops.array import matrix_transpose, reshape
from graphpb.ops.cast import cast
from graphpb.ops.unary import sign


class Initializer:
    """Base of all initializers: call one with a shape to get the tensor of initial values."""

    def __call__(self, shape, dtype=None, partition_info=None):
        """Return a tensor of the shape.

        Args:
          shape: List of integers.
          dtype: dtype of the values; default that of the initializer.
          partition_info: Place in a partitioned variable, or None.
        """
        raise NotImplementedError

    def get_config(self):
        """Return the constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Make an initializer from what `get_config` returned."""
        return cls(**config)


def _float_dtype(dtype):
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"Argument `dtype` is expected to be floating point. Received: {dtype}.")
    return dtype


def _whole_shape(shape, partition_info):
    return shape if partition_info is None else partition_info.full_shape


class Zeros(Initializer):
    """Zeros."""

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return fill.zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self):
        return {"dtype": self.dtype.name}


class Ones(Initializer):
    """Ones."""

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return fill.ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self):
        return {"dtype": self.dtype.name}


class Constant(Initializer):
    """Given values; a shorter list is continued with its last element.

    Args:
      value: Scalar, list, tuple or array.
      dtype: dtype of the values.
      verify_shape: Raise TypeError unless `value` has exactly the variable's shape.

    Raises:
      TypeError: `value` is something else.
    """

    def __init__(self, value=0, dtype=dtypes.float32, verify_shape=False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. "
                f"Expected Python scalar, list or tuple of values, or numpy.ndarray."
            )
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(self, shape, dtype=None, partition_info=None, verify_shape=None):
        verify_shape = self._verify_shape if verify_shape is None else verify_shape
        return convert.constant(self.value, dtype=self.dtype if dtype is None else dtype, shape=shape, verify_shape=verify_shape)

    def get_config(self):
        return {"value": self.value, "dtype": self.dtype.name}


class RandomUniform(Initializer):
    """Uniform values on [minval, maxval), `maxval` 1 by default."""

    def __init__(self, minval=0.0, maxval=None, seed=None, dtype=dtypes.float32):
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return draw.random_uniform(shape, self.minval, self.maxval, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed, "dtype": self.dtype.name}


class RandomNormal(Initializer):
    """Normal values."""

    _draw = staticmethod(draw.random_normal)

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return self._draw(shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed, "dtype": self.dtype.name}


class TruncatedNormal(RandomNormal):
    """Normal values within two standard deviations of the mean."""

    _draw = staticmethod(draw.truncated_normal)


class UniformUnitScaling(Initializer):
    """Uniform values on factor * sqrt(3 / n) * [-1, 1), n the product of all sizes but the last."""

    def __init__(self, factor=1.0, seed=None, dtype=dtypes.float32):
        self.factor = factor
        self.seed = seed
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        count = max(float(math.prod(_whole_shape(shape, partition_info)[:-1])), 1.0)
        limit = math.sqrt(3 / count) * self.factor
        return draw.random_uniform(shape, -limit, limit, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self):
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


def fans(shape):
    """Return (fan_in, fan_out) of a weight: its input and output sizes, times the window of a convolution."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return int(shape[0]), int(shape[0])
    window = math.prod(shape[:-2])
    return int(shape[-2] * window), int(shape[-1] * window)


TRUNCATION = 0.8796256610342398
"""Standard deviation of a standard normal truncated at two."""


class VarianceScaling(Initializer):
    """Values whose variance is scale / n, with n the fan in, the fan out or their mean.

    Args:
      scale: Positive float.
      mode: "fan_in", "fan_out" or "fan_avg".
      distribution: "truncated_normal" (or "normal"), "untruncated_normal" or "uniform".
      seed: Integer, see `tf.set_random_seed`.
      dtype: Float dtype.

    Raises:
      ValueError: An argument is none of these.
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None, dtype=dtypes.float32):
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"Argument `mode` should be one of ('fan_in', 'fan_out', 'fan_avg'). Received: {mode}")
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                f"Argument `distribution` should be one of ('normal', uniform', 'truncated_normal', 'untruncated_normal'). Received: {distribution}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = self.dtype if dtype is None else dtype
        fan_in, fan_out = fans(_whole_shape(shape, partition_info))
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return draw.random_uniform(shape, -limit, limit, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return draw.random_normal(shape, 0.0, math.sqrt(variance), dtype, seed=self.seed)
        return draw.truncated_normal(shape, 0.0, math.sqrt(variance) / TRUNCATION, dtype, seed=self.seed)

    def get_config(self):
        return {"scale": self.scale, "mode": self.mode, "distribution": self.distribution, "seed": self.seed, "dtype": self.dtype.name}


class GlorotUniform(VarianceScaling):
    """Uniform values on sqrt(6 / (fan_in + fan_out)) * [-1, 1); the default of `tf.get_variable`."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(scale=1.0, mode="fan_avg", distribution="uniform", seed=seed, dtype=dtype)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


class GlorotNormal(VarianceScaling):
    """Truncated normal values of variance 2 / (fan_in + fan_out)."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(scale=1.0, mode="fan_avg", distribution="truncated_normal", seed=seed, dtype=dtype)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


def he_normal(seed=None):
    """Make an initializer of truncated normal values of variance 2 / fan_in."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="truncated_normal", seed=seed)


def he_uniform(seed=None):
    """Make an initializer of uniform values of variance 2 / fan_in."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform", seed=seed)


def lecun_normal(seed=None):
    """Make an initializer of truncated normal values of variance 1 / fan_in."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal", seed=seed)


def lecun_uniform(seed=None):
    """Make an initializer of uniform values of variance 1 / fan_in."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="uniform", seed=seed)


class Orthogonal(Initializer):
    """An orthogonal matrix of the shape [product of all sizes but the last, last], reshaped, times `gain`.

    It is the Q of a QR factorization of normal values, its columns signed by the diagonal of R.
    """

    def __init__(self, gain=1.0, seed=None, dtype=dtypes.float32):
        self.gain = gain
        self.dtype = _float_dtype(dtype)
        self.seed = seed

    def __call__(self, shape, dtype=None, partition_info=None):
        if len(shape) < 2:
            raise ValueError(f"The tensor to initialize, specified by argument `shape` must be at least two-dimensional. Received shape={shape}")
        rows, columns = int(math.prod(shape[:-1])), int(shape[-1])
        drawn = draw.random_normal((max(rows, columns), min(rows, columns)), dtype=self.dtype if dtype is None else dtype, seed=self.seed)
        q, r = raw.Qr(input=drawn, full_matrices=False)
        q *= sign(raw.DiagPart(input=r))
        if rows < columns:
            q = matrix_transpose(q)
        return self.gain * reshape(q, shape)

    def get_config(self):
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


class ConvolutionDeltaOrthogonal(Initializer):
    """A convolution kernel that is an orthogonal map at its centre and zero elsewhere."""

    def __init__(self, gain=1.0, seed=None, dtype=dtypes.float32):
        self.gain = gain
        self.dtype = _float_dtype(dtype)
        self.seed = seed

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = self.dtype if dtype is None else dtype
        if not 3 <= len(shape) <= 5:
            raise ValueError(
                f"The tensor to initialize, specified by argument `shape` must be at least "
                f"three-dimensional and at most five-dimensional. Received shape={shape}"
            )
        if shape[-2] > shape[-1]:
            raise ValueError(
                f"In_filters, specified by shape[-2]={shape[-2]} cannot be greater than out_filters, specified by shape[-1]={shape[-1]}."
            )
        q, r = raw.Qr(input=draw.random_normal([shape[-1], shape[-1]], dtype=dtype, seed=self.seed), full_matrices=False)
        q *= sign(raw.DiagPart(input=r))
        q = q[: shape[-2], :]
        q *= cast(self.gain, dtype=dtype)
        centre = [(size - 1) // 2 for size in shape[:-2]]
        return raw.ScatterNd(indices=[centre], updates=raw.ExpandDims(input=q, dim=0), shape=shape)

    def get_config(self):
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


class Identity(Initializer):
    """The identity matrix times `gain`; for two-dimensional variables only."""

    def __init__(self, gain=1.0, dtype=dtypes.float32):
        self.gain = gain
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        whole = _whole_shape(shape, partition_info)
        if len(whole) != 2:
            raise ValueError(f"The tensor to initialize, specified by argument `shape` must be at least two-dimensional. Received shape={shape}")
        dtype = self.dtype if dtype is None else dtype
        matrix = fill.eye(*whole, dtype=dtype)
        if partition_info is not None:
            matrix = raw.Slice(input=matrix, begin=partition_info.var_offset, size=shape)
        return self.gain * matrix

    def get_config(self):
        return {"gain": self.gain, "dtype": self.dtype.name}


zeros_initializer = Zeros
ones_initializer = Ones
constant_initializer = Constant
random_uniform_initializer = RandomUniform
random_normal_initializer = RandomNormal
truncated_normal_initializer = TruncatedNormal
uniform_unit_scaling_initializer = UniformUnitScaling
variance_scaling_initializer = VarianceScaling
glorot_uniform_initializer = GlorotUniform
glorot_normal_initializer = GlorotNormal
orthogonal_initializer = Orthogonal


def global_variables():
    """Make an operation that initializes the graph's global variables; as `tf.global_variables_initializer`."""
    from graphpb.variables.variable import global_variables_initializer

    return global_variables_initializer()


def local_variables():
    """Make an operation that initializes the graph's local variables; as `tf.local_variables_initializer`."""
    from graphpb.variables.variable import local_variables_initializer

    return local_variables_initializer()


def variables(var_list, name="init"):
    """Make an operation that initializes variables; as `tf.variables_initializer`."""
    from graphpb.variables.variable import variables_initializer

    return variables_initializer(var_list, name)


def tables_initializer(name="init_all_tables"):
    """Make an operation that initializes the lookup tables of a graph; as `tf.tables_initializer`."""
    from graphpb.ops import dependencies

    return dependencies.tables_initializer(name)


zeros = Zeros
ones = Ones
constant = Constant
random_uniform = RandomUniform
random_normal = RandomNormal
truncated_normal = TruncatedNormal
uniform_unit_scaling = UniformUnitScaling
variance_scaling = VarianceScaling
glorot_uniform = GlorotUniform
glorot_normal = GlorotNormal
orthogonal = Orthogonal
identity = Identity


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
