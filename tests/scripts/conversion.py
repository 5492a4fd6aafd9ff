"""What becomes a tensor and how: python values, numpy arrays, lists that hold tensors, shapes."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    s = tf.placeholder(tf.float32, [], name="s")
    n = tf.shape(x)[0]
    fetches = {
        "scalar": tf.convert_to_tensor(1), "real": tf.convert_to_tensor(1.5), "truth": tf.convert_to_tensor(True), "list": tf.convert_to_tensor([1, 2]),
        "mixed": tf.convert_to_tensor([1, 2.5]), "nested": tf.convert_to_tensor([[1.0, 2.0], [3.0, 4.0]]), "large": tf.convert_to_tensor(1 << 40),
        "np": tf.convert_to_tensor(np.array([1.0, 2.0])), "np32": tf.convert_to_tensor(np.float32(2.5)), "np_int": tf.convert_to_tensor(np.arange(3)),
        "typed": tf.convert_to_tensor(3, dtype=tf.float64), "named": tf.convert_to_tensor([7], name="seven"),
        "preferred": tf.convert_to_tensor(1, preferred_dtype=tf.float32), "tensor": tf.convert_to_tensor(s),
        "packed": tf.convert_to_tensor([s, 1.0, s]), "packed_nested": tf.convert_to_tensor([[s, 2.0], [3.0, s]]),
        "packed_shape": tf.reshape(x, [n, 2, 2]), "packed_infer": tf.reshape(x, [-1, n]), "zeros": tf.zeros([n, 3]), "fill": tf.fill([n, 2], s),
        "tile": tf.tile(tf.expand_dims(s, 0), [n]), "add_list": x + [1.0, 2.0, 3.0, 4.0], "mul_np": x * np.arange(4), "sum_list": tf.reduce_sum([s, s, 2.0]),
        "add_n": tf.add_n([s, s * 2.0, 4.0]), "slice": tf.slice(x, [0, 1], [n, 2]), "shape_object": tf.constant(tf.TensorShape([2, 3]).as_list()),
        "from_shape": tf.reshape(tf.range(6), tf.TensorShape([2, 3])), "max": tf.maximum(s, 0), "range": tf.range(n), "equal": tf.equal(n, 2),
        "constant_fill": tf.constant(2.0, shape=[2, 2]), "constant_last": tf.constant([1, 2], shape=[4]), "constant_np": tf.constant(np.eye(2, dtype=np.float32)),
        "constant_bool": tf.constant([True, False]), "constant_long": tf.constant(7, tf.int64), "constant_half": tf.cast(tf.constant([0.5, 1.5], tf.float16), tf.float32),
        "constant_zero": tf.constant(0.0), "constant_equal": tf.constant([3, 3, 3, 3]), "constant_empty": tf.constant([], dtype=tf.float32),
        "constant_uint8": tf.constant([1, 255], tf.uint8), "constant_int8": tf.constant([-1, 5], tf.int8), "constant_int16": tf.constant([-300, 5], tf.int16),
        "constant_double": tf.constant([[0.1], [0.2]], tf.float64), "constant_complex": tf.constant([1 + 2j], tf.complex64), "constant_text": tf.constant(["ab", "c"]),
        "constant_inf": tf.constant([float("inf"), -1.0]),
    }
    feeds = [{x: np.arange(8).reshape(2, 4), s: 0.75}, {x: np.arange(4).reshape(1, 4) - 2, s: -1.5}]
    return {"fetches": fetches, "feeds": feeds}
