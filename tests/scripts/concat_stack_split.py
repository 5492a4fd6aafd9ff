"""concat, stack, unstack and split in their forms, with gradients."""

import numpy as np


def build(tf):
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    b = tf.placeholder(tf.float32, [2, 3], name="b")
    d = tf.placeholder(tf.float32, [None, 3], name="d")
    w = tf.placeholder(tf.float32, [2, 6], name="w")
    u = tf.placeholder(tf.float32, name="u")
    axis = tf.placeholder(tf.int32, [], name="axis")
    left, right = tf.split(w, 2, axis=1)
    s1, s2, s3 = tf.split(w, [1, 3, 2], 1)
    t1, t2 = tf.split(w, [2, -1], axis=-1)
    p0, p1, p2 = tf.unstack(d, axis=1)
    r0, r1 = tf.unstack(a)
    g0, g1 = tf.split(value=a, num_or_size_splits=2)
    fetches = {
        "rows": tf.concat([a, b], 0), "columns": tf.concat([a, b], axis=1), "last": tf.concat([a, w, b], -1), "one": tf.concat([a], 0),
        "dynamic": tf.concat([a, d, b], 0), "three": tf.concat(values=[a, b, a], axis=0, name="joined"), "unknown": tf.concat([a, u], 0),
        "axis": tf.concat([a, b], axis), "ints": tf.concat([tf.shape(d), [7], [8, 9]], 0),
        "stack": tf.stack([a, b]), "stack1": tf.stack([a, b], axis=1), "stack_last": tf.stack([a, b], axis=-1), "stack_numbers": tf.stack([1, 2, 3]),
        "stack_mixed": tf.stack([tf.shape(d)[0], 3]),
        "left": left, "right": right, "s1": s1, "s2": s2, "s3": s3, "t1": t1, "t2": t2, "p0": p0, "p2": p2, "r0": r0, "r1": r1, "g0": g0, "g1": g1,
    }
    for name in ("rows", "columns", "last", "dynamic", "axis", "stack", "stack1"):
        da, db = tf.gradients(tf.square(fetches[name]), [a, b])
        fetches[name + "_da"] = da
        fetches[name + "_db"] = db
    fetches["dynamic_dd"] = tf.gradients(tf.square(fetches["dynamic"]), d)[0]
    fetches["split_grad"] = tf.gradients(left * 2.0 + tf.square(right), w)[0]
    fetches["split_half_grad"] = tf.gradients(tf.square(left), w)[0]
    fetches["sizes_grad"] = tf.gradients([tf.square(s1), s3], w)[0]
    fetches["unstack_grad"] = tf.gradients(p0 * p2, d)[0]
    rng = np.random.RandomState(8)
    feeds = [{t: rng.uniform(-1, 1, s).astype(np.float32) for t, s in ((a, (2, 3)), (b, (2, 3)), (d, (rows, 3)), (w, (2, 6)), (u, (rows, 3)))}
             for rows in (4, 1)]
    feeds[0][axis], feeds[1][axis] = 1, 0
    return {"fetches": fetches, "feeds": feeds}
