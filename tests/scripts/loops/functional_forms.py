"""map_fn, scan, foldl and foldr, with gradients."""


def build(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    k = tf.placeholder(tf.float32, [], name="k")
    squares = tf.map_fn(lambda row: tf.square(row) * k, x)
    typed = tf.map_fn(lambda row: tf.reduce_sum(row) > 0.0, x, dtype=tf.bool)
    several = tf.map_fn(lambda p: (p[0] + p[1], p[0] * p[1]), (x, x * 2.0), dtype=(tf.float32, tf.float32))
    running = tf.scan(lambda a, row: a * k + row, x)
    from_start = tf.scan(lambda a, row: a + tf.reduce_sum(row), x, initializer=tf.constant(10.0))
    left = tf.foldl(lambda a, row: a * 0.5 + row, x)
    right = tf.foldr(lambda a, row: a * 0.5 + row, x, initializer=tf.zeros([2]))
    fetches = {"squares": squares, "typed": typed, "sums": several[0], "products": several[1], "running": running, "from_start": from_start,
               "left": left, "right": right}
    for name in ("squares", "products", "running", "from_start", "left", "right"):
        dx, dk = tf.gradients(tf.reduce_sum(tf.square(fetches[name])), [x, k])
        fetches[name + "_dx"] = dx
        if dk is not None:
            fetches[name + "_dk"] = dk
    return {"feeds": [{x: [[1.0, 2.0], [3.0, -4.0], [0.5, 0.25]], k: 0.5}, {x: [[1.0, -1.0]], k: 2.0}], "fetches": fetches}
