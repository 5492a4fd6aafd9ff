"""Batch normalization of tf.contrib.layers: by the layer of tf.layers, or with variables and updates of its own."""

from graphpb import dtypes
from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.contrib.framework.variables import model_variable
from graphpb.contrib.layers.building import checked_format, collect_output, collect_variable, collections_of, model_variables
from graphpb.graph.collections import GraphKeys, add_to_collections
from graphpb.graph.control_choice import constant_predicate, smart_cond
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import control_dependencies
from graphpb.initializers import Ones, Zeros
from graphpb.layers.normalize import BatchNormalization
from graphpb.nn import norm as nn
from graphpb.ops.array import identity, reshape
from graphpb.ops.shape import shape
from graphpb.train.averages import assign_moving_average
from graphpb.variables.scope import get_variable_scope, variable_scope


@add_arg_scope
def batch_norm(
    inputs,
    decay=0.999,
    center=True,
    scale=False,
    epsilon=0.001,
    activation_fn=None,
    param_initializers=None,
    param_regularizers=None,
    updates_collections=GraphKeys.UPDATE_OPS,
    is_training=True,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    batch_weights=None,
    fused=None,
    data_format="NHWC",
    zero_debias_moving_mean=False,
    scope=None,
    renorm=False,
    renorm_clipping=None,
    renorm_decay=0.99,
    adjustment=None,
):
    """Normalize by mean and variance of the batch when training, by their moving averages when not.

    Args:
      inputs: float [batch, ..., channels] (or channels second).
      decay: Share of the old value in the moving averages.
      center: Add beta.
      scale: Multiply by gamma.
      epsilon: Added to the variance.
      activation_fn: Function, or None.
      param_initializers: {"beta", "gamma", "moving_mean", "moving_variance": initializer}.
      param_regularizers: {"beta", "gamma": function from a variable to a loss}.
      updates_collections: Collection of the updates of the averages; None updates them in place.
      is_training: bool or bool scalar tensor.
      reuse: Whether the variables of the scope are shared.
      variables_collections: Collections of all variables, or a dict by their names.
      outputs_collections: Collections of the output.
      trainable: Whether beta and gamma are trained.
      batch_weights: Weight of each example, or None.
      fused: None or True: one node for ranks 2 and 4.
      data_format: "NHWC" or "NCHW".
      zero_debias_moving_mean: Correct the moving mean for its start at zero.
      scope: Variable scope; default `BatchNorm`.
      renorm, renorm_clipping, renorm_decay, adjustment: As `renorm`, `renorm_clipping`, `renorm_momentum` and `adjustment` of
        `tf.layers.BatchNormalization`; only with the collection `update_ops`.

    Raises:
      ValueError: The rank or the number of channels is unknown, the format another one, or renorm is asked for with
        batch_weights, zero_debias_moving_mean or other updates.
    """
    initializers = {"beta": Zeros(), "gamma": Ones(), "moving_mean": Zeros(), "moving_variance": Ones(), **(param_initializers or {})}
    regularizers = param_regularizers or {}
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    checked_format(data_format)
    plain = updates_collections is GraphKeys.UPDATE_OPS and not zero_debias_moving_mean
    fused = True if fused is None else fused
    possible = batch_weights is None and not renorm and adjustment is None and rank in (2, 4)
    if fused and possible and (rank == 2 or not plain):
        return _by_variables(
            inputs, _fused_outputs, dtypes.float32, decay, center, scale, epsilon, activation_fn, initializers, regularizers, updates_collections,
            is_training, reuse, variables_collections, outputs_collections, trainable, data_format, zero_debias_moving_mean, scope, None,
        )  # fmt: skip
    if batch_weights is not None or not plain:
        if renorm:
            raise ValueError("renorm is not supported with batch_weights, updates_collections or zero_debias_moving_mean")
        return _by_variables(
            inputs, _plain_outputs, inputs.dtype.base_dtype, decay, center, scale, epsilon, activation_fn, initializers, regularizers,
            updates_collections, is_training, reuse, variables_collections, outputs_collections, trainable, data_format, zero_debias_moving_mean,
            scope, batch_weights,
        )  # fmt: skip
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=model_variables()) as sc:
        layer = BatchNormalization(
            axis=1 if data_format == "NCHW" else -1,
            momentum=decay,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=initializers["beta"],
            gamma_initializer=initializers["gamma"],
            moving_mean_initializer=initializers["moving_mean"],
            moving_variance_initializer=initializers["moving_variance"],
            beta_regularizer=regularizers.get("beta"),
            gamma_regularizer=regularizers.get("gamma"),
            trainable=trainable,
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=renorm_decay,
            adjustment=adjustment,
            name=sc.name,
            _scope=sc,
            _reuse=reuse,
            fused=fused,
        )
        outputs = layer(inputs, training=is_training)
        for name in ("moving_mean", "moving_variance", "beta", "gamma"):
            if getattr(layer, name) is not None:
                collect_variable(getattr(layer, name), variables_collections, name)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_output(outputs_collections, sc.name, outputs)


