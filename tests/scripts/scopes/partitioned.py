"""Partitioned variables and variables read through PartitionedVariable."""


def build(tf):
    with tf.variable_scope("parts", partitioner=tf.fixed_size_partitioner(3)):
        table = tf.get_variable("table", [7, 2], initializer=tf.ones_initializer())
    fixed = tf.get_variable("fixed", [4, 3], initializer=tf.constant_initializer(2.5), partitioner=tf.fixed_size_partitioner(2, axis=1))
    rows = tf.convert_to_tensor(table) * 2.0
    fetches = {"rows": rows, "whole": tf.identity(fixed), "matmul": tf.matmul(tf.ones([1, 7]), table)}
    for i, part in enumerate(list(table)):
        fetches[f"part{i}"] = part
    return {"init": tf.global_variables_initializer(), "fetches": fetches}
