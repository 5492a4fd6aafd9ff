"""The MNIST reader."""

from graphpb.examples.tutorials.mnist import input_data as input_data