def _by_variables(
    inputs, compute, dtype, decay, center, scale, epsilon, activation_fn, initializers, regularizers, updates_collections, is_training, reuse,
    variables_collections, outputs_collections, trainable, data_format, zero_debias, scope, batch_weights,
):  # fmt: skip
    """Batch normalization with variables of its own, beta first, and updates in any collection or in place."""
    getter = None if compute is _fused_outputs else model_variables()
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=getter) as sc:
        inputs = convert_to_tensor(inputs)
        original = inputs
        if inputs.shape.ndims is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        axis = 1 if data_format == "NCHW" else -1
        channels = inputs.shape[axis].value
        if channels is None:
            if compute is _fused_outputs:
                raise ValueError("`C` dimension must be known but is None")
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {inputs.shape[axis:] if axis < 0 else inputs.shape[1:2]}.")
        if batch_weights is not None:
            batch_weights = convert_to_tensor(batch_weights)
            inputs.shape[0:1].assert_is_compatible_with(batch_weights.shape)
            batch_weights = reshape(batch_weights, [-1] + [1] * (inputs.shape.ndims - 1))
        if compute is _fused_outputs and inputs.shape.ndims == 2:
            inputs = reshape(inputs, [-1, channels, 1, 1] if data_format == "NCHW" else [-1, 1, 1, channels])

        def weight(name, trained):
            return model_variable(
                name,
                shape=[channels],
                dtype=dtype,
                initializer=initializers[name],
                regularizer=regularizers.get(name),
                collections=collections_of(variables_collections, name),
                trainable=trained,
            )

        absent = compute is _fused_outputs
        beta = weight("beta", trainable) if center else constant(0.0, dtype=dtype, shape=[channels]) if absent else None
        gamma = weight("gamma", trainable) if scale else constant(1.0, dtype=dtype, shape=[channels]) if absent else None
        with variable_scope(get_variable_scope()) as local:
            # The averages are assigned to, which variables in parts cannot be.
            local.set_partitioner(None)
            moving_mean = weight("moving_mean", False)
            moving_variance = weight("moving_variance", False)
        averages = (moving_mean, moving_variance)

        def moved(mean, variance):
            return (
                assign_moving_average(moving_mean, mean, decay, zero_debias=zero_debias),
                assign_moving_average(moving_variance, variance, decay, zero_debias=False),
            )

        outputs = compute(inputs, gamma, beta, averages, epsilon, data_format, is_training, updates_collections, moved, batch_weights)
        outputs.set_shape(inputs.shape)
        if compute is _fused_outputs and original.shape.ndims == 2:
            sizes = original.shape.as_list()
            known = [-1 if size is None else size for size in sizes] if sizes.count(None) <= 1 else None
            outputs = reshape(outputs, shape(original) if known is None else known)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_output(outputs_collections, sc.name, outputs)


def _fused_outputs(inputs, gamma, beta, averages, epsilon, data_format, is_training, updates_collections, moved, _):
    outputs, mean, variance = smart_cond(
        is_training,
        lambda: nn.fused_batch_norm(inputs, gamma, beta, epsilon=epsilon, data_format=data_format),
        lambda: nn.fused_batch_norm(
            inputs, gamma, beta, mean=averages[0], variance=averages[1], epsilon=epsilon, is_training=False, data_format=data_format
        ),
    )
    if constant_predicate(is_training) is False:
        return outputs
    if updates_collections is None:

        def in_place():
            with control_dependencies(moved(mean, variance)):
                return identity(outputs)

        return smart_cond(is_training, in_place, lambda: outputs)
    for update in smart_cond(is_training, lambda: moved(mean, variance), lambda: averages):
        add_to_collections(updates_collections, update)
    return outputs


def _plain_outputs(inputs, gamma, beta, averages, epsilon, data_format, is_training, updates_collections, moved, batch_weights):
    rank = inputs.shape.ndims
    first = data_format == "NCHW"
    axes = [0, *range(2, rank)] if first else list(range(rank - 1))
    known = constant_predicate(is_training)
    if known is False:
        mean, variance = averages
    else:
        keep = {"keep_dims": True} if first else {}
        if batch_weights is None:
            mean, variance = nn.moments(inputs, axes, **keep)
        else:
            mean, variance = nn.weighted_moments(inputs, axes, batch_weights, **keep)
        if first:
            mean, variance = reshape(mean, [-1]), reshape(variance, [-1])
        batch = (mean, variance)
        if updates_collections is None:

            def in_place():
                with control_dependencies(moved(*batch)):
                    return identity(batch[0]), identity(batch[1])

            mean, variance = smart_cond(is_training, in_place, lambda: averages)
        else:
            for update in smart_cond(is_training, lambda: moved(*batch), lambda: averages):
                add_to_collections(updates_collections, update)
            mean, variance = smart_cond(is_training, lambda: batch, lambda: averages)
    if first:
        spread = [1, inputs.shape[1].value] + [1] * (rank - 2)
        mean, variance = reshape(mean, spread), reshape(variance, spread)
        beta = None if beta is None else reshape(beta, spread)
        gamma = None if gamma is None else reshape(gamma, spread)
    return nn.batch_normalization(inputs, mean, variance, beta, gamma, epsilon)
