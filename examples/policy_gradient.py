"""Policy gradient (REINFORCE with returns to go) on a pole to balance: `python examples/policy_gradient.py`.

The cart is pushed left or right; every step that the pole stays up gives 1. The equations of motion are those of Barto, Sutton and Anderson (1983).
"""

import argparse
import math

import graphpb as tf
import numpy as np

OBSERVATION, ACTIONS, LONGEST = 4, 2, 200


class CartPole:
    """The observation: position, speed, angle and angular speed."""

    def __init__(self, random):
        self.random = random

    def reset(self):
        self.state = self.random.uniform(-0.05, 0.05, OBSERVATION)
        self.steps = 0
        return self.state

    def step(self, action):
        """Push; returns observation, reward, whether the episode is over."""
        x, speed, angle, turn = self.state
        force = 10.0 if action == 1 else -10.0
        cos, sin = math.cos(angle), math.sin(angle)
        push = (force + 0.05 * turn * turn * sin) / 1.1
        turning = (9.8 * sin - cos * push) / (0.5 * (4.0 / 3.0 - 0.1 * cos * cos / 1.1))
        acceleration = push - 0.05 * turning * cos / 1.1
        self.state = np.array([x + 0.02 * speed, speed + 0.02 * acceleration, angle + 0.02 * turn, turn + 0.02 * turning])
        self.steps += 1
        over = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.2095 or self.steps >= LONGEST
        return self.state, 1.0, over


def to_go(rewards):
    """The sum of each reward and all that follow."""
    return np.cumsum(rewards[::-1])[::-1]


def train(epochs=40, seed=0, steps_per_epoch=1500, report=None):
    """Play and learn; returns the mean return of every epoch."""
    random = np.random.RandomState(seed)
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        obs = tf.placeholder(tf.float32, (None, OBSERVATION), name="obs")
        act = tf.placeholder(tf.int32, (None,), name="act")
        weight = tf.placeholder(tf.float32, (None,), name="weight")

        hidden = tf.layers.dense(obs, 32, activation=tf.tanh)
        logits = tf.layers.dense(hidden, ACTIONS)
        action = tf.squeeze(tf.multinomial(logits, 1), axis=1)

        log_probability = tf.reduce_sum(tf.one_hot(act, ACTIONS) * tf.nn.log_softmax(logits), axis=1)
        loss = -tf.reduce_mean(weight * log_probability)
        learn = tf.train.AdamOptimizer(1e-2).minimize(loss)

        game, means = CartPole(random), []
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for epoch in range(epochs):
                seen, taken, weights, returns = [], [], [], []
                while len(seen) < steps_per_epoch:
                    state, over, rewards = game.reset(), False, []
                    while not over:
                        choice = sess.run(action, {obs: state[None]})[0]
                        seen.append(state)
                        taken.append(choice)
                        state, reward, over = game.step(choice)
                        rewards.append(reward)
                    weights.extend(to_go(rewards))
                    returns.append(sum(rewards))
                scaled = (np.array(weights) - np.mean(weights)) / (np.std(weights) + 1e-8)
                sess.run(learn, {obs: seen, act: taken, weight: scaled})
                means.append(np.mean(returns))
                if report:
                    report(f"epoch {epoch + 1:3d}  mean return {means[-1]:6.1f}")
    return means


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.epochs, options.seed, report=print)
