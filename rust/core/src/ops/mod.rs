//! THE list of ops: adding one is a file in its family and a line here.

pub mod control;
pub mod math;
pub mod random;
pub mod state;

use crate::registry::OpDef;

pub static ALL: &[&OpDef] = &[
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
