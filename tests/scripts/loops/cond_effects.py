"""Assignments, control dependencies, checks and printing inside branches; operations as results."""


def build(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [], name="x")
    v = tf.Variable(1.0, name="v")
    r = tf.get_variable("r", initializer=10.0, use_resource=True)
    log = tf.Variable(tf.zeros([2]), trainable=False, name="log")

    def taken():
        checked = tf.assert_greater(x, -100.0)
        with tf.control_dependencies([checked, tf.assign_add(v, x)]):
            with tf.control_dependencies([r.assign_sub(1.0)]):
                return tf.Print(x * 2.0, [x], "taken: ")

    def other():
        with tf.control_dependencies([tf.scatter_add(log, [1], [x])]):
            return tf.identity(x * 3.0)

    value = tf.cond(p, taken, other)
    as_operation = tf.cond(p, lambda: tf.group(v.assign(5.0), r.assign(6.0)), lambda: tf.no_op())
    unused = tf.Variable(0.0, name="unused")

    def with_unused():
        tf.assign_add(unused, 1.0)
        return x + 1.0

    pruned = tf.cond(p, with_unused, lambda: x)
    with tf.control_dependencies([v.assign_add(100.0)]):
        after = tf.cond(p, lambda: x, lambda: -x)
    bumped = tf.assign_add(log, [1.0, 0.0])

    def waits():
        with tf.control_dependencies([bumped]):
            return x * 1.0

    outer_wait = tf.cond(p, waits, lambda: x)
    return {"init": tf.global_variables_initializer(), "feeds": [{p: True, x: 2.0}, {p: False, x: 3.0}],
            "steps": [value.op, value.op, as_operation.op, as_operation.op, pruned.op, after.op, outer_wait.op, outer_wait.op, value.op, value.op],
            "fetches": {"v": v, "r": r.value(), "log": log, "unused": unused}}
