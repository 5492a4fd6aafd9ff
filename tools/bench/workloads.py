"""TF1-style workloads: each takes a TF1-compatible module and returns a zero-argument step function.

The same source runs on TensorFlow (tensorflow.compat.v1) and on graphpb, so a ratio compares like with like.
The lists at the end name what needs straight-line ops only, layers and optimizers, or loops.
"""

import numpy as np

R = np.random.RandomState(0)


def f32(*shape, scale=1.0):
    return (R.standard_normal(shape) * scale).astype(np.float32)


def _session(tf):
    s = tf.Session()
    s.run(tf.global_variables_initializer())
    return s


def tiny_add(tf):
    a = tf.placeholder(tf.float32, ())
    b = a + 1.0
    s = tf.Session()
    return lambda: s.run(b, {a: 1.0})


def matmul_1024(tf):
    x, y = tf.Variable(f32(1024, 1024)), tf.Variable(f32(1024, 1024))
    z = tf.matmul(x, y).op
    s = _session(tf)
    return lambda: s.run(z)


def elementwise_4m(tf):
    x = tf.Variable(f32(4 << 20))
    y = tf.reduce_sum(0.5 * x * (1.0 + tf.tanh(0.79788456 * (x + 0.044715 * x * x * x))))
    s = _session(tf)
    return lambda: s.run(y)


def softmax_mnist_step(tf):
    x = tf.placeholder(tf.float32, [None, 784])
    w, b = tf.Variable(tf.zeros([784, 10])), tf.Variable(tf.zeros([10]))
    y_ = tf.placeholder(tf.float32, [None, 10])
    ce = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=tf.matmul(x, w) + b))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(ce)
    s = _session(tf)
    fx, fy = f32(100, 784), np.eye(10, dtype=np.float32)[R.randint(0, 10, 100)]
    return lambda: s.run(train, {x: fx, y_: fy})


def _mlp(tf, x, sizes, act, out=None):
    for i, h in enumerate(sizes[:-1]):
        x = tf.layers.dense(x, h, activation=act)
    return tf.layers.dense(x, sizes[-1], activation=out)


def rl_policy_batch1(tf):
    o = tf.placeholder(tf.float32, (None, 17))
    mu = _mlp(tf, o, [64, 64, 6], tf.tanh)
    v = tf.squeeze(_mlp(tf, o, [64, 64, 1], tf.tanh), axis=1)
    log_std = tf.get_variable("log_std", initializer=-0.5 * np.ones(6, dtype=np.float32))
    pi = mu + tf.random_normal(tf.shape(mu)) * tf.exp(log_std)
    logp = tf.reduce_sum(-0.5 * (((pi - mu) / (tf.exp(log_std) + 1e-8)) ** 2 + 2 * log_std + np.log(2 * np.pi)), axis=1)
    s = _session(tf)
    fo = f32(1, 17)
    return lambda: s.run([pi, v, logp], {o: fo})


def dqn_step(tf):
    o, o2 = tf.placeholder(tf.float32, (None, 17)), tf.placeholder(tf.float32, (None, 17))
    a, r = tf.placeholder(tf.int32, (None,)), tf.placeholder(tf.float32, (None,))
    with tf.variable_scope("main"):
        q = _mlp(tf, o, [256, 256, 6], tf.nn.relu)
    with tf.variable_scope("target"):
        qt = _mlp(tf, o2, [256, 256, 6], tf.nn.relu)
    qa = tf.reduce_sum(q * tf.one_hot(a, 6), 1)
    target = tf.stop_gradient(r + 0.99 * tf.reduce_max(qt, 1))
    loss = tf.reduce_mean(tf.square(qa - target))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    s = _session(tf)
    feed = {o: f32(100, 17), o2: f32(100, 17), a: R.randint(0, 6, 100).astype(np.int32), r: f32(100)}
    return lambda: s.run([train, loss], feed)


def mlp_adam_step(tf):
    x = tf.placeholder(tf.float32, (None, 784))
    y = tf.placeholder(tf.int32, (None,))
    logits = _mlp(tf, x, [1024, 1024, 10], tf.nn.relu)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    s = _session(tf)
    feed = {x: f32(128, 784), y: R.randint(0, 10, 128).astype(np.int32)}
    return lambda: s.run(train, feed)


