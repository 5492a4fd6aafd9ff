"""Random draws with graph and op seeds, two runs each."""


def build(tf):
    tf.set_random_seed(1234)
    fetches = {
        "uniform": tf.random_uniform([3, 2]), "uniform_range": tf.random_uniform([4], -1.0, 2.0), "uniform_seed": tf.random_uniform([3], seed=7),
        "uniform_int": tf.random_uniform([5], 0, 100, dtype=tf.int32), "uniform_int64": tf.random_uniform([3], -5, 5, dtype=tf.int64, seed=3),
        "uniform_double": tf.random_uniform([3], dtype=tf.float64), "normal": tf.random_normal([5]), "normal_scaled": tf.random_normal([2, 2], 1.0, 0.5, seed=5),
        "truncated": tf.truncated_normal([7]), "shuffle": tf.random_shuffle(tf.range(8)), "multinomial": tf.multinomial([[0.1, 0.5, 1.0], [2.0, 0.0, -1.0]], 6),
        "dynamic": tf.random_normal(tf.stack([2, tf.size(tf.zeros([3]))])), "crop": tf.random_crop(tf.reshape(tf.range(20), [5, 4]), [2, 3], seed=9),
    }
    return {"feeds": [{}, {}], "fetches": fetches}
