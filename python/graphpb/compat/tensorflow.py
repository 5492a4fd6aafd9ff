"""The name `tensorflow` for graphpb: the public names, and those internal modules that programs import."""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types

import graphpb

_NAMES = {
    "examples.tutorials.mnist.input_data.*": ["graphpb.examples.tutorials.mnist.input_data"],
    "python.client.device_lib.list_local_devices": ["graphpb.compat.internals"],
    "python.framework.ops.*": ["graphpb.graph.core", "graphpb.graph.scopes", "graphpb.graph.gradients", "graphpb"],
    "python.framework.dtypes.*": ["graphpb.dtypes"],
    "python.framework.errors.*": ["graphpb.errors"],
    "python.framework.errors_impl.*": ["graphpb.errors"],
    "python.framework.tensor_shape.*": ["graphpb.shapes"],
    "python.framework.tensor_util.*": ["graphpb.graph.static"],
    "python.framework.constant_op.*": ["graphpb.graph.convert", "graphpb"],
    "python.framework.graph_util.*": ["graphpb.graph_util"],
    "python.framework.random_seed.*": ["graphpb.ops.random"],
    "python.framework.test_util.*": ["graphpb.test"],
    "python.keras.utils.*": ["graphpb.keras"],
    "python.layers.utils.constant_value": ["graphpb.graph.control_choice:constant_predicate"],
    "python.layers.utils.smart_cond": ["graphpb.graph.control_choice"],
    "python.layers.base.*": ["graphpb.layers.base"],
    "python.layers.core.*": ["graphpb.layers"],
    "python.layers.convolutional.*": ["graphpb.layers"],
    "python.layers.normalization.*": ["graphpb.layers"],
    "python.layers.pooling.*": ["graphpb.layers"],
    "python.lib.io.file_io.*": ["graphpb.gfile"],
    "python.lib.io.tf_record.*": ["graphpb.python_io"],
    "python.ops.resources.*": ["graphpb.compat.internals"],
    "python.ops.metrics_impl.metric_variable": ["graphpb.compat.internals"],
    "python.ops.metrics_impl.*": ["graphpb.metrics.streaming", "graphpb.ops.weights", "graphpb.metrics"],
    "python.ops.confusion_matrix.*": ["graphpb.ops.weights", "graphpb"],
    "python.ops.control_flow_ops.*": ["graphpb.ops.dependencies", "graphpb"],
    "python.ops.weights_broadcast_ops.*": ["graphpb.ops.weights"],
    "python.ops.variables.*": ["graphpb.variables.variable", "graphpb.variables.partition"],
    "python.ops.variable_scope.*": ["graphpb.variables.scope", "graphpb.variables.partition", "graphpb"],
    "python.ops.lookup_ops.*": ["graphpb.contrib.lookup", "graphpb.lookup", "graphpb"],
    "python.ops.nn_ops.*": ["graphpb.nn", "graphpb"],
    "python.ops.nn.*": ["graphpb.nn"],
    "python.ops.nn_impl.*": ["graphpb.nn"],
    "python.ops.rnn.rnn_cell_impl": ["graphpb.nn:rnn_cell"],
    "python.ops.rnn.*": ["graphpb.nn"],
    "python.ops.rnn_cell.*": ["graphpb.nn.rnn_cell"],
    "python.ops.rnn_cell_impl._zero_state_tensors": ["graphpb.rnn.base:zero_state_tensors"],
    "python.ops.rnn_cell_impl.*": ["graphpb.nn.rnn_cell"],
    "python.ops.image_ops.*": ["graphpb.image"],
    "python.ops.init_ops.*": ["graphpb.initializers", "graphpb"],
    "python.ops.linalg_ops.*": ["graphpb.linalg", "graphpb"],
    "python.ops.random_ops.*": ["graphpb.random", "graphpb"],
    "python.ops.string_ops.*": ["graphpb.strings", "graphpb"],
    "python.ops.gradients_impl.*": ["graphpb"],
    "python.ops.losses.losses.*": ["graphpb.losses"],
    "python.ops.summary_ops.*": ["graphpb.summary"],
    "python.ops.*.*": ["graphpb", "graphpb.nn", "graphpb.math"],
    "python.platform.gfile.*": ["graphpb.gfile"],
    "python.platform.tf_logging.*": ["graphpb.logging"],
    "python.platform.app.*": ["graphpb.app"],
    "python.platform.flags.*": ["graphpb.flags"],
    "python.platform.test.*": ["graphpb.test"],
    "python.pywrap_tensorflow.EventsWriter": ["graphpb.summary.events_writer:EventsWriter"],
    "python.pywrap_tensorflow.*": ["graphpb.train"],
    "python.tf2.enabled": ["graphpb.compat.internals:tf2_enabled"],
    "python.training.moving_averages.*": ["graphpb.train.averages"],
    "python.training.training_util.*": ["graphpb.train"],
    "python.training.slot_creator.*": ["graphpb.train.slots"],
    "python.training.*.*": ["graphpb.train"],
    "python.util.nest.*": ["graphpb.nest"],
    "python.util.compat.*": ["graphpb.compat"],
    "python.util.deprecation.deprecated_argument_lookup": ["graphpb.deprecation:argument"],
    "python.util.*.*": ["graphpb.compat.internals"],
    "contrib.framework.python.ops.*.*": ["graphpb.contrib.framework"],
    "contrib.layers.python.layers.*.*": ["graphpb.contrib.layers"],
    "contrib.legacy_seq2seq.python.ops.*.*": ["graphpb.contrib.legacy_seq2seq"],
    "contrib.rnn.python.ops.*.*": ["graphpb.contrib.rnn"],
    "contrib.seq2seq.python.ops.*.*": ["graphpb.contrib.seq2seq"],
    "core.framework.*.*": ["graphpb.protos"],
    "core.protobuf.*.*": ["graphpb.protos"],
    "core.example.*.*": ["graphpb.protos"],
    "core.util.*.*": ["graphpb.protos"],
}
"""Which modules of graphpb hold the names of an internal module; `*` stands for one name, `module:name` for a name of another spelling."""

