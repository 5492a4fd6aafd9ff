"""Functions of tf.math: arithmetic, comparisons, reductions, segments, orders."""

from graphpb.metrics.streaming import confusion_matrix as confusion_matrix
from graphpb.nn.activations import log_softmax as log_softmax
from graphpb.nn.activations import softmax as softmax
from graphpb.nn.activations import softplus as softplus
from graphpb.nn.activations import softsign as softsign
from graphpb.nn.activations import zero_fraction as zero_fraction
from graphpb.nn.norm import l2_normalize as l2_normalize
from graphpb.nn.sampling import in_top_k as in_top_k
from graphpb.nn.sampling import top_k as top_k
from graphpb.ops.array import invert_permutation as invert_permutation
from graphpb.ops.checks import is_non_decreasing as is_non_decreasing
from graphpb.ops.checks import is_strictly_increasing as is_strictly_increasing
from graphpb.ops.compare import equal as equal
from graphpb.ops.compare import greater as greater
from graphpb.ops.compare import greater_equal as greater_equal
from graphpb.ops.compare import less as less
from graphpb.ops.compare import less_equal as less_equal
from graphpb.ops.compare import logical_and as logical_and
from graphpb.ops.compare import logical_or as logical_or
from graphpb.ops.compare import logical_xor as logical_xor
from graphpb.ops.compare import not_equal as not_equal
from graphpb.ops.math import accumulate_n as accumulate_n
from graphpb.ops.math import add as add
from graphpb.ops.math import add_n as add_n
from graphpb.ops.math import atan2 as atan2
from graphpb.ops.math import cumprod as cumprod
from graphpb.ops.math import cumsum as cumsum
from graphpb.ops.math import div as div
from graphpb.ops.math import div_no_nan as div_no_nan
from graphpb.ops.math import div_no_nan as divide_no_nan  # noqa: F401
from graphpb.ops.math import divide as divide
from graphpb.ops.math import floordiv as floordiv
from graphpb.ops.math import lbeta as lbeta
from graphpb.ops.math import maximum as maximum
from graphpb.ops.math import minimum as minimum
from graphpb.ops.math import mod as floormod  # noqa: F401
from graphpb.ops.math import mod as mod
from graphpb.ops.math import multiply as multiply
from graphpb.ops.math import multiply_no_nan as multiply_no_nan
from graphpb.ops.math import polygamma as polygamma  # noqa: F401
from graphpb.ops.math import polyval as polyval
from graphpb.ops.math import pow as pow
from graphpb.ops.math import range as range
from graphpb.ops.math import reciprocal_no_nan as reciprocal_no_nan
from graphpb.ops.math import scalar_mul as scalar_mul
from graphpb.ops.math import squared_difference as squared_difference
from graphpb.ops.math import subtract as subtract
from graphpb.ops.math import truediv as truediv
from graphpb.ops.math import xdivy as xdivy
from graphpb.ops.math import xlog1py as xlog1py  # noqa: F401
from graphpb.ops.math import xlogy as xlogy
from graphpb.ops.math import zeta as zeta  # noqa: F401
from graphpb.ops.order import bincount as bincount
from graphpb.ops.reduce import argmax as argmax
from graphpb.ops.reduce import argmin as argmin
from graphpb.ops.reduce import count_nonzero as count_nonzero
from graphpb.ops.reduce import reduce_all as reduce_all
from graphpb.ops.reduce import reduce_any as reduce_any
from graphpb.ops.reduce import reduce_euclidean_norm as reduce_euclidean_norm
from graphpb.ops.reduce import reduce_logsumexp as reduce_logsumexp
from graphpb.ops.reduce import reduce_max as reduce_max
from graphpb.ops.reduce import reduce_mean as reduce_mean
from graphpb.ops.reduce import reduce_min as reduce_min
from graphpb.ops.reduce import reduce_prod as reduce_prod
from graphpb.ops.reduce import reduce_std as reduce_std
from graphpb.ops.reduce import reduce_sum as reduce_sum
from graphpb.ops.reduce import reduce_variance as reduce_variance
from graphpb.ops.segment import segment_max as segment_max
from graphpb.ops.segment import segment_mean as segment_mean
from graphpb.ops.segment import segment_min as segment_min
from graphpb.ops.segment import segment_prod as segment_prod
from graphpb.ops.segment import segment_sum as segment_sum
from graphpb.ops.segment import unsorted_segment_max as unsorted_segment_max
from graphpb.ops.segment import unsorted_segment_mean as unsorted_segment_mean
from graphpb.ops.segment import unsorted_segment_min as unsorted_segment_min
from graphpb.ops.segment import unsorted_segment_prod as unsorted_segment_prod
from graphpb.ops.segment import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from graphpb.ops.segment import unsorted_segment_sum as unsorted_segment_sum
from graphpb.ops.unary import abs as abs
from graphpb.ops.unary import acos as acos
from graphpb.ops.unary import acosh as acosh
from graphpb.ops.unary import angle as angle
from graphpb.ops.unary import asin as asin
from graphpb.ops.unary import asinh as asinh
from graphpb.ops.unary import atan as atan
from graphpb.ops.unary import atanh as atanh
from graphpb.ops.unary import ceil as ceil
from graphpb.ops.unary import complex as complex
from graphpb.ops.unary import conj as conj
from graphpb.ops.unary import cos as cos
from graphpb.ops.unary import cosh as cosh
from graphpb.ops.unary import digamma as digamma
from graphpb.ops.unary import erf as erf
from graphpb.ops.unary import erfc as erfc
from graphpb.ops.unary import exp as exp
from graphpb.ops.unary import expm1 as expm1
from graphpb.ops.unary import floor as floor
from graphpb.ops.unary import imag as imag
from graphpb.ops.unary import is_finite as is_finite
from graphpb.ops.unary import is_inf as is_inf
from graphpb.ops.unary import is_nan as is_nan
from graphpb.ops.unary import lgamma as lgamma
from graphpb.ops.unary import log as log
from graphpb.ops.unary import log1p as log1p
from graphpb.ops.unary import log_sigmoid as log_sigmoid
from graphpb.ops.unary import logical_not as logical_not
from graphpb.ops.unary import negative as negative
from graphpb.ops.unary import real as real
from graphpb.ops.unary import reciprocal as reciprocal
from graphpb.ops.unary import rint as rint
from graphpb.ops.unary import round as round
from graphpb.ops.unary import rsqrt as rsqrt
from graphpb.ops.unary import sigmoid as sigmoid
from graphpb.ops.unary import sign as sign
from graphpb.ops.unary import sin as sin
from graphpb.ops.unary import sinh as sinh
from graphpb.ops.unary import sqrt as sqrt
from graphpb.ops.unary import square as square
from graphpb.ops.unary import tan as tan
from graphpb.ops.unary import tanh as tanh


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
