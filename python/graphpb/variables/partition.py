"""Variables kept in parts along one axis, and the functions that decide into how many."""

import math

from graphpb import dtypes
from graphpb.graph.convert import register_tensor_conversion_function
from graphpb.graph.scopes import control_dependencies, name_scope
from graphpb.ops.array import concat, identity, split
from graphpb.shapes import as_shape


class PartitionInfo:
    """The place of one part: the whole variable's shape and the part's offset in it."""

    def __init__(self, full_shape, var_offset):
        self.full_shape = full_shape
        self.var_offset = var_offset

    def single_offset(self, shape):
        """Return the offset along the partitioned axis; 0 when there is none."""
        axis = self.single_slice_dim(shape)
        return 0 if axis is None else self.var_offset[axis]

    def single_slice_dim(self, shape):
        """Return the one axis on which a part's shape differs from the whole, or None.

        Raises:
          ValueError: The shapes have different ranks, or differ on several axes.
        """
        if len(shape) != len(self.full_shape):
            raise ValueError(
                f"Expected equal length, but received shape={shape} of length {len(shape)} "
                f"while self.full_shape={self.full_shape} is of length {len(self.full_shape)}."
            )
        axes = [i for i, (part, whole) in enumerate(zip(shape, self.full_shape, strict=True)) if part != whole]
        if len(axes) > 1:
            raise ValueError(
                f"Cannot use single_slice_dim() with shape {shape} and full_shape {self.full_shape} "
                f"since slice dim could be either dimension {axes[1]} or {axes[0]}."
            )
        return axes[0] if axes else None


