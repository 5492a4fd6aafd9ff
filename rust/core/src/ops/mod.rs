//! THE list of ops: adding one is a file in its family and a line here.

pub mod array;
pub mod control;
pub mod math;
pub mod random;
pub mod state;

use crate::registry::OpDef;

pub static ALL: &[&OpDef] = &[
    // array
    &array::broadcast::BROADCAST_ARGS,
    &array::broadcast::BROADCAST_GRADIENT_ARGS,
    &array::broadcast::BROADCAST_TO,
    &array::concat::CONCAT,
    &array::concat::CONCAT_OFFSET,
    &array::concat::CONCAT_V2,
    &array::dynamic_stitch::DYNAMIC_PARTITION,
    &array::dynamic_stitch::DYNAMIC_STITCH,
    &array::dynamic_stitch::PARALLEL_DYNAMIC_STITCH,
    &array::expand_dims::EXPAND_DIMS,
    &array::expand_dims::SQUEEZE,
    &array::fill::FILL,
    &array::gather::GATHER,
    &array::gather::GATHER_V2,
    &array::invert_permutation::INVERT_PERMUTATION,
    &array::one_hot::ONE_HOT,
    &array::pack::PACK,
    &array::pack::UNPACK,
    &array::pad::MIRROR_PAD,
    &array::pad::MIRROR_PAD_GRAD,
    &array::pad::PAD,
    &array::pad::PAD_V2,
    &array::range::RANGE,
    &array::reshape::RESHAPE,
    &array::scatter_nd::GATHER_ND,
    &array::scatter_nd::SCATTER_ND,
    &array::shape::SHAPE,
    &array::shape::SHAPE_N,
    &array::size::RANK,
    &array::size::SIZE,
    &array::slice::SLICE,
    &array::split::SPLIT,
    &array::split::SPLIT_V,
    &array::strided_slice::STRIDED_SLICE,
    &array::strided_slice::STRIDED_SLICE_GRAD,
    &array::tile::TILE,
    &array::transpose::CONJUGATE_TRANSPOSE,
    &array::transpose::TRANSPOSE,
    &array::unsorted_segment::UNSORTED_SEGMENT_MAX,
    &array::unsorted_segment::UNSORTED_SEGMENT_MIN,
    &array::unsorted_segment::UNSORTED_SEGMENT_PROD,
    &array::unsorted_segment::UNSORTED_SEGMENT_SUM,
    &array::zeros_like::ONES_LIKE,
    &array::zeros_like::ZEROS_LIKE,
    // control
    &control::constant::CONST,
    &control::identity::IDENTITY,
    &control::no_op::NO_OP,
    &control::placeholder::PLACEHOLDER,
    &control::placeholder_with_default::PLACEHOLDER_WITH_DEFAULT,
    &control::stop_gradient::STOP_GRADIENT,
    // state
    &state::assign::ASSIGN,
    &state::is_variable_initialized::IS_VARIABLE_INITIALIZED,
    &state::variable::VARIABLE_V2,
    // math
    &math::add::ADD_V2,
    // random
    &random::gamma::RANDOM_GAMMA,
    &random::multinomial::MULTINOMIAL,
    &random::parameterized_truncated_normal::PARAMETERIZED_TRUNCATED_NORMAL,
    &random::poisson::RANDOM_POISSON,
    &random::poisson::RANDOM_POISSON_V2,
    &random::shuffle::RANDOM_SHUFFLE,
    &random::standard_normal::RANDOM_STANDARD_NORMAL,
    &random::truncated_normal::TRUNCATED_NORMAL,
    &random::uniform::RANDOM_UNIFORM,
    &random::uniform_int::RANDOM_UNIFORM_INT,
];
