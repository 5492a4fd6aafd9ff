"""Tensors with beams: repeated for each beam, gathered by beam, and sequences traced back through their parents."""

from graphpb import dtypes, nest
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.loops import while_loop
from graphpb.graph.scopes import name_scope
from graphpb.graph.tensor_array import TensorArray
from graphpb.ops.array import concat, expand_dims, reshape, tile, where
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal, greater
from graphpb.ops.fill import fill, ones_like
from graphpb.ops.gather import gather
from graphpb.ops.math import cumsum, minimum
from graphpb.ops.math import range as range_of
from graphpb.ops.shape import shape as shape_of
from graphpb.shapes import TensorShape


def tile_batch(t, multiplier, name=None):
    """Repeat every entry of the first axis `multiplier` times.

    Args:
      t: Tensor [batch, ...] or a structure of them.
      multiplier: int.
      name: Scope; default `tile_batch`.

    Returns:
      The same structure of tensors [batch · multiplier, ...].

    Raises:
      ValueError: A tensor is a scalar or of unknown rank.
    """

    def tiled(tensor):
        tensor = convert_to_tensor(tensor, name="t")
        if not tensor.shape.ndims:
            raise ValueError("t must have statically known rank, at least 1")
        sizes = shape_of(tensor)
        repeated = tile(expand_dims(tensor, 1), [1, multiplier] + [1] * (tensor.shape.ndims - 1))
        repeated = reshape(repeated, concat([[sizes[0] * multiplier], sizes[1:]], 0))
        batch = tensor.shape[0].value
        repeated.set_shape(TensorShape([None if batch is None else batch * multiplier]).concatenate(tensor.shape[1:]))
        return repeated

    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(tiled, t)


def pick(values, indices, batch_size, width):
    """Take `values[b, indices[b, k]]` for all b, k.

    Args:
      values: [batch, width, ...].
      indices: int32 [batch, n].
      batch_size: int or int32 scalar.
      width: int or int32 scalar.

    Returns:
      [batch, n, ...].
    """
    flat = reshape(values, concat([[-1], shape_of(values)[2:]], 0))
    offsets = expand_dims(range_of(batch_size) * width, 1)
    picked = gather(flat, reshape(indices + offsets, [-1]))
    picked = reshape(picked, concat([shape_of(indices), shape_of(values)[2:]], 0))
    picked.set_shape(TensorShape([values.shape[0], indices.shape[1]]).concatenate(values.shape[2:]))
    return picked


def gather_tree(step_ids, parent_ids, max_sequence_lengths, end_token, name=None):
    """Trace every beam back through its parents.

    Args:
      step_ids: int32 [time, batch, beams], the token that each beam added.
      parent_ids: int32 of the same shape, the beam that it went on from.
      max_sequence_lengths: int32 [batch].
      end_token: int32 scalar; stands past the lengths and after its first occurrence.
      name: Scope; default `GatherTree`.

    Returns:
      int32 [time, batch, beams]: the sequence that ends in each beam.
    """
    with name_scope(name, "GatherTree", [step_ids, parent_ids]):
        step_ids = convert_to_tensor(step_ids, dtype=dtypes.int32)
        parent_ids = convert_to_tensor(parent_ids, dtype=dtypes.int32)
        end_token = convert_to_tensor(end_token, dtype=dtypes.int32)
        sizes = shape_of(step_ids)
        time, batch, beams = sizes[0], sizes[1], sizes[2]
        lengths = expand_dims(minimum(cast(max_sequence_lengths, dtypes.int32), time), 1)
        own = tile(expand_dims(range_of(beams), 0), [batch, 1])
        own.set_shape(step_ids.shape[1:])
        over = fill(sizes[1:], end_token)
        found = TensorArray(dtypes.int32, size=time, element_shape=step_ids.shape[1:])

        def step(level, beam, found):
            within = (lengths > level) & equal(own, own)
            ids = pick(step_ids[level], beam, batch, beams)
            parents = pick(parent_ids[level], beam, batch, beams)
            return level - 1, where(within, parents, beam), found.write(level, where(within, ids, over))

        _, _, found = while_loop(lambda level, *_: level >= 0, step, (time - 1, own, found), back_prop=False)
        ids = found.stack()
        ended = cumsum(cast(equal(ids, end_token), dtypes.int32), axis=0, exclusive=True)
        ids = where(greater(ended, 0), ones_like(ids) * end_token, ids)
        ids.set_shape(step_ids.shape)
        return ids
