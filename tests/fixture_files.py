"""Reads the fixtures of tests/data/fixtures: the manifest, graphs, and arrays in their storage forms."""

import base64
import functools
import json
import pathlib

import numpy as np
from google.protobuf import text_format

ROOT = pathlib.Path(__file__).resolve().parent / "data" / "fixtures"


@functools.cache
def manifest():
    """Fixture descriptions by name."""
    return {fixture["name"]: fixture for fixture in json.loads((ROOT / "manifest.json").read_text())["fixtures"]}


def graph_files(name):
    """Paths of the stored GraphDefs of a fixture, binary or text."""
    return [ROOT / file for file in manifest()[name]["files"] if file.endswith((".pb", ".pbtxt")) and "saved_model" not in file]


def read_graph(path, message):
    """Parse a GraphDef file into `message`."""
    if path.suffix == ".pbtxt":
        return text_format.Parse(path.read_text(), message)
    message.ParseFromString(path.read_bytes())
    return message


def read_array(path):
    """An array of a run. Strings are an object array of bytes; `*_bits.npy` come as the stored bits."""
    file = ROOT / path
    if file.suffix == ".json":
        stored = json.loads(file.read_text())
        items = np.empty(len(stored["data_base64"]), dtype=object)
        items[:] = [base64.b64decode(item) for item in stored["data_base64"]]
        return items.reshape(stored["shape"])
    return np.load(file)


def in_storage_form(value, path):
    """A fetched value in the form in which the manifest stores its kind."""
    value = np.asarray(value)
    if path.endswith(("int4_bits.npy", "uint4_bits.npy")):
        return value.astype(np.int8)
    if path.endswith("_bits.npy"):
        return value.view(f"uint{8 * value.dtype.itemsize}")
    return value


def ops_needed(graph_def, tensor_name):
    """The op types of everything that a tensor depends on."""
    nodes = {node.name: node for node in graph_def.node}
    todo, seen = [tensor_name], set()
    while todo:
        name = todo.pop().lstrip("^").split(":")[0]
        if name not in seen:
            seen.add(name)
            todo.extend(nodes[name].input)
    return {nodes[name].op for name in seen}
