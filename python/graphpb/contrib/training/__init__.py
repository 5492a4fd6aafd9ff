"""Hyper-parameters by name: `tf.contrib.training.HParams`."""

from graphpb.contrib.training.hparam import HParams as HParams


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
