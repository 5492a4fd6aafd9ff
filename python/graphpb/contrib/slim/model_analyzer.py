"""Sizes of a model: its variables and the outputs of its operations, printed as tf.contrib.slim prints them."""


def tensor_description(var):
    """Return type and sizes of a tensor or variable: `(float32 3x4)`."""
    return f"({var.dtype.name} {'x'.join(str(size) for size in var.get_shape())})"


def analyze_ops(graph, print_info=False):
    """Return the number of elements of all operations' outputs; unknown sizes count as none.

    Args:
      graph: Graph.
      print_info: Whether to print each operation.
    """
    if print_info:
        print("---------", "Operations: name -> (type shapes) [size]", "---------", sep="\n")
    total = 0
    for op in graph.get_operations():
        size = sum(output.get_shape().num_elements() or 0 for output in op.outputs)
        if print_info:
            shapes = ", ".join(tensor_description(output) for output in op.outputs if output.get_shape())
            print(op.name, "\t->", shapes, f"[{size}]")
        total += size
    return total


def analyze_vars(variables, print_info=False):
    """Return the number of elements and of bytes of variables.

    Args:
      variables: List of variables.
      print_info: Whether to print each variable and the totals.
    """
    if print_info:
        print("---------", "Variables: name (type shape) [size]", "---------", sep="\n")
    total = total_bytes = 0
    for variable in variables:
        size = variable.get_shape().num_elements() or 0
        memory = size * variable.dtype.size
        total, total_bytes = total + size, total_bytes + memory
        if print_info:
            print(variable.name, tensor_description(variable), f"[{size}, bytes: {memory}]")
    if print_info:
        print(f"Total size of variables: {total}", f"Total bytes of variables: {total_bytes}", sep="\n")
    return total, total_bytes
