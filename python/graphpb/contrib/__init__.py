"""The parts of tf.contrib that programs use most; each is imported when it is first used."""

import importlib.util

_PARTS = ("data", "distributions", "eager", "framework", "layers", "rnn", "seq2seq", "slim", "legacy_seq2seq", "lookup", "training", "util")


def __getattr__(name):
    if name in _PARTS:
        path = "graphpb.distributions" if name == "distributions" else f"graphpb.contrib.{name}"
        try:
            module = importlib.import_module(path)
        except ModuleNotFoundError as error:
            if error.name != path:
                raise
        else:
            globals()[name] = module
            return module
    here = [part for part in _PARTS if part in globals() or importlib.util.find_spec(f"graphpb.contrib.{part}")]
    raise AttributeError(f"module 'graphpb.contrib' has no attribute {name!r}: of tf.contrib, graphpb has {', '.join(here)}")


def __dir__():
    return sorted(_PARTS)
