"""Savers that write the old format, in one file and in several."""


def build(tf):
    with tf.device("/cpu:0"):
        a = tf.Variable([1.0, 2.0, 3.0], name="a")
    b = tf.get_variable("b", [2, 2], initializer=tf.zeros_initializer())
    r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
    tf.train.Saver(write_version=tf.train.SaverDef.V1)
    tf.train.Saver([a, b], write_version=tf.train.SaverDef.V1, sharded=True)
    return {"fetches": {"a": a, "b": b}, "init": tf.global_variables_initializer()}
