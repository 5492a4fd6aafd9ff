"""Every method of TensorArray, with unknown sizes, in loops and branches, and gradients through them."""


def build(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    n = tf.shape(x)[0]

    def array(*args, **kwargs):
        return tf.TensorArray(*args, clear_after_read=False, **kwargs)

    rows = array(tf.float32, n).unstack(x)
    copied = array(tf.float32, n, element_shape=[2])
    _, copied = tf.while_loop(lambda i, ta: i < n, lambda i, ta: (i + 1, ta.write(n - 1 - i, rows.read(i) * tf.to_float(i + 1))), [0, copied])
    grown = array(tf.int32, 1, dynamic_size=True, infer_shape=False, element_shape=[])
    _, grown = tf.while_loop(lambda i, ta: i < n, lambda i, ta: (i + 1, ta.write(i, i * i)), [tf.constant(0), grown])
    empty = array(tf.float32, n, element_shape=[2])
    branch = tf.cond(p, lambda: empty.write(0, x[0] * 10.0), lambda: empty.write(1, -x[0]))
    strings = array(tf.string, 2).write(0, "a").write(1, tf.constant("b"))
    pieces = array(tf.float32, 2, infer_shape=False).split(x, [1, n - 1])
    even = array(tf.float32, 2).split(x[:2], [1, 1])
    scattered = array(tf.float32, n, element_shape=[2]).scatter(tf.range(n), x * 3.0)
    some = rows.gather([n - 1, 0])
    through = rows.identity()
    written_in_cond = tf.while_loop(lambda i, ta: i < n, lambda i, ta: (i + 1, tf.cond(i % 2 < 1, lambda: ta.write(i, rows.read(i)), lambda: ta.write(i, -rows.read(i)))),
                                    [0, array(tf.float32, n)])[1]
    fetches = {"copied": copied.stack(), "size": copied.size(), "grown": grown.stack(), "grown_size": grown.size(), "branch": branch.stack(), "strings": strings.stack(),
               "piece0": pieces.read(0), "piece1": pieces.read(1), "joined": pieces.concat(), "even": even.stack(), "scattered": scattered.stack(), "some": some,
               "through": through.read(0), "in_cond": written_in_cond.stack(), "concat": scattered.concat()}
    for name in ("copied", "branch", "joined", "even", "scattered", "some", "in_cond"):
        fetches[name + "_dx"] = tf.gradients(tf.reduce_sum(tf.square(fetches[name])), x)[0]
    return {"feeds": [{x: [[1.0, 2.0], [3.0, -4.0], [0.5, 0.25]], p: True}, {x: [[1.0, -1.0], [2.0, 5.0]], p: False}], "fetches": fetches}
