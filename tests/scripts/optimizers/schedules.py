"""Learning-rate schedules of fed steps."""


def build(tf):
    step = tf.placeholder(tf.int32, [], name="step")
    t = tf.train
    fetches = {
        "polynomial": t.polynomial_decay(0.1, step, 6, 0.01, power=2.0), "cycle": t.polynomial_decay(0.1, step, 6, 0.01, cycle=True),
        "cosine": t.cosine_decay(0.1, step, 8, alpha=0.1),
        "linear_cosine": t.linear_cosine_decay(0.1, step, 8), "natural": t.natural_exp_decay(0.1, step, 2, 0.3, staircase=True),
        "inverse": t.inverse_time_decay(0.1, step, 2, 0.5, staircase=True), "exponential": t.exponential_decay(0.1, step, 3, 0.5),
        "tensor": t.exponential_decay(tf.constant(0.5), step, tf.constant(4), 0.9, name="Rate"),
    }
    return {"feeds": [{step: n} for n in (1, 4, 7, 20)], "fetches": fetches}
