"""What the layers of tf.contrib.layers share: renamed model variables, collections of variables and outputs."""

from graphpb.contrib.framework.variables import model_variable
from graphpb.graph.collections import add_to_collections, get_collection_ref
from graphpb.variables.partition import PartitionedVariable


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
    """Add an output to collections and return it."""
    if outputs_collections:
        add_to_collections(outputs_collections, outputs)
    return outputs


def channels_format(data_format):
    """Return "channels_first" for "NC..." and "channels_last" for anything else."""
    return "channels_first" if data_format and data_format.startswith("NC") else "channels_last"


def checked_format(data_format, allowed=("NCHW", "NHWC")):
    """Check a data format. ValueError when it is none of those allowed."""
    if data_format not in allowed:
        raise ValueError("data_format has to be either NCHW or NHWC.")


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
