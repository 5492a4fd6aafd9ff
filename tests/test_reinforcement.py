"""The reinforcement learning programs of examples/ learn: their returns rise."""

import importlib.util
import pathlib

import numpy as np

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"


def example(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_deep_q_learning_learns_to_catch():
    returns = example("dqn").train(games=700, seed=0)
    assert np.mean(returns[:100]) < 0.0 and np.mean(returns[-100:]) > 0.5


def test_policy_gradient_learns_to_balance():
    means = example("policy_gradient").train(epochs=20, seed=0)
    assert np.mean(means[:2]) < 50.0 and np.mean(means[-4:]) > 90.0


def test_a_seed_gives_the_same_run_again():
    train = example("policy_gradient").train
    assert train(epochs=2, seed=3, steps_per_epoch=200) == train(epochs=2, seed=3, steps_per_epoch=200)
