"""The review deck's snippets, one test for each, with the reprs and names that the deck shows."""

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.fixture
def interactive():
    session = tf.InteractiveSession()
    yield session
    session.close()


def softmax_cross_entropy(labels, logits):
    """In float64, by the definition."""
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return -(labels * (shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))).sum(1)


def test_computation_graph_and_chain_rule():
    x = tf.placeholder(tf.float32, ())
    g, h = tf.sin(x), x * x
    intermediate = g * h
    o = tf.identity(intermediate)
    dl, dg, dx = tf.gradients(o, [intermediate, g, x])
    value = np.float32(1.3)
    with tf.Session() as sess:
        found = sess.run([dl, dg, dx], {x: value})
    np.testing.assert_allclose(found, [1.0, value**2, np.cos(value) * value**2 + np.sin(value) * 2 * value], rtol=1e-6)


def test_numpy_syntax_and_functions_give_the_same(interactive):
    a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    b = tf.constant([10.0, 20.0])
    assert (a + b).eval().tolist() == tf.add(a, b).eval().tolist() == [[11, 22], [13, 24]]
    assert a[0, 1].eval() == 2.0 and (a * 2 - 1)[:, 0].eval().tolist() == [1.0, 5.0]


def test_operations_do_not_run_at_define_time():
    assert np.add(5, 5) == 10
    assert repr(tf.add(5, 5)) == "<tf.Tensor 'Add:0' shape=() dtype=int32>"


def test_three_ways_to_a_session(interactive):
    assert tf.get_default_session() is interactive
    with tf.Session() as sess:
        assert tf.get_default_session() is sess
    assert tf.get_default_session() is interactive
    interactive.close()
    assert tf.get_default_session() is None


def test_run_wants_what_placeholders_need():
    x = tf.placeholder(tf.float32, [None], name="x")
    y = x * 2
    with tf.Session() as sess:
        assert sess.run(y, feed_dict={x: [1, 2]}).tolist() == [2, 4]
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x' with dtype float"):
            sess.run(y)


def test_run_computes_what_is_asked_for_only():
    needed, other = [], []
    a = tf.py_func(lambda: needed.append(1) or np.float32(2.0), [], tf.float32)
    b = tf.py_func(lambda: other.append(1) or np.float32(3.0), [], tf.float32)
    twice, square, both = a * 2.0, a * a, a + b
    with tf.Session() as sess:
        assert sess.run([twice, square]) == [4.0, 4.0]
        assert (len(needed), len(other)) == (1, 0)
        assert sess.run({"both": both, "pair": (twice, a)}) == {"both": 5.0, "pair": (4.0, 2.0)}
        assert (len(needed), len(other)) == (2, 1)


def test_variables_must_be_initialized():
    w = tf.Variable(tf.zeros([2]), name="w")
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value w"):
            sess.run(w)
        sess.run(tf.global_variables_initializer())
        assert sess.run(w).tolist() == [0, 0]


def test_run_and_eval_are_sugar():
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.placeholder(tf.float32, [None])
    w = tf.Variable([1.0, 2.0, 3.0])
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.reduce_sum(x * w, 1), y), tf.float32))
    sess = tf.Session()
    with sess.as_default():
        tf.global_variables_initializer().run()
        assert accuracy.eval(feed_dict={x: np.eye(3), y: [1, 2, 0]}) == np.float32(2 / 3)
    sess.close()


def test_cross_entropy_of_a_classifier(interactive):
    x = tf.placeholder(tf.float32, [None, 784])
    y = tf.layers.dense(x, 10)
    y_ = tf.placeholder(tf.float32, [None, 10])
    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y))
    tf.global_variables_initializer().run()
    random = np.random.RandomState(0)
    feed = {x: random.uniform(0, 1, (5, 784)).astype(np.float32), y_: np.eye(10, dtype=np.float32)[random.randint(0, 10, 5)]}
    value, logits = interactive.run([cross_entropy, y], feed)
    np.testing.assert_allclose(value, softmax_cross_entropy(feed[y_], logits).mean(), rtol=1e-5)


