"""`tf.lookup`: tables from keys to values."""

from graphpb.lookup import experimental as experimental
from graphpb.ops.lookup import KeyValueTensorInitializer as KeyValueTensorInitializer
from graphpb.ops.lookup import StaticHashTable as StaticHashTable
from graphpb.ops.lookup import TextFileIndex as TextFileIndex
from graphpb.ops.lookup import TextFileInitializer as TextFileInitializer
from graphpb.ops.lookup_ids import StaticVocabularyTable as StaticVocabularyTable
