"""What scopes hand to get_variable: initializer, regularizer, dtype, custom getters, collections, trainable."""


def build(tf):
    fetches = {}
    with tf.variable_scope("init", initializer=tf.constant_initializer(2.0)):
        fetches["inherited"] = tf.get_variable("a", [2])
        with tf.variable_scope("deeper"):
            fetches["deeper"] = tf.get_variable("b", [1])
        fetches["own"] = tf.get_variable("c", [2], initializer=tf.zeros_initializer())
        fetches["class"] = tf.get_variable("d", [2], initializer=tf.ones_initializer)
    with tf.variable_scope("reg", regularizer=lambda w: tf.reduce_sum(tf.abs(w), name="l1")):
        fetches["reg"] = tf.get_variable("r", [3], initializer=tf.ones_initializer())
        tf.get_variable("free", [3], initializer=tf.ones_initializer(), regularizer=None)
    fetches["losses"] = tf.add_n([tf.convert_to_tensor(loss) for loss in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)])
    with tf.variable_scope("typed", dtype=tf.float64):
        fetches["typed"] = tf.get_variable("t", [2], initializer=tf.ones_initializer())
    fetches["int"] = tf.get_variable("int", [2], dtype=tf.int32)

    def halved(getter, name, *args, **kwargs):
        return 0.5 * getter(name, *args, **kwargs)

    with tf.variable_scope("getter", custom_getter=halved):
        fetches["halved"] = tf.get_variable("g", [2], initializer=tf.ones_initializer())
    fetches["frozen"] = tf.get_variable("frozen", initializer=[1.0, 2.0], trainable=False, collections=["mine", tf.GraphKeys.GLOBAL_VARIABLES])
    local = tf.get_local_variable("local", initializer=tf.constant(4.0))
    fetches["local"] = local
    fetches["python"] = tf.get_variable("python", initializer=lambda: tf.fill([2], 3.0))
    scope = tf.get_variable_scope()
    scope.set_initializer(tf.constant_initializer(9.0))
    fetches["root"] = tf.get_variable("root", [1])
    template = tf.make_template("shared", lambda x: x * tf.get_variable("scale", [], initializer=tf.constant_initializer(3.0)))
    fetches["template"] = template(1.0)
    fetches["template_again"] = template(2.0)
    init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer())
    return {"init": init, "fetches": fetches}