def test_custom_policy_gradient_loss(interactive):
    logli = tf.placeholder(shape=(None,), dtype=tf.float32)
    logli_old = tf.placeholder(shape=(None,), dtype=tf.float32)
    lr = tf.exp(logli - logli_old)
    adv = tf.placeholder(shape=(None,), dtype=tf.float32)
    surrogate_loss = -tf.reduce_mean(lr * adv)
    (slope,) = tf.gradients(surrogate_loss, logli)
    new, old, advantage = (np.random.RandomState(i).uniform(-1, 1, 4).astype(np.float32) for i in range(3))
    value, found = interactive.run([surrogate_loss, slope], {logli: new, logli_old: old, adv: advantage})
    ratio = np.exp(new.astype(np.float64) - old) * advantage
    np.testing.assert_allclose(value, -ratio.mean(), rtol=1e-5)
    np.testing.assert_allclose(found, -ratio / 4, rtol=1e-5)


def test_optimizer_with_var_list(interactive):
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(1.0, name="b")
    loss = tf.square(a) + tf.square(b)
    optimizer = tf.train.AdamOptimizer(learning_rate=1e-3)
    train_op = optimizer.minimize(loss, var_list=[a])
    tf.global_variables_initializer().run()
    interactive.run(train_op)
    # Adam's first step is the learning rate, whatever the gradient.
    np.testing.assert_allclose(interactive.run([a, b]), [0.999, 1.0], rtol=1e-6)
    assert [v.name for v in optimizer.variables()] == ["a/Adam:0", "a/Adam_1:0", "beta1_power:0", "beta2_power:0"]


def test_mnist_program(interactive):
    """The program of the deck on made-up images whose brightest corner is the class."""
    random = np.random.RandomState(1)
    truth = random.randint(0, 10, 600)
    images = random.uniform(0, 0.3, (600, 784)).astype(np.float32)
    images[np.arange(600), truth * 70] = 3.0
    labels = np.eye(10, dtype=np.float32)[truth]

    x = tf.placeholder(tf.float32, [None, 784])
    W = tf.Variable(tf.zeros([784, 10]))
    b = tf.Variable(tf.zeros([10]))
    y = tf.matmul(x, W) + b
    y_ = tf.placeholder(tf.float32, [None, 10])
    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y))
    train_step = tf.train.GradientDescentOptimizer(0.5).minimize(cross_entropy)
    tf.global_variables_initializer().run()
    for i in range(60):
        rows = slice(i % 5 * 100, i % 5 * 100 + 100)
        interactive.run(train_step, feed_dict={x: images[rows], y_: labels[rows]})
    correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))
    before = np.mean(truth[500:] == 0)
    assert interactive.run(accuracy, feed_dict={x: images[500:], y_: labels[500:]}) > max(0.9, before)


def test_common_layers_and_utilities(interactive):
    image = tf.placeholder(tf.float32, [None, 8, 8, 3])
    net = tf.layers.conv2d(image, 4, 3, activation=tf.nn.elu, kernel_initializer=tf.constant_initializer(0.01))
    net = tf.contrib.layers.conv2d(net, 2, 3)
    net = tf.contrib.layers.flatten(net)
    net = tf.layers.dropout(net, 0.5)
    net = tf.layers.dense(net, 5, tf.nn.tanh)
    net = tf.contrib.layers.fully_connected(net, 4, activation_fn=tf.nn.sigmoid)
    joined = tf.concat([tf.reshape(net, [-1, 2, 2]), tf.zeros([tf.shape(net)[0], 2, 1])], axis=2)
    assert net.get_shape().as_list() == [None, 4] and joined.get_shape().as_list() == [None, 2, 3]
    assert [v.op.name for v in tf.trainable_variables()] == [
        "conv2d/kernel",
        "conv2d/bias",
        "Conv/weights",
        "Conv/biases",
        "dense/kernel",
        "dense/bias",
        "fully_connected/weights",
        "fully_connected/biases",
    ]
    tf.global_variables_initializer().run()
    value, total = interactive.run([joined, tf.reduce_sum(net)], {image: np.ones([3, 8, 8, 3])})
    assert value.shape == (3, 2, 3) and 0 < total < 12


