"""Functions of tf.debugging: assertions and checks of numbers."""

from graphpb.ops.checks import Assert as Assert
from graphpb.ops.checks import assert_equal as assert_equal
from graphpb.ops.checks import assert_greater as assert_greater
from graphpb.ops.checks import assert_greater_equal as assert_greater_equal
from graphpb.ops.checks import assert_integer as assert_integer
from graphpb.ops.checks import assert_less as assert_less
from graphpb.ops.checks import assert_less_equal as assert_less_equal
from graphpb.ops.checks import assert_near as assert_near
from graphpb.ops.checks import assert_negative as assert_negative
from graphpb.ops.checks import assert_non_negative as assert_non_negative
from graphpb.ops.checks import assert_non_positive as assert_non_positive
from graphpb.ops.checks import assert_none_equal as assert_none_equal
from graphpb.ops.checks import assert_positive as assert_positive
from graphpb.ops.checks import assert_proper_iterable as assert_proper_iterable
from graphpb.ops.checks import assert_rank as assert_rank
from graphpb.ops.checks import assert_rank_at_least as assert_rank_at_least
from graphpb.ops.checks import assert_rank_in as assert_rank_in
from graphpb.ops.checks import assert_same_float_dtype as assert_same_float_dtype
from graphpb.ops.checks import assert_scalar as assert_scalar
from graphpb.ops.checks import assert_type as assert_type
from graphpb.ops.checks import check_numerics as check_numerics
from graphpb.ops.checks import is_non_decreasing as is_non_decreasing
from graphpb.ops.checks import is_numeric_tensor as is_numeric_tensor
from graphpb.ops.checks import is_strictly_increasing as is_strictly_increasing
from graphpb.ops.checks import verify_tensor_all_finite as assert_all_finite  # noqa: F401
from graphpb.ops.unary import is_finite as is_finite
from graphpb.ops.unary import is_inf as is_inf
from graphpb.ops.unary import is_nan as is_nan


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
