"""`tf.graph_util`: cutting graphs and freezing variables."""

from graphpb.graph.static import make_tensor_proto as make_tensor_proto
from graphpb.graph.transfer import convert_variables_to_constants as convert_variables_to_constants
from graphpb.graph.transfer import extract_sub_graph as extract_sub_graph
from graphpb.graph.transfer import import_graph_def as import_graph_def
from graphpb.graph.transfer import remove_training_nodes as remove_training_nodes


def tensor_shape_from_node_def_name(graph: object, input_name: str) -> object:
    """The static shape of a tensor by name (`"a"` or `"a:0"`)."""
    return graph.get_tensor_by_name(input_name if ":" in input_name else input_name + ":0").shape  # type: ignore[attr-defined]
