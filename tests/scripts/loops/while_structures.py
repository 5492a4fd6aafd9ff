"""Loop variables of every kind: dicts, SparseTensor, IndexedSlices, strings; limits, invariants and single variables."""


def build(tf):
    n = tf.placeholder(tf.int32, [], name="n")
    x = tf.placeholder(tf.float32, [None], name="x")
    state = {"a": x, "b": (tf.constant(1), [tf.zeros_like(x)])}
    looped = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, {"a": s["a"] * 0.5, "b": (s["b"][0] * 2, [s["b"][1][0] + s["a"]])}), [0, state])[1]
    sparse = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, tf.SparseTensor(s.indices, s.values + 1.0, s.dense_shape)),
                           [tf.constant(0), tf.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [2, 3])])[1]
    slices = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, tf.IndexedSlices(s.values * 2.0, s.indices, s.dense_shape)),
                           [tf.constant(0), tf.IndexedSlices(tf.ones([2, 2]), tf.constant([1, 0]), tf.constant([4, 2]))])[1]
    text = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, tf.concat([t, ["more"]], 0)), [tf.constant(0), tf.constant(["first"])],
                         shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])[1]
    doubles = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, tf.concat([t, t], 0)), [0, x], shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])[1]
    limit = tf.while_loop(lambda i: True, lambda i: i + 2, [tf.constant(0)], maximum_iterations=n)
    same = tf.while_loop(lambda i: i < n, lambda i: [i + 1], [tf.constant(0)], return_same_structure=True)
    stopped = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t * x), [tf.constant(0), x], back_prop=False)[1]
    early = tf.while_loop(lambda i, t: tf.reduce_sum(t) < 100.0, lambda i, t: (i + 1, t * 2.0 + 1.0), (0, tf.abs(x)), maximum_iterations=4, parallel_iterations=1, swap_memory=True)
    flags = tf.while_loop(lambda go, i: go, lambda go, i: (i < n, i + 1), [True, 0])
    fetches = {"a": looped["a"], "b0": looped["b"][0], "b1": looped["b"][1][0], "sparse": tf.sparse_tensor_to_dense(sparse), "slices": slices.values, "rows": slices.indices,
               "text": text, "doubles": doubles, "limit": limit, "same": same[0], "stopped": stopped, "early0": early[0], "early1": early[1], "flag": flags[0], "flag_count": flags[1]}
    return {"feeds": [{n: 3, x: [1.0, -2.0]}, {n: 0, x: [0.25, 3.0, 4.0]}, {n: 1, x: [2.0]}], "fetches": fetches}
