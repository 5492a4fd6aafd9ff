"""The optimizers of tf.train against their rules in numpy, and the contract of the base class."""

import graphpb as tf
import numpy as np
import pytest

GRADS = np.random.RandomState(3).uniform(-1, 1, (6, 4)).astype(np.float32)
START = np.array([0.5, -1.0, 2.0, 0.25], np.float32)


def momentum(state, g, nesterov):
    state["a"] = 0.9 * state.get("a", 0) + g
    return 0.1 * (g + 0.9 * state["a"] if nesterov else state["a"])


def adam(state, g):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g * g
    return 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * state["m"] / (np.sqrt(state["v"]) + 1e-8)


def rmsprop(state, g, centered):
    state["ms"] = 0.9 * state.get("ms", 1) + 0.1 * g * g
    state["mg"] = 0.9 * state.get("mg", 0) + 0.1 * g
    inside = state["ms"] - (state["mg"] ** 2 if centered else 0) + 1e-10
    state["mom"] = 0.5 * state.get("mom", 0) + 0.1 * g / np.sqrt(inside)
    return state["mom"]


def adagrad(state, g):
    state["a"] = state.get("a", 0.1) + g * g
    return 0.1 * g / np.sqrt(state["a"])


def adadelta(state, g):
    state["a"] = 0.95 * state.get("a", 0) + 0.05 * g * g
    step = np.sqrt(state.get("d", 0) + 1e-8) / np.sqrt(state["a"] + 1e-8) * g
    state["d"] = 0.95 * state.get("d", 0) + 0.05 * step * step
    return step


RULES = {
    "sgd": (lambda: tf.train.GradientDescentOptimizer(0.1), lambda s, g: 0.1 * g),
    "momentum": (lambda: tf.train.MomentumOptimizer(0.1, 0.9), lambda s, g: momentum(s, g, False)),
    "nesterov": (lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True), lambda s, g: momentum(s, g, True)),
    "adam": (lambda: tf.train.AdamOptimizer(0.1), adam),
    "rmsprop": (lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5), lambda s, g: rmsprop(s, g, False)),
    "rmsprop_centered": (lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5, centered=True), lambda s, g: rmsprop(s, g, True)),
    "adagrad": (lambda: tf.train.AdagradOptimizer(0.1), adagrad),
    "adadelta": (lambda: tf.train.AdadeltaOptimizer(1.0), adadelta),
}


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_dense_updates_follow_the_rule(name, use_resource):
    make, rule = RULES[name]
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", initializer=START, use_resource=use_resource)
        g = tf.placeholder(tf.float32, [4])
        step = make().apply_gradients([(g, w)])
        session.run(tf.global_variables_initializer())
        expected, state = START.astype(np.float64), {}
        for grad in GRADS:
            session.run(step, {g: grad})
            expected = expected - rule(state, grad.astype(np.float64))
            np.testing.assert_allclose(session.run(w), expected, rtol=2e-5, atol=2e-6)


def test_slots_and_names():
    with tf.Graph().as_default():
        with tf.variable_scope("net"):
            w = tf.get_variable("w", [2])
        optimizer = tf.train.AdamOptimizer()
        optimizer.minimize(tf.reduce_sum(w))
        assert optimizer.get_slot_names() == ["m", "v"]
        assert [v.op.name for v in optimizer.variables()] == ["beta1_power", "beta2_power", "net/w/Adam", "net/w/Adam_1"]
        assert optimizer.get_slot(w, "m").op.name == "net/w/Adam" and optimizer.get_slot(w, "none") is None
        assert tf.trainable_variables() == [w]


def test_global_step_counts_after_the_updates():
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable(1.0)
        step = tf.train.get_or_create_global_step()
        train = tf.train.GradientDescentOptimizer(0.5).minimize(w * w, global_step=step)
        assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [train] and train.name == "GradientDescent"
        session.run(tf.global_variables_initializer())
        for i in range(3):
            session.run(train)
            assert tf.train.global_step(session, step) == i + 1
        with pytest.raises(ValueError, match='"global_step" already exists.'):
            tf.train.create_global_step()


def test_sparse_gradients_touch_their_rows():
    with tf.Graph().as_default(), tf.Session() as session:
        table = tf.get_variable("t", initializer=np.ones((4, 2), np.float32))
        loss = tf.reduce_sum(tf.gather(table, [1, 1, 3]))
        train = tf.train.GradientDescentOptimizer(0.25).minimize(loss)
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run(table)[:, 0].tolist() == [1.0, 0.5, 1.0, 0.75]


def test_refusals():
    with tf.Graph().as_default():
        optimizer = tf.train.GradientDescentOptimizer(0.1)
        v = tf.Variable(1.0)
        cases = [
            (lambda: optimizer.minimize(tf.constant(1.0)), "No gradients provided for any variable"),
            (lambda: optimizer.minimize(tf.constant(1), var_list=[v]), "Invalid type"),
            (lambda: optimizer.compute_gradients(v * v, gate_gradients=7), "gate_gradients must be one of"),
            (lambda: optimizer.compute_gradients(v * v, var_list=[]), "No variables to optimize."),
            (lambda: optimizer.apply_gradients([]), "No variables provided."),
            (lambda: optimizer.apply_gradients([(None, v)]), "No gradients provided for any variable"),
        ]
        for function, phrase in cases:
            with pytest.raises(ValueError) as error:
                function()
            assert phrase in str(error.value)


