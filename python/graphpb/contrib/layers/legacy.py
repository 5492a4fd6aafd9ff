"""The dense layer of tf.contrib.layers from before arg_scope, with its collections."""

import functools

from graphpb.contrib.layers.initializers import xavier_initializer
from graphpb.graph.collections import GraphKeys, add_to_collections
from graphpb.graph.convert import convert_to_tensor
from graphpb.initializers import Zeros
from graphpb.nn.activations import bias_add, relu
from graphpb.ops.array import reshape, stack, unstack
from graphpb.ops.product import matmul
from graphpb.ops.shape import shape
from graphpb.variables.scope import get_variable, variable_scope


def legacy_fully_connected(
    x,
    num_output_units,
    activation_fn=None,
    weight_init=xavier_initializer(),
    bias_init=Zeros(),
    name=None,
    weight_collections=(GraphKeys.WEIGHTS,),
    bias_collections=(GraphKeys.BIASES,),
    output_collections=(GraphKeys.ACTIVATIONS,),
    trainable=True,
    weight_regularizer=None,
    bias_regularizer=None,
):
    """Apply activation(x @ weights + bias) over the last axis.

    Args:
      x: float [batch, ..., in].
      num_output_units: Integer.
      activation_fn: Function, or None.
      weight_init: Initializer of the weights.
      bias_init: Initializer of the bias; None leaves it out.
      name: Variable scope; default `fully_connected`.
      weight_collections, bias_collections, output_collections: Collections of weights, bias and output.
      trainable: Whether the variables are trained.
      weight_regularizer, bias_regularizer: Functions from a variable to a loss.

    Raises:
      ValueError: The rank is unknown or below 2, or the last size unknown.
    """
    with variable_scope(name, "fully_connected", [x]):
        x = convert_to_tensor(x)
        rank = x.shape.ndims
        if rank is None:
            raise ValueError("dims of x must be known but is None")
        if rank < 2:
            raise ValueError(f"rank of x must be at least 2 not: {rank}")
        size = x.shape[-1].value
        if size is None:
            raise ValueError("last dimension of x must be known but is None")

        def weight(name, sizes, initializer, regularizer, collections):
            collections = list(dict.fromkeys([*(collections or ()), GraphKeys.GLOBAL_VARIABLES]))
            return get_variable(
                name,
                shape=sizes,
                dtype=x.dtype.base_dtype,
                initializer=initializer,
                collections=collections,
                regularizer=regularizer,
                trainable=trainable,
            )

        weights = weight("weights", [size, num_output_units], weight_init, weight_regularizer, weight_collections)
        y = matmul(x if rank == 2 else reshape(x, [-1, size]), weights)
        if bias_init is not None:
            y = bias_add(y, weight("bias", [num_output_units], bias_init, bias_regularizer, bias_collections))
        if rank > 2:
            sizes = unstack(shape(x))
            sizes[-1] = num_output_units
            y = reshape(y, stack(sizes))
            y.set_shape([*x.shape.as_list()[:-1], num_output_units])
        if activation_fn is not None:
            y = activation_fn(y)
        add_to_collections([*(output_collections or ()), GraphKeys.ACTIVATIONS], y)
        return y


legacy_relu = functools.partial(legacy_fully_connected, activation_fn=relu)
legacy_linear = functools.partial(legacy_fully_connected, activation_fn=None)
