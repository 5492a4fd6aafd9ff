"""Compares two GraphDefs node for node, and gradient sub-graphs by their naming scheme; knows only the messages."""

import re

EXEMPT_ATTRS = {
    "_has_manual_control_dependencies": "bookkeeping of TensorFlow 2 for automatic control dependencies",
    "_output_shapes": "written by as_graph_def(add_shapes=True)",
}
EXEMPT_OP_ATTRS = {
    "MatMul": {"grad_a", "grad_b"},
    "BatchMatMulV2": {"grad_x", "grad_y"},
    "ConcatOffset": {"shape_type"},
    "MaxPool": {"explicit_paddings"},
    "MaxPoolGrad": {"explicit_paddings"},
}
"""Attrs that TensorFlow 2 added to ops after 1.15, always at their default; either side may have or lack them."""


def gradient_roots(graph_def):
    """Scopes opened by tf.gradients, such as `gradients_1/`: each holds a node `grad_ys_0`."""
    roots = set()
    for node in graph_def.node:
        match = re.match(r"(.*?)grad_ys_\d+(/|$)", node.name)
        if match and match.group(1):
            roots.add(match.group(1))
    return {root for root in roots if not any(root != other and root.startswith(other) for other in roots)}


def root_of(name, roots):
    """The gradient scope that holds a node name, or None."""
    parts = name.split("/")
    for end in range(1, len(parts)):
        prefix = "/".join(parts[:end]) + "/"
        if prefix in roots:
            return prefix
    return None


def gradient_place(name, root):
    """Which forward op a gradient node's name speaks of: the path up to and with `_grad/`, or the bare name without number."""
    rest = name[len(root) :]
    match = re.match(r"(.*?_grad)/", rest)
    return root + (match.group(1) if match else re.sub(r"(_\d+)?(:\d+)?$", "", rest))


def attrs_of(node):
    exempt = EXEMPT_OP_ATTRS.get(node.op, ())
    if node.attr["_gradient_op_type"].s.startswith(b"CustomGradient-"):
        # Numbered by a counter of the process.
        exempt = {*exempt, "_gradient_op_type"}
    if node.op == "HashTableV2" and re.fullmatch(rb"(hash_table_[0-9a-f-]{36})?", node.attr["shared_name"].s):
        # TensorFlow draws a name for a table that is filled from tensors; here it is the node's own.
        exempt = {*exempt, "shared_name"}
    return {key: value for key, value in node.attr.items() if key not in EXEMPT_ATTRS and key not in exempt}


def inputs_of(node, roots):
    """Inputs as written, except that a tensor made by tf.gradients counts as its scope only."""
    inputs = []
    for name in node.input:
        root = root_of(name.lstrip("^"), roots)
        inputs.append(name if root is None else ("^" if name.startswith("^") else "") + root + "…")
    return inputs


def line(message):
    """A message in one line."""
    return " ".join(str(message).split())


def node_difference(ours, theirs, roots):
    """What differs between two nodes as lines of text; empty when nothing does."""
    lines = []
    for field in ("name", "op", "device"):
        if getattr(ours, field) != getattr(theirs, field):
            lines.append(f"{field}: ours {getattr(ours, field)!r}, TensorFlow {getattr(theirs, field)!r}")
    if inputs_of(ours, roots) != inputs_of(theirs, roots):
        lines.append(f"inputs: ours {list(ours.input)}, TensorFlow {list(theirs.input)}")
    left, right = attrs_of(ours), attrs_of(theirs)
    for key in sorted(set(left) | set(right)):
        if key not in left:
            lines.append(f"attr {key}: absent in ours, TensorFlow {line(right[key])}")
        elif key not in right:
            lines.append(f"attr {key}: ours {line(left[key])}, absent in TensorFlow")
        elif left[key] != right[key]:
            lines.append(f"attr {key}: ours {line(left[key])}, TensorFlow {line(right[key])}")
    return lines


def first_difference(ours, theirs):
    """The first node outside gradients that differs, told readably; None when the graphs are equal.

    Nodes are compared in order: name, op, inputs, device, attrs. What tf.gradients added is left out on both sides.
    """
    roots = gradient_roots(ours) | gradient_roots(theirs)
    left = [node for node in ours.node if root_of(node.name, roots) is None]
    right = [node for node in theirs.node if root_of(node.name, roots) is None]
    for i in range(max(len(left), len(right))):
        a = left[i] if i < len(left) else None
        b = right[i] if i < len(right) else None
        lines = node_difference(a, b, roots) if a is not None and b is not None else ["one graph ends here"]
        if lines:

            def around(nodes):
                return ", ".join(f"{'>' if k == i else ''}{node.name}:{node.op}" for k, node in list(enumerate(nodes))[max(0, i - 2) : i + 4])

            return "\n".join(
                [
                    f"node {i} of {len(right)} differs: {(b if b is not None else a).name!r}",
                    *("  " + text for text in lines),
                    f"  ours:       {around(left)}",
                    f"  TensorFlow: {around(right)}",
                ]
            )
    return None


def misnamed_gradients(ours):
    """Names inside gradient scopes that follow no rule of TensorFlow's scheme.

    The rules: `<op>_grad/…` for an op of the graph, `<op>_gradient_sum/…` for the sums taken as a tree, `grad_ys_<i>`, `Shape`,
    `zeros…`, sums `AddN`, and `IndexedSlices` made dense for a sum.
    """
    roots = gradient_roots(ours)
    ops = {node.name for node in ours.node}
    wrong = []
    for node in ours.node:
        root = root_of(node.name, roots)
        if root is None:
            continue
        rest = node.name[len(root) :]
        forward = [rest[: match.start()] for match in re.finditer(r"_grad(ient_sum)?/", rest)]
        if any(name in ops for name in forward):
            continue
        if not re.match(r"(grad_ys_\d+|Shape(_\d+)?|AddN(_\d+)?|IndexedSlices(_\d+)?|zeros(_like)?(_\d+)?)(/|$)", rest):
            wrong.append(node.name)
    return wrong
