"""tf.case and tf.switch_case: order, exclusive, default, dicts, indices outside."""


def build(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    w = tf.Variable([0.5, 2.0], name="w")
    first = tf.case([(n > 5, lambda: x), (n > 3, lambda: x * w), (n > 1, lambda: x + w)], default=lambda: tf.zeros_like(x))
    exclusive = tf.case({tf.equal(n, 0): lambda: tf.constant(7), tf.equal(n, 4): lambda: tf.constant(8)}, default=lambda: tf.constant(9), exclusive=True)
    no_default = tf.case([(n < 3, lambda: tf.constant(1)), (n >= 3, lambda: tf.constant(2))])
    several = tf.case([(n < 3, lambda: (x, tf.constant(1))), (n < 5, lambda: (x * 2.0, tf.constant(2)))], default=lambda: (x * 3.0, tf.constant(3)))
    switched = tf.switch_case(n, [lambda: x, lambda: x * 10.0, lambda: x * w])
    named = tf.switch_case(n, {1: lambda: tf.constant("one"), 0: lambda: tf.constant("zero")}, default=lambda: tf.constant("other"))
    pairs = tf.switch_case(n, [(0, lambda: {"k": x}), (1, lambda: {"k": -x})])
    loss = tf.reduce_sum(first * switched)
    dx, dw = tf.gradients(loss, [x, w])
    return {"init": tf.global_variables_initializer(), "feeds": [{x: [1.0, -2.0], n: i} for i in (0, 1, 2, 4, 6)],
            "fetches": {"first": first, "exclusive": exclusive, "no_default": no_default, "several0": several[0], "several1": several[1], "switched": switched,
                        "named": named, "pairs": pairs["k"], "dx": dx, "dw": dw}}
