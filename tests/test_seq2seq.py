"""tf.contrib.seq2seq and legacy_seq2seq against numpy: losses, attention, decoding by helpers and by beams."""

import itertools

import graphpb as tf
import numpy as np
import pytest

S = tf.contrib.seq2seq
L = tf.contrib.legacy_seq2seq


@pytest.fixture(autouse=True)
def new_graph():
    with tf.Graph().as_default():
        tf.set_random_seed(3)
        yield


def run(fetches, feed=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feed)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cross_entropy(logits, targets):
    return -np.log(np.take_along_axis(softmax(logits), targets[..., None], -1)[..., 0])


def rng():
    return np.random.RandomState(0)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=2e-6)


LOGITS = rng().uniform(-1, 1, (2, 3, 4)).astype(np.float32)
TARGETS = np.array([[0, 3, 1], [2, 2, 0]], np.int32)
WEIGHTS = np.array([[1, 0.5, 0], [1, 1, 2]], np.float32)


@pytest.mark.parametrize(
    "flags, expected",
    [
        ({}, lambda e, w: (e * w).sum() / w.sum()),
        ({"average_across_batch": False}, lambda e, w: (e * w).sum(1) / w.sum(1)),
        ({"average_across_timesteps": False}, lambda e, w: (e * w).sum(0) / w.sum(0)),
        ({"average_across_timesteps": False, "average_across_batch": False}, lambda e, w: e * w),
        (
            {"average_across_timesteps": False, "average_across_batch": False, "sum_over_timesteps": True, "sum_over_batch": True},
            lambda e, w: (e * w).sum() / (w != 0).sum(),
        ),
    ],
)
def test_sequence_loss_weighs_and_averages(flags, expected):
    loss = S.sequence_loss(tf.constant(LOGITS), tf.constant(TARGETS), tf.constant(WEIGHTS), **flags)
    close(run(loss), expected(cross_entropy(LOGITS, TARGETS), WEIGHTS))


def test_sequence_loss_checks_its_ranks():
    with pytest.raises(ValueError, match=r"Logits must be a \[batch_size x sequence_length x logits\] tensor"):
        S.sequence_loss(tf.constant(LOGITS[0]), tf.constant(TARGETS), tf.constant(WEIGHTS))
    with pytest.raises(ValueError, match="cannot be set to True at same time"):
        S.sequence_loss(tf.constant(LOGITS), tf.constant(TARGETS), tf.constant(WEIGHTS), sum_over_timesteps=True)


def test_legacy_losses_weigh_lists():
    by_time = [[tf.constant(part) for part in np.moveaxis(whole, 1, 0)] for whole in (LOGITS, TARGETS, WEIGHTS)]
    by_example, whole = run([L.sequence_loss_by_example(*by_time), L.sequence_loss(*by_time)])
    expected = (cross_entropy(LOGITS, TARGETS) * WEIGHTS).sum(1) / WEIGHTS.sum(1)
    close(by_example, expected)
    close(whole, expected.mean())


def test_tile_batch_repeats_each_entry():
    x = tf.placeholder(tf.float32, [None, 2])
    tiled = S.tile_batch({"a": x, "b": tf.constant([1, 2])}, 3)
    assert tiled["b"].shape.as_list() == [6]
    values = run(tiled, {x: [[1, 2], [3, 4]]})
    assert values["b"].tolist() == [1, 1, 1, 2, 2, 2]
    assert values["a"].tolist() == [[1, 2]] * 3 + [[3, 4]] * 3


def test_gather_tree_follows_parents_and_ends_at_the_end_token():
    r = rng()
    steps, parents = r.randint(1, 9, (5, 2, 3)), r.randint(0, 3, (5, 2, 3))
    lengths, end = [5, 3], 4
    expected = np.full((5, 2, 3), end)
    for batch, beam in itertools.product(range(2), range(3)):
        at = beam
        for level in reversed(range(lengths[batch])):
            expected[level, batch, beam] = steps[level, batch, at]
            at = parents[level, batch, at]
        ended = np.flatnonzero(expected[:, batch, beam] == end)
        if ended.size:
            expected[ended[0] :, batch, beam] = end
    found = run(S.gather_tree(steps.astype(np.int32), parents.astype(np.int32), lengths, end))
    assert found.tolist() == expected.tolist()


