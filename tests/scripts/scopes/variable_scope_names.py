"""variable_scope: nesting, re-entry by name and by object, name scopes inside, default names and their counters."""


def build(tf):
    ones = tf.ones_initializer()
    fetches = {}

    def use(key, name="v"):
        v = tf.get_variable(name, [2], initializer=ones)
        fetches[key] = v
        fetches[key + "_op"] = tf.multiply(v, 2.0, name="op")

    with tf.variable_scope("foo") as foo:
        use("first")
        with tf.variable_scope("bar"):
            use("nested")
    with tf.variable_scope("foo"):
        use("second", "w")
    with tf.variable_scope(foo):
        use("object", "x")
    with tf.variable_scope("other"):
        with tf.variable_scope(foo):
            use("object_inside", "y")
    with tf.variable_scope(foo, auxiliary_name_scope=False):
        use("no_aux", "z")
        with tf.name_scope(foo.original_name_scope):
            fetches["original"] = tf.constant(1.0, name="here")
    with tf.variable_scope("vs"):
        with tf.name_scope("inner"):
            use("name_scope")
            fetches["variable"] = tf.Variable(1.0, name="V")
    with tf.variable_scope(""):
        use("empty", "root_v")
    for i in range(2):
        with tf.variable_scope(None, default_name="dn"):
            use(f"default{i}")
    with tf.variable_scope("outer"):
        with tf.variable_scope(None, "dn"):
            use("outer_default")
    with tf.variable_scope("outer"):
        with tf.variable_scope(None, "dn"):
            use("outer_default_again", "u")
    with tf.variable_scope("a/b"):
        use("slash")
    plain = tf.Variable([1.0], name="clash")
    plain_again = tf.Variable([2.0], name="clash")
    fetches["clash"] = tf.get_variable("clash", [1], initializer=ones)
    fetches["plain"], fetches["plain_again"] = plain, plain_again
    assert tf.get_variable_scope().name == ""
    return {"init": tf.global_variables_initializer(), "fetches": fetches}
