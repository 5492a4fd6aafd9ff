"""Serialized examples, tensors and text as tensors: parse_example and its kin, decode_raw, decode_csv."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from graphpb import dtypes, shapes
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import concat, expand_dims, reshape
from graphpb.ops.cast import cast
from graphpb.ops.gather import gather
from graphpb.ops.math import cumprod
from graphpb.ops.reduce import reduce_sum
from graphpb.ops.shape import size


class FixedLenFeature(collections.namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"])):
    """A feature of which every example has as many values as `shape` has elements.

    Args:
      shape: sizes, all known. dtype: tf.float32, tf.int64 or tf.string.
      default_value: what an example without the feature gets, of shape `shape`; the feature is required when None.
    """

    __slots__ = ()

    def __new__(cls, shape: Any, dtype: Any, default_value: Any = None) -> FixedLenFeature:
        return super().__new__(cls, shape, dtype, default_value)


class VarLenFeature(collections.namedtuple("VarLenFeature", ["dtype"])):
    """A feature with any number of values; parsed as a SparseTensor."""

    __slots__ = ()


class FixedLenSequenceFeature(collections.namedtuple("FixedLenSequenceFeature", ["shape", "dtype", "allow_missing", "default_value"])):
    """A feature with any number of rows of shape `shape`; shorter examples are filled up.

    Args:
      shape: sizes of a row, all known. dtype: tf.float32, tf.int64 or tf.string.
      allow_missing: whether an example without the feature counts as one with no rows.
      default_value: the scalar that fills shorter examples; 0 or "" when None.
    """

    __slots__ = ()

    def __new__(cls, shape: Any, dtype: Any, allow_missing: bool = False, default_value: Any = None) -> FixedLenSequenceFeature:
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


class SparseFeature(collections.namedtuple("SparseFeature", ["index_key", "value_key", "dtype", "size", "already_sorted"])):
    """A sparse vector (or tensor) whose indices and values are two features (or more).

    Args:
      index_key: name of the int64 feature with the indices, or a list of one per axis. value_key: name of the feature with the values.
      dtype: of the values. size: length of the axis, or a list of one per index_key.
      already_sorted: whether the indices are in order in every example, so that they need not be sorted.
    """

    __slots__ = ()

    def __new__(cls, index_key: Any, value_key: Any, dtype: Any, size: Any, already_sorted: bool = False) -> SparseFeature:
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


class _Plan:
    """What the ops ask for: keys, types, shapes and defaults of features, sorted by kind."""

    def __init__(self, features: dict[str, Any] | None, allowed: tuple[type, ...], what: str = "features"):
        self.sparse_keys: list[str] = []
        self.sparse_types: list[Any] = []
        self.dense_keys: list[str] = []
        self.dense_types: list[Any] = []
        self.dense_shapes: list[Any] = []
        self.dense_defaults: dict[str, Any] = {}
        self.missing_allowed: set[str] = set()
        for key in sorted(features or {}):
            feature = features[key]
            if not isinstance(feature, allowed):
                raise ValueError(f"Unsupported {type(feature).__name__} {feature} for key {key!r} in {what}.")
            if isinstance(feature, VarLenFeature):
                if not feature.dtype:
                    raise ValueError(f"Missing type for feature {key}. Received feature={feature}.")
                self._add_sparse(key, feature.dtype)
            elif isinstance(feature, SparseFeature):
                self._add_sparse_feature(key, feature)
            elif isinstance(feature, FixedLenFeature):
                self._add_fixed(key, feature)
            else:
                self._add_sequence(key, feature, allowed)

    def _add_sparse(self, key: str, dtype: Any) -> None:
        dtype = dtypes.as_dtype(dtype)
        if key in self.sparse_keys:
            known = self.sparse_types[self.sparse_keys.index(key)]
            if known != dtype:
                raise ValueError(f"Conflicting type {known} vs {dtype} for feature {key}.")
            return
        self.sparse_keys.append(key)
        self.sparse_types.append(dtype)

    def _add_sparse_feature(self, key: str, feature: SparseFeature) -> None:
        for what in ("index_key", "value_key", "dtype", "size"):
            if not getattr(feature, what):
                raise ValueError(f"Missing {what} for SparseFeature {key}. Received feature={feature}.")
        for index_key in _listed(feature.index_key):
            self._add_sparse(index_key, dtypes.int64)
        self._add_sparse(feature.value_key, feature.dtype)

    def _add_fixed(self, key: str, feature: FixedLenFeature) -> None:
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}. Received feature={feature}.")
        if feature.shape is None:
            raise ValueError(f"Missing shape for feature {key}. Received feature={feature}.")
        shape = shapes.TensorShape(feature.shape)
        if feature.shape and shape.ndims and shape[0].value is None:
            raise ValueError(
                f"First dimension of shape for feature {key} unknown. Consider using FixedLenSequenceFeature. Received feature={feature}."
            )
        if not shape.is_fully_defined():
            raise ValueError(f"All dimensions of shape for feature {key} need to be known but received {shape!s}.")
        self._add_dense(key, feature.dtype, shape)
        if feature.default_value is not None:
            self.dense_defaults[key] = feature.default_value

    def _add_sequence(self, key: str, feature: FixedLenSequenceFeature, allowed: tuple[type, ...]) -> None:
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}. Received feature={feature}.")
        if feature.shape is None:
            raise ValueError(f"Missing shape for feature {key}. Received feature={feature}.")
        self._add_dense(key, feature.dtype, shapes.TensorShape(feature.shape))
        if feature.allow_missing:
            self.missing_allowed.add(key)
            self.dense_defaults[key] = None
        if feature.default_value is not None:
            self.dense_defaults[key] = feature.default_value

    def _add_dense(self, key: str, dtype: Any, shape: shapes.TensorShape) -> None:
        self.dense_keys.append(key)
        self.dense_types.append(dtypes.as_dtype(dtype))
        self.dense_shapes.append(shape)

    def default_tensors(self) -> list[Any]:
        """One tensor per dense key, empty where the feature is required."""
        tensors = []
        for key, dtype, shape in zip(self.dense_keys, self.dense_types, self.dense_shapes):
            default = self.dense_defaults.get(key)
            varies = key in self.missing_allowed
            if varies and default is None:
                default = convert_to_tensor("" if dtype == dtypes.string else 0, dtype=dtype)
            elif default is None:
                default = convert_to_tensor(np.zeros([0], object if dtype == dtypes.string else dtype.as_numpy_dtype), dtype=dtype)
            else:
                name = "key_" + "".join(c if c.isalnum() or c in "_.\\-/" else "_" for c in key)
                default = convert_to_tensor(default, dtype=dtype, name=name.replace("key_", "padding_", 1) if varies else name)
                if not varies:
                    default = reshape(default, shape)
            tensors.append(default)
        return tensors


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _with_sparse_features(features: dict[str, Any], parsed: dict[str, Any]) -> dict[str, Any]:
    """Make the SparseTensors of the SparseFeatures out of those of their parts, and leave out the parts that nobody asked for."""
    result = dict(parsed)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            result[key] = _merged(feature, parsed, key)
    return {key: result[key] for key in features}


def _merged(feature: SparseFeature, parsed: dict[str, Any], name: str) -> Any:
    """Make the SparseTensor whose last indices are the values of other ones."""
    with name_scope(None, "SparseMerge" if not name[:1].isalnum() else name):
        ids = [parsed[k] for k in _listed(feature.index_key)]
        columns = [expand_dims(cast(i.values, dtypes.int64), 1) for i in ids]
        indices = concat([ids[0].indices[:, :-1], *columns], 1)
        sizes = convert_to_tensor(np.array(_listed(feature.size), np.int64))
        shape = concat([ids[0].dense_shape[:-1], sizes], 0)
        values = parsed[feature.value_key].values
        if not feature.already_sorted:
            # Row-major order: the largest of the negated positions comes first, of equal ones the one that stood first.
            strides = cumprod(shape, exclusive=True, reverse=True)
            place = reduce_sum(indices * strides, 1)
            order = raw.TopKV2(input=-place, k=size(place))[1]
            indices, values = gather(indices, order), gather(values, order)
        return SparseTensor(indices, values, shape)


def _keys(keys: list[str]) -> np.ndarray:
    return np.array([key.encode() for key in keys], object)


def parse_example(serialized: Any, features: dict[str, Any], name: str | None = None, example_names: Any = None) -> dict[str, Any]:
    """Parse a batch of serialized Example messages.

    Args:
      serialized: string [batch], or [] for one example.
      features: a dict from names to FixedLenFeature, VarLenFeature, FixedLenSequenceFeature or SparseFeature.
      example_names: string [batch], used in messages of errors.

    Returns:
      A dict from the same names: FixedLenFeature gives [batch] + shape; VarLenFeature a SparseTensor [batch, n]; FixedLenSequenceFeature
      [batch, n] + shape; SparseFeature a SparseTensor [batch, size].

    ValueError: `features` is empty, or a feature is not complete. tf.errors.InvalidArgumentError, when it runs: an example lacks a
    required feature, or has one of another type or size.
    """
    if not features:
        raise ValueError(f"Argument `features` cannot be None or falsy. Got {features}")
    with name_scope(name, "ParseExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        return _parse_in_scope(serialized, example_names, features, name)


def _parse_in_scope(serialized: Any, names: Any, features: dict[str, Any], name: str | None) -> dict[str, Any]:
    plan = _Plan(features, (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature))
    for i, key in enumerate(plan.dense_keys):
        feature = features[key]
        if isinstance(feature, FixedLenSequenceFeature):
            if not feature.allow_missing:
                raise ValueError(f"Unsupported: FixedLenSequenceFeature requires allow_missing to be True. Received feature={feature} for key={key}.")
            plan.dense_shapes[i] = shapes.TensorShape([None]).concatenate(plan.dense_shapes[i])
    out = raw.ParseExampleV2(
        dense_defaults=plan.default_tensors(),
        serialized=serialized,
        names=np.zeros([0], object) if names is None else names,
        sparse_keys=_keys(plan.sparse_keys),
        dense_keys=_keys(plan.dense_keys),
        ragged_keys=_keys([]),
        num_sparse=len(plan.sparse_keys),
        sparse_types=plan.sparse_types,
        ragged_value_types=[],
        ragged_split_types=[],
        dense_shapes=plan.dense_shapes,
        name=name or "ParseExampleV2",
    )
    indices, values, dense_shapes, dense = out[:4]
    parsed = {key: SparseTensor(*parts) for key, *parts in zip(plan.sparse_keys, indices, values, dense_shapes)}
    parsed.update(zip(plan.dense_keys, dense))
    return _with_sparse_features(features, parsed)


def parse_single_example(serialized: Any, features: dict[str, Any], name: str | None = None, example_names: Any = None) -> dict[str, Any]:
    """Parse one serialized Example: as `parse_example`, without the batch axis.

    Args:
      serialized: string []. features, example_names: as of `parse_example`.

    ValueError: `features` is empty, or `serialized` is known to be no scalar.
    """
    if not features:
        raise ValueError(f"Missing features: cannot be None or falsy. Got {features}")
    with name_scope(name, "ParseSingleExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        _must_be_scalar(serialized, "serialized")
        with name_scope(None, "ParseExample", [serialized, example_names]):
            return _parse_in_scope(serialized, example_names, features, None)


def _must_be_scalar(tensor: Any, name: str) -> None:
    if tensor.shape.ndims not in (None, 0):
        raise ValueError(f"Input {name} must be a scalar")


def _parse_sequences(serialized: Any, context: Any, lists: Any, names: Any) -> tuple[Any, Any, Any]:
    context_plan = _Plan(context, (VarLenFeature, SparseFeature, FixedLenFeature), "context_features")
    list_plan = _Plan(lists, (VarLenFeature, SparseFeature, FixedLenSequenceFeature), "sequence_features")
    with name_scope(None, "ParseSequenceExample", [serialized, names]):
        defaults = context_plan.default_tensors()
        out = raw.ParseSequenceExampleV2(
            serialized=serialized,
            debug_name=np.zeros([0], object) if names is None else names,
            context_sparse_keys=_keys(context_plan.sparse_keys),
            context_dense_keys=_keys(context_plan.dense_keys),
            context_ragged_keys=_keys([]),
            feature_list_sparse_keys=_keys(list_plan.sparse_keys),
            feature_list_dense_keys=_keys(list_plan.dense_keys),
            feature_list_ragged_keys=_keys([]),
            feature_list_dense_missing_assumed_empty=np.array([key in list_plan.missing_allowed for key in list_plan.dense_keys], bool),
            context_dense_defaults=defaults,
            Ncontext_sparse=len(context_plan.sparse_keys),
            context_sparse_types=context_plan.sparse_types,
            context_ragged_value_types=[],
            context_ragged_split_types=[],
            context_dense_shapes=context_plan.dense_shapes,
            Nfeature_list_sparse=len(list_plan.sparse_keys),
            Nfeature_list_dense=len(list_plan.dense_keys),
            feature_list_dense_types=list_plan.dense_types,
            feature_list_sparse_types=list_plan.sparse_types,
            feature_list_ragged_value_types=[],
            feature_list_ragged_split_types=[],
            feature_list_dense_shapes=list_plan.dense_shapes,
            name="ParseSequenceExampleV2",
        )
    context_parsed = {key: SparseTensor(*parts) for key, *parts in zip(context_plan.sparse_keys, *out[:3])}
    context_parsed.update(zip(context_plan.dense_keys, out[3]))
    parsed = {key: SparseTensor(*parts) for key, *parts in zip(list_plan.sparse_keys, *out[6:9])}
    parsed.update(zip(list_plan.dense_keys, out[9]))
    lengths = dict(zip(list_plan.dense_keys, out[10]))
    return _with_sparse_features(context or {}, context_parsed), _with_sparse_features(lists or {}, parsed), lengths


def parse_single_sequence_example(
    serialized: Any, context_features: Any = None, sequence_features: Any = None, example_name: Any = None, name: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parse one serialized SequenceExample.

    Args:
      serialized: string [].
      context_features: names and FixedLenFeature, VarLenFeature or SparseFeature of the features of the whole sequence.
      sequence_features: names and FixedLenSequenceFeature or VarLenFeature of the features of its steps.
      example_name: string [], used in messages of errors.

    Returns:
      Two dicts: the context's features; those of the steps, with a first axis of time.

    ValueError: both are empty. tf.errors.InvalidArgumentError, when it runs: a required feature is missing or has another type or size.
    """
    if not (context_features or sequence_features):
        raise ValueError("Both `context_features` and `sequence_features` argument are None, but at least one should have values.")
    with name_scope(name, "ParseSingleSequenceExample", [serialized, example_name]):
        with name_scope(None, "ParseSingleExample", [serialized]):
            serialized = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        _must_be_scalar(serialized, "serialized")
        names = None if example_name is None else expand_dims(convert_to_tensor(example_name, dtype=dtypes.string), 0)
        context, lists, _ = _parse_sequences(serialized, context_features, sequence_features, names)
        return context, lists


