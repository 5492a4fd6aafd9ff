"""The initializers of TF1, seeded by the graph and by themselves."""


def build(tf):
    tf.set_random_seed(42)
    kinds = {
        "zeros": tf.zeros_initializer(), "ones": tf.ones_initializer(), "constant": tf.constant_initializer(1.5),
        "constant_list": tf.constant_initializer([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), "uniform": tf.random_uniform_initializer(-0.5, 0.25),
        "uniform_seed": tf.random_uniform_initializer(0.0, 1.0, seed=3), "normal": tf.random_normal_initializer(0.5, 2.0),
        "truncated": tf.truncated_normal_initializer(stddev=0.1), "truncated_seed": tf.truncated_normal_initializer(seed=11),
        "glorot_uniform": tf.glorot_uniform_initializer(), "glorot_normal": tf.glorot_normal_initializer(seed=5),
        "variance": tf.variance_scaling_initializer(scale=2.0), "variance_fan_out": tf.variance_scaling_initializer(2.0, mode="fan_out", distribution="uniform"),
        "unit": tf.uniform_unit_scaling_initializer(factor=1.43), "he": tf.initializers.he_normal(seed=1), "lecun": tf.initializers.lecun_uniform(seed=2),
    }
    fetches = {}
    for name, initializer in kinds.items():
        fetches[name] = tf.get_variable(name, [2, 3], initializer=initializer)
    fetches["identity"] = tf.get_variable("identity", [3, 3], initializer=tf.initializers.identity(gain=2.0))
    fetches["default"] = tf.get_variable("default", [4, 2])
    fetches["kernel"] = tf.get_variable("kernel", [3, 3, 2, 4])
    fetches["double"] = tf.get_variable("double", [2, 2], dtype=tf.float64, initializer=tf.random_normal_initializer())
    return {"init": tf.global_variables_initializer(), "fetches": fetches}
