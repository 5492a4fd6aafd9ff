"""The functions of tf and tf.nn against numpy: one case a line, values and static shapes."""

import sys

import graphpb as tf
import numpy as np
import pytest

RNG = np.random.RandomState(0)
A = RNG.uniform(-2, 2, (3, 4)).astype(np.float32)
B = RNG.uniform(0.5, 2, (3, 4)).astype(np.float32)
ROW = RNG.uniform(-1, 1, 4).astype(np.float32)
I = RNG.randint(-7, 8, (3, 4)).astype(np.int32)
J = RNG.randint(1, 5, (3, 4)).astype(np.int32)
M = RNG.uniform(-1, 1, (4, 5)).astype(np.float32)
CUBE = RNG.uniform(-1, 1, (2, 3, 4)).astype(np.float32)
P = A > 0


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


CASES = {
    "add": (lambda: tf.add(A, ROW), A + ROW),
    "subtract": (lambda: tf.subtract(A, B), A - B),
    "multiply": (lambda: tf.multiply(A, B), A * B),
    "divide": (lambda: tf.divide(A, B), A / B),
    "truediv_of_integers": (lambda: tf.truediv(I, J), I / J),
    "div_of_integers": (lambda: tf.div(I, J), I // J),
    "floordiv": (lambda: tf.floordiv(I, J), I // J),
    "mod": (lambda: tf.mod(I, J), I % J),
    "floormod_of_floats": (lambda: tf.floormod(A, B), A % B),
    "pow": (lambda: tf.pow(B, A), B**A),
    "maximum": (lambda: tf.maximum(A, B), np.maximum(A, B)),
    "minimum": (lambda: tf.minimum(A, B), np.minimum(A, B)),
    "squared_difference": (lambda: tf.squared_difference(A, B), (A - B) ** 2),
    "negative": (lambda: tf.negative(A), -A),
    "abs": (lambda: tf.abs(A), np.abs(A)),
    "sign": (lambda: tf.sign(A), np.sign(A)),
    "square": (lambda: tf.square(A), A * A),
    "sqrt": (lambda: tf.sqrt(B), np.sqrt(B)),
    "rsqrt": (lambda: tf.rsqrt(B), 1 / np.sqrt(B)),
    "reciprocal": (lambda: tf.reciprocal(B), 1 / B),
    "exp": (lambda: tf.exp(A), np.exp(A)),
    "log": (lambda: tf.log(B), np.log(B)),
    "log1p": (lambda: tf.log1p(B), np.log1p(B)),
    "expm1": (lambda: tf.expm1(A), np.expm1(A)),
    "tanh": (lambda: tf.tanh(A), np.tanh(A)),
    "sigmoid": (lambda: tf.sigmoid(A), 1 / (1 + np.exp(-A))),
    "log_sigmoid": (lambda: tf.log_sigmoid(A), -np.log1p(np.exp(-A))),
    "floor": (lambda: tf.floor(A), np.floor(A)),
    "ceil": (lambda: tf.ceil(A), np.ceil(A)),
    "round": (lambda: tf.round(A), np.round(A)),
    "rint_halves_to_even": (lambda: tf.rint([0.5, 1.5, -2.5]), np.array([0, 2, -2], np.float32)),
    "add_n": (lambda: tf.add_n([A, B, A]), A + B + A),
    "accumulate_n": (lambda: tf.accumulate_n([A, B]), A + B),
    "scalar_mul": (lambda: tf.scalar_mul(3.0, tf.constant(A)), 3 * A),
    "equal": (lambda: tf.equal(I, J), I == J),
    "less_equal": (lambda: tf.less_equal(A, B), A <= B),
    "logical_xor": (lambda: tf.logical_xor(P, A > 1), P ^ (A > 1)),
    "cast_truncates": (lambda: tf.cast(A, tf.int32), A.astype(np.int32)),
    "to_float": (lambda: tf.to_float(I), I.astype(np.float32)),
    "matmul": (lambda: tf.matmul(A, M), A @ M),
    "matmul_transposed": (lambda: tf.matmul(A, B, transpose_b=True), A @ B.T),
    "matmul_of_batches": (lambda: tf.matmul(CUBE, CUBE, transpose_a=True), np.swapaxes(CUBE, 1, 2) @ CUBE),
    "searchsorted": (lambda: tf.searchsorted([[1, 2, 2, 5], [0, 3, 4, 9]], [[2, 6], [3, -1]]), np.array([[1, 4], [1, 0]], np.int32)),
    "searchsorted_right": (lambda: tf.searchsorted([1, 2, 2, 5], [2, 6, 0], side="right"), np.array([3, 4, 0], np.int32)),
    "parallel_stack": (lambda: tf.parallel_stack([A, A]), np.stack([A, A])),
    "matmul_of_sparse_values": (lambda: tf.matmul(A, B, transpose_b=True, a_is_sparse=True), A @ B.T),
    "reciprocal_no_nan": (lambda: tf.math.reciprocal_no_nan([0.0, 2.0, -4.0]), np.array([0, 0.5, -0.25], np.float32)),
    "lbeta": (lambda: tf.lbeta([[1.0, 2.0], [3.0, 4.0]]), np.log(np.array([1 / 2, 1 / 60], np.float32))),
    "tensor_scatter_nd_update": (lambda: tf.tensor_scatter_nd_update([1, 2, 3], [[1]], [7]), np.array([1, 7, 3], np.int32)),
    "matvec": (lambda: tf.linalg.matvec(A, ROW), A @ ROW),
    "tensordot": (lambda: tf.tensordot(CUBE, M, 1), np.tensordot(CUBE, M, 1)),
    "tensordot_of_two_axes": (lambda: tf.tensordot(CUBE, A, [[1, 2], [0, 1]]), np.tensordot(CUBE, A, [[1, 2], [0, 1]])),
    "reduce_sum": (lambda: tf.reduce_sum(A), A.sum()),
    "reduce_sum_of_an_axis": (lambda: tf.reduce_sum(A, reduction_indices=[1], keep_dims=True), A.sum(1, keepdims=True)),
    "reduce_mean": (lambda: tf.reduce_mean(A, 0), A.mean(0)),
    "reduce_mean_of_integers_truncates": (lambda: tf.reduce_mean([1, 2, 2]), np.int32(1)),
    "reduce_max": (lambda: tf.reduce_max(A, axis=-1), A.max(-1)),
    "reduce_prod": (lambda: tf.reduce_prod(J), J.prod(dtype=np.int32)),
    "reduce_any": (lambda: tf.reduce_any(P, 1), P.any(1)),
    "reduce_logsumexp": (lambda: tf.reduce_logsumexp(A, 1), np.log(np.exp(A).sum(1))),
    "reduce_logsumexp_of_large_values": (lambda: tf.reduce_logsumexp([1000.0, 1000.0]), np.float32(1000 + np.log(2))),
    "reduce_std": (lambda: tf.math.reduce_std(A, 0), A.std(0)),
    "count_nonzero": (lambda: tf.count_nonzero(I, 0), np.count_nonzero(I, 0)),
    "argmax": (lambda: tf.argmax(A, 1), A.argmax(1)),
    "argmin_of_equals_is_first": (lambda: tf.argmin([2, 1, 1]), np.int64(1)),
    "reshape": (lambda: tf.reshape(A, [2, -1]), A.reshape(2, -1)),
    "transpose": (lambda: tf.transpose(CUBE, [2, 0, 1]), CUBE.transpose(2, 0, 1)),
    "transpose_of_all_axes": (lambda: tf.transpose(CUBE), CUBE.T),
    "concat": (lambda: tf.concat([A, B], 1), np.concatenate([A, B], 1)),
    "stack": (lambda: tf.stack([A, B], axis=-1), np.stack([A, B], -1)),
    "unstack": (lambda: tf.unstack(A, axis=1)[2], A[:, 2]),
    "split": (lambda: tf.split(A, [1, 3], 1)[1], A[:, 1:]),
    "tile": (lambda: tf.tile(ROW, [3]), np.tile(ROW, 3)),
    "pad_reflect": (lambda: tf.pad(A, [[0, 0], [1, 2]], "REFLECT"), np.pad(A, [[0, 0], [1, 2]], "reflect")),
    "where": (lambda: tf.where(P, A, B), np.where(P, A, B)),
    "where_of_a_mask": (lambda: tf.where(P), np.argwhere(P)),
    "one_hot": (lambda: tf.one_hot([1, 5, 0], 3), np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0]], np.float32)),
    "boolean_mask": (lambda: tf.boolean_mask(A, P), A[P]),
    "gather": (lambda: tf.gather(A, [2, 0]), A[[2, 0]]),
    "gather_of_columns": (lambda: tf.gather(A, [3, 3], axis=1), A[:, [3, 3]]),
    "sequence_mask": (lambda: tf.sequence_mask([1, 3], 4), np.array([[1, 0, 0, 0], [1, 1, 1, 0]], bool)),
    "range": (lambda: tf.range(3, 18, 4), np.arange(3, 18, 4, dtype=np.int32)),
    "meshgrid": (lambda: tf.meshgrid([1.0, 2.0], [3.0, 4.0, 5.0])[1], np.meshgrid([1.0, 2.0], [3.0, 4.0, 5.0])[1].astype(np.float32)),
    "zeros_like": (lambda: tf.zeros_like(A, dtype=tf.int32), np.zeros((3, 4), np.int32)),
    "clip_by_value": (lambda: tf.clip_by_value(A, -0.5, 0.5), np.clip(A, -0.5, 0.5)),
    "clip_by_norm": (lambda: tf.clip_by_norm(A, 1.0), A / np.sqrt((A * A).sum())),
    "clip_by_norm_of_a_short_tensor": (lambda: tf.clip_by_norm(A, 100.0), A),
    "global_norm": (lambda: tf.global_norm([A, None, B]), np.sqrt((A * A).sum() + (B * B).sum())),
    "clip_by_global_norm": (lambda: tf.clip_by_global_norm([A, B], 1.0)[0][1], B / np.sqrt((A * A).sum() + (B * B).sum())),
    "relu": (lambda: tf.nn.relu(A), np.maximum(A, 0)),
    "relu6": (lambda: tf.nn.relu6(10 * A), np.clip(10 * A, 0, 6)),
    "elu": (lambda: tf.nn.elu(A), np.where(A < 0, np.expm1(A), A)),
    "leaky_relu": (lambda: tf.nn.leaky_relu(A), np.where(A < 0, 0.2 * A, A)),
    "softplus": (lambda: tf.nn.softplus(A), np.log1p(np.exp(A))),
    "softmax": (lambda: tf.nn.softmax(A), softmax(A)),
    "softmax_of_another_axis": (lambda: tf.nn.softmax(CUBE, axis=1), softmax(CUBE, 1)),
    "log_softmax": (lambda: tf.nn.log_softmax(A), np.log(softmax(A))),
    "bias_add": (lambda: tf.nn.bias_add(A, ROW), A + ROW),
    "l2_loss": (lambda: tf.nn.l2_loss(A), (A * A).sum() / 2),
    "l2_normalize": (lambda: tf.nn.l2_normalize(A, 1), A / np.sqrt((A * A).sum(1, keepdims=True))),
    "xw_plus_b": (lambda: tf.nn.xw_plus_b(A, M, np.ones(5, np.float32)), A @ M + 1),
    "softmax_cross_entropy": (
        lambda: tf.nn.softmax_cross_entropy_with_logits(labels=softmax(B), logits=A),
        -(softmax(B) * np.log(softmax(A))).sum(1),
    ),
    "sparse_softmax_cross_entropy": (
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[3, 0, 1], logits=A),
        -np.log(softmax(A))[[0, 1, 2], [3, 0, 1]],
    ),
    "sigmoid_cross_entropy": (
        lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=softmax(B), logits=A),
        np.log1p(np.exp(A)) - softmax(B) * A,
    ),
    "weighted_cross_entropy": (
        lambda: tf.nn.weighted_cross_entropy_with_logits(softmax(B), A, 3.0),
        (1 - softmax(B)) * np.log1p(np.exp(A)) + 3 * softmax(B) * np.log1p(np.exp(-A)),
    ),
    "moments": (lambda: tf.nn.moments(tf.constant(A), [0])[1], A.var(0)),
    "batch_normalization": (lambda: tf.nn.batch_normalization(A, A.mean(0), A.var(0), 1.0, 2.0, 0.0), 2 * (A - A.mean(0)) / A.std(0) + 1),
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_static_shape_are_numpys(name):
    function, expected = CASES[name]
    expected = np.asarray(expected)
    with tf.Graph().as_default(), tf.Session() as session:
        result = function()
        actual = np.asarray(session.run(result))
        assert actual.shape == expected.shape
        assert result.shape.is_compatible_with(expected.shape)
        assert actual.dtype == expected.dtype or actual.dtype.kind == expected.dtype.kind == "f"
        np.testing.assert_allclose(actual, expected, rtol=3e-6, atol=3e-6)


