"""Gathers, scatters, partitions and stitches, with gradients; updates of variables by rows."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [4, 3], name="x")
    ids = tf.placeholder(tf.int32, [None], name="ids")
    marks = tf.placeholder(tf.int32, [4], name="marks")
    v = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3), name="v")
    pieces = tf.dynamic_partition(x, marks, 2)
    fetches = {
        "gather": tf.gather(x, ids), "gather_axis": tf.gather(x, [2, 0], axis=1), "gather_nd": tf.gather_nd(x, [[0, 1], [3, 2]]),
        "scatter_nd": tf.scatter_nd([[1], [3], [1]], tf.ones([3, 2]), [5, 2]), "part0": pieces[0], "part1": pieces[1],
        "stitch": tf.dynamic_stitch([[0, 2], [1, 3]], [x[:2], x[2:]]), "segment": tf.segment_sum(x, [0, 0, 1, 2]),
        "unsorted": tf.unsorted_segment_max(x, marks, 3), "v": v, "reverse": tf.reverse(x, [0]), "sequence": tf.reverse_sequence(x, [2, 1, 3, 0], seq_axis=1),
        "cumsum": tf.cumsum(x, 1, exclusive=True, reverse=True), "cumprod": tf.cumprod(x), "roll": tf.roll(x, 1, 0), "pad": tf.pad(x, [[1, 0], [0, 2]], "REFLECT"),
        "tile": tf.tile(x, [1, 2]), "index": tf.unstack(x)[2], "where": tf.where(x > 0, x, tf.zeros_like(x)), "embedding": tf.nn.embedding_lookup(v, ids),
        "sparse": tf.sparse_to_dense([[0, 1], [2, 0]], [3, 2], [5.0, 7.0]), "tensor_scatter": tf.tensor_scatter_update(x, [[1]], tf.ones([1, 3])),
    }
    total = tf.reduce_sum(tf.square(fetches["gather"])) + tf.reduce_sum(pieces[1] * 3.0) + tf.reduce_sum(fetches["stitch"] ** 3) + tf.reduce_sum(fetches["segment"] ** 2)
    fetches["grad"] = tf.gradients(total, x)[0]
    steps = [tf.scatter_update(v, [1], [[9.0, 8.0, 7.0]]), tf.scatter_add(v, ids, tf.ones([3, 3])), tf.scatter_sub(v, [0], [[1.0, 1.0, 1.0]]),
             tf.scatter_mul(v, [3], [[2.0, 2.0, 2.0]]), v.scatter_sub(tf.IndexedSlices([[1.0, 0.0, 0.0]], [2])), tf.scatter_nd_add(v, [[0, 1]], [5.0])]
    rng = np.random.RandomState(28)
    feed = {x: rng.randint(-4, 5, (4, 3)) + 0.5, ids: [3, 0, 3], marks: [1, 0, 1, 1]}
    return {"init": tf.global_variables_initializer(), "feeds": [feed], "fetches": fetches, "steps": steps}
