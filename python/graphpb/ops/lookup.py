"""Lookup tables that are filled once, from tensors or text files."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, add_to_collection
from graphpb.graph.composite import SparseTensor
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.core import Tensor
from graphpb.graph.function import init_scope
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.shapes import TensorShape


class LookupInterface:
    """What all tables share: keys of one type, values of another."""

    def __init__(self, key_dtype: Any, value_dtype: Any):
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)
        self._resource_handle: Any = None

    @property
    def key_dtype(self) -> dtypes.DType:
        """Type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """Type of the values."""
        return self._value_dtype

    @property
    def resource_handle(self) -> Any:
        """The table's handle: resource []."""
        return self._resource_handle

    @property
    def name(self) -> str | None:
        """Last part of the name of the operation that makes the table."""
        raise NotImplementedError

    def size(self, name: str | None = None) -> Any:
        """The number of keys: int64 []."""
        raise NotImplementedError

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`, a tensor or SparseTensor."""
        raise NotImplementedError

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def _check_keys(self, keys: Any) -> None:
        if keys.dtype.base_dtype != self._key_dtype:
            raise TypeError(f"Dtype of argument `keys` must be {self._key_dtype}, received: {keys.dtype}")


def like(keys: Any, values: Any) -> Any:
    """Values as a SparseTensor where the keys are one."""
    return SparseTensor(keys.indices, values, keys.dense_shape) if isinstance(keys, SparseTensor) else values


class TableInitializerBase:
    """What fills a table.

    Args:
      key_dtype, value_dtype: types of what it gives.
    """

    _shared_name = ""

    def __init__(self, key_dtype: Any, value_dtype: Any):
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self) -> dtypes.DType:
        """Type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """Type of the values."""
        return self._value_dtype

    def initialize(self, table: Any) -> Any:
        """Return the operation that fills `table`; it is added to the collection TABLE_INITIALIZERS."""
        raise NotImplementedError

    def _check(self, table: Any) -> None:
        if self._key_dtype.base_dtype != table.key_dtype:
            raise TypeError(f"Invalid key dtype for table, expected {table.key_dtype} but got {self._key_dtype}.")
        if self._value_dtype.base_dtype != table.value_dtype:
            raise TypeError(f"Invalid value dtype for table, expected {table.value_dtype} but got {self._value_dtype}.")


class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table from two tensors.

    Args:
      keys: K [n]. values: V [n]. key_dtype, value_dtype: their types, where they are lists.
    """

    def __init__(self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None, name: str | None = None):
        self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
        self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = "key_value_init" if name is None else name
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: Any) -> Any:
        self._check(table)
        with name_scope(self._name, values=(table.resource_handle, self._keys, self._values)):
            op = raw.LookupTableImportV2(table_handle=table.resource_handle, keys=self._keys, values=self._values)
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
        return op


class TextFileIndex:
    """What of a line a TextFileInitializer takes, besides the number of a column."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class TextFileInitializer(TableInitializerBase):
    """Fills a table from the lines of a text file.

    Args:
      filename: string []: the file, or its name.
      key_index, value_index: Column (counted from 0), TextFileIndex.WHOLE_LINE or TextFileIndex.LINE_NUMBER.
      key_dtype, value_dtype: types; int64 for line numbers, an integer type or string for whole lines.
      vocab_size: The number of lines to read; None: all. delimiter: one character between columns. value_index_offset: is added to line numbers.

    ValueError: an index and a type that do not fit. tf.errors.InvalidArgumentError, when it runs: the file has fewer lines or columns.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ):
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError("`filename` argument required for tf.lookup.TextFileInitializer")
        super().__init__(key_dtype, value_dtype)
        for what, index, dtype in (("key", key_index, self._key_dtype), ("value", value_index, self._value_dtype)):
            if index < -2:
                raise ValueError(f"`{what}_index` should be >= -2, received: {index}.")
            if index == TextFileIndex.LINE_NUMBER and dtype != dtypes.int64:
                raise ValueError(f"`{what}_dtype` must be int64 if `{what}_index` is {TextFileIndex.LINE_NUMBER}, received: {dtype}")
            if index == TextFileIndex.WHOLE_LINE and not dtype.is_integer and dtype != dtypes.string:
                raise ValueError(
                    f"`{what}_dtype` should be either integer or string for `{what}_index` {TextFileIndex.WHOLE_LINE}, received: {dtype}"
                )
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}")
        self._filename = filename
        self._key_index, self._value_index = key_index, value_index
        self._vocab_size, self._delimiter, self._offset = vocab_size, delimiter, value_index_offset
        self._name = name

    def initialize(self, table: Any) -> Any:
        self._check(table)
        with name_scope(self._name, "text_file_init", (table.resource_handle,)):
            filename = convert_to_tensor(self._filename, dtypes.string, name="asset_filepath")
            op = raw.InitializeTableFromTextFileV2(
                table_handle=table.resource_handle,
                filename=filename,
                key_index=self._key_index,
                value_index=self._value_index,
                vocab_size=-1 if self._vocab_size is None else self._vocab_size,
                delimiter=self._delimiter,
                offset=self._offset,
            )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
        if filename.op.type == "Const":
            add_to_collection(GraphKeys.ASSET_FILEPATHS, filename)
        return op

    @property
    def _shared_name(self) -> str:
        """Tables of one file with one format are one table."""
        parts = [self._filename, self._vocab_size or None, self._key_index, self._value_index, self._offset or None]
        return "_".join(["hash_table", *(str(p) for p in parts if p is not None)])


class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from int64 to string, by default from line numbers to lines."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = "text_file_string_table_init",
    ):
        super().__init__(filename, dtypes.int64, key_column_index, dtypes.string, value_column_index, vocab_size, delimiter, name)


class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from strings (or integers) to int64, by default from lines to their numbers."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = "text_file_id_table_init",
        key_dtype: Any = dtypes.string,
    ):
        super().__init__(filename, key_dtype, key_column_index, dtypes.int64, value_column_index, vocab_size, delimiter, name)


class StaticHashTable(LookupInterface):
    """A table that is filled once, when its initializer (or tf.tables_initializer) runs.

    Args:
      initializer: What fills it: KeyValueTensorInitializer, TextFileInitializer.
      default_value: V []: the value of keys that are not in the table.
    """

    def __init__(self, initializer: Any, default_value: Any, name: str | None = None):
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._default_value.get_shape().merge_with(TensorShape([]))
        with init_scope():
            self._resource_handle = raw.HashTableV2(
                shared_name=initializer._shared_name, key_dtype=self._key_dtype, value_dtype=self._value_dtype, name=name or "hash_table"
            )
        self._table_name = self._resource_handle.op.name.split("/")[-1]
        self._init_op = initializer.initialize(self)

    @property
    def name(self) -> str:
        return self._table_name

    @property
    def default_value(self) -> Any:
        """The value of keys that are not in the table."""
        return self._default_value

    @property
    def initializer(self) -> Any:
        """The operation that fills the table."""
        return self._init_op

    init = initializer

    def size(self, name: str | None = None) -> Any:
        with name_scope(name, f"{self.name}_Size", [self._resource_handle]):
            return raw.LookupTableSizeV2(table_handle=self._resource_handle)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`, K [...] or SparseTensor; the default where a key is not in the table.

        TypeError: keys of another type. tf.errors.FailedPreconditionError, when it runs: the table was not filled.
        """
        self._check_keys(keys)
        key_tensor = keys.values if isinstance(keys, SparseTensor) else keys
        with name_scope(name, f"{self.name}_Lookup", (self._resource_handle, key_tensor, self._default_value)):
            values = raw.LookupTableFindV2(table_handle=self._resource_handle, keys=key_tensor, default_value=self._default_value)
        values.set_shape(key_tensor.get_shape())
        return like(keys, values)

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """All keys and their values: K [n], V [n]."""
        with name_scope(name, f"{self.name}_Export", [self._resource_handle]):
            keys, values = raw.LookupTableExportV2(table_handle=self._resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype)
        values.set_shape(keys.get_shape().concatenate(self._default_value.get_shape()))
        return keys, values
