"""tf.gradients with grad_ys, stop_gradients, several ys, intermediate xs, unconnected xs; second derivatives."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.placeholder(tf.float32, [3], name="y")
    k = tf.placeholder(tf.int32, [], name="k")
    a = tf.multiply(x, 2.0, name="a")
    b = tf.add(a, y, name="b")
    c = tf.multiply(a, b, name="c")
    loss = tf.reduce_sum(tf.tanh(c), name="loss")
    used_twice = x * x + tf.exp(x)
    ones = tf.gradients(c, [x, y])
    through = tf.gradients(loss, [a, b, c])
    stopped = tf.gradients(loss, [a, b], stop_gradients=[a, b])
    weighted = tf.gradients(c, x, grad_ys=[tf.constant([1.0, 10.0, 100.0])])
    several = tf.gradients([c, loss, used_twice], [x, y])
    weighted_several = tf.gradients([c, b], [x], grad_ys=[y, None])
    named = tf.gradients(loss, x, name="my_gradients")
    colocated = tf.gradients(loss, x, colocate_gradients_with_ops=True)
    gated = tf.gradients(c, [x, y], gate_gradients=True)
    itself = tf.gradients(a, a)
    nothing = tf.gradients(loss, [tf.constant(1.0), k, x])
    assert nothing[0] is None and nothing[1] is None
    zero = tf.gradients(y, x, unconnected_gradients="zero")
    frozen = tf.stop_gradient(a) * b
    partial = tf.gradients(frozen, x)
    second = tf.gradients(tf.gradients(used_twice, x)[0], x)
    cube = x * x * x
    first = tf.gradients(cube, x)[0]
    third = tf.gradients(tf.gradients(first, x)[0], x)[0]
    penalty = tf.gradients(tf.reduce_sum(tf.square(tf.gradients(loss, x)[0])), [x, y])
    fetches = {
        "c": c, "loss": loss, "ones0": ones[0], "ones1": ones[1], "through_a": through[0], "through_b": through[1], "through_c": through[2],
        "stopped_a": stopped[0], "stopped_b": stopped[1], "weighted": weighted[0], "several0": several[0], "several1": several[1],
        "weighted_several": weighted_several[0], "named": named[0], "colocated": colocated[0], "gated0": gated[0], "gated1": gated[1],
        "itself": itself[0], "connected": nothing[2], "zero": zero[0], "partial": partial[0], "second": second[0], "first": first, "third": third,
        "penalty0": penalty[0], "penalty1": penalty[1],
    }
    rng = np.random.RandomState(14)
    feeds = [{x: rng.uniform(-1, 1, 3).astype(np.float32), y: rng.uniform(-1, 1, 3).astype(np.float32), k: 2} for _ in range(2)]
    return {"fetches": fetches, "feeds": feeds}
