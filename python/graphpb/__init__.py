"""TensorFlow-1 style computation graphs, as data: `import graphpb as tf`.

Heavy sub-packages (`tf.layers`, `tf.contrib`, `tf.summary`, …) are imported when they are first used.
"""

import importlib as _importlib

from graphpb import dtypes as dtypes
from graphpb import errors as errors
from graphpb._native import __version__ as __version__

# Types and shapes
from graphpb.dtypes import DType as DType
from graphpb.dtypes import as_dtype as as_dtype
from graphpb.dtypes import bfloat16 as bfloat16
from graphpb.dtypes import bool_ as bool
from graphpb.dtypes import complex64 as complex64
from graphpb.dtypes import complex128 as complex128
from graphpb.dtypes import double as double
from graphpb.dtypes import float16 as float16
from graphpb.dtypes import float32 as float32
from graphpb.dtypes import float64 as float64
from graphpb.dtypes import half as half
from graphpb.dtypes import int8 as int8
from graphpb.dtypes import int16 as int16
from graphpb.dtypes import int32 as int32
from graphpb.dtypes import int64 as int64
from graphpb.dtypes import qint8 as qint8
from graphpb.dtypes import qint16 as qint16
from graphpb.dtypes import qint32 as qint32
from graphpb.dtypes import quint8 as quint8
from graphpb.dtypes import quint16 as quint16
from graphpb.dtypes import resource as resource
from graphpb.dtypes import string as string
from graphpb.dtypes import uint8 as uint8
from graphpb.dtypes import uint16 as uint16
from graphpb.dtypes import uint32 as uint32
from graphpb.dtypes import uint64 as uint64
from graphpb.dtypes import variant as variant
from graphpb.errors import OpError as OpError

# The graph
from graphpb.graph.collections import GraphKeys as GraphKeys
from graphpb.graph.collections import add_to_collection as add_to_collection
from graphpb.graph.collections import add_to_collections as add_to_collections
from graphpb.graph.collections import get_collection as get_collection
from graphpb.graph.collections import get_collection_ref as get_collection_ref
from graphpb.graph.composite import IndexedSlices as IndexedSlices
from graphpb.graph.composite import SparseTensor as SparseTensor
from graphpb.graph.composite import SparseTensorValue as SparseTensorValue
from graphpb.graph.control import case as case
from graphpb.graph.control import cond as cond
from graphpb.graph.control import switch_case as switch_case
from graphpb.graph.convert import constant as constant
from graphpb.graph.convert import convert_to_tensor as convert_to_tensor
from graphpb.graph.convert import convert_to_tensor_or_indexed_slices as convert_to_tensor_or_indexed_slices
from graphpb.graph.convert import convert_to_tensor_or_sparse_tensor as convert_to_tensor_or_sparse_tensor
from graphpb.graph.convert import is_tensor as contrib_is_tensor  # noqa: F401
from graphpb.graph.convert import is_tensor as is_tensor
from graphpb.graph.convert import register_tensor_conversion_function as register_tensor_conversion_function
from graphpb.graph.core import Graph as Graph
from graphpb.graph.core import Operation as Operation
from graphpb.graph.core import Tensor as Tensor
from graphpb.graph.core import get_default_graph as get_default_graph
from graphpb.graph.core import reset_default_graph as reset_default_graph
from graphpb.graph.custom_gradient import custom_gradient as custom_gradient
from graphpb.graph.function import init_scope as init_scope
from graphpb.graph.gradients import AggregationMethod as AggregationMethod
from graphpb.graph.gradients import NoGradient as NoGradient
from graphpb.graph.gradients import NotDifferentiable as NotDifferentiable
from graphpb.graph.gradients import RegisterGradient as RegisterGradient
from graphpb.graph.gradients import UnconnectedGradients as UnconnectedGradients
from graphpb.graph.gradients import gradients as gradients
from graphpb.graph.gradients import hessians as hessians
from graphpb.graph.loops import while_loop as while_loop
from graphpb.graph.scopes import colocate_with as colocate_with
from graphpb.graph.scopes import container as container
from graphpb.graph.scopes import control_dependencies as control_dependencies
from graphpb.graph.scopes import device as device
from graphpb.graph.scopes import name_scope as name_scope
from graphpb.graph.static import make_ndarray as make_ndarray
from graphpb.graph.static import make_tensor_proto as make_tensor_proto
from graphpb.graph.tensor_array import TensorArray as TensorArray
from graphpb.graph.transfer import import_graph_def as import_graph_def
from graphpb.ops import operators as _operators  # noqa: F401
from graphpb.ops import raw as raw_ops  # noqa: F401
from graphpb.ops.inputs import placeholder as placeholder
from graphpb.ops.inputs import placeholder_with_default as placeholder_with_default
from graphpb.ops.inputs import sparse_placeholder as sparse_placeholder

# Sessions
from graphpb.session.session import InteractiveSession as InteractiveSession
from graphpb.session.session import Session as Session
from graphpb.session.session import get_default_session as get_default_session
from graphpb.shapes import Dimension as Dimension
from graphpb.shapes import TensorShape as TensorShape
from graphpb.shapes import dimension_at_index as dimension_at_index
from graphpb.shapes import dimension_value as dimension_value

