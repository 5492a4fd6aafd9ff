"""Graph collections, trainable and local variables, and lookups by name."""


def build(tf):
    with tf.name_scope("net"):
        w = tf.Variable(tf.ones([2, 2]), name="w")
        frozen = tf.Variable(tf.zeros([2]), trainable=False, name="frozen")
    local = tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False, name="local")
    extra = tf.Variable(2.0, collections=[tf.GraphKeys.GLOBAL_VARIABLES, "extras"], name="extra")
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.matmul(x, w) + frozen
    tf.add_to_collection("outputs", y)
    tf.add_to_collection(tf.GraphKeys.LOSSES, tf.reduce_sum(tf.square(y), name="square_loss"))
    tf.add_to_collection(tf.GraphKeys.LOSSES, tf.reduce_mean(y, name="mean_loss"))
    total = tf.add_n(tf.get_collection(tf.GraphKeys.LOSSES), name="total")
    assert tf.global_variables() == [w, frozen, extra]
    assert tf.trainable_variables() == [w, extra]
    assert tf.trainable_variables("net") == [w]
    assert tf.local_variables() == [local]
    assert tf.get_collection("extras") == [extra]
    assert tf.get_collection("absent") == []
    graph = tf.get_default_graph()
    assert graph.get_tensor_by_name("total:0") is total
    assert graph.get_operation_by_name("x") is x.op
    assert graph.as_graph_element("x:0") is x
    global_step = tf.train.get_or_create_global_step()
    assert tf.train.get_global_step() is global_step
    train_op = tf.train.GradientDescentOptimizer(0.01).minimize(total, global_step=global_step)
    init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer(), name="init_all")
    only = tf.variables_initializer([w, extra], name="only")
    return {
        "init": init,
        "feeds": [{x: [[1.0, 2.0]]}, {x: [[0.5, -1.0], [2.0, 0.0]]}],
        "fetches": {"y": y, "total": total, "w": w, "extra": extra, "local": local, "step": global_step},
        "steps": [train_op] * 8 + [only, train_op],
    }
