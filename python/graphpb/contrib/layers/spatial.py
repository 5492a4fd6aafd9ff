"""Layers of tf.contrib.layers between images, sequences, points and sparse tensors, and scaled gradients."""

from graphpb import dtypes
from graphpb.contrib.framework.arg_scope import add_arg_scope
from graphpb.contrib.framework.variables import model_variable
from graphpb.contrib.layers.building import checked_format, collect_output, collections_of
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.custom_gradient import custom_gradient
from graphpb.graph.scopes import name_scope
from graphpb.initializers import Constant, Ones
from graphpb.nn.activations import softmax
from graphpb.ops.array import concat, meshgrid, reshape, transpose, where
from graphpb.ops.compare import not_equal
from graphpb.ops.gather import gather_nd
from graphpb.ops.math import minimum, multiply
from graphpb.ops.order import linspace
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import shape
from graphpb.ops.unary import rsqrt, square
from graphpb.variables.scope import variable_scope


@add_arg_scope
def spatial_softmax(features, temperature=None, name=None, variables_collections=None, trainable=True, data_format="NHWC"):
    """Compute the expected position of each channel's softmax over the pixels (arxiv 1509.06113).

    Args:
      features: float32 [batch, height, width, channels].
      temperature: Float that the features are divided by; None starts a variable `temperature` at 1.
      name: Variable scope; default `spatial_softmax`.
      variables_collections: Collections of the temperature.
      trainable: Whether the temperature is trained.
      data_format: "NHWC" or "NCHW".

    Returns:
      float32 [batch, channels * 2], row and column of each channel, from -1 to 1.

    Raises:
      ValueError: The format is another one, or the number of channels unknown.
    """
    with variable_scope(name, "spatial_softmax"):
        features = convert_to_tensor(features)
        sizes = shape(features)
        checked_format(data_format)
        first = data_format == "NCHW"
        height, width = (sizes[2], sizes[3]) if first else (sizes[1], sizes[2])
        channels = features.shape[1 if first else 3].value
        if channels is None:
            raise ValueError("The num_channels dimension of the inputs to `spatial_softmax` should be defined. Found `None`.")
        with name_scope("spatial_softmax_op", "spatial_softmax_op", [features]):
            rows, columns = meshgrid(linspace(-1.0, 1.0, num=height), linspace(-1.0, 1.0, num=width), indexing="ij")
            rows = reshape(rows, [height * width])
            columns = reshape(columns, [height * width])
            scale = model_variable(
                "temperature",
                shape=(),
                dtype=dtypes.float32,
                initializer=Ones() if temperature is None else Constant(temperature),
                collections=collections_of(variables_collections, "temperature") if trainable else None,
                trainable=trainable,
            )
            pixels = features if first else transpose(features, [0, 3, 1, 2])
            attention = softmax(reshape(pixels, [-1, height * width]) / scale)
            row = reduce_sum(rows * attention, [1], keepdims=True)
            column = reduce_sum(columns * attention, [1], keepdims=True)
            points = reshape(concat([row, column], 1), [-1, channels * 2])
            points.set_shape([None, channels * 2])
    return points


@add_arg_scope
def images_to_sequence(inputs, data_format="NHWC", outputs_collections=None, scope=None):
    """Turn images [batch, height, width, depth] into sequences [width, batch * height, depth]."""
    checked_format(data_format)
    with name_scope(scope, "ImagesToSequence", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        if data_format == "NCHW":
            inputs = transpose(inputs, [0, 2, 3, 1])
        _, _, width, depth = inputs.shape.as_list()
        sizes = shape(inputs)
        batch, height = sizes[0], sizes[1]
        outputs = reshape(transpose(inputs, [2, 0, 1, 3]), [width, batch * height, depth])
        return collect_output(outputs_collections, sc, outputs)


@add_arg_scope
def sequence_to_images(inputs, height, output_data_format="channels_last", outputs_collections=None, scope=None):
    """Turn sequences [width, batch * height, depth] into images [batch, height, width, depth]."""
    with name_scope(scope, "SequenceToImages", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        width, count, depth = inputs.shape.as_list()
        outputs = reshape(inputs, [width, -1 if count is None else count // height, height, depth])
        outputs = transpose(outputs, [1, 3, 2, 0] if output_data_format == "channels_first" else [1, 2, 0, 3])
        return collect_output(outputs_collections, sc, outputs)


@add_arg_scope
def dense_to_sparse(tensor, eos_token=0, outputs_collections=None, scope=None):
    """Return the elements that differ from `eos_token` as a SparseTensor."""
    with variable_scope(scope, "dense_to_sparse", [tensor]) as sc:
        tensor = convert_to_tensor(tensor)
        indices = where(not_equal(tensor, constant(eos_token, tensor.dtype)))
        outputs = SparseTensor(indices, gather_nd(tensor, indices), shape(tensor, out_type=dtypes.int64))
        return collect_output(outputs_collections, sc.name, outputs)


@custom_gradient
def scale_gradient(inputs, gradient_multiplier):
    """Return the inputs; their gradient is multiplied by a tensor."""
    return inputs, lambda dy: [dy * gradient_multiplier, None]


def poincare_normalize(x, axis=1, epsilon=1e-5, name=None):
    """Scale vectors longer than 1 - epsilon to that length (arxiv 1705.08039).

    Args:
      x: float [...].
      axis: Axis or axes of the vectors.
      epsilon: Distance from the unit sphere.
      name: Scope and name of the nodes; default `poincare_normalize`.
    """
    with name_scope(name, "poincare_normalize", [x]) as name:
        x = convert_to_tensor(x, name="x")
        inverse = rsqrt(reduce_sum(square(x), axis, keepdims=True))
        return multiply(x, minimum((1.0 - epsilon) * inverse, 1.0), name=name)
