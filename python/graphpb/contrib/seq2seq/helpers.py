"""Helpers: what a decoder gets as its next input, from given sequences or from its own output."""

from graphpb import dtypes, nest
from graphpb.graph.control import cond
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.tensor_array import TensorArray
from graphpb.nn.embedding import embedding_lookup
from graphpb.ops.array import reshape, tile, where
from graphpb.ops.cast import cast
from graphpb.ops.compare import equal, greater
from graphpb.ops.fill import fill, zeros_like
from graphpb.ops.math import maximum
from graphpb.ops.random import multinomial, random_uniform
from graphpb.ops.reduce import argmax, reduce_all
from graphpb.ops.shape import shape as shape_of
from graphpb.ops.shape import size as size_of
from graphpb.rnn.dynamic import swap_batch_and_time
from graphpb.shapes import TensorShape


class Helper:
    """What `BasicDecoder` asks: `initialize`, `sample` and `next_inputs`."""

    sample_ids_shape = TensorShape([])
    sample_ids_dtype = dtypes.int32

    @property
    def batch_size(self):
        """int32 scalar tensor."""
        raise NotImplementedError("batch_size has not been implemented")

    def initialize(self, name=None):
        """Return (finished bool [batch], first inputs)."""
        raise NotImplementedError("initialize has not been implemented")

    def sample(self, time, outputs, state, name=None):
        """Return what is chosen from the outputs, int32 [batch]."""
        raise NotImplementedError("sample has not been implemented")

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """Return (finished, next inputs, next state)."""
        raise NotImplementedError("next_inputs has not been implemented")


