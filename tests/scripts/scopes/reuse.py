"""get_variable with reuse: True, AUTO_REUSE, reuse_variables, shared layers, errors that users meet."""


def build(tf):
    fetches = {}
    with tf.variable_scope("net"):
        w = tf.get_variable("w", [2, 2], initializer=tf.constant_initializer(0.5))
    with tf.variable_scope("net", reuse=True):
        assert tf.get_variable("w", [2, 2]) is w
        assert tf.get_variable("w") is w
    for i in range(2):
        with tf.variable_scope("auto", reuse=tf.AUTO_REUSE):
            a = tf.get_variable("a", [3], initializer=tf.zeros_initializer())
            fetches[f"auto{i}"] = a + float(i)
    with tf.variable_scope("late") as scope:
        b = tf.get_variable("b", initializer=3.0)
        scope.reuse_variables()
        assert tf.get_variable("b") is b
        assert scope.reuse is True
    with tf.variable_scope("parent", reuse=tf.AUTO_REUSE):
        with tf.variable_scope("child"):
            c = tf.get_variable("c", initializer=tf.constant([1.0, 2.0]))
            assert tf.get_variable("c", [2]) is c

    def mlp(x):
        for i, n in enumerate((3, 2)):
            x = tf.layers.dense(x, n, kernel_initializer=tf.ones_initializer())
        return x

    x = tf.constant([[1.0, -1.0]])
    with tf.variable_scope("main"):
        fetches["main"] = mlp(x)
    with tf.variable_scope("main", reuse=True):
        fetches["main_again"] = mlp(x * 2.0)
    with tf.variable_scope("target"):
        fetches["target"] = mlp(x)
    sync = tf.group(*[tf.assign(t, 2.0 * m) for m, t in zip(tf.global_variables("main"), tf.global_variables("target"))])
    for wrong in (lambda: tf.get_variable("net/w", [2, 2]),):
        try:
            wrong()
        except ValueError as error:
            assert "Variable net/w already exists, disallowed." in str(error)
        else:
            raise AssertionError("no error")
    try:
        with tf.variable_scope("net", reuse=True):
            tf.get_variable("nope", [1])
    except ValueError as error:
        assert "Variable net/nope does not exist, or was not created with tf.get_variable()." in str(error)
    try:
        with tf.variable_scope("net", reuse=True):
            tf.get_variable("w", [2, 3])
    except ValueError as error:
        assert "Trying to share variable net/w, but specified shape (2, 3) and found shape (2, 2)." in str(error)
    fetches.update(w=w, b=b, c=c)
    return {"init": tf.global_variables_initializer(), "fetches": fetches, "steps": [sync]}
