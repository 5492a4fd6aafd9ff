"""tf.linalg, tf.sparse and the stateless draws of tf.random against numpy."""

import graphpb as tf
import numpy as np
import pytest


def run(*tensors):
    with tf.Session() as session:
        values = session.run(tensors)
    return values[0] if len(tensors) == 1 else values


def draw(*shape):
    return np.random.RandomState(sum(shape)).randn(*shape)


@pytest.mark.parametrize(
    "equation, shapes",
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("bij,bjk->bik", [(2, 2, 3), (2, 3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ijk->kj", [(2, 3, 4)]),
        ("ii->i", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("i,j->ij", [(3,), (4,)]),
        ("ij,ij->", [(3, 2), (3, 2)]),
        ("...ij,...jk->...ik", [(5, 1, 2, 3), (4, 3, 2)]),
        ("i...->...", [(2, 3, 4)]),
        ("abc,cd,de->abe", [(2, 3, 4), (4, 5), (5, 2)]),
    ],
)
def test_einsum_is_numpys(equation, shapes):
    arrays = [draw(*shape) for shape in shapes]
    np.testing.assert_allclose(run(tf.einsum(equation, *arrays)), np.einsum(equation, *arrays), rtol=1e-10)


def test_einsum_gradient_is_that_of_the_product():
    a, b = tf.constant(draw(2, 3, 4)), tf.constant(draw(4, 5))
    ours = tf.gradients(tf.einsum("abc,cd->adb", a, b) ** 2, [a, b])
    plain = tf.gradients(tf.matmul(tf.reshape(a, [6, 4]), b) ** 2, [a, b])
    for x, y in zip(run(*ours), run(*plain), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-10)


@pytest.mark.parametrize("order", [1, 2, np.inf, "fro"])
def test_norms_of_matrices_are_numpys(order):
    a = draw(3, 4, 5)
    np.testing.assert_allclose(run(tf.norm(a, ord=order, axis=[0, 2])), np.linalg.norm(a, ord=order, axis=(0, 2)), rtol=1e-10)
    kept = run(tf.norm(a, ord=order, axis=[0, 2], keepdims=True))
    np.testing.assert_allclose(kept, np.linalg.norm(a, ord=order, axis=(0, 2), keepdims=True), rtol=1e-10)


def test_solutions_are_numpys():
    a, b, wide = draw(4, 4), draw(4, 2), draw(3, 5)
    np.testing.assert_allclose(run(tf.linalg.solve(a, b)), np.linalg.solve(a, b), rtol=1e-9)
    np.testing.assert_allclose(run(tf.linalg.pinv(wide)), np.linalg.pinv(wide), rtol=1e-9, atol=1e-12)
    for fast in (False, True):
        for m in (draw(6, 3), draw(3, 6)):
            rhs = draw(m.shape[0], 2)
            np.testing.assert_allclose(run(tf.linalg.lstsq(m, rhs, fast=fast)), np.linalg.lstsq(m, rhs, rcond=None)[0], rtol=1e-7)
    sign, log = run(*tf.linalg.slogdet(a))
    np.testing.assert_allclose([sign, log], np.linalg.slogdet(a), rtol=1e-9)
    factors, order = run(*tf.linalg.lu(a))
    np.testing.assert_allclose((np.tril(factors, -1) + np.eye(4)) @ np.triu(factors), a[order], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(run(tf.linalg.adjoint(a + 1j * a)), (a - 1j * a).T)


def test_a_singular_matrix_has_no_inverse():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input is not invertible."):
        run(tf.linalg.inv(np.ones((2, 2))))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Cholesky decomposition was not successful. The input might not be valid."):
        run(tf.linalg.cholesky(-np.eye(2)))


def test_sparse_tensors_equal_dense_ones():
    dense = draw(3, 4) * (draw(4, 3).T > 0)
    at = np.argwhere(dense)
    sparse = tf.SparseTensor(at, dense[tuple(at.T)], dense.shape)
    right = draw(4, 2)
    np.testing.assert_allclose(run(tf.sparse_tensor_dense_matmul(sparse, right)), dense @ right)
    np.testing.assert_allclose(run(tf.sparse_reduce_sum(sparse, axis=1)), dense.sum(1))
    np.testing.assert_allclose(run(tf.sparse_tensor_to_dense(tf.sparse_add(sparse, sparse))), 2 * dense)
    np.testing.assert_allclose(run(tf.sparse_tensor_to_dense(tf.sparse_concat(1, [sparse, sparse]))), np.concatenate([dense, dense], 1))
    np.testing.assert_allclose(run(tf.sparse_tensor_to_dense(tf.sparse_reshape(sparse, [2, -1]))), dense.reshape(2, 6))
    np.testing.assert_allclose(run(tf.sparse_tensor_to_dense(tf.sparse.slice(sparse, [1, 1], [2, 2]))), dense[1:3, 1:3])


def test_stateless_draws_depend_on_the_seed_alone():
    a, b, c = run(tf.random.stateless_normal([5], [1, 2]), tf.random.stateless_normal([5], [1, 2]), tf.random.stateless_normal([5], [1, 3]))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    ints = run(tf.random.stateless_uniform([100], [3, 4], 5, 9, tf.int32))
    assert set(ints) == {5, 6, 7, 8}
    with pytest.raises(ValueError, match="must be both None or not None"):
        tf.random.stateless_uniform([2], [1, 2], 0, None, tf.int32)
