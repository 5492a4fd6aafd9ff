"""Inverses, solves, factorizations and determinants with gradients."""

import numpy as np


def build(tf):
    a = tf.placeholder(tf.float64, [2, 3, 3], name="a")
    b = tf.placeholder(tf.float64, [2, 3, 2], name="b")
    s = tf.matmul(a, a, transpose_b=True) + 3.0 * tf.eye(3, dtype=tf.float64)
    fetches = {"inverse": tf.matrix_inverse(a), "solve": tf.matrix_solve(a, b), "cholesky": tf.cholesky(s), "determinant": tf.matrix_determinant(a),
               "triangular": tf.matrix_triangular_solve(tf.cholesky(s), b, lower=True), "eigenvalues": tf.self_adjoint_eigvals(s), "singular": tf.svd(a, compute_uv=False),
               "cholesky_solve": tf.cholesky_solve(tf.cholesky(s), b)}
    for name in ("inverse", "solve", "cholesky", "determinant", "triangular", "eigenvalues"):
        fetches[name + "_grad"] = tf.gradients(tf.reduce_sum(tf.square(fetches[name])), a)[0]
    rng = np.random.RandomState(17)
    return {"feeds": [{a: rng.uniform(-1, 1, (2, 3, 3)) + 2 * np.eye(3), b: rng.uniform(-1, 1, (2, 3, 2))}], "fetches": fetches}
