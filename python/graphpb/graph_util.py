"""`tf.graph_util`: cutting graphs and freezing variables."""

from graphpb.graph.static import make_tensor_proto as make_tensor_proto
from graphpb.graph.transfer import convert_variables_to_constants as convert_variables_to_constants
from graphpb.graph.transfer import extract_sub_graph as extract_sub_graph
from graphpb.graph.transfer import import_graph_def as import_graph_def
from graphpb.graph.transfer import remove_training_nodes as remove_training_nodes


def tensor_shape_from_node_def_name(graph: object, input_name: str) -> object:
    """The static shape of a tensor by name (`"a"` or `"a:0"`)."""
    return graph.get_tensor_by_name(input_name if ":" in input_name else input_name + ":0").shape  # type: ignore[attr-defined]


def must_run_on_cpu(node: object, pin_variables_on_cpu: bool = False) -> bool:
    """Tell whether TensorFlow can place a node (Operation or NodeDef) on the CPU only: string and int32 constants, int32 casts and stitches.

    Args:
      node: Operation or NodeDef.
      pin_variables_on_cpu: variables count as well.
    """
    message = getattr(node, "node_def", node)
    op, attrs = message.op, message.attr  # type: ignore[attr-defined]
    from graphpb import protos

    if op in ("Variable", "VariableV2", "VarHandleOp", "Assign", "AssignVariableOp", "ReadVariableOp"):
        return pin_variables_on_cpu
    if op == "Const":
        return attrs["dtype"].type in (protos.DT_STRING, protos.DT_INT32)
    if op in ("DynamicStitch", "ParallelDynamicStitch"):
        return attrs["T"].type == protos.DT_INT32
    return op == "Cast" and attrs["SrcT"].type == protos.DT_INT32


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
