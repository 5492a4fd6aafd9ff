//! THE list of ops: adding one is a file in its family and a line here.

pub mod control;
pub mod math;
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
];