def test_training_helper_and_basic_decoder_equal_dynamic_rnn():
    x, lengths = tf.constant(rng().uniform(-1, 1, (3, 4, 2)).astype(np.float32)), tf.constant([4, 2, 0])
    cell = tf.nn.rnn_cell.GRUCell(3)
    expected, expected_state = tf.nn.dynamic_rnn(cell, x, sequence_length=lengths, dtype=tf.float32)
    decoder = S.BasicDecoder(cell, S.TrainingHelper(x, lengths), cell.zero_state(3, tf.float32))
    outputs, state, found_lengths = S.dynamic_decode(decoder, impute_finished=True)
    got = run([outputs.rnn_output, outputs.sample_id, state, found_lengths, expected, expected_state])
    close(got[0], got[4])
    close(got[2], got[5])
    assert got[3].tolist() == [4, 2, 0]
    assert got[1].tolist() == got[0].argmax(-1).tolist()


def test_decoding_stops_at_maximum_iterations_and_gives_time_major_outputs():
    cell = tf.nn.rnn_cell.BasicRNNCell(2)
    helper = S.TrainingHelper(tf.zeros([1, 5, 2]), [5])
    decoder = S.BasicDecoder(cell, helper, cell.zero_state(1, tf.float32), output_layer=tf.layers.Dense(7))
    outputs, _, lengths = S.dynamic_decode(decoder, maximum_iterations=3, output_time_major=True)
    assert outputs.rnn_output.shape.as_list()[1:] == [1, 7]
    values, found = run([outputs.rnn_output, lengths])
    assert values.shape == (3, 1, 7) and found.tolist() == [3]


def walk():
    """A table of embeddings, and a cell whose logits depend on the last token alone."""
    table = rng().uniform(-3, 3, (5, 5)).astype(np.float32)

    class Markov(tf.nn.rnn_cell.RNNCell):
        state_size = property(lambda self: 1)
        output_size = property(lambda self: 5)

        def call(self, inputs, state):
            return inputs, state + 1.0

    return table, Markov()


def test_greedy_helper_feeds_the_likeliest_class():
    table, cell = walk()
    helper = S.GreedyEmbeddingHelper(tf.constant(table), tf.constant([0, 3, 2]), 4)
    outputs, _, lengths = S.dynamic_decode(S.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32)), maximum_iterations=6)
    ids, found = run([outputs.sample_id, lengths])
    for row, start, length in zip(ids, (0, 3, 2), found, strict=True):
        token = start
        for t in range(length):
            token = table[token].argmax()
            assert row[t] == token
        assert token == 4 or length == 6


def test_sampling_at_a_low_temperature_is_greedy_and_at_a_high_one_is_not():
    table, cell = walk()

    def sampled(helper):
        return S.dynamic_decode(S.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32)), maximum_iterations=6)[0].sample_id

    start, embedding = tf.constant([0, 3, 2]), tf.constant(table)
    greedy = S.GreedyEmbeddingHelper(embedding, start, -1)
    cold = S.SampleEmbeddingHelper(embedding, start, -1, softmax_temperature=1e-3, seed=1)
    hot = S.SampleEmbeddingHelper(lambda ids: tf.nn.embedding_lookup(embedding, ids), start, -1, softmax_temperature=1e3, seed=1)
    a, b, c = run([sampled(greedy), sampled(cold), sampled(hot)])
    assert a.tolist() == b.tolist()
    assert a.tolist() != c.tolist() and c.min() >= 0 and c.max() <= 4


def test_helpers_of_functions_decode_as_the_greedy_helper():
    table, cell = walk()
    start, embedding = tf.constant([0, 3, 2]), tf.constant(table)

    def decoded(helper):
        return S.dynamic_decode(S.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32)), maximum_iterations=6)[0].sample_id

    def pick(outputs):
        return tf.argmax(outputs, -1, output_type=tf.int32)

    def embed(ids):
        return tf.nn.embedding_lookup(embedding, ids)

    custom = S.CustomHelper(
        lambda: (tf.zeros([3], tf.bool), embed(start)),
        lambda time, outputs, state: pick(outputs),
        lambda time, outputs, state, sample_ids: (tf.equal(sample_ids, 4), embed(sample_ids), state),
    )
    inference = S.InferenceHelper(pick, [], tf.int32, embed(start), lambda ids: tf.equal(ids, 4), embed)
    a, b, c = run([decoded(S.GreedyEmbeddingHelper(embedding, start, 4)), decoded(custom), decoded(inference)])
    assert a.tolist() == b.tolist() == c.tolist()


