"""Batch normalization layers."""

from graphpb import dtypes
from graphpb.graph.control_choice import constant_predicate, smart_cond
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import colocate_with, control_dependencies, name_scope
from graphpb.initializers import Ones, Zeros
from graphpb.layers.base import InputSpec, Layer
from graphpb.nn import norm as nn
from graphpb.nn.activations import relu
from graphpb.ops.array import concat, identity, reshape, stop_gradient
from graphpb.ops.cast import cast
from graphpb.ops.fill import ones_like, zeros_like
from graphpb.ops.math import maximum, minimum
from graphpb.ops.reduce import reduce_mean
from graphpb.ops.shape import shape
from graphpb.ops.unary import sqrt
from graphpb.shapes import TensorShape
from graphpb.variables.variable import assign, assign_sub


def _root_of(initializer):
    """An initializer of the square roots of another one's values."""
    if initializer is None:
        return Ones()
    initializer = initializer() if isinstance(initializer, type) else initializer
    return lambda *args, **kwargs: sqrt(initializer(*args, **kwargs))


def _composed(scale, offset, then_scale, then_offset):
    """One scale and offset for two after each other; the second ones may be None."""
    if then_scale is not None:
        scale, offset = scale * then_scale, offset * then_scale
    return scale, offset if then_offset is None else offset + then_offset


