"""Methods of ref and resource variables that write rows, elements and slices; reads that come after a write."""

import numpy as np


def build(tf):
    start = np.arange(1.0, 13.0).reshape(4, 3).astype(np.float32)
    rows = tf.IndexedSlices(tf.constant([[1.0, 2.0, 4.0], [8.0, 0.5, 3.0]]), tf.constant([0, 2]))
    fetches, steps = {}, []
    for kind in ("ref", "resource"):
        with tf.variable_scope(kind, use_resource=kind == "resource"):
            v = tf.get_variable("v", initializer=start)
            n = tf.get_variable("n", initializer=3)
            last = tf.get_variable("last", initializer=np.zeros(3, np.float32))
        fetches[kind], fetches["n_" + kind], fetches["last_" + kind] = v + 0.0, n + 0, last + 0.0
        for method in ("scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_min", "scatter_max", "scatter_update"):
            steps.append(getattr(v, method)(rows).op)
        for method in ("scatter_nd_add", "scatter_nd_sub", "scatter_nd_update"):
            steps.append(getattr(v, method)([[0, 1], [3, 2]], [10.0, 20.0]).op)
            steps.append(getattr(tf, method)(v, [[1]], [[1.0, 2.0, 3.0]]).op)
        steps.append(tf.count_up_to(n, 9).op)
        with tf.control_dependencies([v.assign(v * 2.0)]):
            steps.append(last.assign(v[1] + tf.reduce_sum(v[:, 0])).op)
    return {"fetches": fetches, "init": tf.global_variables_initializer(), "steps": steps}
