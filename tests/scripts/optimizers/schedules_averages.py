"""Learning-rate schedules and moving averages."""


def build(tf):
    step = tf.Variable(0, trainable=False, name="step")
    t = tf.train
    fetches = {
        "exponential": t.exponential_decay(0.1, step, 3, 0.5), "staircase": t.exponential_decay(0.1, step, 3, 0.5, staircase=True),
        "natural": t.natural_exp_decay(0.1, step, 2, 0.3), "inverse": t.inverse_time_decay(0.1, step, 2, 0.5),
        "polynomial": t.polynomial_decay(0.1, step, 6, 0.01, power=2.0), "cosine": t.cosine_decay(0.1, step, 8),
    }
    v = tf.Variable([1.0, 2.0], name="v")
    w = tf.Variable(3.0, name="w")
    ema = t.ExponentialMovingAverage(0.9)
    counted = t.ExponentialMovingAverage(0.99, num_updates=step, name="Counted")
    with tf.control_dependencies([v.assign_add([1.0, -1.0]), step.assign_add(1)]):
        maintain = tf.group(ema.apply([v, w]), counted.apply([v]))
    fetches["average"] = ema.average(v)
    fetches["counted"] = counted.average(v)
    fetches["average_w"] = ema.average(w)
    fetches["v"], fetches["step"] = v, step
    assert ema.average_name(v) == "v/ExponentialMovingAverage"
    return {"init": tf.global_variables_initializer(), "fetches": fetches, "steps": [maintain] * 8}
