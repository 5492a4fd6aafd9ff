"""Random tensors and their seeds: Philox streams given by a graph seed and an op seed, as TensorFlow's."""

import collections
import weakref

import numpy as np

from graphpb import dtypes
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import get_default_graph
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import broadcast_to, slice
from graphpb.ops.checks import Assert
from graphpb.ops.dependencies import with_dependencies
from graphpb.ops.math import add, multiply
from graphpb.ops.reduce import reduce_all
from graphpb.ops.shape import broadcast_dynamic_shape, shape
from graphpb.shapes import dimension_value

DEFAULT_GRAPH_SEED = 87654321
"""The graph seed of ops that are given a seed in a graph without one."""

_MODULUS = 2**31 - 1

_unseeded_ops = weakref.WeakKeyDictionary()
"""How many ops without a seed of their own each seeded graph has given one to."""


def set_random_seed(seed):
    """Set the seed of the default graph; ops that are made afterwards use it.

    Args:
      seed: Integer, or None to draw anew in every session.
    """
    graph = get_default_graph()
    (graph.root if graph.building_function else graph).seed = seed


def get_seed(op_seed):
    """Return the pair of seeds of an op that is being made.

    | graph seed | op seed | pair |
    |---|---|---|
    | None | None | (None, None): drawn when the kernel is made |
    | None | s | (87654321, s) |
    | g | s | (g, s) |
    | g | None | (g, k), k counting such ops of the graph |

    Args:
      op_seed: Integer or None.
    """
    graph = get_default_graph()
    graph = graph.root if graph.building_function else graph
    if graph.seed is None and op_seed is None:
        return None, None
    if op_seed is None:
        op_seed = _unseeded_ops.get(graph, 0)
        _unseeded_ops[graph] = op_seed + 1
    graph_seed = DEFAULT_GRAPH_SEED if graph.seed is None else graph.seed
    pair = graph_seed % _MODULUS, op_seed % _MODULUS
    return (0, _MODULUS) if pair == (0, 0) else pair


def _seeds(op_seed):
    first, second = get_seed(op_seed)
    return {"seed": first or 0, "seed2": second or 0}


def _shape_tensor(size):
    if isinstance(size, (list, tuple)):
        if not size:
            return convert_to_tensor(size, dtype=dtypes.int32, name="shape")
        size = tuple(dimension_value(d) for d in size)
    return convert_to_tensor(size, name="shape")


