"""Neural network functions: activations, convolutions, pooling, normalization, losses."""
