"""TensorArray: write, read, stack, gather, unstack, scatter, concat, split, dynamic size, gradients in and out of loops."""


def build(tf):
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    written = tf.TensorArray(tf.float32, size=3).write(0, x[0]).write(2, x[1] * 2.0).write(1, x[2])
    source = tf.TensorArray(tf.float32, size=3).unstack(x)
    grown = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)
    _, grown = tf.while_loop(lambda i, ta: i < 3, lambda i, ta: (i + 1, ta.write(i, source.read(2 - i) * tf.to_float(i + 1))), [0, grown])
    stacked = written.stack()
    gathered = tf.TensorArray(tf.float32, size=3).unstack(x).gather([2, 0])
    scattered = tf.TensorArray(tf.float32, size=3).scatter([2, 1, 0], x)
    parts = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(tf.reshape(x, [-1]), [2, 4])
    joined = parts.concat()
    fetches = {"stacked": stacked, "gathered": gathered, "grown": grown.stack(), "size": grown.size(), "scattered": scattered.stack(), "joined": joined}
    fetches["stacked_grad"] = tf.gradients(tf.square(stacked), x)[0]
    fetches["grown_grad"] = tf.gradients(tf.square(fetches["grown"]), x)[0]
    return {"feeds": [{x: [[1.0, 2.0], [3.0, 4.0], [-5.0, 6.0]]}], "fetches": fetches}
