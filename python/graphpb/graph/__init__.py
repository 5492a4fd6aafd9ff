"""The graph, its handles and everything that adds to it without naming an op family."""