def test_scheduled_sampling_feeds_given_inputs_or_samples():
    table, cell = walk()
    given = tf.constant(rng().uniform(-1, 1, (3, 4, 5)).astype(np.float32))

    def decoded(probability):
        helper = S.ScheduledEmbeddingTrainingHelper(given, [4, 4, 2], tf.constant(table * 50), probability, seed=1, scheduling_seed=2)
        return S.dynamic_decode(S.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32)))[0]

    teacher, free = decoded(0.0), decoded(1.0)
    outputs, ids, logits, samples = run([teacher.rnn_output, teacher.sample_id, free.rnn_output, free.sample_id])
    close(outputs[:2], run(given)[:2])
    assert (ids == -1).all()
    assert samples.min() >= 0
    for t in range(1, 4):
        close(logits[:2, t], (table * 50)[samples[:2, t - 1]])


def test_hardmax_is_one_at_the_largest():
    assert run(S.hardmax([[1.0, 3.0, 2.0], [5.0, -1.0, 0.0]])).tolist() == [[0, 1, 0], [1, 0, 0]]


def enumerated(table, start, end, steps, count, length_penalty):
    """All sequences of at most `steps` tokens that end with the end token or are full, with their scores, best first."""
    log_p, found = np.log(softmax(table.astype(np.float64))), []
    for tokens in itertools.product(range(5), repeat=steps):
        ended = [i for i, token in enumerate(tokens) if token == end]
        length = ended[0] + 1 if ended else steps
        if any(token != end for token in tokens[length:]):
            continue
        path = (start, *tokens[:length])
        # The step that adds the end token does not count it; the steps after it do.
        counted = length - 1 if ended and length == steps else length
        score = sum(log_p[a, b] for a, b in itertools.pairwise(path)) / ((5 + counted) / 6) ** length_penalty
        found.append((score, tokens))
    return sorted(found, reverse=True)[:count]


@pytest.mark.parametrize("length_penalty", [0.0, 0.8])
def test_a_wide_beam_finds_the_best_of_all_sequences(length_penalty):
    table, cell = walk()
    width, steps, end = 60, 3, 4
    start = tf.constant([0, 2])
    decoder = S.BeamSearchDecoder(
        cell,
        tf.constant(table),
        start,
        end,
        S.tile_batch(cell.zero_state(2, tf.float32), width),
        width,
        length_penalty_weight=length_penalty,
    )
    outputs, state, _ = S.dynamic_decode(decoder, maximum_iterations=steps)
    assert outputs.predicted_ids.shape.as_list() == [2, None, width]
    ids, scores = run([outputs.predicted_ids, outputs.beam_search_decoder_output.scores])
    for batch, first in enumerate((0, 2)):
        best = enumerated(table, first, end, steps, 10, length_penalty)
        assert [tuple(row) for row in ids[batch].T[:10]] == [tokens for _, tokens in best]
        close(scores[batch, -1, :10], [score for score, _ in best])


def test_a_single_beam_is_greedy():
    table, cell = walk()
    start, embedding = tf.constant([0, 3, 2]), tf.constant(table)
    beams = S.BeamSearchDecoder(cell, embedding, start, 4, cell.zero_state(3, tf.float32), 1)
    greedy = S.BasicDecoder(cell, S.GreedyEmbeddingHelper(embedding, start, 4), cell.zero_state(3, tf.float32))
    a, _, lengths = S.dynamic_decode(beams, maximum_iterations=5)
    b, _, _ = S.dynamic_decode(greedy, maximum_iterations=5)
    one, two, n = run([a.predicted_ids, b.sample_id, lengths])
    for row, other, length in zip(one[:, :, 0], two, n[:, 0], strict=True):
        assert row[:length].tolist() == other[:length].tolist()


def attended(kind, **settings):
    """A mechanism over a memory of known values, the query, and the alignments it gives."""
    memory = rng().uniform(-1, 1, (2, 3, 4)).astype(np.float32)
    query = rng().uniform(-1, 1, (2, 5)).astype(np.float32)
    mechanism = kind(5, tf.constant(memory), memory_sequence_length=[3, 2], **settings)
    alignments, _ = mechanism(tf.constant(query), mechanism.initial_state(2, tf.float32))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        variables = {v.op.name: session.run(v) for v in tf.global_variables()}
        return memory * np.array([1, 1, 1, 1, 1, 0]).reshape(2, 3, 1), query, session.run(alignments), variables


def masked_softmax(score):
    score[1, 2] = -np.inf
    return softmax(score)


