"""Moving averages: of variables and tensors, counted, with the bias taken out; names for restoring."""


def build(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    w = tf.get_variable("scope/w", initializer=3.0)
    doubled = tf.multiply(v, 2.0, name="doubled")
    ema = tf.train.ExponentialMovingAverage(0.9)
    debiased = tf.train.ExponentialMovingAverage(0.8, zero_debias=True, name="Debiased")
    maintain = ema.apply([v, w])
    maintain_tensor = debiased.apply([doubled])
    change = tf.group(v.assign_add([1.0, -1.0]), w.assign(5.0))
    fetches = {"v": v, "average": ema.average(v), "average_w": ema.average(w), "doubled": debiased.average(doubled)}
    restored = ema.variables_to_restore()
    assert {"scope/w/ExponentialMovingAverage", "v/ExponentialMovingAverage"} <= set(restored)
    steps = [maintain, maintain_tensor, change, maintain, maintain_tensor, maintain, change, maintain_tensor, maintain, maintain]
    return {"init": tf.global_variables_initializer(), "fetches": fetches, "steps": steps}
