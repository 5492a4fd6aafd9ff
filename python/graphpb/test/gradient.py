"""Gradients of a graph beside central differences of its values."""

import numpy as np

from graphpb.graph.gradients import gradients
from graphpb.ops.array import reshape
from graphpb.session.session import get_default_session


def _jacobians(x, x_shape, y, y_shape, value, delta, feeds):
    session = get_default_session()
    if session is None:
        raise ValueError("compute_gradient: No default session is registered. Use `with sess.as_default()`")
    size_x, size_y = int(np.prod(x_shape)), int(np.prod(y_shape))
    flat = reshape(y, [-1])
    symbolic = np.zeros((size_x, size_y), np.float64)
    numeric = np.zeros((size_x, size_y), np.float64)
    feed = {**(feeds or {}), x: value}
    seed = np.zeros(size_y, y.dtype.as_numpy_dtype)
    from graphpb.ops.inputs import placeholder

    grad_ys = placeholder(y.dtype, [size_y])
    (dx,) = gradients(flat, x, grad_ys=grad_ys)
    if dx is not None:
        from graphpb.graph.convert import convert_to_tensor

        dx = convert_to_tensor(dx)
        for column in range(size_y):
            seed[:] = 0
            seed[column] = 1
            symbolic[:, column] = session.run(dx, {**feed, grad_ys: seed}).ravel()
    for row in range(size_x):
        moved = []
        for step in (delta, -delta):
            other = np.array(value)
            other.ravel()[row] += step
            moved.append(np.asarray(session.run(y, {**feed, x: other}), np.float64).ravel())
        numeric[row] = (moved[0] - moved[1]) / (2 * delta)
    return symbolic, numeric


def compute_gradient(x, x_shape, y, y_shape, x_init_value=None, delta=1e-3, init_targets=None, extra_feed_dict=None):
    """Compute dy/dx by `tf.gradients` and by central differences, in the default session.

    Args:
      x: A real tensor, or a list of them.
      x_shape: Its shape, or a list of shapes.
      y: A real tensor.
      y_shape: Its shape.
      x_init_value: Where the derivative is taken; default uniform numbers in [0, 1).
      delta: The step of the differences.
      init_targets: Operations to run first.
      extra_feed_dict: Further feeds.

    Returns:
      Two float64 arrays [elements of x, elements of y], symbolic and numeric; a list of such pairs when x is a list.

    Raises:
      ValueError: There is no default session.
    """
    if init_targets is not None:
        for target in init_targets if isinstance(init_targets, (list, tuple)) else [init_targets]:
            target.run()
    several = isinstance(x, list)
    xs, shapes = (x, x_shape) if several else ([x], [x_shape])
    values = x_init_value if several and x_init_value is not None else [x_init_value] * len(xs)
    arrays = [
        np.random.random_sample(shape).astype(one.dtype.as_numpy_dtype) if value is None else np.asarray(value, one.dtype.as_numpy_dtype)
        for one, shape, value in zip(xs, shapes, values)
    ]
    results = []
    for i, one in enumerate(xs):
        others = {xs[j]: arrays[j] for j in range(len(xs)) if j != i}
        results.append(_jacobians(one, shapes[i], y, y_shape, arrays[i], delta, {**others, **(extra_feed_dict or {})}))
    return results if several else results[0]


def compute_gradient_error(x, x_shape, y, y_shape, x_init_value=None, delta=1e-3, init_targets=None, extra_feed_dict=None):
    """Return the largest difference between symbolic and numeric derivatives; arguments as `compute_gradient`."""
    pairs = compute_gradient(x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    pairs = pairs if isinstance(pairs, list) else [pairs]
    return max((float(np.abs(a - b).max()) for a, b in pairs if a.size), default=0.0)