newaxis = None

# Operations
from graphpb.graph.gradients import NotDifferentiable as no_gradient  # noqa: E402, F401
from graphpb.graph.static import constant_value as get_static_value  # noqa: E402, F401
from graphpb.initializers import constant_initializer as constant_initializer  # noqa: E402
from graphpb.initializers import glorot_normal_initializer as glorot_normal_initializer  # noqa: E402
from graphpb.initializers import glorot_uniform_initializer as glorot_uniform_initializer  # noqa: E402
from graphpb.initializers import ones_initializer as ones_initializer  # noqa: E402
from graphpb.initializers import orthogonal_initializer as orthogonal_initializer  # noqa: E402
from graphpb.initializers import random_normal_initializer as random_normal_initializer  # noqa: E402
from graphpb.initializers import random_uniform_initializer as random_uniform_initializer  # noqa: E402
from graphpb.initializers import truncated_normal_initializer as truncated_normal_initializer  # noqa: E402
from graphpb.initializers import uniform_unit_scaling_initializer as uniform_unit_scaling_initializer  # noqa: E402
from graphpb.initializers import variance_scaling_initializer as variance_scaling_initializer  # noqa: E402
from graphpb.initializers import zeros_initializer as zeros_initializer  # noqa: E402
from graphpb.logging import get_logger as get_logger  # noqa: E402
from graphpb.metrics.streaming import confusion_matrix as confusion_matrix  # noqa: E402
from graphpb.ops.array import batch_to_space as batch_to_space  # noqa: E402, F401
from graphpb.ops.array import batch_to_space_nd as batch_to_space_nd  # noqa: E402
from graphpb.ops.array import broadcast_to as broadcast_to  # noqa: E402
from graphpb.ops.array import concat as concat  # noqa: E402
from graphpb.ops.array import depth_to_space as depth_to_space  # noqa: E402
from graphpb.ops.array import expand_dims as expand_dims  # noqa: E402
from graphpb.ops.array import identity as identity  # noqa: E402
from graphpb.ops.array import identity_n as identity_n  # noqa: E402
from graphpb.ops.array import invert_permutation as invert_permutation  # noqa: E402
from graphpb.ops.array import matrix_transpose as matrix_transpose  # noqa: E402
from graphpb.ops.array import meshgrid as meshgrid  # noqa: E402
from graphpb.ops.array import one_hot as one_hot  # noqa: E402
from graphpb.ops.array import pad as pad  # noqa: E402
from graphpb.ops.array import parallel_stack as parallel_stack  # noqa: E402
from graphpb.ops.array import prevent_gradient as prevent_gradient  # noqa: E402
from graphpb.ops.array import repeat as repeat  # noqa: E402
from graphpb.ops.array import required_space_to_batch_paddings as required_space_to_batch_paddings  # noqa: E402
from graphpb.ops.array import reshape as reshape  # noqa: E402
from graphpb.ops.array import reverse as reverse  # noqa: E402
from graphpb.ops.array import reverse as reverse_v2  # noqa: E402, F401
from graphpb.ops.array import reverse_sequence as reverse_sequence  # noqa: E402
from graphpb.ops.array import roll as roll  # noqa: E402
from graphpb.ops.array import sequence_mask as sequence_mask  # noqa: E402
from graphpb.ops.array import slice as slice  # noqa: E402
from graphpb.ops.array import space_to_batch as space_to_batch  # noqa: E402, F401
from graphpb.ops.array import space_to_batch_nd as space_to_batch_nd  # noqa: E402
from graphpb.ops.array import space_to_depth as space_to_depth  # noqa: E402
from graphpb.ops.array import split as split  # noqa: E402
from graphpb.ops.array import squeeze as squeeze  # noqa: E402
from graphpb.ops.array import stack as stack  # noqa: E402
from graphpb.ops.array import stop_gradient as stop_gradient  # noqa: E402
from graphpb.ops.array import strided_slice as strided_slice  # noqa: E402
from graphpb.ops.array import tile as tile  # noqa: E402
from graphpb.ops.array import transpose as transpose  # noqa: E402
from graphpb.ops.array import unstack as unstack  # noqa: E402
from graphpb.ops.array import where as where  # noqa: E402
from graphpb.ops.array import where_v2 as where_v2  # noqa: E402
from graphpb.ops.cast import bitcast as bitcast  # noqa: E402
from graphpb.ops.cast import cast as cast  # noqa: E402
from graphpb.ops.cast import saturate_cast as saturate_cast  # noqa: E402
from graphpb.ops.cast import to_bfloat16 as to_bfloat16  # noqa: E402
from graphpb.ops.cast import to_complex64 as to_complex64  # noqa: E402
from graphpb.ops.cast import to_complex128 as to_complex128  # noqa: E402
from graphpb.ops.cast import to_double as to_double  # noqa: E402
from graphpb.ops.cast import to_float as to_float  # noqa: E402
from graphpb.ops.cast import to_int32 as to_int32  # noqa: E402
from graphpb.ops.cast import to_int64 as to_int64  # noqa: E402
from graphpb.ops.checks import Assert as Assert  # noqa: E402
from graphpb.ops.checks import Print as Print  # noqa: E402
from graphpb.ops.checks import add_check_numerics_ops as add_check_numerics_ops  # noqa: E402
from graphpb.ops.checks import assert_equal as assert_equal  # noqa: E402
from graphpb.ops.checks import assert_greater as assert_greater  # noqa: E402
from graphpb.ops.checks import assert_greater_equal as assert_greater_equal  # noqa: E402
from graphpb.ops.checks import assert_integer as assert_integer  # noqa: E402
from graphpb.ops.checks import assert_less as assert_less  # noqa: E402
from graphpb.ops.checks import assert_less_equal as assert_less_equal  # noqa: E402
from graphpb.ops.checks import assert_near as assert_near  # noqa: E402
from graphpb.ops.checks import assert_negative as assert_negative  # noqa: E402
from graphpb.ops.checks import assert_non_negative as assert_non_negative  # noqa: E402
from graphpb.ops.checks import assert_non_positive as assert_non_positive  # noqa: E402
from graphpb.ops.checks import assert_none_equal as assert_none_equal  # noqa: E402
from graphpb.ops.checks import assert_positive as assert_positive  # noqa: E402
from graphpb.ops.checks import assert_proper_iterable as assert_proper_iterable  # noqa: E402
from graphpb.ops.checks import assert_rank as assert_rank  # noqa: E402
from graphpb.ops.checks import assert_rank_at_least as assert_rank_at_least  # noqa: E402
from graphpb.ops.checks import assert_rank_in as assert_rank_in  # noqa: E402
from graphpb.ops.checks import assert_same_float_dtype as assert_same_float_dtype  # noqa: E402
from graphpb.ops.checks import assert_scalar as assert_scalar  # noqa: E402
from graphpb.ops.checks import assert_type as assert_type  # noqa: E402
from graphpb.ops.checks import check_numerics as check_numerics  # noqa: E402
from graphpb.ops.checks import ensure_shape as ensure_shape  # noqa: E402
from graphpb.ops.checks import is_non_decreasing as is_non_decreasing  # noqa: E402
from graphpb.ops.checks import is_numeric_tensor as is_numeric_tensor  # noqa: E402
from graphpb.ops.checks import is_strictly_increasing as is_strictly_increasing  # noqa: E402
from graphpb.ops.checks import verify_tensor_all_finite as verify_tensor_all_finite  # noqa: E402
from graphpb.ops.compare import equal as equal  # noqa: E402
from graphpb.ops.compare import greater as greater  # noqa: E402
from graphpb.ops.compare import greater_equal as greater_equal  # noqa: E402
from graphpb.ops.compare import less as less  # noqa: E402
from graphpb.ops.compare import less_equal as less_equal  # noqa: E402
from graphpb.ops.compare import logical_and as logical_and  # noqa: E402
from graphpb.ops.compare import logical_or as logical_or  # noqa: E402
from graphpb.ops.compare import logical_xor as logical_xor  # noqa: E402
from graphpb.ops.compare import not_equal as not_equal  # noqa: E402
from graphpb.ops.dependencies import group as group  # noqa: E402
from graphpb.ops.dependencies import no_op as no_op  # noqa: E402
from graphpb.ops.dependencies import tables_initializer as initialize_all_tables  # noqa: E402, F401
from graphpb.ops.dependencies import tables_initializer as tables_initializer  # noqa: E402
from graphpb.ops.dependencies import tuple as tuple  # noqa: E402
from graphpb.ops.files import matching_files as matching_files  # noqa: E402
from graphpb.ops.files import read_file as read_file  # noqa: E402
from graphpb.ops.files import write_file as write_file  # noqa: E402
from graphpb.ops.fill import eye as eye  # noqa: E402
from graphpb.ops.fill import fill as fill  # noqa: E402
from graphpb.ops.fill import ones as ones  # noqa: E402
from graphpb.ops.fill import ones_like as ones_like  # noqa: E402
from graphpb.ops.fill import zeros as zeros  # noqa: E402
from graphpb.ops.fill import zeros_like as zeros_like  # noqa: E402
from graphpb.ops.functional import foldl as foldl  # noqa: E402
from graphpb.ops.functional import foldr as foldr  # noqa: E402
from graphpb.ops.functional import map_fn as map_fn  # noqa: E402
from graphpb.ops.functional import scan as scan  # noqa: E402
from graphpb.ops.gather import batch_gather as batch_gather  # noqa: E402
from graphpb.ops.gather import boolean_mask as boolean_mask  # noqa: E402
from graphpb.ops.gather import dynamic_partition as dynamic_partition  # noqa: E402
from graphpb.ops.gather import dynamic_stitch as dynamic_stitch  # noqa: E402
from graphpb.ops.gather import edit_distance as edit_distance  # noqa: E402
from graphpb.ops.gather import gather as gather  # noqa: E402
from graphpb.ops.gather import gather_nd as gather_nd  # noqa: E402
from graphpb.ops.gather import listdiff as listdiff  # noqa: E402
from graphpb.ops.gather import scatter_nd as scatter_nd  # noqa: E402
from graphpb.ops.gather import searchsorted as searchsorted  # noqa: E402
from graphpb.ops.gather import setdiff1d as setdiff1d  # noqa: E402
from graphpb.ops.gather import sparse_mask as sparse_mask  # noqa: E402
from graphpb.ops.gather import tensor_scatter_add as tensor_scatter_add  # noqa: E402
from graphpb.ops.gather import tensor_scatter_add as tensor_scatter_nd_add  # noqa: E402, F401
from graphpb.ops.gather import tensor_scatter_sub as tensor_scatter_nd_sub  # noqa: E402, F401
from graphpb.ops.gather import tensor_scatter_sub as tensor_scatter_sub  # noqa: E402
from graphpb.ops.gather import tensor_scatter_update as tensor_scatter_nd_update  # noqa: E402, F401
from graphpb.ops.gather import tensor_scatter_update as tensor_scatter_update  # noqa: E402
from graphpb.ops.gather import unique as unique  # noqa: E402
from graphpb.ops.gather import unique_with_counts as unique_with_counts  # noqa: E402
from graphpb.ops.image_frame import extract_image_patches as extract_image_patches  # noqa: E402
from graphpb.ops.linalg import cholesky as cholesky  # noqa: E402
from graphpb.ops.linalg import cholesky_solve as cholesky_solve  # noqa: E402
from graphpb.ops.linalg import cross as cross  # noqa: E402
from graphpb.ops.linalg import diag as diag  # noqa: E402
from graphpb.ops.linalg import diag_part as diag_part  # noqa: E402
from graphpb.ops.linalg import einsum as einsum  # noqa: E402
from graphpb.ops.linalg import matrix_band_part as matrix_band_part  # noqa: E402
from graphpb.ops.linalg import matrix_determinant as matrix_determinant  # noqa: E402
from graphpb.ops.linalg import matrix_diag as matrix_diag  # noqa: E402
from graphpb.ops.linalg import matrix_diag_part as matrix_diag_part  # noqa: E402
from graphpb.ops.linalg import matrix_inverse as matrix_inverse  # noqa: E402
from graphpb.ops.linalg import matrix_set_diag as matrix_set_diag  # noqa: E402
from graphpb.ops.linalg import matrix_solve as matrix_solve  # noqa: E402
from graphpb.ops.linalg import matrix_solve_ls as matrix_solve_ls  # noqa: E402
from graphpb.ops.linalg import matrix_triangular_solve as matrix_triangular_solve  # noqa: E402
from graphpb.ops.linalg import norm as norm  # noqa: E402
from graphpb.ops.linalg import qr as qr  # noqa: E402
from graphpb.ops.linalg import self_adjoint_eig as self_adjoint_eig  # noqa: E402
from graphpb.ops.linalg import self_adjoint_eigvals as self_adjoint_eigvals  # noqa: E402
from graphpb.ops.linalg import svd as svd  # noqa: E402
from graphpb.ops.math import accumulate_n as accumulate_n  # noqa: E402
from graphpb.ops.math import add as add  # noqa: E402
from graphpb.ops.math import add_n as add_n  # noqa: E402
from graphpb.ops.math import atan2 as atan2  # noqa: E402
from graphpb.ops.math import cumprod as cumprod  # noqa: E402
from graphpb.ops.math import cumsum as cumsum  # noqa: E402
from graphpb.ops.math import div as div  # noqa: E402
from graphpb.ops.math import div_no_nan as div_no_nan  # noqa: E402
from graphpb.ops.math import divide as divide  # noqa: E402
from graphpb.ops.math import floor_div as floor_div  # noqa: E402
from graphpb.ops.math import floordiv as floordiv  # noqa: E402
from graphpb.ops.math import lbeta as lbeta  # noqa: E402
from graphpb.ops.math import maximum as maximum  # noqa: E402
from graphpb.ops.math import minimum as minimum  # noqa: E402
from graphpb.ops.math import mod as floormod  # noqa: E402
from graphpb.ops.math import mod as mod  # noqa: E402
from graphpb.ops.math import multiply as multiply  # noqa: E402
from graphpb.ops.math import polygamma as polygamma  # noqa: E402, F401
from graphpb.ops.math import pow as pow  # noqa: E402
from graphpb.ops.math import range as range  # noqa: E402
from graphpb.ops.math import realdiv as realdiv  # noqa: E402
from graphpb.ops.math import scalar_mul as scalar_mul  # noqa: E402
from graphpb.ops.math import squared_difference as squared_difference  # noqa: E402
from graphpb.ops.math import subtract as subtract  # noqa: E402
from graphpb.ops.math import truediv as truediv  # noqa: E402
from graphpb.ops.math import truncatediv as truncatediv  # noqa: E402
from graphpb.ops.math import truncatemod as truncatemod  # noqa: E402
from graphpb.ops.math import zeta as zeta  # noqa: E402, F401
from graphpb.ops.order import argsort as argsort  # noqa: E402
from graphpb.ops.order import bincount as bincount  # noqa: E402
from graphpb.ops.order import histogram_fixed_width as histogram_fixed_width  # noqa: E402
from graphpb.ops.order import lin_space as lin_space  # noqa: E402
from graphpb.ops.order import linspace as linspace  # noqa: E402
from graphpb.ops.order import sort as sort  # noqa: E402
from graphpb.ops.parsing import FixedLenFeature as FixedLenFeature  # noqa: E402
from graphpb.ops.parsing import FixedLenSequenceFeature as FixedLenSequenceFeature  # noqa: E402
from graphpb.ops.parsing import SparseFeature as SparseFeature  # noqa: E402
from graphpb.ops.parsing import VarLenFeature as VarLenFeature  # noqa: E402
from graphpb.ops.parsing import decode_compressed as decode_compressed  # noqa: E402
from graphpb.ops.parsing import decode_csv as decode_csv  # noqa: E402
from graphpb.ops.parsing import decode_json_example as decode_json_example  # noqa: E402
from graphpb.ops.parsing import decode_raw as decode_raw  # noqa: E402
from graphpb.ops.parsing import parse_example as parse_example  # noqa: E402
from graphpb.ops.parsing import parse_single_example as parse_single_example  # noqa: E402
from graphpb.ops.parsing import parse_single_sequence_example as parse_single_sequence_example  # noqa: E402
from graphpb.ops.parsing import parse_tensor as parse_tensor  # noqa: E402
from graphpb.ops.parsing import serialize_tensor as serialize_tensor  # noqa: E402
from graphpb.ops.printing import print_v2 as print  # noqa: E402, A004
from graphpb.ops.product import matmul as matmul  # noqa: E402
from graphpb.ops.product import tensordot as tensordot  # noqa: E402
from graphpb.ops.queues import FIFOQueue as FIFOQueue  # noqa: E402
from graphpb.ops.queues import PaddingFIFOQueue as PaddingFIFOQueue  # noqa: E402
from graphpb.ops.queues import PriorityQueue as PriorityQueue  # noqa: E402
from graphpb.ops.queues import QueueBase as QueueBase  # noqa: E402
from graphpb.ops.queues import RandomShuffleQueue as RandomShuffleQueue  # noqa: E402
from graphpb.ops.random import get_seed as get_seed  # noqa: E402
from graphpb.ops.random import multinomial as multinomial  # noqa: E402
from graphpb.ops.random import random_crop as random_crop  # noqa: E402
from graphpb.ops.random import random_gamma as random_gamma  # noqa: E402
from graphpb.ops.random import random_normal as random_normal  # noqa: E402
from graphpb.ops.random import random_poisson as random_poisson  # noqa: E402
from graphpb.ops.random import random_shuffle as random_shuffle  # noqa: E402
from graphpb.ops.random import random_uniform as random_uniform  # noqa: E402
from graphpb.ops.random import set_random_seed as set_random_seed  # noqa: E402
from graphpb.ops.random import truncated_normal as truncated_normal  # noqa: E402
from graphpb.ops.readers import FixedLengthRecordReader as FixedLengthRecordReader  # noqa: E402
from graphpb.ops.readers import IdentityReader as IdentityReader  # noqa: E402
from graphpb.ops.readers import ReaderBase as ReaderBase  # noqa: E402
from graphpb.ops.readers import TextLineReader as TextLineReader  # noqa: E402
from graphpb.ops.readers import TFRecordReader as TFRecordReader  # noqa: E402
from graphpb.ops.readers import WholeFileReader as WholeFileReader  # noqa: E402
from graphpb.ops.reduce import arg_max as arg_max  # noqa: E402
from graphpb.ops.reduce import arg_min as arg_min  # noqa: E402
from graphpb.ops.reduce import argmax as argmax  # noqa: E402
from graphpb.ops.reduce import argmin as argmin  # noqa: E402
from graphpb.ops.reduce import count_nonzero as count_nonzero  # noqa: E402
from graphpb.ops.reduce import reduce_all as reduce_all  # noqa: E402
from graphpb.ops.reduce import reduce_any as reduce_any  # noqa: E402
from graphpb.ops.reduce import reduce_logsumexp as reduce_logsumexp  # noqa: E402
from graphpb.ops.reduce import reduce_max as reduce_max  # noqa: E402
from graphpb.ops.reduce import reduce_mean as reduce_mean  # noqa: E402
from graphpb.ops.reduce import reduce_min as reduce_min  # noqa: E402
from graphpb.ops.reduce import reduce_prod as reduce_prod  # noqa: E402
from graphpb.ops.reduce import reduce_sum as reduce_sum  # noqa: E402
from graphpb.ops.reduce import trace as trace  # noqa: E402
from graphpb.ops.script import numpy_function as numpy_function  # noqa: E402
from graphpb.ops.script import py_func as py_func  # noqa: E402
from graphpb.ops.segment import segment_max as segment_max  # noqa: E402
from graphpb.ops.segment import segment_mean as segment_mean  # noqa: E402
from graphpb.ops.segment import segment_min as segment_min  # noqa: E402
from graphpb.ops.segment import segment_prod as segment_prod  # noqa: E402
from graphpb.ops.segment import segment_sum as segment_sum  # noqa: E402
from graphpb.ops.segment import sparse_segment_mean as sparse_segment_mean  # noqa: E402
from graphpb.ops.segment import sparse_segment_sqrt_n as sparse_segment_sqrt_n  # noqa: E402
from graphpb.ops.segment import sparse_segment_sum as sparse_segment_sum  # noqa: E402
from graphpb.ops.segment import unsorted_segment_max as unsorted_segment_max  # noqa: E402
from graphpb.ops.segment import unsorted_segment_mean as unsorted_segment_mean  # noqa: E402
from graphpb.ops.segment import unsorted_segment_min as unsorted_segment_min  # noqa: E402
from graphpb.ops.segment import unsorted_segment_prod as unsorted_segment_prod  # noqa: E402
from graphpb.ops.segment import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n  # noqa: E402
from graphpb.ops.segment import unsorted_segment_sum as unsorted_segment_sum  # noqa: E402
from graphpb.ops.shape import broadcast_dynamic_shape as broadcast_dynamic_shape  # noqa: E402
from graphpb.ops.shape import broadcast_static_shape as broadcast_static_shape  # noqa: E402
from graphpb.ops.shape import rank as rank  # noqa: E402
from graphpb.ops.shape import shape as shape  # noqa: E402
from graphpb.ops.shape import shape_n as shape_n  # noqa: E402
from graphpb.ops.shape import size as size  # noqa: E402
from graphpb.ops.sparse import sparse_add as sparse_add  # noqa: E402
from graphpb.ops.sparse import sparse_concat as sparse_concat  # noqa: E402
from graphpb.ops.sparse import sparse_fill_empty_rows as sparse_fill_empty_rows  # noqa: E402
from graphpb.ops.sparse import sparse_reduce_max as sparse_reduce_max  # noqa: E402
from graphpb.ops.sparse import sparse_reduce_sum as sparse_reduce_sum  # noqa: E402
from graphpb.ops.sparse import sparse_reorder as sparse_reorder  # noqa: E402
from graphpb.ops.sparse import sparse_reshape as sparse_reshape  # noqa: E402
from graphpb.ops.sparse import sparse_retain as sparse_retain  # noqa: E402
from graphpb.ops.sparse import sparse_slice as sparse_slice  # noqa: E402
from graphpb.ops.sparse import sparse_softmax as sparse_softmax  # noqa: E402
from graphpb.ops.sparse import sparse_tensor_dense_matmul as sparse_tensor_dense_matmul  # noqa: E402
from graphpb.ops.sparse import sparse_tensor_to_dense as sparse_tensor_to_dense  # noqa: E402
from graphpb.ops.sparse import sparse_to_dense as sparse_to_dense  # noqa: E402
from graphpb.ops.state import batch_scatter_update as batch_scatter_update  # noqa: E402
from graphpb.ops.state import count_up_to as count_up_to  # noqa: E402
from graphpb.ops.state import scatter_add as scatter_add  # noqa: E402
from graphpb.ops.state import scatter_div as scatter_div  # noqa: E402
from graphpb.ops.state import scatter_max as scatter_max  # noqa: E402
from graphpb.ops.state import scatter_min as scatter_min  # noqa: E402
from graphpb.ops.state import scatter_mul as scatter_mul  # noqa: E402
from graphpb.ops.state import scatter_nd_add as scatter_nd_add  # noqa: E402
from graphpb.ops.state import scatter_nd_sub as scatter_nd_sub  # noqa: E402
from graphpb.ops.state import scatter_nd_update as scatter_nd_update  # noqa: E402
from graphpb.ops.state import scatter_sub as scatter_sub  # noqa: E402
from graphpb.ops.state import scatter_update as scatter_update  # noqa: E402
from graphpb.ops.strings import as_string as as_string  # noqa: E402
from graphpb.ops.strings import decode_base64 as decode_base64  # noqa: E402
from graphpb.ops.strings import encode_base64 as encode_base64  # noqa: E402
from graphpb.ops.strings import reduce_join as reduce_join  # noqa: E402
from graphpb.ops.strings import regex_replace as regex_replace  # noqa: E402
from graphpb.ops.strings import string_join as string_join  # noqa: E402
from graphpb.ops.strings import string_split as string_split  # noqa: E402
from graphpb.ops.strings import string_strip as string_strip  # noqa: E402
from graphpb.ops.strings import string_to_hash_bucket as string_to_hash_bucket  # noqa: E402
from graphpb.ops.strings import string_to_hash_bucket_fast as string_to_hash_bucket_fast  # noqa: E402
from graphpb.ops.strings import string_to_hash_bucket_strong as string_to_hash_bucket_strong  # noqa: E402
from graphpb.ops.strings import string_to_number as string_to_number  # noqa: E402
from graphpb.ops.strings import substr as substr  # noqa: E402
from graphpb.ops.unary import abs as abs  # noqa: E402
from graphpb.ops.unary import acos as acos  # noqa: E402
from graphpb.ops.unary import acosh as acosh  # noqa: E402
from graphpb.ops.unary import angle as angle  # noqa: E402
from graphpb.ops.unary import asin as asin  # noqa: E402
from graphpb.ops.unary import asinh as asinh  # noqa: E402
from graphpb.ops.unary import atan as atan  # noqa: E402
from graphpb.ops.unary import atanh as atanh  # noqa: E402
from graphpb.ops.unary import ceil as ceil  # noqa: E402
from graphpb.ops.unary import complex as complex  # noqa: E402
from graphpb.ops.unary import conj as conj  # noqa: E402
from graphpb.ops.unary import cos as cos  # noqa: E402
from graphpb.ops.unary import cosh as cosh  # noqa: E402
from graphpb.ops.unary import digamma as digamma  # noqa: E402
from graphpb.ops.unary import erf as erf  # noqa: E402
from graphpb.ops.unary import erfc as erfc  # noqa: E402
from graphpb.ops.unary import exp as exp  # noqa: E402
from graphpb.ops.unary import expm1 as expm1  # noqa: E402
from graphpb.ops.unary import floor as floor  # noqa: E402
from graphpb.ops.unary import imag as imag  # noqa: E402
from graphpb.ops.unary import is_finite as is_finite  # noqa: E402
from graphpb.ops.unary import is_inf as is_inf  # noqa: E402
from graphpb.ops.unary import is_nan as is_nan  # noqa: E402
from graphpb.ops.unary import lgamma as lgamma  # noqa: E402
from graphpb.ops.unary import log as log  # noqa: E402
from graphpb.ops.unary import log1p as log1p  # noqa: E402
from graphpb.ops.unary import log_sigmoid as log_sigmoid  # noqa: E402
from graphpb.ops.unary import logical_not as logical_not  # noqa: E402
from graphpb.ops.unary import negative as negative  # noqa: E402
from graphpb.ops.unary import real as real  # noqa: E402
from graphpb.ops.unary import reciprocal as reciprocal  # noqa: E402
from graphpb.ops.unary import rint as rint  # noqa: E402
from graphpb.ops.unary import round as round  # noqa: E402
from graphpb.ops.unary import rsqrt as rsqrt  # noqa: E402
from graphpb.ops.unary import sigmoid as sigmoid  # noqa: E402
from graphpb.ops.unary import sign as sign  # noqa: E402
from graphpb.ops.unary import sin as sin  # noqa: E402
from graphpb.ops.unary import sinh as sinh  # noqa: E402
from graphpb.ops.unary import sqrt as sqrt  # noqa: E402
from graphpb.ops.unary import square as square  # noqa: E402
from graphpb.ops.unary import tan as tan  # noqa: E402
from graphpb.ops.unary import tanh as tanh  # noqa: E402
from graphpb.train.clip import clip_by_average_norm as clip_by_average_norm  # noqa: E402
from graphpb.train.clip import clip_by_global_norm as clip_by_global_norm  # noqa: E402
from graphpb.train.clip import clip_by_norm as clip_by_norm  # noqa: E402
from graphpb.train.clip import clip_by_value as clip_by_value  # noqa: E402
from graphpb.train.clip import global_norm as global_norm  # noqa: E402
from graphpb.variables.creators import variable_creator_scope as variable_creator_scope  # noqa: E402
from graphpb.variables.distribution import VariableAggregation as VariableAggregation  # noqa: E402
from graphpb.variables.distribution import VariableSynchronization as VariableSynchronization  # noqa: E402