class BatchNormalization(Layer):
    """Normalize by mean and variance of the batch when training, by their moving averages when not (arxiv 1502.03167).

    The moving averages are updated by operations in the collection `update_ops`, which the training step must run.

    Args:
      axis: Integer or list of integers, the axes that keep their own statistics.
      momentum: Share of the old value in the moving averages.
      epsilon: Added to the variance.
      center: Add beta.
      scale: Multiply by gamma.
      beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: Initializers.
      beta_regularizer, gamma_regularizer: Functions from a variable to a loss.
      beta_constraint, gamma_constraint: Functions applied after each update.
      renorm: Normalize by the moving averages while training, too (arxiv 1702.03275); not fused.
      renorm_clipping: Dict with the keys rmax, rmin, dmax: limits of the correction.
      renorm_momentum: Share of the old value in the averages of renorm.
      fused: None or True: one node for inputs of rank 4 or 5, where it can do what is asked; False: separate nodes.
      trainable: Whether beta and gamma are trained.
      virtual_batch_size: Integer: the batch is taken as several of this size with moments of their own, when training.
      adjustment: Function from the shape of the inputs, an int32 tensor, to (scale, offset) of the normalized values, when training.
      name: Name of the layer.

    ValueError: the size of an axis is unknown, or the axis does not suit the fused node; virtual_batch_size is not
      positive, or asked for with an adjustment or the batch axis.
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer=Zeros(),
        gamma_initializer=Ones(),
        moving_mean_initializer=Zeros(),
        moving_variance_initializer=Ones(),
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        fused=None,
        trainable=True,
        virtual_batch_size=None,
        adjustment=None,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        clipping, limits = renorm_clipping or {}, ["rmax", "rmin", "dmax"]
        if renorm and not set(clipping) <= set(limits):
            raise ValueError(f"Received invalid keys for `renorm_clipping` argument: {renorm_clipping}. Supported values: {limits}.")
        self.renorm = renorm
        self.renorm_clipping = clipping
        self.renorm_momentum = renorm_momentum
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}")
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = beta_initializer
        self.gamma_initializer = gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint
        self.fused = True if fused is None else fused
        self.beta = None
        self.gamma = None

    def build(self, input_shape):
        """Make gamma, beta and the moving averages."""
        input_shape = TensorShape(input_shape)
        rank = input_shape.ndims
        if rank is None:
            raise ValueError(f"Input has undefined rank. Received: input_shape={input_shape}")
        self.axis = [axis + rank if axis < 0 else axis for axis in self.axis]
        for axis in self.axis:
            if not 0 <= axis < rank:
                raise ValueError(
                    f"Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with inputs.rank={rank}). Received: axis={tuple(self.axis)}"
                )
        if len(self.axis) != len(set(self.axis)):
            raise ValueError(f"Duplicate axis: {tuple(self.axis)}")
        self._check_virtual_batches()
        if self.fused:
            self.fused = self._can_be_fused(rank)
        if self.fused:
            spatial = "DHW"[5 - rank :]
            self._data_format = f"NC{spatial}" if self.axis == [1] else f"N{spatial}C"
        sizes = {axis: input_shape[axis].value for axis in self.axis}
        if None in sizes.values():
            raise ValueError(
                f"Input has undefined `axis` dimension. Received input with shape {tuple(input_shape.as_list())} and axis={tuple(self.axis)}"
            )
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        if len(sizes) == 1 and self.virtual_batch_size is None:
            self._param_shape = [sizes[self.axis[0]]]
        else:
            self._param_shape = [sizes.get(axis, 1) for axis in range(rank)]
        if self.virtual_batch_size is not None:
            # Calls insert the number of virtual batches as axis 1.
            self._param_shape.insert(1, 1)
            self.axis = [axis + 1 for axis in self.axis]
        self._param_dtype = dtypes.float32 if self._dtype in (dtypes.float16, dtypes.bfloat16, None) else self._dtype
        if self.scale:
            self.gamma = self._weight("gamma", self.gamma_initializer, True, self.gamma_regularizer, self.gamma_constraint)
        if self.center:
            self.beta = self._weight("beta", self.beta_initializer, True, self.beta_regularizer, self.beta_constraint)
        partitioner = self._scope.partitioner
        # The averages are assigned to, which variables in parts cannot be.
        self._scope.set_partitioner(None)
        self.moving_mean = self._weight("moving_mean", self.moving_mean_initializer, False)
        self.moving_variance = self._weight("moving_variance", self.moving_variance_initializer, False)
        if self.renorm:
            root = _root_of(self.moving_variance_initializer)
            with colocate_with(self.moving_variance):
                self.moving_stddev = self._weight("moving_stddev", root, False)
            with colocate_with(self.moving_mean):
                self.renorm_mean = self._weight("renorm_mean", self.moving_mean_initializer, False)
            with colocate_with(self.moving_stddev):
                self.renorm_stddev = self._weight("renorm_stddev", root, False)
        self._scope.set_partitioner(partitioner)
        self.built = True

    def _check_virtual_batches(self):
        if self.virtual_batch_size is None:
            return
        if self.virtual_batch_size <= 0:
            raise ValueError(
                "`virtual_batch_size` must be a positive integer that divides the true batch size of the input tensor. "
                f"Received: virtual_batch_size={self.virtual_batch_size}"
            )
        if 0 in self.axis:
            raise ValueError(
                f"When using `virtual_batch_size`, the batch dimension must be 0 and thus axis cannot include 0. Received axis={self.axis}"
            )
        if self.adjustment is not None:
            raise ValueError("When using `virtual_batch_size`, adjustment cannot be specified")

    def _can_be_fused(self, rank):
        """Whether one node can do the work. ValueError for an axis that is right for another rank."""
        if rank not in (4, 5) or self.renorm or self.virtual_batch_size is not None or self.adjustment is not None:
            return False
        if self._dtype not in (dtypes.float16, dtypes.bfloat16, dtypes.float32) or self.axis not in ([1], [3], [4]):
            return False
        if self.axis != [1] and self.axis != [rank - 1]:
            if rank == 5:
                return False
            raise ValueError(
                "Unsupported axis. The use of `fused=True` is only possible with `axis=1` or `axis=3` for 4D input tensors. "
                f"Received: axis={tuple(self.axis)}"
            )
        return True

    def _weight(self, name, initializer, trainable, regularizer=None, constraint=None):
        return self.add_weight(
            name,
            shape=self._param_shape,
            dtype=self._param_dtype,
            initializer=initializer,
            regularizer=regularizer,
            constraint=constraint,
            trainable=trainable,
        )

    def call(self, inputs, training=False):
        """Compute the outputs; `training` may be a bool tensor."""
        if self.fused:
            return self._fused(inputs, training)
        original_shape = None
        if self.virtual_batch_size is not None:
            sizes = shape(inputs)
            original_shape = concat([constant([-1]), sizes[1:]], axis=0)
            inputs = reshape(inputs, concat([constant([self.virtual_batch_size, -1]), original_shape[1:]], axis=0))
        dtype = inputs.dtype.base_dtype
        narrow = dtype in (dtypes.float16, dtypes.bfloat16)
        if narrow:
            inputs = cast(inputs, dtypes.float32)
        rank = inputs.shape.ndims
        reduced = [axis for axis in range(rank) if axis not in self.axis]
        if self.virtual_batch_size is not None:
            del reduced[1]
        broadcast_shape = [1] * rank
        broadcast_shape[self.axis[0]] = inputs.shape[self.axis[0]].value

        def spread(value):
            if value is not None and value.shape.ndims != rank and reduced != list(range(rank - 1)):
                return reshape(value, broadcast_shape)
            return value

        scale, offset = spread(self.gamma), spread(self.beta)
        if constant_predicate(training) is False:
            mean, variance = self.moving_mean, self.moving_variance
        else:
            mean, variance, scale, offset = self._trained_moments(cast(inputs, self._param_dtype), reduced, training, scale, offset, spread)
        mean, variance = cast(mean, inputs.dtype), cast(variance, inputs.dtype)
        offset = None if offset is None else cast(offset, inputs.dtype)
        scale = None if scale is None else cast(scale, inputs.dtype)
        outputs = nn.batch_normalization(inputs, spread(mean), spread(variance), offset, scale, self.epsilon)
        if narrow:
            outputs = cast(outputs, dtype)
        outputs.set_shape(inputs.shape)
        return outputs if original_shape is None else reshape(outputs, original_shape)

    def _trained_moments(self, inputs, reduced, training, scale, offset, spread):
        """Moments of the batch when training, else the moving ones, with the updates of the moving ones; scale and offset, corrected by renorm."""
        if self.adjustment is not None:
            factor, shift = self.adjustment(shape(inputs))
            factor = smart_cond(training, lambda: factor, lambda: ones_like(factor))
            shift = smart_cond(training, lambda: shift, lambda: zeros_like(shift))
            scale, offset = _composed(factor, shift, scale, offset)
        mean, variance = nn.moments(inputs, reduced, keep_dims=self.virtual_batch_size is not None or len(self.axis) > 1)
        batch_mean, batch_variance = mean, variance
        mean = smart_cond(training, lambda: batch_mean, lambda: convert_to_tensor(self.moving_mean))
        variance = smart_cond(training, lambda: batch_variance, lambda: convert_to_tensor(self.moving_variance))
        new_mean, new_variance = mean, variance
        if self.virtual_batch_size is not None:
            new_mean, new_variance = reduce_mean(mean, axis=1, keepdims=True), reduce_mean(variance, axis=1, keepdims=True)
        if self.renorm:
            (r, d), new_mean, new_variance = self._correction(new_mean, new_variance, training)
            r, d = spread(stop_gradient(r, name="renorm_r")), spread(stop_gradient(d, name="renorm_d"))
            scale, offset = _composed(r, d, scale, offset)
        self.add_update(lambda: smart_cond(training, lambda: self._move(self.moving_mean, new_mean, self.momentum), lambda: self.moving_mean))
        self.add_update(lambda: smart_cond(training, lambda: self._move_variance(new_variance), lambda: self.moving_variance))
        return mean, variance, scale, offset

    def _move_variance(self, value):
        if not self.renorm:
            return self._move(self.moving_variance, value, self.momentum)
        # As in the paper, the average is taken of the deviation, with epsilon inside.
        deviation = self._move(self.moving_stddev, sqrt(value + self.epsilon), self.momentum)
        variance = relu(deviation * deviation - self.epsilon)
        with name_scope("AssignNewValue") as scope, colocate_with(self.moving_variance):
            return assign(self.moving_variance, variance, name=scope)

    def _correction(self, mean, variance, training):
        """What turns values normalized by the batch into values normalized by the averages, and the moments after these are updated."""
        deviation = sqrt(variance + self.epsilon)
        average = maximum(self.renorm_stddev, sqrt(self.epsilon))
        r = deviation / average
        d = (mean - self.renorm_mean) / average
        # The correction takes the averages before their update.
        with control_dependencies([r, d]):
            mean, deviation = identity(mean), identity(deviation)
        clip = self.renorm_clipping
        if clip.get("rmin") is not None:
            r = maximum(r, clip["rmin"])
        if clip.get("rmax") is not None:
            r = minimum(r, clip["rmax"])
        if clip.get("dmax") is not None:
            d = minimum(maximum(d, -clip["dmax"]), clip["dmax"])
        r = smart_cond(training, lambda: r, lambda: ones_like(r))
        d = smart_cond(training, lambda: d, lambda: zeros_like(d))
        updates = []
        for variable, value in ((self.renorm_mean, mean), (self.renorm_stddev, deviation)):
            value = identity(value)
            updates.append(
                smart_cond(
                    training,
                    lambda variable=variable, value=value: self._move(variable, value, self.renorm_momentum),
                    lambda variable=variable: identity(variable),
                )
            )
        with control_dependencies(updates):
            return (r, d), identity(mean), identity(variance)

    @staticmethod
    def _move(variable, value, momentum):
        with name_scope("AssignMovingAvg") as scope, colocate_with(variable):
            share = convert_to_tensor(1.0 - momentum, name="decay")
            if share.dtype != variable.dtype.base_dtype:
                share = cast(share, variable.dtype.base_dtype)
            return assign_sub(variable, (variable - cast(value, variable.dtype)) * share, name=scope)

    def _fused(self, inputs, training):
        beta = self.beta if self.center else constant(0.0, dtype=self._param_dtype, shape=self._param_shape)
        gamma = self.gamma if self.scale else constant(1.0, dtype=self._param_dtype, shape=self._param_shape)

        def normalized(is_training):
            return lambda: nn.fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                is_training=is_training,
                data_format=self._data_format,
            )

        output, mean, variance = smart_cond(training, normalized(True), normalized(False))
        known = constant_predicate(training)
        if known is not False:
            if known is None:
                momentum = smart_cond(training, lambda: convert_to_tensor(self.momentum), lambda: convert_to_tensor(1.0))
            else:
                momentum = convert_to_tensor(self.momentum)
            self.add_update(lambda: self._move(self.moving_mean, mean, momentum))
            self.add_update(lambda: self._move(self.moving_variance, variance, momentum))
        return output

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return TensorShape(input_shape)


def batch_normalization(
    inputs,
    axis=-1,
    momentum=0.99,
    epsilon=1e-3,
    center=True,
    scale=True,
    beta_initializer=Zeros(),
    gamma_initializer=Ones(),
    moving_mean_initializer=Zeros(),
    moving_variance_initializer=Ones(),
    beta_regularizer=None,
    gamma_regularizer=None,
    beta_constraint=None,
    gamma_constraint=None,
    training=False,
    trainable=True,
    name=None,
    reuse=None,
    renorm=False,
    renorm_clipping=None,
    renorm_momentum=0.99,
    fused=None,
    virtual_batch_size=None,
    adjustment=None,
):
    """Apply a new `BatchNormalization` layer; with `reuse` and a name, the variables of an earlier one.

    Args as the class, and:
      inputs: float tensor.
      training: Whether the statistics of the batch are used and the moving averages updated; a bool or bool tensor.
    """
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs, training=training)


BatchNorm = BatchNormalization
batch_norm = batch_normalization
