"""Tables between words and their ids, with buckets for words that are not in the vocabulary."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from graphpb import dtypes
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import constant, convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.scopes import name_scope
from graphpb.graph.static import constant_value
from graphpb.ops.array import where_v2
from graphpb.ops.cast import cast
from graphpb.ops.compare import not_equal
from graphpb.ops.dependencies import no_op
from graphpb.ops.lookup import (
    KeyValueTensorInitializer,
    LookupInterface,
    StaticHashTable,
    TextFileIdTableInitializer,
    TextFileIndex,
    TextFileStringTableInitializer,
    like,
)
from graphpb.ops.math import add
from graphpb.ops.math import range as _range
from graphpb.ops.shape import size as _size
from graphpb.ops.strings import as_string, string_to_hash_bucket, string_to_hash_bucket_fast, string_to_hash_bucket_strong


class HasherSpec(NamedTuple):
    """How strings are hashed to buckets: "fasthash", "legacy", or "stronghash" with a key."""

    hasher: str
    key: Any


FastHashSpec = HasherSpec("fasthash", None)


def StrongHashSpec(key: Any) -> HasherSpec:
    """A hash that nobody can foresee who does not know the key.

    Args:
      key: Two integers.
    """
    if len(key) != 2:
        raise ValueError(f"`key` must have size 2, received {len(key)}")
    if not all(isinstance(k, int) for k in key):
        raise TypeError(f"Invalid key {key}. Must be unsigned integer values.")
    return HasherSpec("stronghash", key)


class IdTableWithHashBuckets(LookupInterface):
    """A table of ids whose other keys get ids behind the table's, by their hash.

    Args:
      table: Table from string or int64 to int64, or None: all keys are hashed.
      num_oov_buckets: The number of ids for other keys. hasher_spec: how they are hashed.
      key_dtype: tf.string or an integer type.

    ValueError: no table and no buckets. TypeError: types that do not fit.
    """

    def __init__(self, table: Any, num_oov_buckets: int, hasher_spec: Any = FastHashSpec, name: str | None = None, key_dtype: Any = None):
        name = name.rstrip("/") if name else name
        if table:
            key_dtype = table.key_dtype if key_dtype is None else dtypes.as_dtype(key_dtype)
            supported = (dtypes.int64, dtypes.string)
            if table.key_dtype not in supported:
                raise TypeError(f"Invalid `key_dtype`, expected one of {supported}, received {key_dtype}.")
            if table.key_dtype.is_integer != key_dtype.is_integer:
                kind = "integer" if key_dtype.is_integer else "non-integer"
                raise TypeError(f"Invalid `key dtype`, expected {kind} but got {table.key_dtype}.")
            if table.value_dtype != dtypes.int64:
                raise TypeError(f"Invalid `value_dtype`: expected int64 but got {table.value_dtype}.")
            name = name or table.name
        else:
            if num_oov_buckets <= 0:
                raise ValueError("`oov_buckets` must be > 0 if no `table` is supplied.")
            key_dtype = dtypes.string if key_dtype is None else dtypes.as_dtype(key_dtype)
            name = name or "hash_bucket"
        if not key_dtype.is_integer and key_dtype != dtypes.string:
            raise TypeError(f"Invalid `key_dtype`, expected integer or string, got {key_dtype}.")
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"`hasher_spec` must be of type HasherSpec, got {type(hasher_spec)}.")
        super().__init__(key_dtype, dtypes.int64)
        self._table, self._buckets, self._hasher_spec = table, num_oov_buckets, hasher_spec
        self._table_name = name.split("/")[-1]

    @property
    def name(self) -> str:
        return self._table_name

    @property
    def initializer(self) -> Any:
        """The operation that fills the table."""
        if self._table is not None:
            return self._table.initializer
        with name_scope(None, "init"):
            return no_op()

    init = initializer

    @property
    def resource_handle(self) -> Any:
        return None if self._table is None else self._table.resource_handle

    def size(self, name: str | None = None) -> Any:
        """The number of ids, buckets included: int64 []."""
        with name_scope(name, f"{self.name}_Size"):
            size = self._table.size() if self._table else constant(0, dtype=dtypes.int64)
            return size + self._buckets

    def _hash(self) -> Any:
        functions = {
            "fasthash": string_to_hash_bucket_fast,
            "legacy": string_to_hash_bucket,
            "stronghash": functools.partial(string_to_hash_bucket_strong, key=self._hasher_spec.key),
        }
        if self._hasher_spec.hasher not in functions:
            raise ValueError(f"Found unknown hasher {self._hasher_spec.hasher} in `hasher_spec`")
        return functions[self._hasher_spec.hasher]

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The ids of `keys`, K [...] or SparseTensor: int64 of the same shape."""
        self._check_keys(keys)
        values = keys.values if isinstance(keys, SparseTensor) else keys
        if self._table and self._table.key_dtype.base_dtype == dtypes.int64:
            values = cast(values, dtypes.int64)
        if self._buckets == 0:
            return like(keys, self._table.lookup(values, name=name))
        with name_scope(name, f"{self.name}_Lookup"):
            text = values if values.dtype.base_dtype == dtypes.string else as_string(values)
            buckets = self._hash()(text, num_buckets=self._buckets, name="hash_bucket")
            if not self._table:
                return like(keys, buckets)
            ids = self._table.lookup(values)
            buckets = add(buckets, self._table.size())
            return like(keys, where_v2(not_equal(ids, self._table.default_value), ids, buckets))


