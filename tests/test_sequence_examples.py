"""The recurrent programs of examples/ learn: the GRU, the character model, the model that reverses digits."""

import importlib.util
import pathlib

import numpy as np

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"

RHYME = """The rain ran down the window pane, the train ran out across the plain, and no one came to say again
that rain and train and window pane were all the same to him in Spain.
"""


def example(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_gru_learns_where_a_walk_ends():
    before, after = example("gru").train(steps=100, seed=0)
    assert before < 0.7 and after > 0.85


def test_the_character_model_learns_a_text_and_writes():
    losses, written = example("char_lm").train(RHYME * 6, epochs=20, units=32, layers=2, batch=4, length=20, sample=40)
    assert losses[0] > 2.5 and losses[-1] < 1.5
    assert written.startswith(RHYME[:10]) and len(written) == 50 and set(written) <= set(RHYME)


def test_the_model_with_attention_learns_to_reverse_digits():
    module = example("reverse_digits")
    losses, greedy, best = module.train(steps=150, units=32, batch=32, longest=4, seed=0)
    assert np.mean(losses[:5]) > 2.0 and np.mean(losses[-10:]) < 0.5
    assert greedy > 0.6 and best > 0.6


def test_a_seed_gives_the_same_run_again():
    train = example("gru").train
    assert train(steps=3, seed=4) == train(steps=3, seed=4)
