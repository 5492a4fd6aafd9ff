"""tf.while_loop: several variables, nested structures, maximum_iterations, shape invariants, zero iterations."""

import collections


def build(tf):
    n = tf.placeholder(tf.int32, [], name="n")
    x = tf.placeholder(tf.float32, [2], name="x")
    Pair = collections.namedtuple("Pair", "a, b")
    fibonacci = tf.while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b, a + b), [0, tf.constant(0), tf.constant(1)])
    single = tf.while_loop(lambda i: i < 100, lambda i: i * 2 + 1, [n])
    limited = tf.while_loop(lambda i, t: True, lambda i, t: (i + 1, t * 2.0), (tf.constant(0), x), maximum_iterations=5)
    nested = tf.while_loop(lambda i, p: i < n, lambda i, p: (i + 1, Pair(p.b, p.a + x)), [tf.constant(0), Pair(x, x * 2.0)])
    growing = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, tf.concat([t, [tf.to_float(i)]], 0)), [tf.constant(0), tf.constant([9.0])],
                            shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])
    inner = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, t + tf.to_float(j)), [0, s])[1]),
                          [tf.constant(0), tf.constant(0.0)])
    branch = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: s + x, lambda: s * 0.5)), [tf.constant(0), x])
    feeds = [{n: 10, x: [1.0, -2.0]}, {n: 0, x: [0.5, 3.0]}, {n: 3, x: [2.0, 1.0]}]
    return {"feeds": feeds, "fetches": {"a": fibonacci[1], "b": fibonacci[2], "single": single, "limited": limited[1], "count": limited[0],
                                        "nested_a": nested[1].a, "nested_b": nested[1].b, "growing": growing[1], "inner": inner[1], "branch": branch[1]}}