def parse_sequence_example(
    serialized: Any, context_features: Any = None, sequence_features: Any = None, example_names: Any = None, name: str | None = None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Parse a batch of serialized SequenceExamples; shorter sequences are filled with zeros.

    Args:
      serialized: string [batch]. Others as of `parse_single_sequence_example`.

    Returns:
      Three dicts: the context's features, [batch] + shape; those of the steps, [batch, time] + shape; the lengths of the dense ones, int64 [batch].
    """
    if not (context_features or sequence_features):
        raise ValueError("Both `context_features` and `sequence_features` argument are None, but at least one should have values.")
    with name_scope(name, "ParseSequenceExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        return _parse_sequences(serialized, context_features, sequence_features, example_names)


def decode_raw(input_bytes: Any = None, out_type: Any = None, little_endian: bool = True, name: str | None = None, bytes: Any = None) -> Any:
    """Take the bytes of strings as numbers.

    Args:
      input_bytes: string […], all of one length. out_type: a number type. little_endian: the byte order. bytes: an old name of `input_bytes`.

    Returns: `out_type` [… , length / size of the type].
    """
    return raw.DecodeRaw(bytes=input_bytes if bytes is None else bytes, out_type=out_type, little_endian=little_endian, name=name)


def decode_json_example(json_examples: Any, name: str | None = None) -> Any:
    """Turn Example messages in JSON form into serialized ones.

    Args:
      json_examples: string, any shape.

    Returns: string of that shape.

    tf.errors.InvalidArgumentError, when it runs: `Error while parsing JSON: …`.
    """
    return raw.DecodeJSONExample(json_examples=json_examples, name=name)


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> Any:
    """Decompress strings.

    Args:
      bytes: string, any shape. compression_type: `""`, `"ZLIB"` or `"GZIP"`.

    Returns: string of that shape.

    tf.errors.InvalidArgumentError: another type. tf.errors.DataLossError, when it runs: a stream is damaged.
    """
    return raw.DecodeCompressed(bytes=bytes, compression_type=compression_type, name=name)


def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Any = None,
) -> list[Any]:
    """Take lines of CSV (RFC 4180) apart into one tensor per column.

    Args:
      records: string […], one line each.
      record_defaults: per column a tensor or list: one element is the default of empty fields and gives the type (float32, float64, int32,
        int64, string); an empty one makes the field required.
      field_delim: one character. use_quote_delim: whether fields may stand in double quotes.
      na_value: text that counts as empty. select_cols: numbers of the columns to take, increasing; all when None.

    Returns: a list of tensors of the shape of `records`.

    ValueError: a default has more than one element. tf.errors.InvalidArgumentError, when it runs: a line has another number of fields,
    lacks a required one, or a field is not of its column's type.
    """
    if select_cols is not None and any(x < y for x, y in zip(select_cols[1:], select_cols)):
        raise ValueError(f"`select_cols` is not strictly increasing: {select_cols}")
    if select_cols is not None and list(select_cols) and select_cols[0] < 0:
        raise ValueError(f"`select_cols` contains negative values: {select_cols}")
    if select_cols is not None and len(select_cols) != len(record_defaults):
        raise ValueError(f"Length of `select_cols` and `record_defaults` do not match: {len(select_cols)} vs. {len(record_defaults)}")
    return raw.DecodeCSV(
        records=records,
        record_defaults=record_defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=list(select_cols or []),
        name=name,
    )


def serialize_tensor(tensor: Any, name: str | None = None) -> Any:
    """Turn a tensor into a serialized TensorProto message, string []."""
    return raw.SerializeTensor(tensor=tensor, name=name)


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Any:
    """Turn a serialized TensorProto, string [], into the tensor; tf.errors.InvalidArgumentError when its type is not `out_type`."""
    return raw.ParseTensor(serialized=serialized, out_type=out_type, name=name)
