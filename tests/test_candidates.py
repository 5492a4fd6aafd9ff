"""Samplers of classes by how often they occur; the numbers are TensorFlow 2.21's."""

import graphpb as tf
import numpy as np
import pytest


def test_learned_unigrams_count_the_true_classes_of_every_run():
    sampler = tf.nn.learned_unigram_candidate_sampler(tf.constant([[1], [1], [3]], tf.int64), 1, 6, False, 5, seed=4)
    with tf.Session() as session:
        runs = [session.run(sampler) for _ in range(3)]
    assert [r.sampled_candidates.tolist() for r in runs] == [[0, 4, 3, 3, 0, 3], [2, 1, 2, 0, 3, 1], [3, 4, 1, 4, 1, 0]]
    expected = [r.true_expected_count.ravel() for r in runs]
    np.testing.assert_allclose(expected, [[6 * (1 + 2 * k) / (5 + 3 * k)] * 2 + [6 * (1 + k) / (5 + 3 * k)] for k in range(3)], rtol=1e-6)


def test_fixed_unigrams_come_from_a_list_or_a_file(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("a,5\nb,1\n\nc,0.5\nd,x,20\n")
    true = tf.constant([[3]], tf.int64)
    given = tf.nn.fixed_unigram_candidate_sampler(true, 1, 8, False, 5, num_reserved_ids=1, unigrams=[5, 1, 0.5, 20], distortion=0.5, seed=2)
    read = tf.nn.fixed_unigram_candidate_sampler(true, 1, 8, False, 5, num_reserved_ids=1, vocab_file=str(path), distortion=0.5, seed=2)
    with tf.Session() as session:
        a, b = session.run([given, read])
    for x, y in zip(a, b):
        np.testing.assert_array_equal(x, y)
    assert a.sampled_candidates.tolist() == [1, 2, 4, 2, 1, 4, 4, 2] and 0 not in a.sampled_candidates
    np.testing.assert_allclose(a.true_expected_count, [[8 * 0.5**0.5 / sum(v**0.5 for v in (5, 1, 0.5, 20))]], rtol=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "Must provide either vocab_file or unigrams"),
        ({"unigrams": [1.0], "vocab_file": "x"}, "Must only provide one of vocab_file and unigrams"),
        ({"unigrams": [1.0, 2.0]}, "range is 5 must be equal to weights size"),
    ],
)
def test_fixed_unigrams_that_do_not_fit_are_refused(arguments, message):
    sampler = tf.nn.fixed_unigram_candidate_sampler(tf.constant([[3]], tf.int64), 1, 2, False, 5, **arguments)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(sampler)
