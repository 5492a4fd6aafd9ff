"""`tf.io`: files, graphs as files, records and their parsing."""

from graphpb import gfile as gfile
from graphpb.graph.transfer import write_graph as write_graph
from graphpb.ops.files import matching_files as matching_files
from graphpb.ops.files import read_file as read_file
from graphpb.ops.files import write_file as write_file
from graphpb.ops.image_files import decode_and_crop_jpeg as decode_and_crop_jpeg
from graphpb.ops.image_files import decode_bmp as decode_bmp
from graphpb.ops.image_files import decode_gif as decode_gif
from graphpb.ops.image_files import decode_image as decode_image
from graphpb.ops.image_files import decode_jpeg as decode_jpeg
from graphpb.ops.image_files import decode_png as decode_png
from graphpb.ops.image_files import encode_jpeg as encode_jpeg
from graphpb.ops.image_files import encode_png as encode_png
from graphpb.ops.image_files import extract_jpeg_shape as extract_jpeg_shape
from graphpb.ops.image_files import is_jpeg as is_jpeg
from graphpb.ops.parsing import FixedLenFeature as FixedLenFeature
from graphpb.ops.parsing import FixedLenSequenceFeature as FixedLenSequenceFeature
from graphpb.ops.parsing import SparseFeature as SparseFeature
from graphpb.ops.parsing import VarLenFeature as VarLenFeature
from graphpb.ops.parsing import decode_compressed as decode_compressed
from graphpb.ops.parsing import decode_csv as decode_csv
from graphpb.ops.parsing import decode_json_example as decode_json_example
from graphpb.ops.parsing import decode_raw as decode_raw
from graphpb.ops.parsing import parse_example as parse_example
from graphpb.ops.parsing import parse_sequence_example as parse_sequence_example
from graphpb.ops.parsing import parse_single_example as parse_single_example
from graphpb.ops.parsing import parse_single_sequence_example as parse_single_sequence_example
from graphpb.ops.parsing import parse_tensor as parse_tensor
from graphpb.ops.parsing import serialize_tensor as serialize_tensor
from graphpb.ops.queues import PaddingFIFOQueue as PaddingFIFOQueue
from graphpb.ops.queues import PriorityQueue as PriorityQueue
from graphpb.ops.queues import QueueBase as QueueBase
from graphpb.ops.queues import RandomShuffleQueue as RandomShuffleQueue
from graphpb.python_io import TFRecordCompressionType as TFRecordCompressionType
from graphpb.python_io import TFRecordOptions as TFRecordOptions
from graphpb.python_io import TFRecordWriter as TFRecordWriter
from graphpb.python_io import tf_record_iterator as tf_record_iterator


def __getattr__(name: str) -> object:
    from graphpb.ledger import absent

    raise absent(__name__, name)
