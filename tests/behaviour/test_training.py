"""Optimizers, schedules, clipping and averages as users call them."""

import numpy as np
import pytest


def test_slots(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    optimizer = tf.train.AdamOptimizer()
    train = optimizer.minimize(tf.reduce_sum(v * v))
    assert optimizer.get_slot_names() == ["m", "v"]
    assert optimizer.get_slot(v, "m").name == "v/Adam:0" and optimizer.get_slot(v, "v").name == "v/Adam_1:0"
    assert [x.name for x in tf.global_variables()] == ["v:0", "beta1_power:0", "beta2_power:0", "v/Adam:0", "v/Adam_1:0"]
    assert tf.trainable_variables() == [v] and train.name == "Adam"
    assert [x.name for x in optimizer.variables()] == ["beta1_power:0", "beta2_power:0", "v/Adam:0", "v/Adam_1:0"]


def test_subclass_that_changes_gradients(tf):
    class Halved(tf.train.AdamOptimizer):
        def compute_gradients(self, loss, var_list, **kwargs):
            pairs = super().compute_gradients(loss, var_list, **kwargs)
            return [(g * 0.5, v) for g, v in pairs if g is not None]

        def apply_gradients(self, grads_and_vars, global_step=None, name=None):
            opt = super().apply_gradients(grads_and_vars, global_step, name)
            with tf.control_dependencies([opt]):
                return tf.group(opt, name="wrapped")

    v = tf.Variable([1.0])
    train = Halved(0.1).minimize(tf.reduce_sum(v), var_list=[v])
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(train)
        assert s.run(v)[0] == pytest.approx(0.9, abs=1e-5)


def test_global_step(tf):
    step = tf.train.get_or_create_global_step()
    assert step.dtype.base_dtype == tf.int64 and step.name == "global_step:0" and tf.train.get_or_create_global_step() is step
    with pytest.raises(ValueError, match='"global_step" already exists'):
        tf.train.create_global_step()


def test_optimizer_errors(tf):
    v = tf.Variable(1.0)
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    with pytest.raises(ValueError, match="gate_gradients must be one of"):
        optimizer.minimize(v * 1.0, gate_gradients=7)
    with pytest.raises(ValueError, match="Invalid type"):
        optimizer.compute_gradients(tf.cast(v, tf.int32))


def test_constraint_is_applied_after_updates(tf):
    v = tf.get_variable("v", initializer=[1.0, -1.0], constraint=lambda x: tf.clip_by_value(x, 0.0, 0.5))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(v))
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(train)
        assert s.run(v).tolist() == [0.5, 0.0]


@pytest.mark.parametrize("step, expected", [(0, 1.0), (2, 1.0), (3, 0.5), (6, 0.25)])
def test_piecewise_constant(tf, step, expected):
    rate = tf.train.piecewise_constant(tf.constant(step), [2, 5], [1.0, 0.5, 0.25])
    with tf.Session() as s:
        assert s.run(rate) == expected


def test_clipping(tf):
    with tf.Session() as s:
        clipped, norm = tf.clip_by_global_norm([tf.constant([3.0]), None, tf.constant([4.0])], 1.0)
        assert clipped[1] is None and s.run(norm) == 5.0 and np.allclose([s.run(clipped[0])[0], s.run(clipped[2])[0]], [0.6, 0.8])
        assert np.allclose(s.run(tf.clip_by_norm([3.0, 4.0], 1.0)), [0.6, 0.8]) and s.run(tf.clip_by_norm([0.0], 1.0)).tolist() == [0.0]
        assert s.run(tf.clip_by_value([-2.0, 0.5, 9.0], -1.0, 1.0)).tolist() == [-1.0, 0.5, 1.0]


def test_moving_average(tf):
    v = tf.Variable(0.0, name="v")
    ema = tf.train.ExponentialMovingAverage(0.5)
    maintain = ema.apply([v])
    assert ema.average_name(v) == "v/ExponentialMovingAverage"
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(v.assign(8.0))
        s.run(maintain)
        assert s.run(ema.average(v)) == 4.0


def test_losses_collection(tf):
    a = tf.losses.mean_squared_error([1.0, 2.0], [2.0, 4.0])
    b = tf.losses.absolute_difference([1.0], [3.0], weights=0.5)
    assert a.name == "mean_squared_error/value:0" and tf.losses.get_losses() == [a, b]
    with tf.Session() as s:
        assert s.run(tf.losses.get_total_loss()) == 3.5
    with pytest.raises(ValueError, match="labels"):
        tf.losses.mean_squared_error(None, [1.0])


def test_metrics_stream(tf):
    x = tf.placeholder(tf.int32, [None])
    value, update = tf.metrics.accuracy(labels=[1, 2], predictions=x)
    with tf.Session() as s:
        s.run(tf.local_variables_initializer())
        assert s.run(update, {x: [1, 0]}) == 0.5 and s.run(update, {x: [1, 2]}) == 0.75 and s.run(value) == 0.75


def test_layer_names_and_objects(tf):
    x = tf.zeros([2, 3])
    layer = tf.layers.Dense(4, name="d")
    a, b = layer(x), layer(x)
    assert a.name == "d/BiasAdd:0" and b.name == "d/BiasAdd_1:0" and layer.kernel.name == "d/kernel:0" and len(layer.variables) == 2
    assert tf.layers.dense(x, 2).name == "dense/BiasAdd:0" and tf.layers.dense(x, 2).name == "dense_1/BiasAdd:0"
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer(tf.zeros([2, 5]))
    with pytest.raises(ValueError, match="last dimension"):
        tf.layers.dense(tf.placeholder(tf.float32, [2, None]), 2)


def test_update_ops(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    tf.layers.batch_normalization(x, training=True)
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 2
    assert [v.name.split("/")[1] for v in tf.global_variables()] == ["gamma:0", "beta:0", "moving_mean:0", "moving_variance:0"]
    assert len(tf.trainable_variables()) == 2


def test_py_func(tf):
    def double(x):
        x += x
        return x

    y = tf.py_func(double, [tf.constant([1.0, 2.0])], tf.float32)
    with tf.Session() as s:
        assert s.run(y).tolist() == [2.0, 4.0]


def test_custom_gradient(tf):
    @tf.custom_gradient
    def clipped(x):
        return x * 1.0, lambda dy: tf.clip_by_value(dy, -0.1, 0.1)

    x = tf.constant(3.0)
    with tf.Session() as s:
        assert s.run(tf.gradients(clipped(x) * 5.0, x)[0]) == pytest.approx(0.1)
