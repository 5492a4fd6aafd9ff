"""Deep Q-learning with a target network that lags behind, on a game of catch: `python examples/dqn.py`.

A ball falls through a small field; the paddle on the bottom row moves left, stays or moves right. Catching the ball gives +1, missing it -1.
"""

import argparse

import graphpb as tf
import numpy as np

ROWS, COLUMNS, ACTIONS = 7, 5, 3


class Catch:
    """The game: an observation is the field as numbers, 1 where ball and paddle are."""

    def __init__(self, random):
        self.random = random

    def reset(self):
        self.ball = [0, self.random.randint(COLUMNS)]
        self.paddle = COLUMNS // 2
        return self.observe()

    def observe(self):
        field = np.zeros((ROWS, COLUMNS), np.float32)
        field[self.ball[0], self.ball[1]] = 1.0
        field[ROWS - 1, self.paddle] = 1.0
        return field.ravel()

    def step(self, action):
        """Move the paddle by action - 1 and the ball down; returns observation, reward, whether the game is over."""
        self.paddle = min(max(self.paddle + action - 1, 0), COLUMNS - 1)
        self.ball[0] += 1
        over = self.ball[0] == ROWS - 1
        reward = (1.0 if self.ball[1] == self.paddle else -1.0) if over else 0.0
        return self.observe(), reward, over


class Replay:
    """The last transitions, overwritten in a ring."""

    def __init__(self, size, random):
        self.random, self.count = random, 0
        self.o, self.o2 = np.zeros((2, size, ROWS * COLUMNS), np.float32)
        self.a = np.zeros(size, np.int32)
        self.r, self.over = np.zeros((2, size), np.float32)

    def add(self, o, a, r, o2, over):
        i = self.count % len(self.a)
        self.o[i], self.a[i], self.r[i], self.o2[i], self.over[i] = o, a, r, o2, over
        self.count += 1

    def sample(self, n):
        i = self.random.randint(0, min(self.count, len(self.a)), n)
        return self.o[i], self.a[i], self.r[i], self.o2[i], self.over[i]


def q_network(o):
    """Q values of the actions: float32 [batch, actions] from float32 [batch, observation]."""
    h = tf.layers.dense(o, 64, activation=tf.nn.relu)
    return tf.layers.dense(h, ACTIONS)


def train(games=900, seed=0, gamma=0.99, batch=32, lag=100, report=None):
    """Play and learn; returns the result of every game."""
    random = np.random.RandomState(seed)
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        o = tf.placeholder(tf.float32, (None, ROWS * COLUMNS))
        a = tf.placeholder(tf.int32, (None,))
        r = tf.placeholder(tf.float32, (None,))
        o2 = tf.placeholder(tf.float32, (None, ROWS * COLUMNS))
        over = tf.placeholder(tf.float32, (None,))

        with tf.variable_scope("main"):
            q = q_network(o)
        with tf.variable_scope("target"):
            q_target = q_network(o2)

        q_a = tf.reduce_sum(q * tf.one_hot(a, ACTIONS), 1)
        target = r + gamma * (1.0 - over) * tf.reduce_max(q_target, 1)
        loss = tf.reduce_mean(tf.square(q_a - tf.stop_gradient(target)))

        main, lagged = tf.trainable_variables("main"), tf.trainable_variables("target")
        learn = tf.train.AdamOptimizer(1e-3).minimize(loss, var_list=main)
        follow = tf.group(*[tf.assign(t, m) for t, m in zip(lagged, main)])
        best = tf.argmax(q, 1)

        game, replay, returns, steps = Catch(random), Replay(5000, random), [], 0
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(follow)
            for number in range(games):
                seen, over_now, total = game.reset(), False, 0.0
                explore = max(0.05, 1.0 - number / (0.5 * games))
                while not over_now:
                    action = random.randint(ACTIONS) if random.uniform() < explore else sess.run(best, {o: seen[None]})[0]
                    after, reward, over_now = game.step(action)
                    replay.add(seen, action, reward, after, over_now)
                    seen, total, steps = after, total + reward, steps + 1
                    if replay.count >= batch:
                        sess.run(learn, dict(zip((o, a, r, o2, over), replay.sample(batch))))
                    if steps % lag == 0:
                        sess.run(follow)
                returns.append(total)
                if report and (number + 1) % 100 == 0:
                    report(f"game {number + 1:5d}  mean result of the last 100: {np.mean(returns[-100:]):+.2f}")
    return returns


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--games", type=int, default=900)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.games, options.seed, report=print)