_PACKAGES = frozenset(
    "examples examples.tutorials examples.tutorials.mnist python python.client python.framework python.keras python.layers python.lib python.lib.io "
    "python.ops python.ops.losses python.platform python.training python.util core core.framework core.protobuf core.example core.util "
    "contrib.framework.python contrib.framework.python.ops contrib.layers.python contrib.layers.python.layers contrib.legacy_seq2seq.python "
    "contrib.legacy_seq2seq.python.ops contrib.rnn.python contrib.rnn.python.ops contrib.seq2seq.python contrib.seq2seq.python.ops".split()
)
"""Internal modules that hold modules only."""


def _homes(path, name):
    folder = path.rpartition(".")[0]
    for key in (f"{path}.{name}", f"{path}.*", f"{folder}.*.*"):
        if key in _NAMES:
            yield from _NAMES[key]


def _is_module(path):
    if path.startswith("contrib") and ".python" not in path:
        return False
    return path in _PACKAGES or any(True for _ in _homes(path, "*")) or any(key.startswith(path + ".") for key in _NAMES)


def _lookup(path, name):
    for home in _homes(path, name):
        module, _, other = home.partition(":")
        try:
            return getattr(importlib.import_module(module), other or name)
        except (AttributeError, ImportError):
            continue
    raise AttributeError(
        f"module 'tensorflow.{path}' has no attribute {name!r}: of TensorFlow's internal modules, graphpb has what programs use most"
    )


class _Internal(types.ModuleType):
    """An internal module: its names are looked up when they are asked for."""

    __path__: list[str] = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        path = self.__name__.partition(".")[2] if self.__name__.startswith("tensorflow.") else self.__name__
        if path in _PACKAGES:
            inner = f"{path}.{name}"
            if not _is_module(inner):
                raise AttributeError(f"module 'tensorflow.{path}' has no attribute {name!r}: it is not part of graphpb")
            value = sys.modules.get(f"tensorflow.{inner}") or _Internal(f"tensorflow.{inner}")
        else:
            value = _lookup(path, name)
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `tensorflow.…`: internal modules, and the public ones under their names here."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith("tensorflow."):
            return None
        inner = fullname.removeprefix("tensorflow.")
        if _is_module(inner):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        try:
            importlib.import_module(f"graphpb.{inner}")
        except ImportError:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        return _Internal(spec.name)

    def exec_module(self, module):
        inner = module.__name__.removeprefix("tensorflow.")
        if not _is_module(inner):
            sys.modules[module.__name__] = sys.modules[f"graphpb.{inner}"]


def install():
    """Let `import tensorflow` give graphpb.

    Raises:
      RuntimeError: TensorFlow itself is imported already.
    """
    there = sys.modules.get("tensorflow")
    if there is graphpb:
        return
    if there is not None:
        raise RuntimeError("graphpb.compat.install: TensorFlow is imported already")
    sys.modules["tensorflow"] = graphpb
    sys.meta_path.insert(0, _Finder())


def __getattr__(name):
    if name in ("python", "core"):
        return _Internal(f"tensorflow.{name}")
    if name == "examples":
        return _Internal("tensorflow.examples")
    return getattr(graphpb, name)
