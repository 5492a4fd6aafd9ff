"""The parts of tf.contrib that programs use most; each is imported when it is first used."""

import importlib

_PARTS = ("framework", "layers", "legacy_seq2seq", "rnn", "seq2seq")


def __getattr__(name):
    if name in _PARTS or name == "slim":
        module = importlib.import_module(f"graphpb.contrib.{'layers' if name == 'slim' else name}")
        globals()[name] = module
        return module
    raise AttributeError(f"module 'graphpb.contrib' has no attribute {name!r}: of tf.contrib, graphpb has {', '.join(_PARTS)}")


def __dir__():
    return sorted(_PARTS)
