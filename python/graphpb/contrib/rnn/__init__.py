"""Recurrent cells and unrolling under their older names, and more cells; `tf.contrib.rnn`."""

from graphpb.contrib.rnn.bidirectional import stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn
from graphpb.contrib.rnn.bidirectional import stack_bidirectional_rnn as stack_bidirectional_rnn
from graphpb.contrib.rnn.block_cells import GRUBlockCell as GRUBlockCell
from graphpb.contrib.rnn.block_cells import GRUBlockCellV2 as GRUBlockCellV2
from graphpb.contrib.rnn.block_cells import LSTMBlockCell as LSTMBlockCell
from graphpb.contrib.rnn.cells import LayerNormBasicLSTMCell as LayerNormBasicLSTMCell
from graphpb.contrib.rnn.cells import UGRNNCell as UGRNNCell
from graphpb.contrib.rnn.fused import LSTMBlockFusedCell as LSTMBlockFusedCell
from graphpb.contrib.rnn.projection import EmbeddingWrapper as EmbeddingWrapper
from graphpb.contrib.rnn.projection import InputProjectionWrapper as InputProjectionWrapper
from graphpb.contrib.rnn.projection import OutputProjectionWrapper as OutputProjectionWrapper
from graphpb.nn.rnn_cell import BasicLSTMCell as BasicLSTMCell
from graphpb.nn.rnn_cell import BasicRNNCell as BasicRNNCell
from graphpb.nn.rnn_cell import DeviceWrapper as DeviceWrapper
from graphpb.nn.rnn_cell import DropoutWrapper as DropoutWrapper
from graphpb.nn.rnn_cell import GRUCell as GRUCell
from graphpb.nn.rnn_cell import LSTMCell as LSTMCell
from graphpb.nn.rnn_cell import LSTMStateTuple as LSTMStateTuple
from graphpb.nn.rnn_cell import MultiRNNCell as MultiRNNCell
from graphpb.nn.rnn_cell import ResidualWrapper as ResidualWrapper
from graphpb.nn.rnn_cell import RNNCell as RNNCell
from graphpb.rnn.base import LayerRNNCell as LayerRNNCell
from graphpb.rnn.dynamic import swap_batch_and_time as transpose_batch_time  # noqa: F401
from graphpb.rnn.static import static_bidirectional_rnn as static_bidirectional_rnn
from graphpb.rnn.static import static_rnn as static_rnn
from graphpb.rnn.static import static_state_saving_rnn as static_state_saving_rnn