# Variables
from graphpb.variables.partition import fixed_size_partitioner as fixed_size_partitioner  # noqa: E402
from graphpb.variables.partition import min_max_variable_partitioner as min_max_variable_partitioner  # noqa: E402
from graphpb.variables.partition import variable_axis_size_partitioner as variable_axis_size_partitioner  # noqa: E402
from graphpb.variables.resource import disable_resource_variables as disable_resource_variables  # noqa: E402
from graphpb.variables.resource import enable_resource_variables as enable_resource_variables  # noqa: E402
from graphpb.variables.resource import resource_variables_enabled as resource_variables_enabled  # noqa: E402
from graphpb.variables.scope import AUTO_REUSE as AUTO_REUSE  # noqa: E402
from graphpb.variables.scope import VariableScope as VariableScope  # noqa: E402
from graphpb.variables.scope import get_local_variable as get_local_variable  # noqa: E402
from graphpb.variables.scope import get_variable as get_variable  # noqa: E402
from graphpb.variables.scope import get_variable_scope as get_variable_scope  # noqa: E402
from graphpb.variables.scope import no_regularizer as no_regularizer  # noqa: E402
from graphpb.variables.scope import op_scope as op_scope  # noqa: E402
from graphpb.variables.scope import variable_op_scope as variable_op_scope  # noqa: E402
from graphpb.variables.scope import variable_scope as variable_scope  # noqa: E402
from graphpb.variables.template import make_template as make_template  # noqa: E402
from graphpb.variables.variable import Variable as Variable  # noqa: E402
from graphpb.variables.variable import all_variables as all_variables  # noqa: E402
from graphpb.variables.variable import assert_variables_initialized as assert_variables_initialized  # noqa: E402
from graphpb.variables.variable import assign as assign  # noqa: E402
from graphpb.variables.variable import assign_add as assign_add  # noqa: E402
from graphpb.variables.variable import assign_sub as assign_sub  # noqa: E402
from graphpb.variables.variable import global_variables as global_variables  # noqa: E402
from graphpb.variables.variable import global_variables_initializer as global_variables_initializer  # noqa: E402
from graphpb.variables.variable import initialize_all_variables as initialize_all_variables  # noqa: E402
from graphpb.variables.variable import initialize_local_variables as initialize_local_variables  # noqa: E402
from graphpb.variables.variable import initialize_variables as initialize_variables  # noqa: E402
from graphpb.variables.variable import is_variable_initialized as is_variable_initialized  # noqa: E402
from graphpb.variables.variable import local_variables as local_variables  # noqa: E402
from graphpb.variables.variable import local_variables_initializer as local_variables_initializer  # noqa: E402
from graphpb.variables.variable import model_variables as model_variables  # noqa: E402
from graphpb.variables.variable import moving_average_variables as moving_average_variables  # noqa: E402
from graphpb.variables.variable import report_uninitialized_variables as report_uninitialized_variables  # noqa: E402
from graphpb.variables.variable import trainable_variables as trainable_variables  # noqa: E402
from graphpb.variables.variable import variables_initializer as variables_initializer  # noqa: E402
from graphpb.version import COMPILER_VERSION as COMPILER_VERSION  # noqa: E402
from graphpb.version import GIT_VERSION as GIT_VERSION  # noqa: E402
from graphpb.version import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION  # noqa: E402
from graphpb.version import GRAPH_DEF_VERSION_MIN_CONSUMER as GRAPH_DEF_VERSION_MIN_CONSUMER  # noqa: E402
from graphpb.version import GRAPH_DEF_VERSION_MIN_PRODUCER as GRAPH_DEF_VERSION_MIN_PRODUCER  # noqa: E402
from graphpb.version import VERSION as VERSION  # noqa: E402

