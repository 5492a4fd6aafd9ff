"""Ops as Python functions, and the operators of tensors."""
