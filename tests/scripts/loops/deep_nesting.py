"""A branch in a loop in a branch in a map, with values captured through all levels, and gradients."""


def build(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    w = tf.Variable(0.75, name="w")
    r = tf.get_variable("r", initializer=1.25, use_resource=True)
    far = tf.sin(x) * 0.5

    def per_row(e):
        def looped():
            def body(i, s):
                return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: s * w + far[0], lambda: tf.cond(s > e, lambda: s - r, lambda: s + r * e))

            return tf.while_loop(lambda i, s: i < 4, body, [0, e])[1]

        return tf.cond(p, looped, lambda: e * r)

    mapped = tf.map_fn(per_row, x)
    guarded = tf.cond(p, lambda: tf.cond(x[0] > 0.0, lambda: tf.reduce_sum(far * w), lambda: tf.constant(1.0)), lambda: tf.while_loop(lambda t: t < 50.0, lambda t: t * 2.0 + r, [tf.abs(w)]))
    dx, dw, dr = tf.gradients(tf.reduce_sum(mapped) + guarded, [x, w, r])
    fetches = {"mapped": mapped, "guarded": guarded, "dx": dx, "dw": dw, "dr": dr}
    return {"init": tf.global_variables_initializer(), "feeds": [{x: [0.5, 1.5, -0.75], p: True}, {x: [-2.0, 0.25, 1.0], p: False}], "fetches": fetches}
