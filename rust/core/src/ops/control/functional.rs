//! If, Case, While and function calls: control flow by functions of the graph's library. The plan lowers them.

use crate::Result;
use crate::grad::functional::{branch, while_loop};
use crate::graph::infer::ShapeCtx;
use crate::registry::*;
use graphpb_kernels::DType;

/// The stated shapes of the outputs, where they are stated.
fn stated(c: &mut ShapeCtx) -> Result<()> {
    for (i, s) in c.attrs().shapes("output_shapes")?.iter().enumerate() {
        c.set(i, s.clone());
    }
    Ok(())
}

const fn types(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::ListType).at_least(0)
}
const SHAPES: AttrSpec = attr("output_shapes", AttrKind::ListShape).default_empty();

const IF: OpDef = OpDef {
    name: "If",
    doc: "Runs `then_branch` or `else_branch` on the inputs.",
    inputs: &[arg("cond", "Tcond"), args_by_types("input", "Tin")],
    outputs: &[args_by_types("output", "Tout")],
    attrs: &[type_any("Tcond"), types("Tin"), types("Tout"), attr("then_branch", AttrKind::Func), attr("else_branch", AttrKind::Func), SHAPES],
    traits: Traits::STATEFUL,
    shape: stated,
    kernel: Kernel::Control,
    grad: Grad::Rule(branch::if_grad),
    ..OpDef::BASE
};
pub static IF_OP: OpDef = IF;
pub static STATELESS_IF: OpDef = OpDef { name: "StatelessIf", doc: "If without effects.", traits: Traits::NONE, ..IF };

const CASE: OpDef = OpDef {
    name: "Case",
    doc: "Runs the branch with the number `branch_index` on the inputs; the last one for a number outside.",
    inputs: &[arg_of("branch_index", DType::I32), args_by_types("input", "Tin")],
    outputs: &[args_by_types("output", "Tout")],
    attrs: &[types("Tin"), types("Tout"), attr("branches", AttrKind::ListFunc).at_least(1), SHAPES],
    traits: Traits::STATEFUL,
    shape: stated,
    kernel: Kernel::Control,
    grad: Grad::Rule(branch::case_grad),
    ..OpDef::BASE
};
pub static CASE_OP: OpDef = CASE;
pub static STATELESS_CASE: OpDef = OpDef { name: "StatelessCase", doc: "Case without effects.", traits: Traits::NONE, ..CASE };

const WHILE: OpDef = OpDef {
    name: "While",
    doc: "Runs `body` on the loop variables as long as `cond` of them is true.",
    inputs: &[args_by_types("input", "T")],
    outputs: &[args_by_types("output", "T")],
    attrs: &[types("T"), attr("cond", AttrKind::Func), attr("body", AttrKind::Func), SHAPES, int("parallel_iterations").default_int(10)],
    traits: Traits::STATEFUL,
    shape: stated,
    kernel: Kernel::Control,
    grad: Grad::Rule(while_loop::while_grad),
    ..OpDef::BASE
};
pub static WHILE_OP: OpDef = WHILE;
pub static STATELESS_WHILE: OpDef = OpDef { name: "StatelessWhile", doc: "While without effects.", traits: Traits::NONE, ..WHILE };

const CALL: OpDef = OpDef {
    name: "PartitionedCall",
    doc: "Calls the function `f`.",
    inputs: &[args_by_types("args", "Tin")],
    outputs: &[args_by_types("output", "Tout")],
    attrs: &[
        types("Tin"),
        types("Tout"),
        attr("f", AttrKind::Func),
        string("config").default_str(""),
        string("config_proto").default_str(""),
        string("executor_type").default_str(""),
    ],
    kernel: Kernel::Control,
    grad: Grad::Rule(branch::call_grad),
    ..OpDef::BASE
};
pub static PARTITIONED_CALL: OpDef = CALL;
pub static STATEFUL_PARTITIONED_CALL: OpDef =
    OpDef { name: "StatefulPartitionedCall", doc: "Calls the function `f`, which may have effects.", traits: Traits::STATEFUL, ..CALL };

pub static SYMBOLIC_GRADIENT: OpDef = OpDef {
    name: "SymbolicGradient",
    doc: "The gradients of the function `f`: takes its inputs, then the gradients of its outputs.",
    inputs: &[args_by_types("input", "Tin")],
    outputs: &[args_by_types("output", "Tout")],
    attrs: &[attr("Tin", AttrKind::ListType).at_least(1), attr("Tout", AttrKind::ListType).at_least(1), attr("f", AttrKind::Func)],
    kernel: Kernel::Control,
    grad: Grad::Missing("it is a gradient that the plan makes; differentiate the function itself twice"),
    ..OpDef::BASE
};

pub static CONTROL_TRIGGER: OpDef = OpDef {
    name: "ControlTrigger",
    doc: "Does nothing; runs after its control inputs, dead or alive.",
    kernel: Kernel::Control,
    grad: Grad::NotDifferentiable("it has no outputs"),
    ..OpDef::BASE
};