def lenet_step(tf):
    x = tf.placeholder(tf.float32, (None, 28, 28, 1))
    y = tf.placeholder(tf.int32, (None,))
    h = tf.layers.max_pooling2d(tf.layers.conv2d(x, 32, 5, padding="same", activation=tf.nn.relu), 2, 2)
    h = tf.layers.max_pooling2d(tf.layers.conv2d(h, 64, 5, padding="same", activation=tf.nn.relu), 2, 2)
    h = tf.layers.dense(tf.reshape(h, [-1, 7 * 7 * 64]), 1024, activation=tf.nn.relu)
    h = tf.nn.dropout(h, keep_prob=0.5)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=tf.layers.dense(h, 10)))
    train = tf.train.AdamOptimizer(1e-4).minimize(loss)
    s = _session(tf)
    feed = {x: f32(64, 28, 28, 1), y: R.randint(0, 10, 64).astype(np.int32)}
    return lambda: s.run(train, feed)


def gru_forward(tf):
    x = tf.placeholder(shape=(None, None, 10), dtype=tf.float32)
    out, final = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(20), x, time_major=False, dtype=tf.float32)
    s = _session(tf)
    fx = f32(32, 50, 10)
    return lambda: s.run([out, final], {x: fx})


def lstm_train(tf):
    x = tf.placeholder(tf.float32, (None, None, 64))
    y = tf.placeholder(tf.float32, (None, 10))
    out, final = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(256), x, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(tf.layers.dense(final[1], 10) - y))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    s = _session(tf)
    feed = {x: f32(32, 100, 64), y: f32(32, 10)}
    return lambda: s.run(train, feed)


def _conv(tf, x, cout, k, stride=1, padding="SAME"):
    cin = int(x.get_shape()[-1])
    w = tf.Variable(f32(k, k, cin, cout, scale=(2.0 / (k * k * cin)) ** 0.5))
    b = tf.Variable(tf.zeros([cout]))
    return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, [1, stride, stride, 1], padding), b))


def _pool(tf, x, k=2, s=2, padding="VALID"):
    return tf.nn.max_pool(x, [1, k, k, 1], [1, s, s, 1], padding)


def _fc(tf, x, n, act=True):
    cin = int(x.get_shape()[-1])
    y = tf.matmul(x, tf.Variable(f32(cin, n, scale=(2.0 / cin) ** 0.5))) + tf.Variable(tf.zeros([n]))
    return tf.nn.relu(y) if act else y


def _flat(tf, x):
    return tf.reshape(x, [-1, int(np.prod([int(d) for d in x.get_shape()[1:]]))])


def _alexnet(tf, x):
    x = _pool(tf, _conv(tf, x, 64, 11, 4, "VALID"), 3, 2)
    x = _pool(tf, _conv(tf, x, 192, 5), 3, 2)
    x = _conv(tf, _conv(tf, _conv(tf, x, 384, 3), 256, 3), 256, 3)
    x = _flat(tf, _pool(tf, x, 3, 2))
    return _fc(tf, _fc(tf, _fc(tf, x, 4096), 4096), 1000, act=False)


def _sgd(tf, loss):
    train = tf.train.GradientDescentOptimizer(1e-9).minimize(loss)
    s = _session(tf)
    return lambda: s.run([train, loss])


def _convnet(tf, net, batch, size, train):
    x = tf.Variable(f32(batch, size, size, 3), trainable=False)
    logits = net(tf, x)
    if not train:
        s = _session(tf)
        return lambda: s.run(logits.op)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant(R.randint(0, 1000, batch).astype(np.int32)), logits=logits)
    )
    return _sgd(tf, loss)


def alexnet_forward(tf):
    return _convnet(tf, _alexnet, 16, 227, False)


def alexnet_train(tf):
    return _convnet(tf, _alexnet, 16, 227, True)


def _relu_chain(tf, layers):
    x = y = tf.placeholder(tf.float32, (None, 8))
    for _ in range(layers):
        y = tf.nn.relu(y * 1.5 + 2.0)
    return x, y


def _build(tf, layers, gradients):
    def step():
        with tf.Graph().as_default():
            x, y = _relu_chain(tf, layers)
            if gradients:
                tf.gradients(y, x)

    return step


def build_1000_layers(tf):
    return _build(tf, 1000, gradients=False)


def gradients_1000_layers(tf):
    return _build(tf, 1000, gradients=True)


def gradients_4000_layers(tf):
    return _build(tf, 4000, gradients=True)


STRAIGHT_LINE = [
    "tiny_add",
    "matmul_1024",
    "elementwise_4m",
    "softmax_mnist_step",
    "build_1000_layers",
    "gradients_1000_layers",
    "gradients_4000_layers",
]
LAYERS = ["rl_policy_batch1", "dqn_step", "mlp_adam_step", "lenet_step", "alexnet_forward", "alexnet_train"]
LOOPS = ["gru_forward", "lstm_train"]
ALL = STRAIGHT_LINE + LAYERS + LOOPS
