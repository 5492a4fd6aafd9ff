"""map_fn, scan, foldl and foldr over structures, types, reversed, with captured variables and branches inside."""

import collections


def build(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    k = tf.placeholder(tf.int32, [None], name="k")
    w = tf.Variable([0.5, -1.5], name="w")
    Row = collections.namedtuple("Row", "x, k")
    tuples = tf.map_fn(lambda row: (row.x * tf.to_float(row.k), row.k + 1), Row(x, k), dtype=(tf.float32, tf.int32))
    dicts = tf.map_fn(lambda row: {"sum": tf.reduce_sum(row["x"] * w), "big": row["k"] > 1}, {"x": x, "k": k}, dtype={"sum": tf.float32, "big": tf.bool})
    text = tf.map_fn(lambda i: tf.gather(["a", "b", "c", "d"], i), k, dtype=tf.string)
    branching = tf.map_fn(lambda row: tf.cond(row[0] > 0.0, lambda: row * w, lambda: row - w), x)
    nested = tf.map_fn(lambda row: tf.map_fn(lambda e: e * row[0] + w[1], row), x)
    fixed = tf.map_fn(lambda i: i * 2, tf.constant([1, 2, 3]))
    two = tf.scan(lambda a, row: (a[0] + row, a[1] * 0.5), x, initializer=(tf.zeros([2]), tf.constant(8.0)))
    back = tf.scan(lambda a, row: a * w + row, x, reverse=True)
    fibonacci = tf.scan(lambda a, _: (a[1], a[0] + a[1]), tf.zeros([5]), initializer=(0, 1))
    left = tf.foldl(lambda a, row: {"s": a["s"] + row.x * w, "n": a["n"] + row.k}, Row(x, k), initializer={"s": tf.zeros([2]), "n": tf.constant(0)})
    right = tf.foldr(lambda a, row: a * 0.5 + row, x)
    fetches = {"tuples0": tuples[0], "tuples1": tuples[1], "sum": dicts["sum"], "big": dicts["big"], "text": text, "branching": branching, "nested": nested, "fixed": fixed,
               "two0": two[0], "two1": two[1], "back": back, "fib0": fibonacci[0], "fib1": fibonacci[1], "left_s": left["s"], "left_n": left["n"], "right": right}
    for name in ("tuples0", "sum", "branching", "nested", "two0", "back", "left_s", "right"):
        dx, dw = tf.gradients(tf.reduce_sum(tf.square(fetches[name])), [x, w])
        fetches[name + "_dx"] = dx
        if dw is not None:
            fetches[name + "_dw"] = dw
    return {"init": tf.global_variables_initializer(), "feeds": [{x: [[1.0, 2.0], [-3.0, 4.0], [0.5, 0.25]], k: [1, 2, 3]}, {x: [[2.0, -1.0]], k: [0]}], "fetches": fetches}
