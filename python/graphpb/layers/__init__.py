"""Layers that own their variables, as classes and functions."""
