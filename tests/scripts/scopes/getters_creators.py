"""Stacked custom getters, variable creators, scopes without an op scope, scopes entered again by object and by absolute name."""


def build(tf):
    seen = []

    def suffixed(suffix):
        def getter(getter, name, *args, **kwargs):
            seen.append((name, kwargs["trainable"], kwargs["reuse"]))
            return getter(name + suffix, *args, **kwargs)

        return getter

    def scaled(getter, *args, **kwargs):
        return tf.multiply(getter(*args, **kwargs), 2.0, name="scaled")

    with tf.variable_scope("a", custom_getter=suffixed("_1"), initializer=tf.ones_initializer()) as a:
        x = tf.get_variable("x", [2])
        with tf.variable_scope("b", custom_getter=suffixed("_2")) as b:
            y = tf.get_variable("y", [2])
            z = tf.get_variable("z", [2], custom_getter=scaled)
            with tf.variable_scope(a, reuse=True):
                again = tf.get_variable("x") + 1.0
            with tf.variable_scope(a, auxiliary_name_scope=False) as quiet:
                kept = tf.add(again, 1.0)
                with tf.name_scope(quiet.original_name_scope):
                    absolute = tf.add(again, 2.0)
    with tf.variable_scope("c", auxiliary_name_scope=False) as c:
        with tf.name_scope(c.original_name_scope):
            root = tf.add(y, 3.0)
    with tf.variable_scope(b, reuse=tf.AUTO_REUSE):
        shared = tf.get_variable("y", [2]) * tf.get_variable("w", [2])
    made = []

    def renamed(next_creator, **kwargs):
        made.append(sorted(key for key in ("initial_value", "trainable", "collections", "name", "dtype", "constraint", "validate_shape") if key in kwargs))
        kwargs["name"] = "made"
        return next_creator(**kwargs)

    def frozen(next_creator, **kwargs):
        assert kwargs["trainable"] in (None, True)
        kwargs["trainable"] = False
        return next_creator(**kwargs)

    with tf.variable_creator_scope(renamed), tf.variable_creator_scope(frozen):
        first = tf.Variable([1.0, 2.0], name="first")
        second = tf.get_variable("second", [2], initializer=tf.zeros_initializer())
    sums = tf.constant([len(seen), sum(bool(t) for _, t, _ in seen), sum(r is True for _, _, r in seen), len(made), sum(map(len, made))])
    with tf.op_scope([x], None, "older"):
        older = tf.identity(x)
    fetches = {"x": x, "y": y, "z": z, "again": again, "kept": kept, "absolute": absolute, "root": root, "shared": shared}
    fetches.update(first=first, second=second, sums=sums, older=older, left=tf.size(tf.report_uninitialized_variables()))
    return {"fetches": fetches, "init": tf.global_variables_initializer()}
