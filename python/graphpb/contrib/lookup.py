"""`tf.contrib.lookup`: tables between words and ids."""

from graphpb.ops.lookup import KeyValueTensorInitializer as KeyValueTensorInitializer
from graphpb.ops.lookup import LookupInterface as LookupInterface
from graphpb.ops.lookup import StaticHashTable as HashTable  # noqa: F401
from graphpb.ops.lookup import TableInitializerBase as TableInitializerBase
from graphpb.ops.lookup import TextFileIdTableInitializer as TextFileIdTableInitializer
from graphpb.ops.lookup import TextFileIndex as TextFileIndex
from graphpb.ops.lookup import TextFileInitializer as TextFileInitializer
from graphpb.ops.lookup import TextFileStringTableInitializer as TextFileStringTableInitializer
from graphpb.ops.lookup_ids import FastHashSpec as FastHashSpec
from graphpb.ops.lookup_ids import HasherSpec as HasherSpec
from graphpb.ops.lookup_ids import IdTableWithHashBuckets as IdTableWithHashBuckets
from graphpb.ops.lookup_ids import StrongHashSpec as StrongHashSpec
from graphpb.ops.lookup_ids import index_table_from_file as index_table_from_file
from graphpb.ops.lookup_ids import index_table_from_tensor as index_table_from_tensor
from graphpb.ops.lookup_ids import index_to_string_table_from_file as index_to_string_table_from_file
from graphpb.ops.lookup_ids import index_to_string_table_from_tensor as index_to_string_table_from_tensor
from graphpb.ops.lookup_mutable import DenseHashTable as MutableDenseHashTable  # noqa: F401
from graphpb.ops.lookup_mutable import MutableHashTable as MutableHashTable