_LAZY = (
    "app compat config contrib data debug distributions estimator examples feature_column flags gfile graph_util image initializers io keras layers linalg logging "
    "lookup losses math metrics nn profiler protos python_io queue random resource_loader saved_model sets sparse spectral strings summary sysconfig test train "
    "user_ops version manip bitwise debugging nest"
).split()

_CONFIG = ("ConfigProto", "GPUOptions", "GraphOptions", "OptimizerOptions", "RunOptions", "RunMetadata")

_MESSAGES = ("GraphDef", "NodeDef", "AttrValue", "NameAttrList", "Summary", "SummaryMetadata", "Event", "SessionLog", "LogMessage", "HistogramProto", "TensorInfo", "MetaGraphDef")  # fmt: skip

_REASONS = {
    "GradientTape": "graphpb has no eager mode: use tf.gradients",
    "function": "graphpb builds graphs as TensorFlow 1 does: build once, then run the tensors in a tf.Session",
    "Module": "graphpb has no eager mode: keep variables with tf.get_variable and variable scopes",
    "enable_eager_execution": "graphpb has no eager mode: build the graph, then run it in a tf.Session",
    "enable_v2_behavior": "graphpb has TensorFlow 1's behaviour only",
    "float": "use tf.float32",
    "int": "use tf.int32",
}


