"""What the layers of tf.contrib.layers share: renamed model variables, collections, and layers of tf.layers applied with both."""

from graphpb.contrib.framework.variables import model_variable
from graphpb.graph.collections import add_to_collections, get_collection_ref
from graphpb.graph.convert import convert_to_tensor
from graphpb.nn.activations import bias_add
from graphpb.variables.partition import PartitionedVariable
from graphpb.variables.scope import variable_scope


def model_variables(rename=None):
    """Return a custom getter that makes model variables under other names.

    Args:
      rename: {last part of the name: other name}.
    """

    def renamed(
        getter,
        name,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=True,
        collections=None,
        caching_device=None,
        partitioner=None,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        **_,
    ):
        head, _, last = name.rpartition("/")
        last = (rename or {}).get(last, last)
        return model_variable(
            f"{head}/{last}" if head else last,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            partitioner=partitioner,
            custom_getter=getter,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )

    return renamed


def collections_of(variables_collections, name):
    """Return the collections that a kind of variable joins, from a list or a dict of lists."""
    if isinstance(variables_collections, dict):
        return variables_collections.get(name, None)
    return variables_collections


def collect_variable(variable, variables_collections, name):
    """Add a variable, or its parts, to the collections of its kind."""
    for collection in collections_of(variables_collections, name) or []:
        kept = get_collection_ref(collection)
        for part in list(variable) if isinstance(variable, PartitionedVariable) else [variable]:
            if not any(part is other for other in kept):
                kept.append(part)


def collect_output(outputs_collections, name, outputs):
    """Add an output to collections under a scope's name, and return it."""
    if outputs_collections:
        kept = getattr(outputs, "aliases", [])
        outputs.aliases = [*kept, name]
        add_to_collections(outputs_collections, outputs)
    return outputs


collect_named_outputs = collect_output


def convert_collection_to_dict(collection, clear_collection=False):
    """Return {name of the layer that collected an output: output} of a collection.

    Args:
      collection: Name of a collection of outputs.
      clear_collection: Whether to empty it.
    """
    outputs = get_collection_ref(collection)
    named = {alias: output for output in outputs for alias in getattr(output, "aliases", None) or [output.op.name]}
    if clear_collection:
        outputs.clear()
    return named


def channels_format(data_format):
    """Return "channels_first" for "NC..." and "channels_last" for anything else."""
    return "channels_first" if data_format and data_format.startswith("NC") else "channels_last"


def checked_format(data_format, allowed=("NCHW", "NHWC")):
    """Check a data format. ValueError when it is none of those allowed."""
    if data_format not in allowed:
        raise ValueError(f"data_format has to be either {' or '.join(allowed)}.")


def last_size(shape, least_rank):
    """Return the last size of a static shape. ValueError when it or the rank is unknown, or the rank too small."""
    if shape.ndims is None:
        raise ValueError("dims of shape must be known but is None")
    if shape.ndims < least_rank:
        raise ValueError(f"rank of shape must be at least {least_rank} not: {shape.ndims}")
    if shape[-1].value is None:
        raise ValueError(f"dimension -1 of shape must be known but is None: {shape}")
    return shape[-1].value


def pair(value):
    """Return two integers from an integer or a pair. ValueError for anything else."""
    if isinstance(value, int):
        return value, value
    if len(value) != 2:
        raise ValueError(f"Must be a list with 2 elements: {value}")
    return int(value[0]), int(value[1])


def finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, name):
    """Normalize, activate and collect a layer's output."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return collect_output(outputs_collections, name, outputs)


def apply_layer(
    make, inputs, default_scope, kernels, activation_fn, normalizer_fn, normalizer_params, biases_initializer, biases_regularizer, reuse,
    variables_collections, outputs_collections, trainable, scope,
):  # fmt: skip
    """Apply a layer of tf.layers with the variable names, collections, normalizer and activation of tf.contrib.layers.

    Args:
      make: Function from the inputs and the keyword arguments that the layers share to a layer.
      inputs: Tensor or array.
      default_scope: Variable scope without `scope`.
      kernels: {the layer's kernel: its name here}.
      The others: Arguments of the public functions.
    """
    renamed = model_variables({"bias": "biases", **kernels})
    with variable_scope(scope, default_scope, [inputs], reuse=reuse, custom_getter=renamed) as sc:
        inputs = convert_to_tensor(inputs)
        layer = make(
            inputs,
            activation=None,
            use_bias=not normalizer_fn and biases_initializer is not None,
            bias_initializer=biases_initializer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=sc.name,
            dtype=inputs.dtype.base_dtype,
            _scope=sc,
            _reuse=reuse,
        )
        outputs = layer(inputs)
        for kernel in kernels:
            collect_variable(getattr(layer, kernel), variables_collections, "weights")
        if layer.bias is not None:
            collect_variable(layer.bias, variables_collections, "biases")
        return finish(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections, sc.name)


def add_biases(outputs, count, initializer, regularizer, variables_collections, trainable, data_format="NHWC"):
    """Add a variable `biases` to the channels, unless its initializer is None."""
    if initializer is None:
        return outputs
    biases = model_variable(
        "biases",
        shape=[count],
        dtype=outputs.dtype.base_dtype,
        initializer=initializer,
        regularizer=regularizer,
        collections=collections_of(variables_collections, "biases"),
        trainable=trainable,
    )
    return bias_add(outputs, biases, data_format=data_format)
