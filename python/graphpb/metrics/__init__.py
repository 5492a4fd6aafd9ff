"""Metrics kept in local variables over many batches."""