def disable_v2_behavior() -> None:
    """Do nothing: graphpb has TensorFlow 1's behaviour only."""


disable_eager_execution = disable_v2_behavior


def executing_eagerly() -> "_builtin_bool":
    """False: operations are added to a graph."""
    return False


_builtin_bool = type(True)


def __getattr__(name: str) -> object:
    if name in _LAZY:
        try:
            module = _importlib.import_module(f"graphpb.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"graphpb.{name}":
                raise
            raise AttributeError(f"module 'graphpb' has no attribute {name!r}: TensorFlow 1 has tf.{name}, graphpb does not yet") from None
        globals()[name] = module
        return module
    if name in _CONFIG or name in _MESSAGES:
        from graphpb import protos

        value = getattr(protos, name)
        globals()[name] = value
        return value
    if name.startswith("__"):
        raise AttributeError(f"module 'graphpb' has no attribute {name!r}")
    from graphpb.ledger import rule

    reason = _REASONS.get(name) or rule(name)
    if reason is None:
        import difflib

        close = difflib.get_close_matches(name, [n for n in (*globals(), *_LAZY) if not n.startswith("_")], n=3)
        reason = f"did you mean {' or '.join('tf.' + n for n in close)}?" if close else "graphpb does not have this part of TensorFlow"
    raise AttributeError(f"module 'graphpb' has no attribute {name!r}: {reason}")


def __dir__() -> list[str]:
    return sorted({n for n in globals() if not n.startswith("_")} | set(_LAZY))
