"""tf.gradients called inside bodies: a Jacobian row by row, steps of gradient descent, a penalty on gradients."""


def build(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    w = tf.Variable([[0.5, -1.0, 0.25], [1.0, 0.5, -0.5], [0.0, 2.0, 1.0]], name="w")

    def descend(i, t):
        loss = tf.reduce_sum(tf.square(tf.tanh(t) - x))
        return i + 1, t - 0.1 * tf.gradients(loss, t)[0]

    found = tf.while_loop(lambda i, t: i < 10, descend, [0, tf.zeros([3])])[1]
    per_row = tf.map_fn(lambda e: tf.gradients(tf.square(e) * w[0, 0], e)[0], x)
    weight_rows = tf.map_fn(lambda e: tf.gradients(tf.reduce_sum(tf.tanh(w * e)), w)[0], x)
    y = tf.tanh(tf.linalg.matvec(w, x))
    jacobian = tf.map_fn(lambda i: tf.gradients(y[i], x)[0], tf.range(3), dtype=tf.float32)
    return {"init": tf.global_variables_initializer(), "feeds": [{x: [0.5, -0.25, 0.125]}, {x: [0.1, 0.2, -0.9]}],
            "fetches": {"found": found, "per_row": per_row, "weight_rows": weight_rows, "jacobian": jacobian}}