BAD = {
    "both_names_of_an_axis": (
        lambda: tf.reduce_sum(A, axis=0, reduction_indices=0),
        ValueError,
        "Cannot specify both 'reduction_indices' and 'axis'.",
    ),
    "expand_dims_without_axis": (lambda: tf.expand_dims(A), ValueError, "Must specify an axis argument"),
    "unstack_of_unknown_size": (lambda: tf.unstack(tf.placeholder(tf.float32, [None, 2])), ValueError, "Cannot infer argument `num` from shape"),
    "where_with_one_side": (lambda: tf.where(P, A), ValueError, "x and y must both be non-None or both be None."),
    "transpose_and_adjoint": (lambda: tf.matmul(A, A, transpose_a=True, adjoint_a=True), ValueError, "Only one of `transpose_a` and `adjoint_a`"),
    "truediv_of_two_types": (lambda: tf.truediv(tf.constant(A), tf.constant(I)), TypeError, "`x` and `y` must have the same dtype"),
    "add_n_of_nothing": (lambda: tf.add_n([]), ValueError, "Inputs must be an iterable of at least one Tensor"),
    "boolean_mask_by_a_scalar": (lambda: tf.boolean_mask(A, True), ValueError, "mask cannot be scalar."),
    "one_hot_of_two_types": (lambda: tf.one_hot([1], 2, on_value=1.0, off_value=0), TypeError, "does not match dtype"),
    "logits_missing": (lambda: tf.nn.softmax_cross_entropy_with_logits(labels=A), ValueError, "Both `labels` and `logits` must be provided"),
    "labels_of_another_shape": (lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=A, logits=M), ValueError, "must have the same shape"),
    "dropout_of_everything": (lambda: tf.nn.dropout(A, rate=1.0), ValueError, "range [0, 1)"),
    "softmax_axis_out_of_range": (lambda: tf.nn.softmax(A, axis=5), tf.errors.InvalidArgumentError, "`dim` must be in the range [-2, 2)"),
    "static_assert": (lambda: tf.assert_equal(1, 2), tf.errors.InvalidArgumentError, "did not hold"),
    "static_rank": (lambda: tf.assert_rank(A, 3), ValueError, "must have rank 3.  Received rank 2, shape (3, 4)"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_are_tensorflows(name):
    function, kind, phrase = BAD[name]
    with tf.Graph().as_default(), pytest.raises(kind) as error:
        function()
    assert phrase in str(error.value)


def test_group_and_tuple_order_operations():
    with tf.Graph().as_default():
        v = tf.Variable(1.0)
        add = v.assign_add(1.0)
        gate = tf.group(add, v.initializer, name="gate")
        assert gate.type == "NoOp" and [op.name for op in gate.control_inputs] == [add.op.name, v.initializer.name]
        first, none = tf.tuple([tf.constant(1.0), None])
        assert none is None and [op.name for op in first.op.control_inputs] == ["tuple/group_deps"]


def test_print_passes_its_input_on(capfd):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(3.0)
        assert session.run(tf.Print(x, [x], "value: ")) == 3.0
    assert "value: [3]" in capfd.readouterr().err


def test_print_writes_structures(capfd):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.int32, [None])
        op = tf.print("x:", x, {"k": [tf.constant(1.5), "two"]}, 3, output_stream=sys.stdout, summarize=1, sep=" | ", name="show")
        assert (op.name, op.type) == ("show", "PrintV2")
        for n in (2, 5):
            session.run(op, {x: np.arange(n)})
        with pytest.raises(ValueError, match="Unrecognized keyword arguments for tf.print: {'file': 1}"):
            tf.print(x, file=1)
        with pytest.raises(ValueError, match="Unsupported output stream"):
            tf.print(x, output_stream=7)
        with pytest.raises(ValueError, match="not to 'file://out'"):
            tf.print(x, output_stream="file://out")
    assert capfd.readouterr().out == "x: | [0 1] | {'k': [1.5, 'two']} | 3\nx: | [0 ... 4] | {'k': [1.5, 'two']} | 3\n"