def random_uniform(shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None):
    """Draw from the uniform distribution on [minval, maxval).

    Args:
      shape: Integers, or int32 or int64 [rank].
      minval: Scalar, included.
      maxval: Scalar, excluded; default 1 for floats.
      dtype: float16, bfloat16, float32, float64, int32 or int64.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope and name of the nodes; default `random_uniform`.

    Raises:
      ValueError: Another dtype, or integers without `maxval`.
    """
    dtype = dtypes.as_dtype(dtype)
    accepted = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64)
    if dtype not in accepted:
        raise ValueError(f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are {accepted}.")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as name:
        size = _shape_tensor(shape)
        from_zero = isinstance(minval, int) and minval == 0
        to_one = isinstance(maxval, int) and maxval == 1
        if not (from_zero and to_one) or dtype.is_integer:
            minval = convert_to_tensor(minval, dtype=dtype, name="min")
            maxval = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            return raw.RandomUniformInt(shape=size, minval=minval, maxval=maxval, name=name, **_seeds(seed))
        drawn = raw.RandomUniform(shape=size, dtype=dtype, **_seeds(seed))
        if not from_zero:
            return add(drawn * (maxval - minval), minval, name=name)
        return drawn if to_one else multiply(drawn, maxval)


def _scaled(make, scope, shape, mean, stddev, dtype, seed, name):
    with name_scope(name, scope, [shape, mean, stddev]) as name:
        size = _shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = make(shape=size, dtype=dtype, **_seeds(seed))
        return add(drawn * stddev, mean, name=name)


def random_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Draw from the normal distribution.

    Args:
      shape: Integers, or int32 or int64 [rank].
      mean: Scalar, or a tensor that broadcasts.
      stddev: Scalar, or a tensor that broadcasts.
      dtype: float16, bfloat16, float32 or float64.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope and name of the nodes; default `random_normal`.
    """
    return _scaled(raw.RandomStandardNormal, "random_normal", shape, mean, stddev, dtype, seed, name)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Draw from the normal distribution, anew whenever a value is two standard deviations or more away; arguments as `random_normal`."""
    return _scaled(raw.TruncatedNormal, "truncated_normal", shape, mean, stddev, dtype, seed, name)


def random_shuffle(value, seed=None, name=None):
    """Permute a tensor along its first axis."""
    return raw.RandomShuffle(value=value, name=name, **_seeds(seed))


def random_crop(value, size, seed=None, name=None):
    """Cut a block of a size at a random place.

    Args:
      value: any type [...].
      size: int32 [rank], at most the shape of `value`.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope of the nodes; default `random_crop`.
    """
    with name_scope(name, "random_crop", [value, size]) as name:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        whole = shape(value)
        fits = Assert(reduce_all(whole >= size), ["Need value.shape >= size, got ", whole, size], summarize=1000)
        whole = with_dependencies([fits], whole)
        room = whole - size + 1
        start = random_uniform(shape(whole), dtype=size.dtype, maxval=size.dtype.max, seed=seed) % room
        return slice(value, start, size, name=name)


def _drawn_classes(scope, logits, num_samples, dtype, seed, name):
    with name_scope(name, scope, [logits]):
        logits = convert_to_tensor(logits, name="logits")
        dtype = dtypes.as_dtype(dtype) if dtype else dtypes.int64
        if dtype not in (dtypes.int32, dtypes.int64):
            raise ValueError(f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are {(dtypes.int32, dtypes.int64)}.")
        return raw.Multinomial(logits=logits, num_samples=num_samples, output_dtype=dtype, **_seeds(seed))


def multinomial(logits, num_samples, seed=None, name=None, output_dtype=None):
    """Draw classes with probabilities softmax(logits).

    Args:
      logits: float [batch, classes].
      num_samples: Integer scalar.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope of the node; default `multinomial`.
      output_dtype: int32 or int64, the default.

    Returns:
      A tensor [batch, num_samples].
    """
    return _drawn_classes("multinomial", logits, num_samples, output_dtype, seed, name)


def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    """Draw classes as `multinomial`, under the scope `categorical`."""
    return _drawn_classes("categorical", logits, num_samples, dtype, seed, name)


def random_gamma(shape, alpha, beta=None, dtype=dtypes.float32, seed=None, name=None):
    """Draw from gamma distributions.

    Args:
      shape: Integers, the shape of the draws for each parameter.
      alpha: float [...], the shape parameters.
      beta: float [...], the inverse scales; default 1.
      dtype: float16, float32 or float64.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope of the nodes; default `random_gamma`.

    Returns:
      A tensor of `shape` followed by the parameters' common shape.
    """
    from graphpb.ops.shape import shape as shape_of

    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        size = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        common = broadcast_dynamic_shape(shape_of(alpha), shape_of(beta))
        spread = broadcast_to(alpha, common)
        drawn = raw.RandomGamma(shape=size, alpha=spread, **_seeds(seed)) / beta
        return raw.Maximum(x=np.finfo(alpha.dtype.as_numpy_dtype).tiny, y=drawn)


def random_poisson(lam, shape, dtype=dtypes.float32, seed=None, name=None):
    """Draw from Poisson distributions.

    Args:
      lam: float [...], the rates.
      shape: Integers, the shape of the draws for each rate.
      dtype: dtype of the counts.
      seed: Integer, see `tf.set_random_seed`.
      name: Scope of the nodes; default `random_poisson`.
    """
    with name_scope(name, "random_poisson", [lam, shape]):
        size = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        return raw.RandomPoissonV2(shape=size, rate=lam, dtype=dtype, **_seeds(seed))


def _sampler(op):
    result = collections.namedtuple(op, ["sampled_candidates", "true_expected_count", "sampled_expected_count"])

    def function(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
        drawn = raw.apply_op(
            op, name=name, true_classes=true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, range_max=range_max, **_seeds(seed)
        )
        return result(*drawn)

    return function


uniform_candidate_sampler = _sampler("UniformCandidateSampler")
uniform_candidate_sampler.__doc__ = """Draw classes uniformly.

    Args:
      true_classes: int64 [batch, num_true].
      num_true, num_sampled: Python integers.
      unique: Draw every class at most once.
      range_max: The number of classes.
      seed: Integer, see `tf.set_random_seed`.
      name: Name of the node; default `UniformCandidateSampler`.

    Returns:
      (sampled_candidates int64 [num_sampled], true_expected_count float32 [batch, num_true], sampled_expected_count float32 [num_sampled]).
    """
log_uniform_candidate_sampler = _sampler("LogUniformCandidateSampler")
log_uniform_candidate_sampler.__doc__ = (
    """Draw classes with probability log((k+2)/(k+1)) / log(range_max+1); arguments and results as `uniform_candidate_sampler`."""
)


learned_unigram_candidate_sampler = _sampler("LearnedUnigramCandidateSampler")
learned_unigram_candidate_sampler.__doc__ = """Draw classes in proportion to one more than how often the node has seen each as a true one; arguments and results as `uniform_candidate_sampler`."""


def fixed_unigram_candidate_sampler(
    true_classes,
    num_true,
    num_sampled,
    unique,
    range_max,
    vocab_file="",
    distortion=1.0,
    num_reserved_ids=0,
    num_shards=1,
    shard=0,
    unigrams=(),
    seed=None,
    name=None,
):
    """Draw classes in proportion to given counts; results as `uniform_candidate_sampler`.

    Args:
      true_classes: int64 [batch, num_true].
      num_true, num_sampled, unique, range_max: As for `uniform_candidate_sampler`.
      vocab_file: Name of a file whose lines end in the count of a class, after a comma.
      distortion: Float, the power that the counts are raised to.
      num_reserved_ids: Integer, the number of classes before the first count, which are never drawn.
      num_shards, shard: Integers; only classes whose number leaves the remainder `shard` are kept.
      unigrams: List of counts, in place of `vocab_file`.
      seed: Integer, see `tf.set_random_seed`.
      name: Name of the node; default `FixedUnigramCandidateSampler`.
    """
    result = collections.namedtuple("FixedUnigramCandidateSampler", ["sampled_candidates", "true_expected_count", "sampled_expected_count"])
    drawn = raw.FixedUnigramCandidateSampler(
        true_classes=true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=list(unigrams),
        name=name,
        **_seeds(seed),
    )
    return result(*drawn)


def all_candidate_sampler(true_classes, num_true, num_sampled, unique, seed=None, name=None):
    """Take all classes below `num_sampled`; results as `uniform_candidate_sampler`."""
    return tuple(
        raw.AllCandidateSampler(true_classes=true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, name=name, **_seeds(seed))
    )


def compute_accidental_hits(true_classes, sampled_candidates, num_true, seed=None, name=None):
    """Find sampled classes that are true ones: (row, place in the sample, weight -max) of each."""
    return tuple(
        raw.ComputeAccidentalHits(true_classes=true_classes, sampled_candidates=sampled_candidates, num_true=num_true, name=name, **_seeds(seed))
    )


_AUTO_SELECT = 3
"""The number of the generator that the device chooses."""


def _key_and_counter(seed):
    key, counter = raw.StatelessRandomGetKeyCounter(seed=seed)
    return {"key": key, "counter": counter, "alg": _AUTO_SELECT}


def stateless_random_uniform(shape, seed, minval=0, maxval=None, dtype=dtypes.float32, name=None, alg="auto_select"):
    """Draw from the uniform distribution on [minval, maxval), the same numbers for the same seed.

    Args:
      shape: Integers, or int32 or int64 [rank].
      seed: int32 or int64 [2].
      minval: Scalar, included; None with `maxval` None for all integers.
      maxval: Scalar, excluded; default 1 for floats.
      dtype: float16, bfloat16, float32, float64, int32, int64, or uint32 or uint64 without bounds.
      name: Scope and name of the nodes; default `stateless_random_uniform`.
      alg: "auto_select" or "philox", which are the same here.

    Raises:
      ValueError: Another dtype or algorithm, or one bound of integers without the other.
    """
    _check_algorithm(alg)
    dtype = dtypes.as_dtype(dtype)
    floats = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)
    accepted = (*floats, dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64)
    if dtype not in accepted:
        raise ValueError(f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are {accepted}.")
    if dtype in floats:
        maxval = 1 if maxval is None else maxval
    elif (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype}, argument `minval` and `maxval` must be both None or not None. "
            f"Got `minval`={minval} and `maxval`={maxval}."
        )
    elif minval is not None and dtype in (dtypes.uint32, dtypes.uint64):
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype} when argument `minval` is not None. Please don't use unsigned integers in this case."
        )
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as name:
        size = _shape_tensor(shape)
        if dtype not in floats and minval is None:
            return raw.StatelessRandomUniformFullIntV2(shape=size, dtype=dtype, name=name, **_key_and_counter(seed))
        minval = convert_to_tensor(minval, dtype=dtype, name="min")
        maxval = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype not in floats:
            return raw.StatelessRandomUniformIntV2(shape=size, minval=minval, maxval=maxval, name=name, **_key_and_counter(seed))
        drawn = raw.StatelessRandomUniformV2(shape=size, dtype=dtype, **_key_and_counter(seed))
        return add(drawn * (maxval - minval), minval, name=name)


