"""Functions of tf.random, under their newer names."""

from graphpb.ops.random import categorical as categorical
from graphpb.ops.random import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from graphpb.ops.random import get_seed as get_seed
from graphpb.ops.random import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from graphpb.ops.random import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from graphpb.ops.random import multinomial as multinomial
from graphpb.ops.random import random_gamma as gamma  # noqa: F401
from graphpb.ops.random import random_normal as normal  # noqa: F401
from graphpb.ops.random import random_poisson as poisson  # noqa: F401
from graphpb.ops.random import random_shuffle as shuffle  # noqa: F401
from graphpb.ops.random import random_uniform as uniform  # noqa: F401
from graphpb.ops.random import set_random_seed as set_random_seed
from graphpb.ops.random import stateless_categorical as stateless_categorical
from graphpb.ops.random import stateless_multinomial as stateless_multinomial
from graphpb.ops.random import stateless_random_gamma as stateless_gamma  # noqa: F401
from graphpb.ops.random import stateless_random_normal as stateless_normal  # noqa: F401
from graphpb.ops.random import stateless_random_poisson as stateless_poisson  # noqa: F401
from graphpb.ops.random import stateless_random_uniform as stateless_uniform  # noqa: F401
from graphpb.ops.random import stateless_truncated_normal as stateless_truncated_normal
from graphpb.ops.random import truncated_normal as truncated_normal
from graphpb.ops.random import uniform_candidate_sampler as uniform_candidate_sampler


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
