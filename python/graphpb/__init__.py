"""TensorFlow-1 style computation graphs, as data: `import graphpb as tf`."""

from graphpb import dtypes, errors
from graphpb import shapes as _shapes
from graphpb._native import __version__
from graphpb.dtypes import DType, as_dtype
from graphpb.graph.collections import GraphKeys, add_to_collection, add_to_collections, get_collection, get_collection_ref
from graphpb.graph.convert import constant, convert_to_tensor, register_tensor_conversion_function
from graphpb.graph.core import Graph, Operation, Tensor, get_default_graph, reset_default_graph
from graphpb.graph.scopes import colocate_with, container, control_dependencies, device, name_scope
from graphpb.ops import operators as _operators
from graphpb.ops import raw as raw_ops
from graphpb.shapes import Dimension, TensorShape