@pytest.mark.parametrize("scale", [False, True])
def test_luong_attention(scale):
    memory, query, alignments, v = attended(S.LuongAttention, scale=scale)
    assert set(v) == {"memory_layer/kernel"} | ({"luong_attention/attention_g"} if scale else set())
    close(alignments, masked_softmax(np.einsum("btk,bk->bt", memory @ v["memory_layer/kernel"], query)))


@pytest.mark.parametrize("normalize", [False, True])
def test_bahdanau_attention(normalize):
    memory, query, alignments, v = attended(S.BahdanauAttention, normalize=normalize)
    weights, bias = v["bahdanau_attention/attention_v"], 0.0
    if normalize:
        weights = v["bahdanau_attention/attention_g"] * weights / np.sqrt((weights**2).sum())
        bias = v["bahdanau_attention/attention_b"]
    keys, asked = memory @ v["memory_layer/kernel"], query @ v["bahdanau_attention/query_layer/kernel"]
    close(alignments, masked_softmax((weights * np.tanh(keys + asked[:, None] + bias)).sum(-1)))


def test_attention_wrapper_feeds_the_attention_back():
    r = rng()
    memory, x = r.uniform(-1, 1, (2, 3, 4)).astype(np.float32), r.uniform(-1, 1, (2, 2, 3)).astype(np.float32)
    cell = S.AttentionWrapper(
        tf.nn.rnn_cell.BasicRNNCell(4), S.LuongAttention(4, tf.constant(memory)), attention_layer_size=5, alignment_history=True
    )
    assert cell.output_size == 5
    state = cell.zero_state(2, tf.float32)
    outputs = []
    for t in range(2):
        output, state = cell(tf.constant(x[:, t]), state)
        outputs.append(output)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        v = {v.op.name: session.run(v) for v in tf.global_variables()}
        got, history, time = session.run([outputs, state.alignment_history.stack(), state.time])
    assert time == 2 and history.shape == (2, 2, 3)
    attention, h = np.zeros((2, 5)), np.zeros((2, 4))
    scope = "attention_wrapper/"
    for t in range(2):
        joined = np.concatenate([x[:, t], attention, h], 1)
        h = np.tanh(joined @ v[scope + "basic_rnn_cell/kernel"] + v[scope + "basic_rnn_cell/bias"])
        align = softmax(np.einsum("btk,bk->bt", memory @ v["memory_layer/kernel"], h))
        context = np.einsum("bt,btk->bk", align, memory)
        attention = np.concatenate([h, context], 1) @ v[scope + "attention_layer/kernel"]
        close(history[t], align)
        close(got[t], attention)


def test_beam_search_with_attention_reorders_the_history():
    memory = tf.constant(rng().uniform(-1, 1, (2, 3, 4)).astype(np.float32))
    width = 4
    cell = S.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), S.BahdanauAttention(4, S.tile_batch(memory, width)), alignment_history=True)
    decoder = S.BeamSearchDecoder(
        cell,
        tf.get_variable("table", [6, 3]),
        tf.constant([0, 1]),
        5,
        cell.zero_state(2 * width, tf.float32),
        width,
        output_layer=tf.layers.Dense(6),
        coverage_penalty_weight=0.2,
    )
    outputs, state, _ = S.dynamic_decode(decoder, maximum_iterations=4)
    ids, history, log_probs = run([outputs.predicted_ids, state.cell_state.alignment_history, state.log_probs])
    assert ids.shape == (2, 4, width) and history.shape == (4, 2, width, 3)
    close(history.sum(-1), np.ones((4, 2, width)))
    assert np.isfinite(log_probs).all()


