"""Variables of many kinds, the assign family, and updates ordered by control dependencies."""

import numpy as np


def build(tf):
    number = tf.Variable(3, name="number")
    vector = tf.Variable([1.0, 2.0, 3.0], name="vector")
    matrix = tf.Variable(np.ones((2, 2), np.float64), name="matrix")
    flag = tf.Variable(False, trainable=False, name="flag")
    lazy = tf.Variable(lambda: tf.fill([2], 4.0), name="lazy", dtype=tf.float32)
    typed = tf.Variable(5, dtype=tf.int64, name="typed")
    unnamed = tf.Variable(tf.ones([2, 1]) * 0.5)
    with tf.name_scope("scope"):
        scoped = tf.Variable(tf.zeros([3]), name="state")
        scoped_again = tf.Variable(tf.zeros([3]), name="state")
    assign = tf.assign(vector, [4.0, 5.0, 6.0])
    add = tf.assign_add(number, 2)
    sub = tf.assign_sub(matrix, matrix * 0.25, name="shrink")
    method = vector.assign(vector * 2.0)
    method_add = scoped.assign_add(tf.ones([3]))
    method_sub = typed.assign_sub(1)
    with tf.control_dependencies([add]):
        after = tf.identity(number + 0, name="after")
    with tf.control_dependencies([tf.assign(flag, True)]):
        both = tf.group(method_add, method_sub, name="both")
    average = scoped_again.assign(0.5 * scoped_again + 0.5 * scoped)
    chained = tf.assign_add(tf.assign(lazy, [1.0, 1.0]), [0.5, 0.25])
    return {
        "init": tf.global_variables_initializer(),
        "fetches": {"number": number, "vector": vector, "matrix": matrix, "flag": flag, "lazy": lazy, "typed": typed, "unnamed": unnamed,
                    "scoped": scoped, "scoped_again": scoped_again, "twice": vector * 2.0, "value": vector.value(),
                    "read": vector.read_value(), "initial": vector.initial_value, "known": tf.is_variable_initialized(vector)},
        "steps": [assign, add, sub, method, after, both, both, average, average, chained, vector.initializer, add.op],
    }
