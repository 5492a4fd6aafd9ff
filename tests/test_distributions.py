"""tf.distributions: probabilities, entropies and divergences by their formulas in float64; draws by seed and by their moments."""

import graphpb as tf
import numpy as np
import pytest

D = tf.distributions


def run(*tensors):
    with tf.Session() as session:
        return session.run(list(tensors))


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_normal():
    loc, scale, x = np.array([0.0, 1.5]), np.array([1.0, 0.5]), np.array([0.3, 2.0])
    n, other = D.Normal(loc, scale), D.Normal(loc + 0.5, 2 * scale)
    log_prob, prob, entropy, mean, variance, kl, cdf = run(
        n.log_prob(x), n.prob(x), n.entropy(), n.mean(), n.variance(), D.kl_divergence(n, other), n.cdf(np.array([0.0, 1.5]))
    )
    expected = -((x - loc) ** 2) / (2 * scale**2) - np.log(scale * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(log_prob, expected, rtol=1e-12)
    np.testing.assert_allclose(prob, np.exp(expected), rtol=1e-12)
    np.testing.assert_allclose(entropy, 0.5 * np.log(2 * np.pi * np.e * scale**2), rtol=1e-12)
    assert mean.tolist() == loc.tolist() and variance.tolist() == (scale**2).tolist()
    np.testing.assert_allclose(kl, np.log(2) + (scale**2 + 0.25) / (2 * 4 * scale**2) - 0.5, rtol=1e-12)
    np.testing.assert_allclose(cdf, [0.5, 0.5], rtol=1e-12)


def test_normal_draws_have_its_moments():
    n = D.Normal([1.0, -2.0], [0.5, 3.0])
    drawn = n.sample([20000], seed=3)
    assert drawn.shape.as_list()[1:] == [2]
    (values,) = run(drawn)
    np.testing.assert_allclose(values.mean(0), [1.0, -2.0], atol=0.1)
    np.testing.assert_allclose(values.std(0), [0.5, 3.0], rtol=0.05)
    slope = tf.gradients(drawn, n.loc)[0]
    assert run(slope)[0].tolist() == [20000.0, 20000.0]


def test_categorical():
    logits = np.array([[0.1, 1.2, -0.3], [2.0, 0.0, 0.5]])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    c = D.Categorical(logits=logits)
    q = D.Categorical(probs=p[::-1].copy())
    log_prob, entropy, mode, kl, probs, same = run(c.log_prob([1, 2]), c.entropy(), c.mode(), D.kl_divergence(c, q), c.probs, c.log_prob(1))
    np.testing.assert_allclose(log_prob, np.log([p[0, 1], p[1, 2]]), rtol=1e-12)
    np.testing.assert_allclose(entropy, -(p * np.log(p)).sum(1), rtol=1e-12)
    assert mode.tolist() == [1, 0]
    np.testing.assert_allclose(kl, (p * np.log(p / p[::-1])).sum(1), rtol=1e-12)
    np.testing.assert_allclose(probs, p, rtol=1e-12)
    np.testing.assert_allclose(same, np.log(p[:, 1]), rtol=1e-12)


def test_categorical_draws_have_its_frequencies():
    p = np.array([0.2, 0.5, 0.3])
    c = D.Categorical(probs=p.astype(np.float32))
    many, one, pairs = run(c.sample(20000, seed=1), c.sample(), D.Categorical(logits=np.zeros([4, 2], np.float32)).sample([3, 5]))
    np.testing.assert_allclose(np.bincount(many, minlength=3) / 20000, p, atol=0.02)
    assert one.shape == () and one.dtype == np.int32 and pairs.shape == (3, 5, 4)


def test_bernoulli_and_uniform():
    b = D.Bernoulli(probs=[0.25, 0.5])
    log_prob, entropy, mean, drawn = run(b.log_prob([1, 0]), b.entropy(), b.mean(), b.sample(8000, seed=2))
    np.testing.assert_allclose(log_prob, np.log([0.25, 0.5]), rtol=1e-5)
    np.testing.assert_allclose(entropy, [-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)), np.log(2)], rtol=1e-5)
    np.testing.assert_allclose(drawn.mean(0), mean, atol=0.03)
    u = D.Uniform(-1.0, 3.0)
    prob, outside, sample = run(u.prob(0.5), u.prob(4.0), u.sample(5000, seed=1))
    assert prob == 0.25 and outside == 0.0 and sample.min() >= -1 and sample.max() < 3 and abs(sample.mean() - 1) < 0.1


def test_errors():
    with pytest.raises(ValueError, match="Must pass probs or logits, but not both"):
        D.Categorical(logits=[0.0], probs=[1.0])
    with pytest.raises(NotImplementedError, match="No KL"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Categorical(probs=[1.0]))
    assert not hasattr(D, "Wishart")