class StaticVocabularyTable(IdTableWithHashBuckets):
    """A vocabulary whose other keys get ids behind it, by their hash.

    Args:
      initializer: What fills it, from string or int64 to int64. num_oov_buckets: the number of ids for other keys.
    """

    def __init__(self, initializer: Any, num_oov_buckets: int, lookup_key_dtype: Any = None, name: str | None = None):
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        table = StaticHashTable(initializer, default_value=-1) if initializer else None
        super().__init__(table, num_oov_buckets, name=name, key_dtype=lookup_key_dtype)


def _check_vocabulary(num_oov_buckets: int, key_dtype: Any) -> Any:
    if num_oov_buckets < 0:
        raise ValueError(f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    key_dtype = dtypes.as_dtype(key_dtype)
    if not key_dtype.is_integer and key_dtype.base_dtype != dtypes.string:
        raise TypeError("Dtype for `keys` should be either integer or string.")
    return key_dtype


def _check_file(vocabulary_file: Any, vocab_size: int | None) -> None:
    if vocabulary_file is None or (isinstance(vocabulary_file, str) and not vocabulary_file):
        raise ValueError("`vocabulary_file` must be specified and must not be empty.")
    if vocab_size is not None and vocab_size < 1:
        told = (constant_value(vocabulary_file) or "?") if isinstance(vocabulary_file, Tensor) else vocabulary_file
        raise ValueError(f"`vocab_size` must be greater than 0, got {vocab_size} for vocabulary_file: {told}.")


def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> Any:
    """Make a table from the lines of a file to their numbers.

    Args:
      vocabulary_file: string []: the file. num_oov_buckets: ids for other keys, by their hash; with 0 they get `default_value`.
      Others see TextFileInitializer and IdTableWithHashBuckets.
    """
    _check_file(vocabulary_file, vocab_size)
    key_dtype = _check_vocabulary(num_oov_buckets, key_dtype)
    with name_scope(name, "string_to_index"):
        with name_scope(None, "hash_table"):
            init = TextFileIdTableInitializer(
                vocabulary_file,
                key_column_index,
                value_column_index,
                vocab_size,
                delimiter,
                "table_init",
                dtypes.int64 if key_dtype.is_integer else key_dtype,
            )
            table = StaticHashTable(init, default_value)
        if num_oov_buckets:
            return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=key_dtype)
        return table


def index_table_from_tensor(
    vocabulary_list: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """Make a table from the elements of a vector to their indices. Args: vocabulary_list: string or integer [n]; others see index_table_from_file."""
    if vocabulary_list is None:
        raise ValueError("`vocabulary_list` must be specified.")
    dtype = _check_vocabulary(num_oov_buckets, dtype)
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(vocabulary_list)
        if keys.dtype.is_integer != dtype.is_integer:
            raise ValueError(f"Invalid `dtype`: Expected {'integer' if dtype.is_integer else 'non-integer'}, got {keys.dtype}.")
        if not dtype.is_integer and keys.dtype.base_dtype != dtype:
            raise ValueError(f"Invalid `dtype`: Expected {dtype}, got {keys.dtype}.")
        values = cast(_range(_size(keys)), dtypes.int64)
        with name_scope(None, "hash_table"):
            table_keys = cast(keys, dtypes.int64) if keys.dtype.is_integer else keys
            init = KeyValueTensorInitializer(table_keys, values, table_keys.dtype.base_dtype, dtypes.int64, name="table_init")
            table = StaticHashTable(init, default_value)
        if num_oov_buckets:
            return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=dtype)
        return table


def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: str = "UNK",
    name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> StaticHashTable:
    """Make a table from the numbers of the lines of a file to the lines. Args: see index_table_from_file."""
    _check_file(vocabulary_file, vocab_size)
    with name_scope(name, "index_to_string"):
        init = TextFileStringTableInitializer(vocabulary_file, key_column_index, value_column_index, vocab_size, delimiter, "table_init")
        return StaticHashTable(init, default_value)


def index_to_string_table_from_tensor(vocabulary_list: Any, default_value: str = "UNK", name: str | None = None) -> StaticHashTable:
    """Make a table from the indices of a vector to its elements. Args: vocabulary_list: string [n]."""
    if vocabulary_list is None:
        raise ValueError("`vocabulary_list` must be specified.")
    with name_scope(name, "index_to_string"):
        values = convert_to_tensor(vocabulary_list, dtypes.string)
        keys = cast(_range(_size(values)), dtypes.int64)
        init = KeyValueTensorInitializer(keys, values, dtypes.int64, dtypes.string, name="table_init")
        return StaticHashTable(init, default_value)
