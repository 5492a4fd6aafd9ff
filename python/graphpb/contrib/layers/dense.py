"""Densely connected layers of tf.contrib.layers, and the small layers around them."""

import functools

from graphpb import dtypes
from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.contrib.framework.variables import model_variable
from graphpb.contrib.layers.building import add_biases, apply_layer, checked_format, collect_output, finish, last_size, model_variables
from graphpb.contrib.layers.initializers import xavier_initializer
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.initializers import Zeros
from graphpb.layers.dense import Dense, Dropout
from graphpb.layers.dense import flatten as flat_layer
from graphpb.nn import activations as nn
from graphpb.nn.embedding import embedding_lookup
from graphpb.ops.array import concat, reshape, strided_slice, tile
from graphpb.ops.array import one_hot as one_hot_vectors
from graphpb.ops.cast import to_int64
from graphpb.ops.fill import ones
from graphpb.ops.math import div
from graphpb.ops.reduce import reduce_max, reduce_sum
from graphpb.ops.shape import shape
from graphpb.ops.unary import sqrt, square
from graphpb.variables.scope import variable_scope


@add_arg_scope
def fully_connected(
    inputs,
    num_outputs,
    activation_fn=nn.relu,
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
    """Apply activation(normalizer(inputs @ weights + biases)) over the last axis; no biases with a normalizer.

    Args:
      inputs: float [batch, ..., in].
      num_outputs: Integer.
      activation_fn: Function, by default relu, or None.
      normalizer_fn: Function such as `batch_norm`, instead of biases.
      normalizer_params: Its keyword arguments.
      weights_initializer: Initializer of the weights [in, num_outputs].
      weights_regularizer: Function from the weights to a loss.
      biases_initializer: Initializer of the biases; None leaves them out.
      biases_regularizer: Function from the biases to a loss.
      reuse: Whether the variables of the scope are shared.
      variables_collections: Collections of all variables, or {"weights": …, "biases": …}.
      outputs_collections: Collections of the output.
      trainable: Whether the variables are trained.
      scope: Variable scope; default `fully_connected`.

    Raises:
      ValueError: `num_outputs` is not an integer, or the last size is unknown.
    """
    if not isinstance(num_outputs, int):
        raise ValueError(f"num_outputs type should be one of {[int]}, got {type(num_outputs)}.")

    def make(inputs, **shared):
        return Dense(num_outputs, kernel_initializer=weights_initializer, kernel_regularizer=weights_regularizer, **shared)

    return apply_layer(
        make, inputs, "fully_connected", {"kernel": "weights"}, activation_fn, normalizer_fn, normalizer_params, biases_initializer,
        biases_regularizer, reuse, variables_collections, outputs_collections, trainable, scope,
    )  # fmt: skip


linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=nn.relu)
relu6 = functools.partial(fully_connected, activation_fn=nn.relu6)
elu = functools.partial(fully_connected, activation_fn=nn.elu)


@add_arg_scope
def bias_add(
    inputs,
    activation_fn=None,
    initializer=Zeros(),
    regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    data_format="NHWC",
    scope=None,
):
    """Add a bias variable to the channels. ValueError when their number is unknown."""
    checked_format(data_format)
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError("Dims of shape must be known but is None")
        if rank != 4 and data_format == "NCHW":
            raise ValueError("Data format NCHW only supports 4D Tensor")
        size = inputs.shape[1 if data_format == "NCHW" else -1].value
        if size is None:
            raise ValueError("`C` dimension must be known but is None")
        outputs = add_biases(inputs, size, initializer, regularizer, variables_collections, trainable, data_format)
        return finish(outputs, None, None, activation_fn, outputs_collections, sc.name)


@add_arg_scope
def dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None, scope=None, seed=None):
    """Keep elements with a probability and scale them by its inverse, when training."""
    with variable_scope(scope, "Dropout", [inputs], custom_getter=model_variables()) as sc:
        inputs = convert_to_tensor(inputs)
        layer = Dropout(rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=sc.name, _scope=sc)
        return collect_output(outputs_collections, sc.name, layer(inputs, training=is_training))


@add_arg_scope
def flatten(inputs, outputs_collections=None, scope=None):
    """Reshape to [batch, all other elements]."""
    with name_scope(scope, "Flatten", [inputs]) as sc:
        outputs = flat_layer(convert_to_tensor(inputs))
        return collect_output(outputs_collections, sc, outputs)


