"""Savers of variables on several devices: one file for each."""


def build(tf):
    with tf.device("/cpu:0"):
        a = tf.Variable([1.0, 2.0, 3.0], name="a")
    with tf.device("/job:localhost/replica:0/task:0/device:CPU:0"):
        b = tf.get_variable("b", [2, 2], initializer=tf.zeros_initializer())
        r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
    with tf.device("/device:CPU:0"):
        c = tf.Variable(3, name="c")
    d = tf.Variable(4.0, name="d")
    tf.train.Saver(sharded=True)
    tf.train.Saver([a, r, d], sharded=True, reshape=True, restore_sequentially=True)
    tf.train.Saver({"q": c}, sharded=True, name="one")
    return {"fetches": {"a": a, "b": b, "c": c, "d": d}, "init": tf.global_variables_initializer()}
