"""Optimizers, learning rates, averages and the training loop."""