def test_subclass_may_change_gradients():
    class Halving(tf.train.AdamOptimizer):
        def compute_gradients(self, loss, var_list, **kwargs):
            return [(0.5 * g, v) for g, v in super().compute_gradients(loss, var_list, **kwargs)]

    class Plain(tf.train.Optimizer):
        def __init__(self):
            super().__init__(False, "Plain")

        def _apply_dense(self, grad, var):
            return var.assign_sub(grad)

    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(4.0)
        ((gradient, _),) = Halving(0.1).compute_gradients(v * v, [v])
        train = Plain().minimize(v * 3.0)
        session.run(tf.global_variables_initializer())
        assert session.run(gradient) == 4.0
        session.run(train)
        assert session.run(v) == 1.0


def test_constraint_holds_after_the_update():
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", initializer=1.0, constraint=lambda x: tf.maximum(x, 0.0))
        train = tf.train.GradientDescentOptimizer(1.0).minimize(v * 5.0)
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run(v) == 0.0


def test_variables_may_come_as_a_view_of_a_dict():
    with tf.Graph().as_default(), tf.Session() as session:
        variables = {"a": tf.Variable(1.0), "b": tf.Variable(2.0), "c": tf.Variable(3.0)}
        chosen = {name: variables[name] for name in "ab"}
        train = tf.train.GradientDescentOptimizer(0.5).minimize(tf.add_n(list(variables.values())), var_list=chosen.values())
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run(list(variables.values())) == [0.5, 1.5, 3.0]


SCHEDULES = {
    "exponential": (lambda s: tf.train.exponential_decay(0.1, s, 3, 0.5), lambda s: 0.1 * 0.5 ** (s / 3)),
    "staircase": (lambda s: tf.train.exponential_decay(0.1, s, 3, 0.5, staircase=True), lambda s: 0.1 * 0.5 ** (s // 3)),
    "natural": (lambda s: tf.train.natural_exp_decay(0.1, s, 2, 0.3), lambda s: 0.1 * np.exp(-0.3 * s / 2)),
    "inverse": (lambda s: tf.train.inverse_time_decay(0.1, s, 2, 0.5), lambda s: 0.1 / (1 + 0.5 * s / 2)),
    "polynomial": (lambda s: tf.train.polynomial_decay(0.1, s, 6, 0.01, 2.0), lambda s: 0.09 * (1 - min(s, 6) / 6) ** 2 + 0.01),
    "cosine": (lambda s: tf.train.cosine_decay(0.1, s, 8, 0.2), lambda s: 0.1 * (0.8 * (1 + np.cos(np.pi * min(s, 8) / 8)) / 2 + 0.2)),
    "linear_cosine": (
        lambda s: tf.train.linear_cosine_decay(0.1, s, 8),
        lambda s: 0.1 * ((8 - min(s, 8)) / 8 * (1 + np.cos(np.pi * min(s, 8) / 8)) / 2 + 0.001),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_their_formulas(name):
    make, formula = SCHEDULES[name]
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.placeholder(tf.int32, [])
        rate = make(step)
        for s in (0, 1, 5, 9):
            np.testing.assert_allclose(session.run(rate, {step: s}), formula(s), rtol=1e-6)


def test_an_optimizer_that_averages_gradients_through_python():
    """The idiom of Spinning Up's MPI optimizer: gradients flattened, handed to a numpy function, split again; and a sync of the parameters."""
    seen = []

    def average(x):
        seen.append(x.copy())
        return (x + 1.0).astype(np.float32)

    class AveragingAdam(tf.train.AdamOptimizer):
        def compute_gradients(self, loss, var_list, **kwargs):
            pairs = [(g, v) for g, v in super().compute_gradients(loss, var_list, **kwargs) if g is not None]
            flat = tf.concat([tf.reshape(g, [-1]) for g, _ in pairs], axis=0)
            sizes = [int(np.prod(v.shape.as_list())) for _, v in pairs]
            averaged = tf.py_func(average, [flat], tf.float32)
            averaged.set_shape(flat.shape)
            parts = tf.split(averaged, sizes, axis=0)
            return [(tf.reshape(p, v.shape), v) for p, (_, v) in zip(parts, pairs)]

        def apply_gradients(self, grads_and_vars, global_step=None, name=None):
            update = super().apply_gradients(grads_and_vars, global_step, name)
            variables = [v for _, v in grads_and_vars]
            with tf.control_dependencies([update]):
                flat = tf.concat([tf.reshape(v, [-1]) for v in variables], axis=0)
                return tf.group(update, tf.py_func(lambda x: seen.append(x.copy()), [flat], []))

    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable([[1.0, 2.0]], name="w")
        b = tf.Variable(3.0, name="b")
        other = tf.Variable(1.0)
        train = AveragingAdam(learning_rate=0.1).minimize(tf.reduce_sum(w * w) + b, var_list=[w, b, other])
        session.run(tf.global_variables_initializer())
        session.run(train)
        gradient, after = seen
        assert gradient.tolist() == [2.0, 4.0, 1.0]
        # Adam's first step is the learning rate against the sign of the averaged gradient.
        np.testing.assert_allclose(after, [0.9, 1.9, 2.9], rtol=1e-5)
        np.testing.assert_allclose(session.run(tf.concat([w[0], [b]], 0)), [0.9, 1.9, 2.9], rtol=1e-5)