def _check_algorithm(alg):
    if alg not in ("auto_select", "philox", None, 1, _AUTO_SELECT):
        raise ValueError(f"Argument `alg` got unsupported value {alg}. Supported values are 'philox' and 'auto_select'.")


def _stateless_scaled(op, scope, shape, seed, mean, stddev, dtype, name, alg):
    _check_algorithm(alg)
    with name_scope(name, scope, [shape, seed, mean, stddev]) as name:
        size = _shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = op(shape=size, dtype=dtype, **_key_and_counter(seed))
        return add(drawn * stddev, mean, name=name)


def stateless_random_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None, alg="auto_select"):
    """Draw from the normal distribution, the same numbers for the same seed int32 or int64 [2]; other arguments as `random_normal`."""
    return _stateless_scaled(raw.StatelessRandomNormalV2, "stateless_random_normal", shape, seed, mean, stddev, dtype, name, alg)


def stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None, alg="auto_select"):
    """Draw as `truncated_normal`, the same numbers for the same seed int32 or int64 [2]."""
    return _stateless_scaled(raw.StatelessTruncatedNormalV2, "stateless_truncated_normal", shape, seed, mean, stddev, dtype, name, alg)


def stateless_random_gamma(shape, seed, alpha, beta=None, dtype=dtypes.float32, name=None):
    """Draw from gamma distributions, the same numbers for the same seed.

    Args:
      shape: Integers, the whole shape of the result; it ends with the parameters' common shape.
      seed: int32 or int64 [2].
      alpha: float [...], the shape parameters.
      beta: float [...], the inverse scales; default 1.
      dtype: float16, float32 or float64.
      name: Scope of the nodes; default `stateless_random_gamma`.
    """
    from graphpb.ops.shape import shape as shape_of

    with name_scope(name, "stateless_random_gamma", [shape, seed, alpha, beta]):
        size = _shape_tensor(shape)
        alpha = convert_to_tensor(alpha, dtype=dtype, name="alpha")
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        spread = broadcast_to(alpha, broadcast_dynamic_shape(shape_of(alpha), shape_of(beta)))
        drawn = raw.StatelessRandomGammaV3(shape=size, alpha=spread, **_key_and_counter(seed))
        return raw.Maximum(x=np.finfo(alpha.dtype.as_numpy_dtype).tiny, y=drawn / beta)


