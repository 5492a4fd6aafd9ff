"""Further random draws by seed: gamma, poisson, orders of rows, samplers, parameters as tensors."""


def build(tf):
    tf.set_random_seed(77)
    fetches = {
        "gamma": tf.random_gamma([4], [0.5, 2.0]), "gamma_beta": tf.random_gamma([3], 3.0, beta=2.0, seed=5), "poisson": tf.random_poisson([2.0, 20.0], [5]),
        "shuffle_rows": tf.random_shuffle([[1, 2], [3, 4], [5, 6]], seed=2), "half": tf.random_uniform([4], dtype=tf.float16), "double": tf.random_normal([3], dtype=tf.float64),
        "bounds": tf.random_uniform([4], tf.constant(2, tf.int32), tf.constant(9, tf.int32), tf.int32), "multinomial": tf.multinomial(tf.log([[0.2, 0.3, 0.5]]), 8, seed=4),
        "categorical": tf.random.categorical([[0.0, 1.0]], 5), "truncated": tf.truncated_normal([5], 1.0, 3.0, seed=6),
        "log_sampler": tf.nn.log_uniform_candidate_sampler(tf.constant([[1]], tf.int64), 1, 4, False, 20, seed=1).sampled_candidates,
    }
    return {"feeds": [{}, {}], "fetches": fetches}
