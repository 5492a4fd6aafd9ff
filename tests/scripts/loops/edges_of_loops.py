"""Loops at their edges: growing shapes, limits on the number of steps, no steps at all, empty arrays and nested structures."""

import collections

import numpy as np

Pair = collections.namedtuple("Pair", "x y")


def build(tf):
    n = tf.placeholder(tf.int32, [], name="n")
    rows = tf.placeholder(tf.float32, [None, 2], name="rows")
    x = tf.placeholder(tf.float32, [2], name="x")
    w = tf.Variable([3.0, 4.0], name="w")
    unknown = tf.TensorShape(None)
    fetches = {}

    def derived(name, y, *xs):
        fetches[name] = y
        for k, g in enumerate(tf.gradients(y, xs)):
            fetches[f"{name}_d{k}"] = g

    _, y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.concat([a, a * w], 0)), [0, x[None]], [tf.TensorShape([]), tf.TensorShape([None, 2])])
    derived("growing", y, x, w)
    y = tf.while_loop(lambda a: tf.rank(a) < 4, lambda a: tf.expand_dims(a * 2, 0), [x], shape_invariants=[unknown])
    derived("rank", y, x)
    derived("limited", tf.while_loop(lambda a: tf.reduce_max(a) < 1e9, lambda a: a * a, [x], maximum_iterations=3), x)
    derived("limited_by_tensor", tf.while_loop(lambda i, a: i < 100, lambda i, a: [i + 1, a * w], [0, x], maximum_iterations=n)[1], x, w)
    long = tf.cast(n, tf.int64)
    derived("limited_by_int64", tf.while_loop(lambda i, a: i < 100, lambda i, a: [i + 1, a * w], [0, x], maximum_iterations=long)[1], x)
    derived("no_steps", tf.while_loop(lambda i, a: i < 0, lambda i, a: (i + 1, a * w), [0, x])[1], x, w)
    derived("only_captured", tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, w * 2.0), [0, x])[1], x, w)
    derived("int64_counter", tf.while_loop(lambda i, a: i < long, lambda i, a: (i + 1, a * w * tf.cast(i, tf.float32)), [np.int64(1), x])[1], x, w)
    derived("counts_down", tf.while_loop(lambda i, a: i > 0, lambda i, a: (i - 1, a * w * tf.cast(i, tf.float32)), [n, x])[1], x, w)
    derived("two_counters", tf.while_loop(lambda i, j, a: i < n, lambda i, j, a: (i + 1, j + 2, a * tf.cast(i * j + 1, tf.float32)), [0, 5, x])[2], x)
    swapped = tf.while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b * w, a), [0, x, x * 2])
    derived("swapped", swapped[1] + 2 * swapped[2], x, w)
    fixed = tf.while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, a * b, b), [0, x, x * 0.5])
    derived("passed_on", fixed[1] + fixed[2], x)
    stopped = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a * tf.stop_gradient(a) + w), [0, x])[1]
    derived("stopped", stopped, x, w)

    def step(i, d):
        return i + 1, {"p": Pair(d["p"].x + d["q"][0], d["p"].y * 2), "q": [d["q"][1], d["q"][0]]}

    nested = tf.while_loop(lambda i, d: i < n, step, (0, {"p": Pair(x, x * 3), "q": [x * 5, w]}))
    fetches["nested_type"] = tf.constant(type(nested[1]["p"]).__name__)
    derived("nested", nested[1]["p"].x * nested[1]["q"][0], x, w)

    array = tf.TensorArray(tf.float32, n, element_shape=[2], clear_after_read=False)
    array = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t.write(i, x * tf.cast(i, tf.float32))), [0, array])[1]
    derived("array", array.stack(), x)
    derived("array_joined", array.concat(), x)
    fetches["array_size"] = array.size()
    derived("map", tf.map_fn(lambda r: r * w + 1, rows), rows, w)
    derived("map_pair", tf.map_fn(lambda r: (r * w, tf.reduce_sum(r)), rows, dtype=(tf.float32, tf.float32))[1], rows)
    derived("scan", tf.scan(lambda a, r: a * w + r, rows, tf.zeros([2])), rows, w)
    derived("scan_reversed", tf.scan(lambda a, r: a * w + r, rows, tf.zeros([2]), reverse=True), rows, w)
    derived("foldl", tf.foldl(lambda a, r: a * 2 + tf.reduce_sum(r * r), rows, tf.constant(1.0)), rows)
    derived("foldr", tf.foldr(lambda a, r: a * 2 + tf.reduce_sum(r * r), rows, tf.constant(1.0)), rows)
    some = np.arange(6, dtype=np.float32).reshape(3, 2) / 4 + 0.25
    feeds = [{n: 3, rows: some, x: [0.5, 1.5]}, {n: 1, rows: some[:1], x: [1.0, -2.0]}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
