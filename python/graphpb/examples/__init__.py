"""Example data of TensorFlow 1: `tf.examples.tutorials.mnist.input_data`."""

from graphpb.examples import tutorials as tutorials
