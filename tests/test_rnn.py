"""Recurrent networks: recorded loops, cells of tf.contrib.rnn against those of tf.nn, CTC's errors, and what goes wrong."""

import itertools
import json
import re

import golden_values
import graphpb as tf
import numpy as np
import pytest
import script_player

C = tf.nn.rnn_cell
RECORDED = [name for name in script_player.script_names("loops") if "/rnn_" in name]


@pytest.fixture(autouse=True)
def new_graph():
    with tf.Graph().as_default():
        tf.set_random_seed(3)
        yield


def run(fetches, feed=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feed)


def drawn(*dims):
    return np.random.RandomState(len(dims)).uniform(-1, 1, dims).astype(np.float32)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_network(name):
    """Outputs, states, gradients and training steps; names of variables; static shapes of what is fetched."""
    built = script_player.build(tf, name)
    facts = json.loads((script_player.GOLDENS / name / "facts.json").read_text())
    for key in ("variables", "trainable_variables"):
        assert [v.name for v in built.graph.get_collection(key)] == facts["collections"].get(key, []), key
    expected = golden_values.load(script_player.GOLDENS / name / "values.npz")
    with tf.Session(graph=built.graph) as session:
        actual = script_player.play(session, built)
    assert list(actual) == list(expected)
    wrong = [golden_values.difference(key, actual[key], value) for key, value in expected.items()]
    assert not any(wrong), "\n".join(text for text in wrong if text)
    for label, text in facts["reprs"].items():
        form = re.search(r"shape=.*", text)
        if form and "grad" not in label:
            assert form.group() in repr(built.fetches[label]), label


def test_the_gru_of_the_review_deck():
    x = tf.placeholder(shape=(None, None, 10), dtype=tf.float32)
    outputs, final = tf.nn.dynamic_rnn(C.GRUCell(20), x, time_major=False, dtype=tf.float32)
    assert outputs.shape.as_list() == [None, None, 20] and final.shape.as_list() == [None, 20]
    o, f = run([outputs, final], {x: drawn(32, 50, 10)})
    assert o.shape == (32, 50, 20) and f.shape == (32, 20)
    close(o[:, -1], f)


