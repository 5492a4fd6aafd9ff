"""`tf.lookup.experimental`: tables that change."""

from graphpb.ops.lookup_mutable import DenseHashTable as DenseHashTable
from graphpb.ops.lookup_mutable import MutableHashTable as MutableHashTable