def test_recurrent_network():
    x = tf.placeholder(shape=(None, None, 10), dtype=tf.float32)
    cell = tf.nn.rnn_cell.GRUCell(20)
    outputs, final = tf.nn.dynamic_rnn(cell, x, time_major=False, dtype=tf.float32)
    sess = tf.InteractiveSession()
    tf.global_variables_initializer().run()
    o, f = sess.run([outputs, final], {x: np.random.RandomState(0).rand(32, 50, 10)})
    sess.close()
    assert o.shape == (32, 50, 20) and f.shape == (32, 20)
    np.testing.assert_array_equal(o[:, -1], f)


def test_variables_are_organized_by_scopes():
    out = tf.placeholder(tf.float32, [None, 6, 6, 2])
    for name in ("conv1", "conv2"):
        with tf.variable_scope(name):
            out = tf.layers.batch_normalization(out)
            out = tf.layers.conv2d(out, 2, 3)
    with tf.variable_scope("outer"), tf.variable_scope("inner"):
        nested = tf.get_variable("v", [1])
    assert nested.name == "outer/inner/v:0"
    assert [v.op.name for v in tf.global_variables("conv2")] == [
        "conv2/batch_normalization/gamma",
        "conv2/batch_normalization/beta",
        "conv2/batch_normalization/moving_mean",
        "conv2/batch_normalization/moving_variance",
        "conv2/conv2d/kernel",
        "conv2/conv2d/bias",
    ]


def test_variables_are_reused():
    x = tf.placeholder(shape=(None, 10), dtype=tf.float32)
    tf.placeholder(shape=(None, 10), dtype=tf.float32)
    with tf.variable_scope("test"):
        o1 = tf.layers.dense(x, 10)
    with tf.variable_scope("test", reuse=True):
        o2 = tf.layers.dense(x, 10)
    assert repr(o2) == "<tf.Tensor 'test_1/dense/BiasAdd:0' shape=(?, 10) dtype=float32>"
    assert repr(o1) == "<tf.Tensor 'test/dense/BiasAdd:0' shape=(?, 10) dtype=float32>"
    assert repr(tf.global_variables()) == (
        "[<tf.Variable 'test/dense/kernel:0' shape=(10, 10) dtype=float32_ref>, <tf.Variable 'test/dense/bias:0' shape=(10,) dtype=float32_ref>]"
    )


def test_gradients_and_stopped_gradients(interactive):
    x = tf.placeholder(tf.float32, [3])
    y = tf.reduce_sum(tf.square(x) * tf.stop_gradient(x))
    value = np.array([1.0, -2.0, 3.0], np.float32)
    assert interactive.run(tf.gradients(y, x), {x: value})[0].tolist() == (2 * value * value).tolist()
    assert tf.gradients(tf.stop_gradient(y), x) == [None]


def test_deep_q_learning_loss_with_a_lagged_target_network(interactive):
    dim_o, num_actions, gamma = 4, 3, np.float32(0.9)

    def build_network(o):
        return tf.layers.dense(tf.layers.dense(o, 8, tf.nn.relu), num_actions)

    o = tf.placeholder(shape=(None, dim_o), dtype=tf.float32)
    a = tf.placeholder(shape=(None,), dtype=tf.int32)
    o2 = tf.placeholder(shape=(None, dim_o), dtype=tf.float32)
    r = tf.placeholder(shape=(None,), dtype=tf.float32)
    with tf.variable_scope("main"):
        q = build_network(o)
    with tf.variable_scope("target"):
        q_targ = build_network(o2)
    q_a = tf.reduce_sum(q * tf.one_hot(a, num_actions), 1)
    q_targ_a = tf.reduce_max(q_targ, 1)
    target = r + gamma * q_targ_a
    target = tf.stop_gradient(target)
    loss = tf.reduce_mean(tf.square(q_a - target))

    main, lagged = tf.global_variables("main"), tf.global_variables("target")
    assert all(g is None for g in tf.gradients(loss, lagged)) and None not in tf.gradients(loss, main)
    sync = tf.group(*[t.assign(m) for t, m in zip(lagged, main)])
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    tf.global_variables_initializer().run()
    random = np.random.RandomState(3)
    feed = {o: random.randn(5, 4), o2: random.randn(5, 4), a: random.randint(0, 3, 5), r: random.randn(5)}
    values, next_values, found = interactive.run([q, q_targ, loss], feed)
    wanted = feed[r] + gamma * next_values.max(1)
    np.testing.assert_allclose(found, np.mean((values[np.arange(5), feed[a]] - wanted) ** 2), rtol=1e-5)
    before = interactive.run(lagged)
    for _ in range(10):
        train.run(feed)
    assert loss.eval(feed) < found
    assert all(np.array_equal(x, y) for x, y in zip(before, interactive.run(lagged)))
    sync.run()
    assert all(np.array_equal(x, y) for x, y in zip(interactive.run(main), interactive.run(lagged)))


