"""Neural style: a picture as the variable, Gram matrices of frozen convolutions, total variation, pixels clipped by a constraint."""

import numpy as np


def build(tf):
    random = np.random.RandomState(12)
    filters = [tf.constant(random.uniform(-0.5, 0.5, shape), tf.float32) for shape in ((3, 3, 3, 4), (3, 3, 4, 6))]
    content_image, style_image = (random.uniform(0, 1, (1, 8, 8, 3)).astype(np.float32) for _ in range(2))

    def features(image):
        maps, x = [], (image - [0.5, 0.45, 0.4]) / 0.25
        for i, kernel in enumerate(filters):
            x = tf.nn.relu(tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME", name="conv%d" % i))
            maps.append(x)
            x = tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
        return maps

    def gram(maps):
        _, height, width, channels = maps.get_shape().as_list()
        rows = tf.reshape(maps, [-1, channels])
        return tf.matmul(rows, rows, transpose_a=True) / float(height * width * channels)

    picture = tf.get_variable("picture", initializer=tf.constant(content_image * 0.8), constraint=lambda v: tf.clip_by_value(v, 0.0, 1.0))
    with tf.name_scope("mixed"):
        mixed = features(picture)
    with tf.name_scope("content"):
        content = features(tf.constant(content_image))[1]
    with tf.name_scope("style"):
        styles = [gram(m) for m in features(tf.constant(style_image))]
    content_loss = tf.reduce_mean(tf.square(mixed[1] - content))
    style_loss = tf.add_n([tf.reduce_sum((gram(m) - s) ** 2) for m, s in zip(mixed, styles)])
    down = picture[:, 1:, :, :] - picture[:, :-1, :, :]
    right = picture[:, :, 1:] - picture[:, :, :-1]
    variation = tf.reduce_sum(tf.abs(down)) + tf.reduce_sum(tf.abs(right))
    loss = content_loss + 5.0 * style_loss + 1e-3 * variation
    train = tf.train.AdamOptimizer(0.1).minimize(loss, var_list=[picture])
    fetches = {"content": content_loss, "style": style_loss, "variation": variation, "gram": gram(mixed[0]), "picture": picture}
    return {"fetches": fetches, "init": tf.global_variables_initializer(), "steps": [train] * 4}
