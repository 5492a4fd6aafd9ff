"""What bodies may hold besides arithmetic: reads, assignments and scatters of both kinds of variables, variables made inside, summaries, py_func."""

import numpy as np


def build(tf):
    yes = tf.placeholder(tf.bool, [], name="yes")
    n = tf.placeholder(tf.int32, [], name="n")
    x = tf.constant([1.0, 2.0])
    fetches = {}

    def repeat(body, *start):
        return tf.while_loop(lambda i, *rest: i < n, lambda i, *rest: (i + 1, *body(i, *rest)), [0, *start])

    for kind, resource in (("ref", False), ("resource", True)):
        read = tf.get_variable(kind + "_read", initializer=2.0, use_resource=resource)
        y = repeat(lambda i, a, v=read: (a * v,), tf.constant(1.0))[1]
        fetches[kind + "_read"] = y
        fetches[kind + "_read_gradient"] = tf.gradients(y, read)[0]

        added = tf.get_variable(kind + "_added", initializer=2.0, use_resource=resource)

        def add(i, a, v=added):
            with tf.control_dependencies([v.assign_add(tf.cast(i + 1, tf.float32))]):
                return (a + i,)

        with tf.control_dependencies(repeat(add, 0)):
            fetches[kind + "_added"] = added.read_value()

        scattered = tf.get_variable(kind + "_scattered", initializer=np.zeros(6, np.float32), use_resource=resource)

        def scatter(i, a, v=scattered):
            with tf.control_dependencies([tf.scatter_add(v, [i], [tf.cast(i, tf.float32) + 1.0])]):
                return (a + i,)

        with tf.control_dependencies(repeat(scatter, 0)):
            fetches[kind + "_scattered"] = tf.identity(scattered) * 2

        chosen = tf.get_variable(kind + "_chosen", initializer=2.0, use_resource=resource)
        fetches[kind + "_chosen"] = tf.cond(yes, lambda v=chosen: v.assign(10.0), lambda v=chosen: v.assign_sub(1.0))

        counted = tf.get_variable(kind + "_counted", initializer=0, use_resource=resource, trainable=False)

        def maybe(i, a, v=counted):
            up = tf.cond(tf.equal(i % 2, 0), lambda: tf.group(v.assign_add(10)), lambda: tf.no_op())
            with tf.control_dependencies([up]):
                return (a + i,)

        with tf.control_dependencies(repeat(maybe, 0)):
            fetches[kind + "_counted"] = counted.read_value()

        def layer(i, a, kind=kind, resource=resource):
            with tf.variable_scope("made_inside_" + kind, reuse=tf.AUTO_REUSE, use_resource=resource):
                w = tf.get_variable("w", [2, 2], initializer=tf.constant_initializer(0.5))
            return (tf.matmul(a, w),)

        inside = repeat(layer, tf.ones([1, 2]))[1]
        fetches[kind + "_made"] = inside
        fetches[kind + "_made_gradient"] = tf.gradients(inside, tf.trainable_variables("made_inside_" + kind))[0]

    dense = tf.cond(yes, lambda: tf.layers.dense(x[None], 2, kernel_initializer=tf.ones_initializer(), name="dense"), lambda: tf.zeros([1, 2]))
    fetches["dense"] = dense
    fetches["dense_gradient"] = tf.gradients(dense, tf.trainable_variables("dense"))[0]

    def function(i):
        out = tf.py_func(lambda k: np.float32(2 * k), [i], tf.float32)
        out.set_shape([])
        return out

    fetches["py_func"] = repeat(lambda i, a: (a + function(i),), tf.constant(0.5))[1]
    fetches["py_func_in_cond"] = tf.cond(yes, lambda: function(n), lambda: tf.constant(-1.0))
    fetches["summary"] = tf.cond(yes, lambda: tf.summary.scalar("loss", x[0], collections=["mine"]), lambda: tf.constant(b""))
    fetches["summary_of_last_step"] = repeat(lambda i, s: (tf.summary.scalar("step", tf.cast(i, tf.float32), collections=["steps"]),), "")[1]

    def noted():
        tf.summary.scalar("noted", x[1], collections=["noted"])
        return x[1]

    fetches["noted"] = tf.cond(n > -1, noted, lambda: x[0])
    fetches["merged"] = tf.summary.merge_all("noted")

    v = tf.Variable(1.5, name="deep_variable")

    def loop():
        return repeat(lambda i, a: (tf.cond(tf.equal(i % 2, 0), lambda: a * v, lambda: a + x[0]),), x[0])[1]

    deep = tf.cond(yes, loop, lambda: x[0] - v)
    fetches["cond_in_while_in_cond"] = deep
    fetches["cond_in_while_in_cond_gradient"] = tf.gradients(deep, v)[0]
    feeds = [{yes: True, n: 3}, {yes: False, n: 5}, {yes: True, n: 0}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