@add_arg_scope
def one_hot_encoding(labels, num_classes, on_value=1.0, off_value=0.0, outputs_collections=None, scope=None):
    """Make one-hot vectors of integer labels."""
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as sc:
        labels = convert_to_tensor(labels)
        if labels.dtype == dtypes.int32:
            labels = to_int64(labels)
        outputs = one_hot_vectors(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect_output(outputs_collections, sc, outputs)


@add_arg_scope
def softmax(logits, scope=None):
    """Apply softmax along the last axis, through a matrix of rows."""
    with variable_scope(scope, "softmax", [logits]):
        rows = reshape(logits, [-1, last_size(logits.shape, 2)])
        outputs = reshape(nn.softmax(rows), shape(logits))
        outputs.set_shape(logits.shape)
        return outputs


def _scopes(layer, scope, default):
    return scope or getattr(layer, "__name__", None) or getattr(getattr(layer, "func", None), "__name__", default)


def repeat(inputs, repetitions, layer, *args, **kwargs):
    """Apply a layer several times, in scopes `<scope>_1`, `<scope>_2`, …"""
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        outputs = convert_to_tensor(inputs)
        base = _scopes(layer, scope, "repeat")
        for i in range(repetitions):
            outputs = layer(outputs, *args, **{**kwargs, "scope": f"{base}_{i + 1}"})
        return outputs


def stack(inputs, layer, stack_args, **kwargs):
    """Apply a layer once for each element of a list of arguments, in scopes `<scope>_1`, `<scope>_2`, …

    Raises:
      ValueError: `stack_args` is not a list.
    """
    scope = kwargs.pop("scope", None)
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError("stack_args need to be a list or tuple")
    with variable_scope(scope, "Stack", [inputs]):
        outputs = convert_to_tensor(inputs)
        base = _scopes(layer, scope, "stack")
        for i, arguments in enumerate(stack_args):
            arguments = arguments if isinstance(arguments, (list, tuple)) else [arguments]
            outputs = layer(outputs, *arguments, **{**kwargs, "scope": f"{base}_{i + 1}"})
        return outputs


@add_arg_scope
def unit_norm(inputs, dim, epsilon=1e-7, scope=None):
    """Divide by the L2 norm along one axis: x / sqrt(epsilon + sum(x^2)).

    Raises:
      ValueError: The rank is unknown or the axis out of range.
    """
    with variable_scope(scope, "UnitNorm", [inputs]):
        if not inputs.shape:
            raise ValueError("The input rank must be known.")
        rank = inputs.shape.ndims
        if dim < 0 or dim >= rank:
            raise ValueError("dim must be positive but smaller than the input rank.")
        lengths = sqrt(epsilon + reduce_sum(square(inputs), dim, True))
        multiples = [ones([dim], dtypes.int32)] if dim > 0 else []
        multiples.append(strided_slice(shape(inputs), [dim], [dim + 1]))
        if dim < rank - 1:
            multiples.append(ones([rank - 1 - dim], dtypes.int32))
        return div(inputs, tile(lengths, concat(multiples, 0)))


@add_arg_scope
def maxout(inputs, num_units, axis=-1, scope=None):
    """Take the maximum over groups of features, `num_units` groups along an axis.

    Raises:
      ValueError: The number of features is not a multiple of `num_units`.
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        sizes = inputs.shape.as_list()
        features = sizes[axis]
        if features % num_units:
            raise ValueError(f"number of features({features}) is not a multiple of num_units({num_units})")
        sizes[axis] = num_units
        sizes.append(features // num_units)
        sizes = [shape(inputs)[i] if size is None else size for i, size in enumerate(sizes)]
        return reduce_max(reshape(inputs, sizes), -1, keepdims=False)


def embed_sequence(ids, vocab_size=None, embed_dim=None, unique=False, initializer=None, regularizer=None, trainable=True, scope=None, reuse=None):
    """Look up each id of sequences in an embedding variable.

    Args:
      ids: int32 or int64 [batch, length].
      vocab_size: Number of rows.
      embed_dim: Size of each row.
      unique: Has no effect on the values.
      initializer: Initializer of the rows.
      regularizer: Function from the variable to a loss.
      trainable: Whether it is trained.
      scope: Variable scope; default `EmbedSequence`.
      reuse: Whether the variable of the scope is shared.

    Returns:
      A tensor [batch, length, embed_dim].

    Raises:
      ValueError: A size is missing.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(f"Must specify vocab size and embedding dimension when not reusing. Got vocab_size={vocab_size} and embed_dim={embed_dim}")
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        size = [vocab_size, embed_dim] if not reuse or vocab_size and embed_dim else None
        embeddings = model_variable("embeddings", shape=size, initializer=initializer, regularizer=regularizer, trainable=trainable)
        return embedding_lookup(embeddings, ids)