def test_structural_similarity():
    """One for equal images; for flat ones the luminance (2 a b + c) / (a² + b² + c) alone."""
    image = np.random.RandomState(4).uniform(0, 1, (2, 12, 13, 3)).astype(np.float32)
    flat = np.ones((1, 12, 12, 1), np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        same, luminance, places = session.run(
            [
                tf.image.ssim(image, image, 1.0),
                tf.image.ssim(flat * 0.4, flat * 0.3, 1.0),
                tf.image.ssim(image, image * 0.5, max_val=1.0, filter_size=3, return_index_map=True),
            ]
        )
    np.testing.assert_allclose(same, [1, 1], rtol=1e-6)
    np.testing.assert_allclose(luminance, [(0.24 + 1e-4) / (0.25 + 1e-4)], rtol=1e-3)
    assert places.shape == (2, 10, 11) and (places < 1).all()


def test_jpeg_quality_loses_detail_and_keeps_the_type():
    image = np.random.RandomState(4).uniform(0, 1, (16, 16, 3)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        low, high = tf.image.adjust_jpeg_quality(image, 5), tf.image.adjust_jpeg_quality(image, tf.constant(100))
        drawn = tf.image.random_jpeg_quality(tf.constant(image), 20, 30, seed=1)
        assert low.dtype == drawn.dtype == tf.float32 and low.shape[-1].value == 3
        low, high, drawn = session.run([low, high, drawn])
        assert abs(high - image).mean() < abs(drawn - image).mean() < abs(low - image).mean()
        with pytest.raises(ValueError, match="must be less than"):
            tf.image.random_jpeg_quality(image, 30, 20)
