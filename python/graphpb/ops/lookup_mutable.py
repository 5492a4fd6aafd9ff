"""Lookup tables that change while the graph runs, and are saved with it."""

from __future__ import annotations

from typing import Any

from graphpb.graph.collections import GraphKeys, add_to_collection
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import colocate_with, name_scope
from graphpb.ops import raw
from graphpb.ops.lookup import LookupInterface


class MutableTable(LookupInterface):
    """What the tables that change share.

    Args:
      default_value: V [...]: the value of keys that are not in the table; its shape is that of all values.
      checkpoint: Whether a Saver of the graph saves the table, as `name-keys` and `name-values`.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any, default_value: Any, name: str, checkpoint: bool, handle: Any):
        super().__init__(key_dtype, value_dtype)
        self._default_value = default_value
        self._resource_handle = handle
        self._table_name = handle.op.name.split("/")[-1]
        if checkpoint:
            from graphpb.train.saveable import TableSaveable

            add_to_collection(GraphKeys.SAVEABLE_OBJECTS, TableSaveable(self, name))

    @property
    def name(self) -> str:
        return self._table_name

    def size(self, name: str | None = None) -> Any:
        with name_scope(name, f"{self.name}_Size", [self._resource_handle]), colocate_with(self._resource_handle):
            return raw.LookupTableSizeV2(table_handle=self._resource_handle)

    def lookup(self, keys: Any, dynamic_default_values: Any = None, name: str | None = None) -> Any:
        """The values of `keys`: V [..., value's shape]; the default where a key is not in the table.

        Args:
          keys: K [...]. dynamic_default_values: V [..., value's shape]: a default for each key.
        """
        with name_scope(name, f"{self.name}_lookup_table_find", (self._resource_handle, keys, self._default_value)):
            keys = convert_to_tensor(keys, dtype=self._key_dtype, name="keys")
            default = self._default_value if dynamic_default_values is None else dynamic_default_values
            with colocate_with(self._resource_handle):
                return raw.LookupTableFindV2(table_handle=self._resource_handle, keys=keys, default_value=default)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """Return an operation that puts keys and their values in. Args: keys: K [...]. values: V [..., value's shape]."""
        with name_scope(name, f"{self.name}_lookup_table_insert", [self._resource_handle, keys, values]):
            keys = convert_to_tensor(keys, self._key_dtype, name="keys")
            values = convert_to_tensor(values, self._value_dtype, name="values")
            with colocate_with(self._resource_handle):
                return raw.LookupTableInsertV2(table_handle=self._resource_handle, keys=keys, values=values)

    def remove(self, keys: Any, name: str | None = None) -> Any:
        """Return an operation that takes keys out. Args: keys: K [...]."""
        if keys.dtype != self._key_dtype:
            raise TypeError(f"Dtype of argument `keys` must be {self._key_dtype}, received: {keys.dtype}")
        with name_scope(name, f"{self.name}_lookup_table_remove", (self._resource_handle, keys, self._default_value)):
            return raw.LookupTableRemoveV2(table_handle=self._resource_handle, keys=keys)

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """All keys and their values: K [n], V [n, value's shape]."""
        with name_scope(name, f"{self.name}_lookup_table_export_values", [self._resource_handle]), colocate_with(self._resource_handle):
            return tuple(raw.LookupTableExportV2(table_handle=self._resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype))


class MutableHashTable(MutableTable):
    """An empty table that may change. Args: key_dtype, value_dtype: types; others see MutableTable."""

    def __init__(self, key_dtype: Any, value_dtype: Any, default_value: Any, name: str = "MutableHashTable", checkpoint: bool = True):
        default = convert_to_tensor(default_value, dtype=value_dtype)
        attrs = {"use_node_name_sharing": checkpoint, "key_dtype": key_dtype, "value_dtype": value_dtype, "name": name}
        if default.get_shape().ndims == 0:
            handle = raw.MutableHashTableV2(**attrs)
        else:
            handle = raw.MutableHashTableOfTensorsV2(value_shape=default.get_shape(), **attrs)
        super().__init__(key_dtype, value_dtype, default, name, checkpoint, handle)


class DenseHashTable(MutableTable):
    """An empty table that may change. Args: empty_key, deleted_key: K []: keys that may not be used; others see MutableTable."""

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
    ):
        default = convert_to_tensor(default_value, dtype=value_dtype, name="default_value")
        handle = raw.MutableDenseHashTableV2(
            empty_key=convert_to_tensor(empty_key, dtype=key_dtype, name="empty_key"),
            deleted_key=convert_to_tensor(deleted_key, dtype=key_dtype, name="deleted_key"),
            use_node_name_sharing=checkpoint,
            value_dtype=value_dtype,
            value_shape=default.get_shape(),
            initial_num_buckets=131072 if initial_num_buckets is None else initial_num_buckets,
            name=name,
        )
        super().__init__(key_dtype, value_dtype, default, name, checkpoint, handle)
