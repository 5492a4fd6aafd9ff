"""gather along axes, one_hot in its forms, rows picked per example; gradients as IndexedSlices and dense."""

import numpy as np


def build(tf):
    table = tf.placeholder(tf.float32, [5, 3], name="table")
    ids = tf.placeholder(tf.int32, [None], name="ids")
    grid = tf.placeholder(tf.int64, [2, 2], name="grid")
    rows = tf.gather(table, ids)
    looked = tf.gather(table, grid, name="looked")
    slices = tf.gradients(tf.reduce_sum(tf.square(rows)), table)[0]
    actions = tf.one_hot(ids, 5)
    picked = tf.reduce_sum(tf.matmul(rows, table, transpose_b=True) * actions, 1)
    fetches = {
        "rows": rows, "looked": looked, "one": tf.gather(table, 2), "columns": tf.gather(table, [0, 2], axis=1),
        "last": tf.gather(table, ids % 3, axis=-1),
        "slices_values": slices.values, "slices_indices": slices.indices,
        "one_hot": actions, "one_hot_axis": tf.one_hot(grid, 4, axis=0), "on_off": tf.one_hot([0, 2, -1, 7], depth=3, on_value=5.0, off_value=-1.0),
        "one_hot_int": tf.one_hot(ids, 5, dtype=tf.int32), "one_hot_bool": tf.one_hot([1, 0], 2, on_value=True, off_value=False),
        "one_hot_scalar": tf.one_hot(1, 3), "one_hot_mid": tf.one_hot(grid, 3, axis=1, dtype=tf.float64),
        "picked": picked, "picked_grad": tf.gradients(tf.stop_gradient(rows) * tf.matmul(actions, table), table)[0],
    }
    rng = np.random.RandomState(9)
    feeds = [{table: rng.uniform(-1, 1, (5, 3)).astype(np.float32), ids: index, grid: rng.randint(0, 4, (2, 2))} for index in ([4, 0, 2, 2], [1])]
    return {"fetches": fetches, "feeds": feeds}