def partitions_of(partitioner, shape, dtype):
    """Call a partitioner and check that it slices one axis at most.

    Returns:
      The number of parts of each axis.

    Raises:
      ValueError: The shape is unknown or a scalar, or the answer does not fit it.
    """
    if not shape.is_fully_defined():
        raise ValueError(f"Shape of a new partitioned variable must be fully defined, but instead was {shape}.")
    if shape.ndims < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    partitions = partitioner(shape=shape, dtype=dtype)
    if not isinstance(partitions, (list, tuple)):
        raise ValueError(f"Partitioner must return a sequence, but saw: {partitions}")
    if len(partitions) != shape.ndims:
        raise ValueError(f"Partitioner returned a partition list that does not match the Variable's rank: {partitions} vs. {shape}")
    if any(count < 1 for count in partitions):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {partitions}")
    if sum(count > 1 for count in partitions) > 1:
        raise ValueError(f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {partitions}")
    return partitions


def partition_shapes(whole, partitions):
    """Yield (offset, shape) of each part; the first parts are one longer where the axis does not divide."""
    axis = next((i for i, count in enumerate(partitions) if count > 1), 0)
    count = partitions[axis]
    offset = [0] * len(whole)
    for i in range(count):
        size = whole[axis] // count + (i < whole[axis] % count)
        yield list(offset), [*whole[:axis], size, *whole[axis + 1 :]]
        offset[axis] += size


class PartitionedVariable:
    """A variable kept as several, one for each part of an axis; a tensor is their concatenation."""

    def __init__(self, name, shape, dtype, variable_list, partitions):
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        self._variable_list = sorted(variable_list, key=lambda part: part._get_save_slice_info().var_offset)
        self._name = name
        self._shape = as_shape(shape)
        self._dtype = dtype
        self._partitions = partitions

    def __iter__(self):
        return iter(self._variable_list)

    def __len__(self):
        return len(self._variable_list)

    @property
    def name(self):
        """The name of the whole, without an output number."""
        return self._name

    @property
    def dtype(self):
        """The dtype of the elements."""
        return self._dtype

    @property
    def shape(self):
        """The shape of the whole."""
        return self._shape

    def get_shape(self):
        """Return the shape of the whole."""
        return self._shape

    def _get_variable_list(self):
        return self._variable_list

    def _get_partitions(self):
        return self._partitions

    def _axis(self):
        return next((i for i, count in enumerate(self._partitions) if count > 1), 0)

    def as_tensor(self):
        """Return the parts joined, read now."""
        with control_dependencies(None):
            if len(self._variable_list) == 1:
                with name_scope(None):
                    return identity(self._variable_list[0], name=self._name)
            with name_scope(self._name + "/ConcatPartitions/"):
                joined = concat(self._variable_list, self._axis())
            with name_scope(None):
                return identity(joined, name=self._name)

    def _assign_parts(self, method, value, use_locking, name, read_value):
        if isinstance(value, (list, PartitionedVariable)):
            values = list(value)
        else:
            axis = self._axis()
            values = split(value, [part.shape.as_list()[axis] for part in self._variable_list], axis=axis)
        results = [
            getattr(part, method)(v, use_locking=use_locking, name=name, read_value=read_value)
            for part, v in zip(self._variable_list, values, strict=True)
        ]
        return results if read_value else [getattr(result, "op", result) for result in results]

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Set every part from a list of values, or from one tensor that is split; return the list of assignments."""
        return self._assign_parts("assign", value, use_locking, name, read_value)

    def assign_add(self, value, use_locking=False, name=None, read_value=True):
        """Add to every part; arguments as `assign`."""
        return self._assign_parts("assign_add", value, use_locking, name, read_value)

    def assign_sub(self, value, use_locking=False, name=None, read_value=True):
        """Subtract from every part; arguments as `assign`."""
        return self._assign_parts("assign_sub", value, use_locking, name, read_value)


def _to_tensor(value, dtype=None, name=None, as_ref=False):
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type '{value.dtype.name}'")
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    return value.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _to_tensor)


def fixed_size_partitioner(num_shards, axis=0):
    """Make a partitioner that cuts an axis into a number of parts, or fewer where it is shorter.

    Args:
      num_shards: Integer.
      axis: Integer.
    """

    def partition(shape, **unused):
        counts = [1] * len(shape)
        counts[axis] = min(num_shards, as_shape(shape).as_list()[axis])
        return counts

    return partition


def _element_bytes(dtype, bytes_per_string_element):
    return bytes_per_string_element if dtype == dtypes.string else dtype.size


def variable_axis_size_partitioner(max_shard_bytes, axis=0, bytes_per_string_element=16, max_shards=None):
    """Make a partitioner that keeps each part below a number of bytes, with as few parts as that needs.

    Args:
      max_shard_bytes: Positive integer.
      axis: Integer.
      bytes_per_string_element: Bytes that one string counts for.
      max_shards: Largest number of parts, or None.

    Raises:
      ValueError: A number is not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, max_shard_bytes is "
            f"{max_shard_bytes} and bytes_per_string_element is {bytes_per_string_element}"
        )
    if max_shards is not None and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partition(shape, dtype):
        sizes = as_shape(shape).as_list()
        bytes_per_slice = (math.prod(sizes) // sizes[axis]) * _element_bytes(dtype, bytes_per_string_element)
        slices = max(1, math.floor(max_shard_bytes / bytes_per_slice))
        count = math.ceil(sizes[axis] / slices)
        counts = [1] * len(sizes)
        counts[axis] = count if max_shards is None else min(max_shards, count)
        return counts

    return partition


def min_max_variable_partitioner(max_partitions=1, axis=0, min_slice_size=256 << 10, bytes_per_string_element=16):
    """Make a partitioner that cuts as often as parts stay above a number of bytes, at most `max_partitions` times.

    Args:
      max_partitions: Positive integer.
      axis: Integer.
      min_slice_size: Least bytes of a part.
      bytes_per_string_element: Bytes that one string counts for.
    """

    def partition(shape, dtype):
        sizes = as_shape(shape).as_list()
        total = math.prod(sizes) * _element_bytes(dtype, bytes_per_string_element)
        counts = [1] * len(sizes)
        counts[axis] = max(1, min(sizes[axis], max_partitions, math.ceil(total / min_slice_size)))
        return counts

    return partition