@pytest.mark.parametrize(
    "make, equal",
    [
        (lambda: tf.contrib.rnn.LSTMBlockCell(3), lambda: C.LSTMCell(3)),
        (lambda: tf.contrib.rnn.LSTMBlockCell(3, use_peephole=True, forget_bias=0.5), lambda: C.LSTMCell(3, use_peepholes=True, forget_bias=0.5)),
        (lambda: tf.contrib.rnn.GRUBlockCellV2(3), lambda: C.GRUCell(3)),
    ],
)
def test_block_cells_are_their_plain_cells_with_the_same_variables_and_gradients(make, equal):
    x, results = tf.constant(drawn(2, 4, 5)), []
    for reuse, cell in ((None, equal()), (True, make())):
        with tf.variable_scope("net", reuse=reuse, initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
            outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        gradients = tf.gradients(tf.reduce_sum(outputs * outputs), [x, *tf.trainable_variables()])
        results.append([outputs, state, *gradients])
    plain, block = run(results)
    for one, two in zip(tf.contrib.framework.nest.flatten(plain), tf.contrib.framework.nest.flatten(block), strict=True):
        close(one, two)


@pytest.mark.parametrize("peephole, lengths", [(False, None), (True, None), (True, [3, 0])])
def test_fused_lstm_is_the_loop_over_its_cell(peephole, lengths):
    x, results = tf.constant(drawn(4, 2, 5)), []
    start = C.LSTMStateTuple(tf.constant(drawn(2, 3)), tf.constant(-drawn(2, 3)))
    for fused in (False, True):
        with tf.variable_scope("net", reuse=fused or None, initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
            if fused:
                cell = tf.contrib.rnn.LSTMBlockFusedCell(3, use_peephole=peephole, forget_bias=0.5, name="lstm_cell")
                with tf.variable_scope("rnn"):
                    outputs, state = cell(x, initial_state=start, sequence_length=lengths)
            else:
                cell = C.LSTMCell(3, use_peepholes=peephole, forget_bias=0.5)
                outputs, state = tf.nn.dynamic_rnn(cell, x, initial_state=start, sequence_length=lengths, time_major=True)
        loss = tf.reduce_sum(outputs * outputs) + tf.reduce_sum(state.c)
        results.append([outputs, state, *tf.gradients(loss, [x, *start, *tf.trainable_variables()])])
    flatten = tf.contrib.framework.nest.flatten
    for one, two in zip(*map(flatten, run(results)), strict=True):
        close(one, two)


def test_block_cell_clips_its_memory():
    cell = tf.contrib.rnn.LSTMBlockCell(3, cell_clip=0.1)
    _, (c, _) = cell(tf.constant(drawn(2, 4) * 9), cell.zero_state(2, tf.float32))
    assert np.abs(run(c)).max() == np.float32(0.1)


def layer_norm(x, scale):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return scale * (x - mean) / np.sqrt(variance + 1e-12)


def test_layer_norm_basic_lstm_cell():
    x, c, h = drawn(2, 4), drawn(2, 3), -drawn(2, 3)
    cell = tf.contrib.rnn.LayerNormBasicLSTMCell(3, norm_gain=0.7)
    _, state = cell(tf.constant(x), C.LSTMStateTuple(tf.constant(c), tf.constant(h)))
    scope = "layer_norm_basic_lstm_cell/"
    names = {scope + "kernel"} | {
        f"{scope}{part}/{kind}" for part in ("input", "transform", "forget", "output", "state") for kind in ("gamma", "beta")
    }
    assert {v.op.name for v in tf.global_variables()} == names
    (new_c, new_h), kernel = run([state, tf.global_variables()[0]])
    sigmoid = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    i, j, f, o = (layer_norm(part, 0.7) for part in np.split(np.concatenate([x, h], 1) @ kernel, 4, 1))
    expected = layer_norm(c * sigmoid(f + 1) + sigmoid(i) * np.tanh(j), 0.7)
    close(new_c, expected)
    close(new_h, np.tanh(expected) * sigmoid(o))


def test_update_gate_cell():
    x, h = drawn(2, 4), drawn(2, 3)
    output, state = tf.contrib.rnn.UGRNNCell(3, forget_bias=0.5)(tf.constant(x), tf.constant(h))
    assert {v.op.name: v.shape.as_list() for v in tf.global_variables()} == {"ugrnn_cell/kernel": [7, 6], "ugrnn_cell/bias": [6]}
    got, kernel = run([output, tf.global_variables()[0]])
    gate, candidate = np.split(np.concatenate([x, h], 1) @ kernel, 2, 1)
    gate = 1 / (1 + np.exp(-gate - 0.5))
    close(got, gate * h + (1 - gate) * np.tanh(candidate))


def test_projections_and_stacks_of_contrib():
    x = tf.constant(drawn(2, 4, 5))
    cell = tf.contrib.rnn.OutputProjectionWrapper(tf.contrib.rnn.InputProjectionWrapper(C.GRUCell(3), 6), 7)
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    inner = "rnn/output_projection_wrapper/input_projection_wrapper/"
    assert {v.op.name: v.shape.as_list() for v in tf.global_variables()} == {
        inner + "kernel": [5, 6],
        inner + "bias": [6],
        inner + "gru_cell/gates/kernel": [9, 6],
        inner + "gru_cell/gates/bias": [6],
        inner + "gru_cell/candidate/kernel": [9, 3],
        inner + "gru_cell/candidate/bias": [3],
        "rnn/output_projection_wrapper/kernel": [3, 7],
        "rnn/output_projection_wrapper/bias": [7],
    }
    cells = [[C.GRUCell(2), C.GRUCell(3)] for _ in range(2)]
    stacked, forward, backward = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(*cells, x, dtype=tf.float32)
    listed, _, _ = tf.contrib.rnn.stack_bidirectional_rnn(*[[C.GRUCell(2)], [C.GRUCell(3)]], tf.unstack(x, axis=1), dtype=tf.float32)
    assert "stack_bidirectional_rnn/cell_1/bidirectional_rnn/bw/gru_cell/gates/kernel" in {v.op.name for v in tf.global_variables()}
    a, b, f, g, c = run([outputs, stacked, forward[1], backward[1], listed])
    assert a.shape == (2, 4, 7) and b.shape == (2, 4, 6) and c[0].shape == (2, 5)
    close(b[:, -1, :3], f)
    close(b[:, 0, 3:], g)


def test_state_saving_rnn_starts_where_the_last_run_ended():
    class Saver:
        def __init__(self):
            self.variables = {name: tf.get_variable(name, [2, 3], initializer=tf.zeros_initializer(), trainable=False) for name in ("c", "h")}

        def state(self, name):
            return self.variables[name].read_value()

        def save_state(self, name, value):
            return tf.assign(self.variables[name], value)

    x = tf.constant(drawn(2, 4))
    outputs, _ = tf.nn.static_state_saving_rnn(C.LSTMCell(3), [x, x], Saver(), ("c", "h"))
    with tf.variable_scope("", reuse=True):
        whole, _ = tf.nn.static_rnn(C.LSTMCell(3), [x] * 4, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(outputs[-1])
        second = session.run(outputs[-1])
        close(second, session.run(whole[-1]))


def test_a_regularizer_of_the_scope_sees_the_variables_made_in_the_loop():
    with tf.variable_scope("net", regularizer=lambda v: tf.reduce_sum(tf.abs(v))):
        outputs, _ = tf.nn.dynamic_rnn(C.GRUCell(2), tf.constant(drawn(2, 3, 4)), dtype=tf.float32)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    values, variables, _ = run([losses, tf.trainable_variables(), outputs])
    close(values, [np.abs(v).sum() for v in variables])


def test_device_wrapper_and_weights_of_stacks():
    cell = C.MultiRNNCell([C.DeviceWrapper(C.GRUCell(2), "/cpu:0"), C.BasicRNNCell(3)])
    output, _ = cell(tf.constant(drawn(2, 4)), cell.zero_state(2, tf.float32))
    assert [v.op.name.split("/")[1] for v in cell.trainable_weights] == ["cell_0"] * 4 + ["cell_1"] * 2
    assert "CPU" in tf.get_default_graph().get_operation_by_name("multi_rnn_cell/cell_0/gru_cell/MatMul").device
    assert run(output).shape == (2, 3)


def test_ctc_gradient_equals_central_differences():
    labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([1, 1, 0]), [2, 2])
    logits = tf.placeholder(tf.float64, [5, 2, 3])
    loss = tf.reduce_sum(tf.nn.ctc_loss(labels, logits, [5, 4]) * tf.constant([1.0, 2.0], tf.float64))
    gradient = tf.gradients(loss, logits)[0]
    x = drawn(5, 2, 3).astype(np.float64)
    with tf.Session() as session:
        got = session.run(gradient, {logits: x})
        for at in np.ndindex(*x.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = x.copy()
                moved[at] += step
                ends.append(session.run(loss, {logits: moved}))
            assert abs((ends[0] - ends[1]) / 2e-5 - got[at]) < 1e-8, at
    with pytest.raises(LookupError, match="no way to take the second"):
        tf.gradients(gradient, logits)


@pytest.mark.parametrize(
    "rows, lengths, message",
    [
        ([[0], []], [4, 3], "Labels length is zero in batch 1"),
        ([[0, 1, 0, 1], [1]], [3, 3], r"Not enough time for target transition sequence \(required: 4, available: 3\)"),
        ([[4, 0], [1]], [3, 3], "Saw a non-null label"),
        ([[0, -1], [1]], [3, 3], "All labels must be nonnegative integers, batch: 0 labels: 0,-1"),
        ([[0], [1]], [5, 3], r"sequence_length\(0\) <= 4"),
        ([[0], [1]], [-1, 3], r"sequence_length\(0\) <= 4"),
    ],
)
def test_ctc_errors_are_tensorflows(rows, lengths, message):
    at = np.array([[b, i] for b, row in enumerate(rows) for i in range(len(row))], np.int64)
    labels = tf.SparseTensor(at, np.array([v for row in rows for v in row], np.int32), [2, 4])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(tf.nn.ctc_loss(labels, tf.constant(drawn(4, 2, 5)), np.array(lengths, np.int32)))


@pytest.mark.parametrize("blank", [0, 2, -1])
def test_ctc_with_dense_labels_and_any_blank_is_the_loss_with_the_blank_last(blank):
    logits, rows = drawn(6, 2, 4), [[1, 1, 3], [3, 0, 0]]
    order = [c for c in range(4) if c != blank % 4] + [blank % 4]
    rows = [[c if c != blank % 4 else order[0] for c in row] for row in rows]
    dense = tf.nn.ctc_loss_v2(tf.constant(rows), tf.constant(logits), [3, 1], [6, 5], blank_index=blank)
    at = [[0, 0], [0, 1], [0, 2], [1, 0]]
    sparse = tf.SparseTensor(at, tf.constant([order.index(rows[b][i]) for b, i in at]), [2, 3])
    one, two = run([dense, tf.nn.ctc_loss(sparse, tf.constant(logits[:, :, order]), [6, 5])])
    close(one, two)


def sparse(rows, shape, dtype=np.int32):
    at = np.array([[b, i] for b, row in enumerate(rows) for i in range(len(row))], np.int64).reshape(-1, 2)
    return tf.SparseTensor(at, np.array([v for row in rows for v in row], dtype), shape)


def test_edit_distance_counts_insertions_deletions_and_replacements():
    """The numbers are TensorFlow's."""
    guess = sparse([[1, 2, 3], [4], [], [5, 5], []], [5, 3])
    truth = sparse([[1, 3], [4], [7, 8], [], []], [5, 2])
    share, count = tf.edit_distance(guess, truth), tf.edit_distance(guess, truth, normalize=False)
    assert tf.edit_distance(guess, sparse([[1]], [6, 2])).shape.as_list() == [6]
    a, b = run([share, count])
    assert a.tolist() == [0.5, 0, 1, np.inf, 0] and b.tolist() == [1, 0, 2, 2, 0]
    words = tf.SparseTensor([[0, 0, 0], [0, 0, 1], [1, 1, 0]], ["a", "b", "c"], [2, 2, 2])
    others = tf.SparseTensor([[0, 0, 0], [0, 1, 0], [1, 1, 0]], ["b", "x", "c"], [2, 2, 1])
    assert run(tf.edit_distance(words, others, normalize=False)).tolist() == [[1, 1], [0, 0]]


def test_edit_distance_of_all_pairs_of_short_words():
    words = ["".join(letters) for n in range(4) for letters in itertools.product("ab", repeat=n)]

    def reference(a, b):
        if not a or not b:
            return len(a) + len(b)
        return min(reference(a[1:], b) + 1, reference(a, b[1:]) + 1, reference(a[1:], b[1:]) + (a[0] != b[0]))

    pairs = list(itertools.product(words, words))
    guess, truth = (sparse([[ord(c) for c in pair[side]] for pair in pairs], [len(pairs), 3]) for side in (0, 1))
    assert run(tf.edit_distance(guess, truth, normalize=False)).tolist() == [reference(a, b) for a, b in pairs]


def test_ctc_labels_must_be_sparse():
    with pytest.raises(TypeError, match="Expected argument `labels` to be a SparseTensor"):
        tf.nn.ctc_loss(tf.constant([[1]]), tf.zeros([2, 1, 3]), [2])


def test_what_goes_wrong_says_so():
    x = tf.placeholder(tf.float32, [None, None, 3])
    with pytest.raises(ValueError, match="If no initial_state is provided, argument `dtype` must be specified"):
        tf.nn.dynamic_rnn(C.GRUCell(2), x)
    with pytest.raises(TypeError, match=r"The argument 'cell' \(3\) is not an RNNCell: 'output_size' property is missing"):
        tf.nn.dynamic_rnn(3, x, dtype=tf.float32)
    with pytest.raises(ValueError, match=r"Input size \(depth of inputs\) must be accessible via shape inference, but saw value None"):
        tf.nn.dynamic_rnn(C.GRUCell(2), tf.placeholder(tf.float32, [2, 3, None]), dtype=tf.float32)
    with pytest.raises(ValueError, match="must not be empty"):
        tf.nn.static_rnn(C.GRUCell(2), [], dtype=tf.float32)
    with pytest.raises(TypeError, match="must be a sequence"):
        tf.nn.static_rnn(C.GRUCell(2), x, dtype=tf.float32)
    with pytest.raises(ValueError, match="vector of length batch_size"):
        tf.nn.dynamic_rnn(C.GRUCell(2), x, sequence_length=[[1]], dtype=tf.float32, scope="lengths")
    with pytest.raises(ValueError, match="RNN cell only supports floating point inputs, but received dtype: <dtype: 'int32'>"):
        C.GRUCell(2, dtype=tf.int32)
    with pytest.raises(ValueError, match="Some cells return tuples of states, but the flag state_is_tuple is not set"):
        C.MultiRNNCell([C.LSTMCell(2)], state_is_tuple=False)
    with pytest.raises(ValueError, match="Parameter output_keep_prob must be between 0 and 1"):
        C.DropoutWrapper(C.GRUCell(2), output_keep_prob=1.5)
    tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32, scope="twice")
    with pytest.raises(ValueError, match="Variable twice/gru_cell/gates/kernel already exists, disallowed"):
        tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32, scope="twice")


def test_wrong_number_of_lengths_is_an_error_of_the_run():
    x = tf.placeholder(tf.float32, [None, 4, 3])
    length = tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(C.GRUCell(2), x, sequence_length=length, dtype=tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected shape for Tensor"):
        run(outputs, {x: drawn(2, 4, 3), length: [1, 2, 3]})
