"""tf.cond: captured tensors, nesting, several outputs, gradients."""


def build(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    y = x * 2.0
    simple = tf.cond(p, lambda: x + 1.0, lambda: y - 1.0)
    pair = tf.cond(tf.reduce_sum(x) > 0.0, lambda: (tf.square(x), tf.constant(1)), lambda: (tf.exp(x), tf.constant(2)))
    nested = tf.cond(p, lambda: tf.cond(x[0] > 0.0, lambda: x * 3.0, lambda: x * 5.0), lambda: tf.cond(x[1] > 0.0, lambda: y * 7.0, lambda: tf.zeros_like(x)))
    constant = tf.cond(p, lambda: tf.constant(1.0), lambda: tf.constant(2.0))
    case = tf.case([(x[0] > 1.0, lambda: tf.constant(10)), (x[0] > 0.0, lambda: tf.constant(20))], default=lambda: tf.constant(30))
    switch = tf.switch_case(tf.cast(p, tf.int32), [lambda: x * 10.0, lambda: x * 20.0])
    loss = tf.reduce_sum(simple * nested) + tf.reduce_sum(pair[0])
    grads = tf.gradients(loss, [x])
    feeds = [{x: [1.5, -2.0, 0.5], p: True}, {x: [-1.5, 2.0, -3.0], p: False}, {x: [0.5, -1.0, 0.25], p: False}]
    return {"feeds": feeds, "fetches": {"simple": simple, "pair0": pair[0], "pair1": pair[1], "nested": nested, "constant": constant, "case": case,
                                        "switch": switch, "grad": grads[0]}}
