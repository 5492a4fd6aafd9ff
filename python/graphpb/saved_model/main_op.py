"""Operations that a SavedModel runs when it is loaded."""

from __future__ import annotations

from typing import Any

from graphpb.graph import core
from graphpb.graph.scopes import control_dependencies
from graphpb.ops.dependencies import group, tables_initializer
from graphpb.variables.variable import global_variables_initializer, local_variables_initializer


def main_op() -> Any:
    """An operation that initializes global variables, local variables and tables."""
    init, local = global_variables_initializer(), local_variables_initializer()
    return group(init, local, tables_initializer())


def main_op_with_restore(restore_op_name: Any) -> Any:
    """An operation that does what `main_op` does, then runs another, given itself or by name."""
    with control_dependencies([main_op()]):
        op = core.get_default_graph().as_graph_element(restore_op_name) if isinstance(restore_op_name, str) else restore_op_name
        return group(op)
