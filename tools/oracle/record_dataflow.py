"""Records gradients of TensorFlow 1's dataflow loops and conditionals; run with a Python that has TensorFlow 2.21.

    python tools/oracle/record_dataflow.py

Per case of `CASES` two files in tests/data/dataflow: NAME.pb, the graph as it was before `tf.gradients`, and NAME.npz with what was fed
(`feed/…`), the result (`y`) and its gradients by the tensors named after `d/`.
"""

import pathlib

import numpy as np
from tf1 import tf

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "dataflow"


def loop(n, body, *start):
    return tf.while_loop(lambda i, *rest: i < n, lambda i, *rest: (i + 1, *body(i, *rest)), [0, *start])[1:]


def simple(x, w, n):
    return loop(n, lambda i, a: (tf.tanh(a * w) + x,), x)[0]


def unknown_trips(x, w, n):
    return tf.while_loop(lambda a: tf.reduce_sum(tf.abs(a)) > 0.5, lambda a: a * 0.5 * tf.sigmoid(w), [x * x])


def two_results(x, w, n):
    a, b = loop(n, lambda i, a, b: (a * w + b, tf.sin(a)), x, x * 2)
    return a * b


def conditional_inside(x, w, n):
    return loop(n, lambda i, a: (tf.cond(tf.equal(i % 2, 0), lambda: tf.sin(a) * w, lambda: a + tf.square(x)),), x)[0]


def nested_conditionals_inside(x, w, n):
    def body(i, a):
        deeper = lambda: tf.cond(tf.reduce_sum(a) > 0, lambda: tf.exp(-a * a) * w, lambda: tf.sin(a) * a)  # noqa: E731
        return (tf.cond(i < 2, deeper, lambda: a * x),)

    return loop(n, body, x)[0]


def reshapes_in_branch(x, w, n):
    def tall(a):
        return tf.reshape(tf.matmul(tf.reshape(tf.tanh(a), [2, 1]), tf.reshape(w * a, [1, 2])), [4])[1:3]

    return loop(n, lambda i, a: (tf.cond(tf.equal(i % 2, 1), lambda: tall(a), lambda: a * 1.5),), x)[0]


def nested(x, w, n):
    return loop(n, lambda i, a: (loop(i + 1, lambda j, b: (tf.sin(b) * w + x,), a)[0],), x)[0]


def loop_in_conditional(x, w, n):
    return tf.cond(n > 2, lambda: loop(n, lambda i, a: (tf.sin(a) * w,), x)[0], lambda: x - w)


def loop_in_conditional_in_loop(x, w, n):
    inner = lambda a: loop(2, lambda j, b: (b * tf.cos(w) + x,), a)[0]  # noqa: E731
    return loop(n, lambda i, a: (tf.cond(i > 1, lambda: inner(a), lambda: a * a),), x)[0]


def two_loops(x, w, n):
    return loop(n, lambda i, a: (a * w,), loop(n, lambda i, a: (tf.sin(a) + x,), x)[0])[0]


def limited(x, w, n):
    return tf.while_loop(lambda a: tf.reduce_max(a) < 1e6, lambda a: a * a + w, [x], maximum_iterations=n)


def growing(x, w, n):
    shapes = [tf.TensorShape([]), tf.TensorShape([None, 2])]
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.concat([a, a * w], 0)), [0, tf.reshape(x, [1, 2])], shape_invariants=shapes)[1]
    return tf.reduce_sum(y * y, 0)


def mapped(x, w, n):
    return tf.map_fn(lambda v: tf.sin(v) * tf.reduce_sum(w), x)


def scanned(x, w, n):
    return tf.scan(lambda a, v: a * w + tf.sin(v), x, tf.ones([2], tf.float64))[-1]


def folded(x, w, n):
    return tf.foldr(lambda a, v: a * v + w, x, tf.ones([2], tf.float64))


def arrays(x, w, n):
    out = tf.TensorArray(tf.float64, n, element_shape=[2])
    out = tf.while_loop(lambda i, a, t: i < n, lambda i, a, t: (i + 1, tf.sin(a) * w, t.write(i, a * x)), [0, x, out])[2]
    return tf.reduce_sum(tf.sin(out.stack()), 0)


def lstm(x, w, n):
    tf.set_random_seed(1)
    with tf.variable_scope("net", dtype=tf.float64, initializer=tf.constant_initializer(np.linspace(-0.5, 0.5, 5 * 12).reshape(5, 12))):
        cell = tf.nn.rnn_cell.LSTMCell(3, name="cell")
        inputs = tf.stack([tf.stack([x, x * w, x + w]), tf.stack([w, x - w, tf.sin(x)])])
        out, state = tf.nn.dynamic_rnn(cell, inputs, sequence_length=tf.stack([n, 2]), dtype=tf.float64)
    return tf.reduce_sum(out[:, -1] * state.c, 0)[:2] + tf.reduce_sum(state.h)


def conditional(x, w, n):
    return tf.cond(n > 3, lambda: tf.cond(x[0] > 0, lambda: x * w, lambda: tf.exp(x)), lambda: tf.sin(x) * w)


CASES = [
    simple,
    unknown_trips,
    two_results,
    conditional_inside,
    nested_conditionals_inside,
    reshapes_in_branch,
    nested,
    loop_in_conditional,
    loop_in_conditional_in_loop,
    two_loops,
    limited,
    growing,
    mapped,
    scanned,
    folded,
    arrays,
    lstm,
    conditional,
]


def record(case):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float64, [2], name="x")
        w = tf.placeholder(tf.float64, [2], name="w")
        n = tf.placeholder(tf.int32, [], name="n")
        y = tf.identity(case(x, w, n), name="y")
        variables = {v.op.name + "/read": v for v in tf.trainable_variables()}
        # Constants instead of variables: the file needs no checkpoint.
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            before = tf.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["y"]) if variables else graph.as_graph_def()
            (OUT / f"{case.__name__}.pb").write_bytes(before.SerializeToString(deterministic=True))
            sources = {"x": x, "w": w, **variables}
            dy = tf.constant([1.0, -0.5], tf.float64)
            grads = dict(zip(sources, tf.gradients(y, list(sources.values()), grad_ys=dy)))
            values = {}
            for k, fed in enumerate([{x: [0.5, 0.75], w: [1.25, -0.5], n: 4}, {x: [-0.3, 0.2], w: [0.5, 2.0], n: 1}]):
                feeds = {f"{k}/feed/{t.op.name}": np.asarray(v, t.dtype.as_numpy_dtype) for t, v in fed.items()}
                got = session.run({"y": y, **{f"d/{name}": g for name, g in grads.items() if g is not None}}, fed)
                values.update(feeds, **{f"{k}/{label}": v for label, v in got.items()})
            np.savez_compressed(OUT / f"{case.__name__}.npz", **values)
            print(f"{case.__name__:30} {len(before.node):5} nodes {len(values):3} values")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        record(case)
