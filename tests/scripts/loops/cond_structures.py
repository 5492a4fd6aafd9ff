"""tf.cond with nested structures, operations, composites, old argument names, strict and single results."""

import collections


def build(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    Pair = collections.namedtuple("Pair", "first, second")
    nested = tf.cond(p, lambda: {"a": [x, (x + 1.0, tf.constant([1, 2]))], "b": Pair(1.5, x[0])}, lambda: {"a": [x * 2.0, (x - 1.0, tf.constant([3, 4]))], "b": Pair(2.5, x[1])})
    single = tf.cond(p, lambda: [x + 10.0], lambda: (x - 10.0,))
    strict = tf.cond(p, lambda: [x + 10.0], lambda: [x - 10.0], strict=True)
    old_names = tf.cond(p, fn1=lambda: x * 3.0, fn2=lambda: x * 4.0)
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="table")
    slices = tf.cond(p, lambda: tf.IndexedSlices(tf.ones([1, 2]), tf.constant([2]), tf.constant([3, 2])), lambda: tf.IndexedSlices(tf.zeros([2, 2]), tf.constant([0, 1]), tf.constant([3, 2])))
    sparse = tf.cond(p, lambda: tf.SparseTensor([[0, 1]], [x[0]], [2, 2]), lambda: tf.SparseTensor([[0, 0], [1, 1]], x[:2], [2, 2]))
    read = tf.cond(p, lambda: table, lambda: table * 2.0)
    numbers = tf.cond(p, lambda: 1, lambda: 2)
    shared = tf.square(x)
    outside = tf.cond(p, lambda: shared, lambda: x)
    size = tf.cond(p, lambda: tf.zeros([2, 3]), lambda: tf.zeros([4, 3]))
    fetches = {"a0": nested["a"][0], "a1": nested["a"][1][0], "a2": nested["a"][1][1], "b0": nested["b"].first, "b1": nested["b"].second,
               "single": single, "strict": strict[0], "old_names": old_names, "slices_values": slices.values, "slices_indices": slices.indices,
               "sparse": tf.sparse_tensor_to_dense(sparse), "read": read, "numbers": numbers, "outside": outside, "size": size}
    return {"init": tf.global_variables_initializer(), "feeds": [{x: [1.5, -2.0, 0.5], p: True}, {x: [-1.0, 3.0, 2.0], p: False}], "fetches": fetches}
