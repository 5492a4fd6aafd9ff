"""Variables read, captured and assigned inside loop bodies; random draws and control dependencies inside."""

import numpy as np


def build(tf):
    w = tf.get_variable("w", initializer=np.array([1.0, 2.0], np.float32), use_resource=True)
    total = tf.get_variable("total", initializer=0.0, use_resource=True)
    n = tf.placeholder(tf.int32, [], name="n")

    def body(i, s):
        with tf.control_dependencies([total.assign_add(tf.reduce_sum(s))]):
            return i + 1, s * w

    _, last = tf.while_loop(lambda i, s: i < n, body, [tf.constant(0), tf.ones([2])], parallel_iterations=1)
    with tf.control_dependencies([last]):
        after = total.read_value()
    bumped = tf.while_loop(lambda i: i < n, lambda i: i + tf.cast(tf.reduce_max(w.assign_add([1.0, 0.0])), tf.int32), [tf.constant(0)], parallel_iterations=1)
    return {"init": tf.global_variables_initializer(), "feeds": [{n: 3}], "fetches": {"w": w, "total": total}, "steps": [after.op, last.op, bumped.op, after.op]}
