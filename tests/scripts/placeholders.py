"""Placeholders without shape, with defaults, with shapes set later; static shapes seen by the user."""

import numpy as np


def build(tf):
    anything = tf.placeholder(tf.float32)
    late = tf.placeholder(tf.float32, name="late")
    late.set_shape([None, 3])
    rate = tf.placeholder_with_default(0.5, shape=(), name="rate")
    batch = tf.placeholder_with_default(tf.zeros([2, 3]), shape=[None, 3])
    flag = tf.placeholder_with_default(False, [], name="training")
    table = tf.placeholder_with_default(np.array([1, 2, 3], np.int64), [3])
    width = int(late.get_shape()[1])
    w = tf.constant(np.arange(width * 2).reshape(width, 2), dtype=tf.float32, name="w")
    product = tf.matmul(late, w) * rate
    joined = tf.concat([late, batch], 0)
    assert joined.get_shape().as_list() == [None, 3]
    assert product.shape.ndims == 2 and product.shape[1].value == 2
    switched = tf.where(tf.fill(tf.shape(late), flag), late, -late)
    known = tf.identity(anything)
    known.set_shape([2])
    fetches = {
        "anything": anything * 2.0, "product": product, "joined": joined, "switched": switched, "known": known + [1.0, 2.0], "table": table + 1,
        "rate": rate, "rate_grad": tf.gradients(product, rate)[0], "batch_grad": tf.gradients(tf.square(batch) * rate, batch)[0],
    }
    x = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    return {
        "fetches": fetches,
        "feeds": [{anything: [1.0, 2.0], late: x}, {anything: [-1.0, 0.5], late: x[:1], rate: 2.0, batch: x * 10.0, flag: True, table: [7, 8, 9]}],
    }
