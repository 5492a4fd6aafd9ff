"""Values and gradients clipped by value, norm, average norm and global norm; `tf.clip_by_*` and `tf.global_norm`."""

import numpy as np

from graphpb import dtypes
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.scopes import colocate_with, name_scope
from graphpb.ops import raw
from graphpb.ops.array import stack, where
from graphpb.ops.cast import cast
from graphpb.ops.fill import ones_like
from graphpb.ops.math import range
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import rank, size


def _values(t, name):
    return convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=name)


def _rewrap(values, t):
    return IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else values


def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """Limit each element: max(min(t, clip_value_max), clip_value_min). The gradient is 1 on both bounds.

    Args:
      t: Tensor or IndexedSlices, numeric [...].
      clip_value_min: A value that broadcasts to the shape of `t`.
      clip_value_max: A value that broadcasts to the shape of `t`.
      name: Scope and name of the nodes; default `clip_by_value`.

    Raises:
      ValueError: A bound would broadcast `t` to a larger shape.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as name:
        values = _values(t, "t")
        low = raw.Minimum(x=values, y=clip_value_max)
        values.shape.assert_is_compatible_with(low.shape)
        clipped = raw.Maximum(x=low, y=clip_value_min, name=name)
        values.shape.assert_is_compatible_with(clipped.shape)
    return _rewrap(clipped, t)


def clip_by_norm(t, clip_norm, axes=None, name=None):
    """Scale a tensor down so that its L2 norm is at most `clip_norm`: t * clip_norm / max(norm, clip_norm).

    Args:
      t: Tensor or IndexedSlices, float [...].
      clip_norm: Scalar, at least 0.
      axes: Axes over which each norm is taken; default all.
      name: Scope and name of the nodes; default `clip_by_norm`.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as name:
        values = _values(t, "t")
        if np.isscalar(clip_norm):
            clip_norm = max(clip_norm, 0)
        else:
            clip_norm = cast(raw.Maximum(x=clip_norm, y=0), dtype=values.dtype)
        squares = reduce_sum(values * values, axes, keepdims=True)
        positive = squares > 0
        # The root is taken of ones where the sum is zero, so that its gradient stays finite.
        safe = where(positive, squares, ones_like(squares))
        norm = where(positive, raw.Sqrt(x=safe), squares)
        scaled = values * clip_norm
        values.shape.assert_is_compatible_with(scaled.shape)
        clipped = raw.Identity(input=scaled / raw.Maximum(x=norm, y=clip_norm), name=name)
        return _rewrap(clipped, t)


def _tensors(t_list):
    if not isinstance(t_list, (list, tuple)):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    return list(t_list)


def global_norm(t_list, name=None):
    """Compute the L2 norm of all tensors together: sqrt(sum of squares of all elements).

    Args:
      t_list: List of tensors, IndexedSlices or None; None is skipped.
      name: Scope of the nodes; default `global_norm`.

    Raises:
      TypeError: `t_list` is not a sequence.
    """
    t_list = _tensors(t_list)
    with name_scope(name, "global_norm", t_list):
        values = [t if t is None else _values(t, f"t_{i}") for i, t in enumerate(t_list)]
        halves = []
        for value in values:
            if value is not None:
                with colocate_with(value):
                    halves.append(raw.L2Loss(t=value))
        half = reduce_sum(stack(halves))
        return raw.Sqrt(x=half * constant(2.0, dtype=half.dtype), name="global_norm")


def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """Scale several tensors by one factor so that their global norm is at most `clip_norm`.

    The factor is clip_norm * min(1/norm, 1/clip_norm); it is NaN when the norm is not finite.

    Args:
      t_list: List of tensors, IndexedSlices or None; None stays None.
      clip_norm: Scalar.
      use_norm: The global norm when it is known already.
      name: Scope of the nodes; default `clip_by_global_norm`.

    Returns:
      (list of clipped tensors, global norm)

    Raises:
      TypeError: `t_list` is not a sequence.
    """
    t_list = _tensors(t_list)
    if use_norm is None:
        use_norm = global_norm(t_list, name)
    with name_scope(name, "clip_by_global_norm", [*t_list, clip_norm]) as name:
        finite = clip_norm * raw.Minimum(x=1.0 / use_norm, y=constant(1.0, dtype=use_norm.dtype) / clip_norm)
        scale = finite + (use_norm - use_norm)
        values = [t if t is None else _values(t, f"t_{i}") for i, t in enumerate(t_list)]
        clipped = []
        for i, (value, t) in enumerate(zip(values, t_list, strict=True)):
            if value is None:
                clipped.append(None)
                continue
            with colocate_with(value):
                clipped.append(_rewrap(raw.Identity(input=value * cast(scale, value.dtype), name=f"{name}_{i}"), t))
    return clipped, use_norm


def clip_by_average_norm(t, clip_norm, name=None):
    """Scale a tensor so that norm / number of elements is at most `clip_norm`.

    Args:
      t: float [...].
      clip_norm: Scalar.
      name: Scope and name of the nodes; default `clip_by_average_norm`.
    """
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as name:
        t = convert_to_tensor(t, name="t")
        count = cast(size(t), dtypes.float32)
        inverse = raw.Rsqrt(x=reduce_sum(t * t, range(rank(t))))
        scaled = t * clip_norm
        return raw.Identity(input=scaled * raw.Minimum(x=inverse * count, y=constant(1.0) / clip_norm), name=name)
