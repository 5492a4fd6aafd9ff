"""Some steps of workloads.py, as a JAX user would write them: jitted, with the results waited for."""

import jax
import jax.numpy as jnp
import numpy as np

R = np.random.RandomState(0)


def t(*shape, scale=1.0):
    return jnp.asarray((R.standard_normal(shape) * scale).astype(np.float32))


def _waited(function, *arguments):
    compiled = jax.jit(function)
    return lambda: jax.block_until_ready(compiled(*arguments))


def tiny_add():
    return _waited(lambda a: a + 1.0, jnp.float32(1.0))


def matmul_1024():
    return _waited(lambda a, b: a @ b, t(1024, 1024), t(1024, 1024))


def elementwise_4m():
    return _waited(lambda x: (0.5 * x * (1.0 + jnp.tanh(0.79788456 * (x + 0.044715 * x * x * x)))).sum(), t(4 << 20))


def softmax_mnist_step():
    x, y = t(100, 784), jnp.asarray(np.eye(10, dtype=np.float32)[R.randint(0, 10, 100)])

    def loss(parameters):
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(x @ parameters[0] + parameters[1]), axis=1))

    update = jax.jit(lambda p: [a - 0.5 * g for a, g in zip(p, jax.grad(loss)(p))])
    state = [[jnp.zeros((784, 10)), jnp.zeros(10)]]

    def step():
        state[0] = jax.block_until_ready(update(state[0]))

    return step


def gru_forward():
    wx, wh, b = t(10, 60, scale=0.3), t(20, 60, scale=0.3), t(60, scale=0.3)

    def run(x):
        def cell(h, xt):
            gates_x, candidate_x = jnp.split(xt @ wx + b, [40], axis=-1)
            r, u = jnp.split(jax.nn.sigmoid(gates_x + h @ wh[:, :40]), 2, axis=-1)
            c = jnp.tanh(candidate_x + (r * h) @ wh[:, 40:])
            h = u * h + (1 - u) * c
            return h, h

        return jax.lax.scan(cell, jnp.zeros((x.shape[0], 20)), jnp.swapaxes(x, 0, 1))

    return _waited(run, t(32, 50, 10))
