"""Probability distributions: `tf.distributions`."""

from graphpb.distributions.base import Distribution as Distribution
from graphpb.distributions.base import RegisterKL as RegisterKL
from graphpb.distributions.base import kl_divergence as kl_divergence
from graphpb.distributions.discrete import Bernoulli as Bernoulli
from graphpb.distributions.discrete import Categorical as Categorical
from graphpb.distributions.normal import Normal as Normal
from graphpb.distributions.normal import Uniform as Uniform


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
