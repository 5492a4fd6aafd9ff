"""Recurrent cells and the ways to unroll them; public as `tf.nn` and `tf.nn.rnn_cell`."""