def test_embedding_attention_seq2seq_names_its_variables_as_tensorflow_and_learns():
    source = [tf.placeholder(tf.int32, [None]) for _ in range(3)]
    target = [tf.placeholder(tf.int32, [None]) for _ in range(4)]
    fed_back = tf.placeholder(tf.bool, [])
    outputs, _ = L.embedding_attention_seq2seq(source, target[:3], tf.nn.rnn_cell.GRUCell(8), 5, 6, 4, feed_previous=fed_back)
    weights = [tf.ones_like(t, dtype=tf.float32) for t in target[1:]]
    loss = L.sequence_loss(outputs, target[1:], weights)
    scope = "embedding_attention_seq2seq/"
    decoder = scope + "embedding_attention_decoder/"
    inner = decoder + "attention_decoder/"
    assert {v.op.name: v.shape.as_list() for v in tf.trainable_variables()} == {
        scope + "rnn/embedding_wrapper/embedding": [5, 4],
        scope + "rnn/embedding_wrapper/gru_cell/gates/kernel": [12, 16],
        scope + "rnn/embedding_wrapper/gru_cell/gates/bias": [16],
        scope + "rnn/embedding_wrapper/gru_cell/candidate/kernel": [12, 8],
        scope + "rnn/embedding_wrapper/gru_cell/candidate/bias": [8],
        decoder + "embedding": [6, 4],
        inner + "AttnW_0": [1, 1, 8, 8],
        inner + "AttnV_0": [8],
        inner + "kernel": [12, 4],
        inner + "bias": [4],
        inner + "output_projection_wrapper/gru_cell/gates/kernel": [12, 16],
        inner + "output_projection_wrapper/gru_cell/gates/bias": [16],
        inner + "output_projection_wrapper/gru_cell/candidate/kernel": [12, 8],
        inner + "output_projection_wrapper/gru_cell/candidate/bias": [8],
        inner + "output_projection_wrapper/kernel": [8, 6],
        inner + "output_projection_wrapper/bias": [6],
        inner + "Attention_0/kernel": [8, 8],
        inner + "Attention_0/bias": [8],
        inner + "AttnOutputProjection/kernel": [14, 6],
        inner + "AttnOutputProjection/bias": [6],
    }
    train = tf.train.AdamOptimizer(0.05).minimize(loss)
    r = rng()
    ids = r.randint(0, 5, (16, 3))
    feed = {
        **{source[t]: ids[:, t] for t in range(3)},
        target[0]: np.full(16, 5),
        **{target[1 + t]: ids[:, 2 - t] for t in range(3)},
        fed_back: False,
    }
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss, feed)
        for _ in range(60):
            session.run(train, feed)
        assert session.run(loss, feed) < first / 3
        ran_free = session.run(outputs, {**feed, fed_back: True})
    assert np.isfinite(ran_free).all()


def test_basic_and_embedding_rnn_seq2seq_unroll():
    inputs = [tf.constant(rng().uniform(-1, 1, (2, 3)).astype(np.float32)) for _ in range(2)]
    outputs, state = L.basic_rnn_seq2seq(inputs, inputs, tf.nn.rnn_cell.GRUCell(4))
    assert len(outputs) == 2 and outputs[1] is state
    ids = [tf.constant([1, 2]) for _ in range(3)]
    named, _ = L.embedding_rnn_seq2seq(ids, ids, tf.nn.rnn_cell.BasicLSTMCell(4), 5, 7, 3, feed_previous=True)
    assert [o.shape.as_list() for o in named] == [[2, 7]] * 3
    assert "embedding_rnn_seq2seq/embedding_rnn_decoder/rnn_decoder/output_projection_wrapper/basic_lstm_cell/kernel" in {
        v.op.name for v in tf.trainable_variables()
    }
    assert np.isfinite(run(named)).all()


def test_buckets_share_their_variables():
    source = [tf.constant([1, 2]) for _ in range(3)]
    targets = [tf.constant([0, 3]) for _ in range(4)]
    weights = [tf.ones([2]) for _ in range(4)]

    def model(encoder, decoder):
        return L.embedding_rnn_seq2seq(encoder, decoder, tf.nn.rnn_cell.GRUCell(4), 5, 5, 3)

    outputs, losses = L.model_with_buckets(source, targets, targets, weights, [(2, 2), (3, 4)], model)
    assert [len(found) for found in outputs] == [2, 4]
    assert len(tf.trainable_variables()) == 12
    assert np.isfinite(run(losses)).all()
    with pytest.raises(ValueError, match=r"Length of encoder_inputs \(3\) must be at least that of last bucket \(4\)"):
        L.model_with_buckets(source, targets, targets, weights, [(4, 4)], model)


def test_a_tied_model_has_one_set_of_variables():
    inputs = [tf.constant(rng().uniform(-1, 1, (2, 3)).astype(np.float32)) for _ in range(2)]
    outputs, state = L.tied_rnn_seq2seq(inputs, inputs, tf.nn.rnn_cell.GRUCell(4))
    assert len(tf.trainable_variables()) == 4 and len(outputs) == 2
    whole, _ = tf.nn.static_rnn(tf.nn.rnn_cell.GRUCell(4), inputs * 2, dtype=tf.float32, scope="whole")
    copies = [tf.assign(new, old) for old, new in zip(tf.trainable_variables()[:4], tf.trainable_variables()[4:], strict=True)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(copies)
        close(*session.run([outputs[-1], whole[-1]]))
