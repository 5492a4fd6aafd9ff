"""control_dependencies nested and cleared, group, tuple, no_op: which control inputs each op gets."""


def build(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.placeholder(tf.float32, [2], name="y")
    a = tf.add(x, y, name="a")
    b = tf.multiply(x, y, name="b")
    with tf.control_dependencies([a, b]):
        c = tf.identity(x, name="c")
        d = tf.add(a, 1.0, name="d")
        e = tf.add(c, 2.0, name="e")
        with tf.control_dependencies([d.op]):
            f = tf.negative(y, name="f")
            g = tf.constant(3.0, name="g")
            with tf.control_dependencies(None):
                h = tf.negative(y, name="h")
                with tf.control_dependencies([c]):
                    i = tf.square(y, name="i")
        v = tf.Variable([1.0, 1.0], name="v")
        update = tf.assign_add(v, x)
    nothing = tf.no_op()
    with tf.control_dependencies([]):
        j = tf.identity(y, name="j")
    with tf.control_dependencies([nothing, update]):
        k = tf.identity(v.read_value(), name="k")
    grouped = tf.group(a, b, update, name="grouped")
    empty = tf.group(name="empty")
    default = tf.group(c, d)
    t1, t2 = tf.tuple([a, b], name="pair", control_inputs=[nothing])
    with tf.control_dependencies([grouped, empty, default]):
        last = tf.constant(9.0, name="last")
    graph = tf.get_default_graph()
    with graph.control_dependencies([x]):
        m = tf.zeros([2], name="m")
    return {
        "init": tf.global_variables_initializer(),
        "feeds": [{x: [1.0, 2.0], y: [3.0, 4.0]}],
        "fetches": {"c": c, "d": d, "e": e, "f": f, "g": g, "h": h, "i": i, "j": j, "t1": t1, "t2": t2, "m": m, "v": v},
        "steps": [grouped, last, k, default, empty],
    }
