"""Recurrent cells; `tf.nn.rnn_cell`."""

from graphpb.rnn.base import LSTMStateTuple as LSTMStateTuple
from graphpb.rnn.base import RNNCell as RNNCell
from graphpb.rnn.cells import BasicLSTMCell as BasicLSTMCell
from graphpb.rnn.cells import BasicRNNCell as BasicRNNCell
from graphpb.rnn.cells import GRUCell as GRUCell
from graphpb.rnn.cells import LSTMCell as LSTMCell
from graphpb.rnn.cells import MultiRNNCell as MultiRNNCell
from graphpb.rnn.wrappers import DeviceWrapper as DeviceWrapper
from graphpb.rnn.wrappers import DropoutWrapper as DropoutWrapper
from graphpb.rnn.wrappers import ResidualWrapper as ResidualWrapper