def test_summaries_are_merged_and_written(tmp_path):
    def variable_summaries(var):
        with tf.name_scope("summaries"):
            mean = tf.reduce_mean(var)
            tf.summary.scalar("mean", mean)
            with tf.name_scope("stddev"):
                stddev = tf.sqrt(tf.reduce_mean(tf.square(var - mean)))
            tf.summary.scalar("stddev", stddev)
            tf.summary.scalar("max", tf.reduce_max(var))
            tf.summary.scalar("min", tf.reduce_min(var))
            tf.summary.histogram("histogram", var)

    w = tf.Variable([1.0, 2.0, 6.0])
    variable_summaries(w)
    merged_summary_op = tf.summary.merge_all()
    train_op = w.assign_add([1.0, 1.0, 1.0])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        writer = tf.summary.FileWriter(str(tmp_path), sess.graph)
        for i in range(3):
            summary = sess.run(merged_summary_op)
            sess.run(train_op)
            writer.add_summary(summary, i)
        writer.close()
    (file,) = tmp_path.iterdir()
    found = {}
    for event in tf.train.summary_iterator(str(file)):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, []).append(value.simple_value)
    # Names differ by more than case, so the nodes Mean, Max and Min push the tags of the deck to the next number.
    assert (
        found["summaries/mean_1"] == [3.0, 4.0, 5.0] and found["summaries/max_1"] == [6.0, 7.0, 8.0] and found["summaries/min_1"] == [1.0, 2.0, 3.0]
    )
    np.testing.assert_allclose(found["summaries/stddev_1"], [np.std([1, 2, 6])] * 3, rtol=1e-5)


def test_shapes_and_variables_are_looked_at():
    x = tf.placeholder(tf.float32, [None, 28, 28, 1])
    y = tf.layers.conv2d(x, 16, 5, strides=2, padding="same", name="first")
    assert y.get_shape().as_list() == [None, 14, 14, 16]
    assert [(v.name, v.shape.as_list()) for v in tf.global_variables()] == [("first/kernel:0", [5, 5, 1, 16]), ("first/bias:0", [16])]
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.matmul(tf.zeros([2, 3]), tf.zeros([2, 3]))


def test_batch_normalization_differs_in_training_and_in_test(interactive):
    x = tf.placeholder(tf.float32, [None, 3])
    training = tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(x, training=training, momentum=0.9)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    tf.global_variables_initializer().run()
    data = np.random.RandomState(5).normal(2.0, 3.0, (200, 3)).astype(np.float32)
    expected = (data - data.mean(0)) / np.sqrt(data.var(0) + 1e-3)
    np.testing.assert_allclose(y.eval({x: data, training: True}), expected, atol=1e-4)
    # Without its updates the layer still believes in mean 0 and variance 1.
    np.testing.assert_allclose(y.eval({x: data, training: False}), data / np.sqrt(1.001), rtol=1e-4)
    for _ in range(100):
        interactive.run([y, updates], {x: data, training: True})
    np.testing.assert_allclose(y.eval({x: data, training: False}), expected, atol=1e-2)
