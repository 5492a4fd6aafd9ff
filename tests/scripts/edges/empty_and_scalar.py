"""Tensors without elements and without axes through every kind of op."""

import numpy as np


def build(tf):
    e = tf.placeholder(tf.float32, [None, 3], name="e")
    z = tf.placeholder(tf.float32, [0], name="z")
    s = tf.placeholder(tf.float32, [], name="s")
    ids = tf.placeholder(tf.int32, [None], name="ids")
    w = tf.constant(np.arange(6, dtype=np.float32).reshape(3, 2))
    fetches = {
        "matmul": tf.matmul(e, w), "outer": tf.matmul(tf.zeros([2, 0]), tf.zeros([0, 3])), "add": e + 1.0, "broadcast": e * tf.zeros([1, 3]), "empty_add": z + s,
        "sum": tf.reduce_sum(e), "sum0": tf.reduce_sum(e, 0), "sum1": tf.reduce_sum(e, 1), "max0": tf.reduce_max(e, 0), "min0": tf.reduce_min(e, 0),
        "prod": tf.reduce_prod(z), "all": tf.reduce_all(z > 0), "any": tf.reduce_any(z > 0), "softmax": tf.nn.softmax(e), "concat": tf.concat([e, e, tf.ones([1, 3])], 0),
        "concat_empty": tf.concat([z, z], 0), "stack": tf.stack([z, z]), "split": tf.split(e, 3, axis=1)[1], "transpose": tf.transpose(e), "tile": tf.tile(e, [2, 2]),
        "tile_zero": tf.tile(w, [0, 1]), "gather": tf.gather(w, ids), "one_hot": tf.one_hot(ids, 3), "one_hot_zero": tf.one_hot([1], 0), "slice": e[:, 1:2],
        "slice_none": w[3:], "reshape": tf.reshape(e, [-1, 3, 1]), "expand": tf.expand_dims(z, 0), "fill": tf.fill([0, 2], 1.0), "range": tf.range(0), "range_back": tf.range(5, 5, -1),
        "xent": tf.nn.softmax_cross_entropy_with_logits_v2(labels=e, logits=e), "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids, logits=e),
        "where": tf.where(e > 0, e, -e), "cast": tf.cast(e, tf.int32), "bias": tf.nn.bias_add(e, tf.ones([3])), "pack_scalar": tf.stack([s, s]), "shape": tf.shape(e),
        "sum_scalar": tf.reduce_sum(s), "max_scalar": tf.reduce_max(s, []), "transpose_scalar": tf.transpose(s), "reshape_scalar": tf.reshape(s, [1, 1]),
        "batch": tf.matmul(tf.zeros([0, 2, 3]), tf.zeros([0, 3, 2])), "add_n": tf.add_n([e, e]), "broadcast_to": tf.broadcast_to(s, [2, 0]), "argmax": tf.argmax(e, 1),
        "squeeze": tf.squeeze(tf.zeros([1, 0, 1])), "sigmoid": tf.sigmoid(z), "pow_scalar": s ** 2.0,
    }
    fetches["matmul_grad"] = tf.gradients(tf.matmul(e, w), e)[0]
    fetches["sum_grad"] = tf.gradients(tf.reduce_sum(e * s), s)[0]
    fetches["xent_grad"] = tf.gradients(fetches["xent"], e)[0]
    fetches["concat_grad"] = tf.gradients(tf.square(fetches["concat"]), e)[0]
    feeds = [{e: np.zeros((0, 3), np.float32), z: np.zeros(0, np.float32), s: 2.5, ids: np.zeros(0, np.int32)},
             {e: np.ones((1, 3), np.float32), z: np.zeros(0, np.float32), s: -1.0, ids: [2]}]
    return {"feeds": feeds, "fetches": fetches}
