"""Masks, sorting, unique values, diagonals, meshes, einsum and tensordot."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    m = tf.placeholder(tf.float32, [2, 3, 3], name="m")
    keys = tf.placeholder(tf.int32, [None], name="keys")
    values, indices = tf.unique(keys)
    a, b = tf.meshgrid([1.0, 2.0], [3.0, 4.0, 5.0])
    fetches = {
        "mask": tf.boolean_mask(x, [True, False, True]), "where": tf.where(x > 0), "unique": values, "unique_index": indices,
        "sequence_mask": tf.sequence_mask([1, 3, 2], 4), "mesh_a": a, "mesh_b": b, "diag": tf.diag([1.0, 2.0]), "diag_part": tf.matrix_diag_part(m),
        "matrix_diag": tf.matrix_diag(x), "band": tf.matrix_band_part(m, 1, 0), "eye": tf.eye(3), "trace": tf.trace(m), "einsum": tf.einsum("ij,kj->ik", x, x),
        "einsum_batch": tf.einsum("bij,jk->bik", m, tf.transpose(x)[:3]), "tensordot": tf.tensordot(m, x, [[2], [0]]), "linspace": tf.linspace(0.0, 1.0, 5),
        "top": tf.nn.top_k(x, 2).values, "sort": tf.sort(x, axis=1), "argsort": tf.argsort(keys, direction="DESCENDING"), "is_nan": tf.is_nan(x / x),
        "space_to_depth": tf.space_to_depth(tf.reshape(x[:2], [1, 2, 4, 1]), 2), "size": tf.size(keys), "count": tf.count_nonzero(keys),
        "parallel": tf.accumulate_n([x, x]),
    }
    fetches["einsum_grad"] = tf.gradients(tf.square(fetches["einsum"]), x)[0]
    fetches["tensordot_grad"] = tf.gradients(tf.square(fetches["tensordot"]), m)[0]
    fetches["mask_grad"] = tf.gradients(tf.square(fetches["mask"]), x)[0]
    rng = np.random.RandomState(16)
    return {"feeds": [{x: rng.randint(-4, 5, (3, 4)) + 0.5, m: rng.randint(-4, 5, (2, 3, 3)), keys: [3, 1, 3, 0, 5, 1]}], "fetches": fetches}
