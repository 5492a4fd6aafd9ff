"""The names of a model's modes; estimators themselves are not part of graphpb."""


class ModeKeys:
    """What a model function is asked for."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


def __getattr__(name):
    raise AttributeError(f"module 'graphpb.estimator' has no attribute {name!r}: estimators are not part of graphpb; it has ModeKeys")
