"""Savers of every kind, each with nodes of its own."""


def build(tf):
    a = tf.Variable([1.0, 2.0, 3.0], name="a")
    b = tf.get_variable("b", [2, 2], dtype=tf.int32, initializer=tf.zeros_initializer())
    r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
    loose = tf.Variable([1.0], validate_shape=False, name="loose")
    parts = tf.get_variable("parts", [5, 2], partitioner=tf.fixed_size_partitioner(2), initializer=tf.zeros_initializer())
    more = tf.get_variable("more", [4, 2], partitioner=tf.fixed_size_partitioner(2), use_resource=True, initializer=tf.zeros_initializer())
    tf.train.Saver()
    tf.train.Saver([a, r], name="some")
    tf.train.Saver({"x": a, "y/z": b, "w": r, "p": list(parts)}, name="named")
    tf.train.Saver([a, r, loose], reshape=True, name="reshaping")
    tf.train.Saver([a, b, r], restore_sequentially=True, filename="elsewhere/model", name="in_order")
    with tf.name_scope("outer"):
        tf.train.Saver([a])
    tf.train.Saver([b], builder=None, pad_step_number=True)
    return {"fetches": {"a": a, "b": b}, "init": tf.global_variables_initializer()}
