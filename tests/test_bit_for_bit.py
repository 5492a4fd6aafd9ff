"""Optimizers, random draws and initializers equal what TensorFlow recorded bit for bit."""

import golden_values
import graphpb as tf
import numpy as np
import pytest
import script_player

KNOWN = {
    "optimizers/sparse_more": {"nesterov": 1, "adagrad_da": 2},
    "optimizers/resource_updates": {"nesterov_table": 1},
    "optimizers/adam_two": {"loss_a": 1, "loss_c": 1, "value": 1},
}
"""Fetches that are some units in the last place away: sums in another order, and products that TensorFlow's compiler fuses."""

SCRIPTS = [
    "optimizers/every_optimizer",
    "optimizers/sparse_updates",
    "optimizers/sparse_more",
    "optimizers/resource_updates",
    "optimizers/adam_two",
    "random/draws",
    "random/more_draws",
    "scopes/initializers",
    "layers/dropout",
]


def units_apart(a, b):
    """The largest distance of two float arrays, in units of the last place."""
    kind = {2: np.int16, 4: np.int32, 8: np.int64}[b.dtype.itemsize]
    ordered = [
        np.where(x < 0, np.iinfo(kind).min - x.astype(np.int64), x.astype(np.int64)) for x in (np.ascontiguousarray(v).view(kind) for v in (a, b))
    ]
    return int(np.abs(ordered[0] - ordered[1]).max(initial=0))


@pytest.mark.parametrize("name", SCRIPTS)
def test_values_are_tensorflows_bit_for_bit(name):
    recorded = golden_values.load(script_player.GOLDENS / name / "values.npz")
    built = script_player.build(tf, name)
    with tf.Session(graph=built.graph) as session:
        actual = script_player.play(session, built)
    wrong, compared = {}, 0
    for key, expected in recorded.items():
        run, _, label = key.partition(".")
        if run.startswith("feed"):
            continue
        value = np.asarray(actual[key])
        assert value.shape == expected.shape and value.dtype == expected.dtype, key
        compared += 1
        if expected.dtype.kind == "f":
            apart = units_apart(value, expected)
            if apart > KNOWN.get(name, {}).get(label, 0):
                wrong[key] = apart
        elif not np.array_equal(value, expected):
            wrong[key] = "differs"
    assert wrong == {} and compared > 5


def test_units_apart():
    one = np.float32(1.0)
    assert units_apart(np.array([one]), np.array([np.nextafter(one, np.float32(2))])) == 1
    assert units_apart(np.array([np.float32(-1e-45)]), np.array([np.float32(1e-45)])) > 0
    assert units_apart(np.array([one, 2]), np.array([one, 2])) == 0