class CustomHelper(Helper):
    """A helper made of three functions.

    Args:
      initialize_fn: () -> (finished, next_inputs).
      sample_fn: (time, outputs, state) -> sample_ids.
      next_inputs_fn: (time, outputs, state, sample_ids) -> (finished, next_inputs, next_state).
      sample_ids_shape: Shape of the ids without batch; default scalars.
      sample_ids_dtype: Default int32.
    """

    def __init__(self, initialize_fn, sample_fn, next_inputs_fn, sample_ids_shape=None, sample_ids_dtype=None):
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = None
        self.sample_ids_shape = TensorShape(sample_ids_shape or [])
        self.sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self):
        """Known after `initialize`. ValueError before."""
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    def initialize(self, name=None):
        """Call `initialize_fn`."""
        with name_scope(name, "CustomHelperInitialize"):
            finished, next_inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size_of(finished)
        return finished, next_inputs

    def sample(self, time, outputs, state, name=None):
        """Call `sample_fn`."""
        return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """Call `next_inputs_fn`."""
        return self._next_inputs_fn(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


class TrainingHelper(Helper):
    """Feed given sequences; samples are the likeliest classes.

    Args:
      inputs: Tensor [batch, time, ...] or a structure of them; time-major with `time_major`.
      sequence_length: int32 [batch].
      time_major: The order of the axes.
      name: Scope; default `TrainingHelper`.

    Raises:
      ValueError: `sequence_length` is no vector.
    """

    def __init__(self, inputs, sequence_length, time_major=False, name=None):
        with name_scope(name, "TrainingHelper", nest.flatten(inputs)):
            inputs = nest.map_structure(convert_to_tensor, inputs)
            self._inputs = inputs
            if not time_major:
                inputs = nest.map_structure(swap_batch_and_time, inputs)
            self._arrays = nest.map_structure(lambda x: TensorArray(x.dtype, size=shape_of(x)[0], element_shape=x.shape[1:]).unstack(x), inputs)
            self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.shape.ndims != 1:
                raise ValueError(f"Expected sequence_length to be a vector, but received shape: {self._sequence_length.shape}")
            self._zero_inputs = nest.map_structure(lambda x: zeros_like(x[0, :]), inputs)
            self._batch_size = size_of(sequence_length)

    inputs = property(lambda self: self._inputs)
    sequence_length = property(lambda self: self._sequence_length)
    batch_size = property(lambda self: self._batch_size)

    def _inputs_at(self, time, finished):
        """The inputs of a step; zeros when all sequences are over."""
        return cond(
            reduce_all(finished),
            lambda: self._zero_inputs,
            lambda: nest.map_structure(lambda one: one.read(time), self._arrays),
        )

    def initialize(self, name=None):
        """Return (whether a sequence is empty, the first inputs)."""
        with name_scope(name, "TrainingHelperInitialize"):
            finished = equal(0, self._sequence_length)
            return finished, self._inputs_at(0, finished)

    def sample(self, time, outputs, state, name=None):
        """Return the likeliest classes."""
        with name_scope(name, "TrainingHelperSample"):
            return cast(argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(self, time, outputs, state, sample_ids=None, name=None):
        """Return the inputs of the next step."""
        with name_scope(name, "TrainingHelperNextInputs"):
            finished = time + 1 >= self._sequence_length
            return finished, self._inputs_at(time + 1, finished), state


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Feed given sequences, and now and then an embedded sample of the decoder's own output (arxiv 1506.03099).

    Args:
      inputs: As for TrainingHelper, one tensor.
      sequence_length: int32 [batch].
      embedding: Table, or function from int32 ids to vectors.
      sampling_probability: float scalar, the probability to feed a sample.
      time_major: The order of the axes.
      seed: Seed of the samples.
      scheduling_seed: Seed of the choice between the two.
      name: Scope.
    """

    def __init__(self, inputs, sequence_length, embedding, sampling_probability, time_major=False, seed=None, scheduling_seed=None, name=None):
        super().__init__(inputs, sequence_length, time_major, name or "ScheduledEmbeddingSamplingWrapper")
        self._embed = _embedding_function(embedding)
        self._probability = convert_to_tensor(sampling_probability, name="sampling_probability", preferred_dtype=dtypes.float32)
        self._seed, self._scheduling_seed = seed, scheduling_seed

    def sample(self, time, outputs, state, name=None):
        """Return samples, and −1 where the given inputs are to be fed."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperSample"):
            chosen = random_uniform([self.batch_size], seed=self._scheduling_seed) < self._probability
            return where(chosen, _drawn(outputs, self._seed), fill([self.batch_size], -1))

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """Return the given inputs, or the embedded samples."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(time, outputs, state)
            return finished, where(greater(sample_ids, -1), self._embed(maximum(sample_ids, 0)), given), state


def _embedding_function(embedding):
    if callable(embedding):
        return embedding
    return lambda ids: embedding_lookup(embedding, ids)


def _drawn(logits, seed):
    """A class for each row, drawn with the probabilities softmax(logits)."""
    return reshape(cast(multinomial(logits, 1, seed=seed), dtypes.int32), [-1])


class GreedyEmbeddingHelper(Helper):
    """Feed the embedding of the likeliest class until the end token.

    Args:
      embedding: Table [classes, size], or function from int32 ids to vectors.
      start_tokens: int32 [batch].
      end_token: int32 scalar.

    Raises:
      ValueError: `start_tokens` is no vector, or `end_token` no scalar.
    """

    def __init__(self, embedding, start_tokens, end_token):
        self._embed = _embedding_function(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtype=dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._start_tokens.shape.ndims != 1:
            raise ValueError("start_tokens must be a vector")
        if self._end_token.shape.ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size = size_of(start_tokens)
        self._start_inputs = self._embed(self._start_tokens)

    batch_size = property(lambda self: self._batch_size)

    def initialize(self, name=None):
        """Return (nothing finished, the embedded start tokens)."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        """Return the likeliest classes. TypeError when the outputs are no single tensor."""
        if nest.is_sequence(outputs):
            raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
        return argmax(outputs, axis=-1, output_type=dtypes.int32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """Return the embedded samples; a sequence is finished by the end token."""
        finished = equal(sample_ids, self._end_token)
        next_inputs = cond(reduce_all(finished), lambda: self._start_inputs, lambda: self._embed(sample_ids))
        return finished, next_inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Feed the embedding of a class drawn from softmax(outputs / temperature) until the end token.

    Args:
      embedding: Table [classes, size], or function from int32 ids to vectors.
      start_tokens: int32 [batch].
      end_token: int32 scalar.
      softmax_temperature: float scalar; small ones make likely classes likelier. Default 1.
      seed: Seed of the draws.
    """

    def __init__(self, embedding, start_tokens, end_token, softmax_temperature=None, seed=None):
        super().__init__(embedding, start_tokens, end_token)
        self._temperature = softmax_temperature
        self._seed = seed

    def sample(self, time, outputs, state, name=None):
        """Return drawn classes. TypeError when the outputs are no single tensor."""
        if nest.is_sequence(outputs):
            raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
        return _drawn(outputs if self._temperature is None else outputs / self._temperature, self._seed)


class InferenceHelper(Helper):
    """Feed what a function makes of the samples.

    Args:
      sample_fn: outputs -> sample_ids.
      sample_shape: Shape of the ids without batch.
      sample_dtype: dtype of the ids.
      start_inputs: First inputs [batch, ...].
      end_fn: sample_ids -> finished bool [batch].
      next_inputs_fn: sample_ids -> inputs; default the ids themselves.
    """

    def __init__(self, sample_fn, sample_shape, sample_dtype, start_inputs, end_fn, next_inputs_fn=None):
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._next_inputs_fn = next_inputs_fn
        self.sample_ids_shape = TensorShape(sample_shape)
        self.sample_ids_dtype = sample_dtype
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")
        self._batch_size = shape_of(self._start_inputs)[0]

    batch_size = property(lambda self: self._batch_size)

    def initialize(self, name=None):
        """Return (nothing finished, the start inputs)."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        """Call `sample_fn`."""
        return self._sample_fn(outputs)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """Call `next_inputs_fn` and `end_fn`."""
        next_inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), next_inputs, state
