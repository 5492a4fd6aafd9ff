"""Every argument of TensorFlow's functions and classes is one of ours, in the same place, with the same default."""

import ast
import inspect
import pathlib

import graphpb as tf

RECORDED = pathlib.Path(__file__).resolve().parent / "data" / "signatures.tsv"

LATER = {
    "allow_fast_lookup", "allow_last_axis_squeeze", "bad_indices_policy", "bfloat16_atol", "bfloat16_rtol", "checkpoint_v2", "expand_composites", "experimental_image_format",
    "experimental_image_writer_options", "grad_a", "grad_b", "handle_data", "hash_table_shared_name", "layout", "skip_gradients_aggregation",
    "sparse_gradient", "use_own_namescope_for_non_slot_vars", "use_pybind11_proto",
}  # fmt: skip
"""Arguments that TensorFlow 2 added."""

OTHERWISE = {
    "distributions.Distribution": "the constructor that its subclasses share",
    "get_local_variable": "passes its keywords on to get_variable",
    "layers.InputSpec": "TensorFlow 2 added three arguments",
    "TensorArray": "`__new__` chooses the kind of array, the constructor of each takes the arguments",
    "is_tensor": "TensorFlow 1 calls it value",
    "numpy_function": "required in TensorFlow 1",
    "nest.is_nested": "TensorFlow 1 calls it value",
    "lin_space": "TensorFlow 2 added an axis",
    "linspace": "TensorFlow 2 added an axis",
    "linalg.matmul": "TensorFlow 2 added output_type",
    "matmul": "TensorFlow 2 added output_type",
    "shape": "None means int32 in TensorFlow 2",
    "size": "None means int32 in TensorFlow 2",
    "make_tensor_proto": "TensorFlow 2 added allow_broadcast",
}
"""Names whose arguments differ, and why."""

FAMILIES = ("app.flags.", "flags.", "errors.", "OpError")
"""Names of absl's flags, and errors, whose constructors take the node, its operation and the message only."""


def parsed(text):
    """[(name, default text or None)] of a recorded list of arguments, without `*args` and `**kwargs`."""
    arguments = ast.parse(f"def f({text.replace('…', '...')}): pass").body[0].args
    plain = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults
    pairs = list(zip(plain, defaults, strict=True)) + list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    return [(name.arg, None if default is None else ast.unparse(default)) for name, default in pairs]


def ours(name):
    value = tf
    for part in name.split("."):
        value = getattr(value, part)
    parameters = inspect.signature(value).parameters.values()
    return {p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def resolves(name):
    value = tf
    for part in name.split("."):
        value = getattr(value, part, None)
    return value is not None


def same(mine, theirs):
    """Whether a default is the recorded one; a list is as good as a tuple, and a number as a tuple that repeats it."""
    expected = ast.literal_eval(theirs)
    if isinstance(expected, (list, tuple)):
        return set(expected) == {mine} if isinstance(mine, int) else tuple(mine) == tuple(expected)
    return type(mine) is type(expected) and mine == expected


def difference(name, text):
    """What differs between a recorded list of arguments and ours, or None."""
    theirs = [(argument, default) for argument, default in parsed(text) if argument not in LATER]
    mine = ours(name)
    names = [argument for argument, _ in theirs]
    if list(mine)[: len(names)] != names:
        return f"{name}: ours ({', '.join(mine)}), TensorFlow ({', '.join(names)})"
    for argument, default in theirs:
        if default not in (None, "...") and not same(mine[argument], default):
            return f"{name}: the default of {argument} is {mine[argument]!r}, in TensorFlow {default}"
    return None


def test_arguments_are_tensorflows():
    rows = [line.split("\t") for line in RECORDED.read_text().splitlines()]
    compared = [row for row in rows if row[0] not in OTHERWISE and not row[0].startswith(FAMILIES) and resolves(row[0])]
    assert len(compared) > 1000
    wrong = [text for text in (difference(*row) for row in compared) if text]
    assert wrong == []
