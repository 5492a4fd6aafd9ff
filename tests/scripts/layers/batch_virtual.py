"""Batch normalization by virtual batches, with an adjustment, of volumes and over two axes."""

import numpy as np


def build(tf):
    random = np.random.RandomState(31)
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    images = tf.constant(random.uniform(-1, 1, (4, 2, 3, 2)).astype(np.float32), name="images")
    volumes = tf.constant(random.uniform(-1, 1, (2, 2, 2, 2, 2)).astype(np.float32), name="volumes")

    def adjusted(sizes):
        return tf.fill([sizes[0], 1], 1.5), tf.fill([sizes[0], 1], 0.25)

    outputs = {
        "virtual": tf.layers.batch_normalization(x, training=True, virtual_batch_size=2, name="virtual"),
        "adjusted": tf.layers.batch_normalization(x, training=True, adjustment=adjusted, name="adjusted"),
        "axes": tf.layers.batch_normalization(images, axis=[1, 3], training=True, name="axes"),
        "volumes": tf.layers.batch_normalization(volumes, training=True, name="volumes"),
    }
    loss = tf.add_n([tf.reduce_sum(tf.cast(y, tf.float32) ** 3) for y in outputs.values()])
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    fetches = {**outputs, "loss": loss, **{v.op.name: v for v in tf.global_variables()}}
    data = random.uniform(-1, 1, (4, 3)).astype(np.float32)
    return {"fetches": fetches, "feeds": [{x: data}], "init": tf.global_variables_initializer(), "steps": [step] * 4}