def stateless_random_poisson(shape, seed, lam, dtype=dtypes.int32, name=None):
    """Draw from Poisson distributions with rates `lam`, the same numbers for the same seed; `shape` ends with that of `lam`."""
    with name_scope(name, "stateless_random_poisson", [shape, seed, lam]):
        return raw.StatelessRandomPoisson(shape=_shape_tensor(shape), seed=seed, lam=lam, dtype=dtype)


def _stateless_classes(scope, logits, num_samples, dtype, seed, name):
    with name_scope(name, scope, [logits, seed]):
        logits = convert_to_tensor(logits, name="logits")
        dtype = dtypes.as_dtype(dtype) if dtype else dtypes.int64
        if dtype not in (dtypes.int32, dtypes.int64):
            raise ValueError(f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are {(dtypes.int32, dtypes.int64)}.")
        return raw.StatelessMultinomial(logits=logits, num_samples=num_samples, seed=seed, output_dtype=dtype)


def stateless_multinomial(logits, num_samples, seed, output_dtype=dtypes.int64, name=None):
    """Draw classes as `multinomial`, the same ones for the same seed int32 or int64 [2]."""
    return _stateless_classes("stateless_multinomial", logits, num_samples, output_dtype, seed, name)


def stateless_categorical(logits, num_samples, seed, dtype=dtypes.int64, name=None):
    """Draw classes as `stateless_multinomial`, under the scope `stateless_categorical`."""
    return _stateless_classes("stateless_categorical", logits, num_samples, dtype, seed, name)
