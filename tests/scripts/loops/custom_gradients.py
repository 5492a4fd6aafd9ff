"""Gradients that users define, used inside branches, loops, map_fn and scan; what they use of the body and of the graph outside."""

import uuid

import numpy as np


def build(tf):
    graph = tf.get_default_graph()
    x = tf.placeholder(tf.float32, [3], name="x")
    limit = tf.placeholder_with_default(0.25, [], name="limit")
    w = tf.Variable(1.5, name="w")
    r = tf.get_variable("r", initializer=2.0, use_resource=True)

    def registered(function):
        name = "User" + uuid.uuid4().hex
        tf.RegisterGradient(name)(function)
        return name

    @tf.custom_gradient
    def softplus(v):
        e = tf.exp(v)
        return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e)) * 3.0

    @tf.custom_gradient
    def unused_forward(v):
        z = tf.sin(v) * 5.0
        return tf.identity(v) * 2, lambda dy: dy * z

    @tf.custom_gradient
    def clipped(v):
        return tf.identity(v), lambda dy: tf.clip_by_value(dy, -limit, limit)

    @tf.custom_gradient
    def two(a, b):
        return (a * b, a + b), lambda da, db: (da * b, db * 7.0)

    by_input = registered(lambda op, dy: 2 * dy * op.inputs[0])
    by_output = registered(lambda op, dy: 3 * dy * op.outputs[0])
    by_variables = registered(lambda op, dy: dy * w * r)
    none = registered(lambda op, dy: None)

    def cube_grad(op, dy):
        (v,) = op.inputs
        d = tf.py_func(lambda a, g: (g * 3 * a * a).astype(np.float32), [v, dy], tf.float32)
        d.set_shape(v.shape)
        return d

    by_function = registered(cube_grad)

    def overridden(op_type, name, function):
        with tf.get_default_graph().gradient_override_map({op_type: name}):
            return function()

    def cube(v):
        y = overridden("PyFunc", by_function, lambda: tf.py_func(lambda a: (a * a * a).astype(np.float32), [v], tf.float32))
        y.set_shape(v.shape)
        return y

    def repeat(n, body):
        return tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, body(i, v)), [0, x])[1]

    def nested(i, v):
        return tf.cond(i > 0, lambda: tf.while_loop(lambda j, u: j < 2, lambda j, u: (j + 1, unused_forward(u) * tf.cos(x)), [0, v])[1], lambda: clipped(v) * w)

    with graph.gradient_override_map({"Tanh": by_output}):
        outside = tf.map_fn(lambda v: tf.tanh(v) * v, x)
    positive = tf.reduce_sum(x) > 0
    ys = {
        "map": tf.map_fn(softplus, x),
        "map_two": tf.map_fn(lambda v: tf.add(*two(v, v * 2)), x),
        "map_clipped": tf.map_fn(lambda v: clipped(v) * v * v, x),
        "map_override": tf.map_fn(lambda v: overridden("Identity", by_input, lambda: tf.identity(v)) * v, x),
        "map_override_outside": outside,
        "map_variables": tf.map_fn(lambda v: overridden("Identity", by_variables, lambda: tf.identity(v)) * w * r, x),
        "map_none": tf.map_fn(lambda v: overridden("Exp", none, lambda: tf.exp(v)) * v, x),
        "map_py_func": tf.map_fn(cube, x),
        "scan": tf.scan(lambda a, v: a * unused_forward(v), x, tf.constant(1.0)),
        "foldl": tf.foldl(lambda a, v: a + softplus(v * a), x, tf.constant(0.5)),
        "while": repeat(4, lambda i, v: softplus(v)),
        "while_of_cond": repeat(3, lambda i, v: tf.cond(i > 1, lambda: clipped(v) * v, lambda: v * 0.5)),
        "cond_of_while": tf.cond(positive, lambda: repeat(2, lambda i, v: unused_forward(v)), lambda: x * w),
        "cond": tf.cond(positive, lambda: softplus(x), lambda: clipped(x * 2)),
        "cond_py_func": tf.cond(positive, lambda: cube(x), lambda: x),
        "deep": repeat(3, nested),
    }
    hidden = softplus(w)
    inside = {
        "gradient_inside": tf.map_fn(lambda v: tf.gradients(softplus(v), v)[0], x),
        "gradient_inside_of_outer": tf.map_fn(lambda v: tf.gradients(hidden * v, w)[0], x),
    }
    fetches = {**ys, **inside}
    for name, y in ys.items():
        for label, source in {"dx": x, "dw": w, "dr": r}.items():
            (g,) = tf.gradients(y, source)
            if g is not None:
                fetches[f"{name}_{label}"] = g
    feeds = [{x: [0.5, 0.25, 2.0]}, {x: [-0.5, 0.125, -1.0], limit: 0.75}]
    return {"init": tf.global_variables_initializer(), "feeds": feeds, "fetches": fetches}
