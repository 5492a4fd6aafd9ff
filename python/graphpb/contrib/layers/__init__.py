"""Layers with their own scopes, defaults and collections; `tf.contrib.layers`."""

from graphpb.contrib.layers.batch_norm import batch_norm as batch_norm
from graphpb.contrib.layers.conv import avg_pool2d as avg_pool2d
from graphpb.contrib.layers.conv import avg_pool3d as avg_pool3d
from graphpb.contrib.layers.conv import conv1d as conv1d
from graphpb.contrib.layers.conv import conv2d as conv2d
from graphpb.contrib.layers.conv import conv2d_in_plane as conv2d_in_plane
from graphpb.contrib.layers.conv import conv2d_transpose as conv2d_transpose
from graphpb.contrib.layers.conv import conv3d as conv3d
from graphpb.contrib.layers.conv import conv3d_transpose as conv3d_transpose
from graphpb.contrib.layers.conv import convolution as convolution
from graphpb.contrib.layers.conv import convolution1d as convolution1d
from graphpb.contrib.layers.conv import convolution2d as convolution2d
from graphpb.contrib.layers.conv import convolution2d_in_plane as convolution2d_in_plane
from graphpb.contrib.layers.conv import convolution2d_transpose as convolution2d_transpose
from graphpb.contrib.layers.conv import convolution3d as convolution3d
from graphpb.contrib.layers.conv import convolution3d_transpose as convolution3d_transpose
from graphpb.contrib.layers.conv import max_pool2d as max_pool2d
from graphpb.contrib.layers.conv import max_pool3d as max_pool3d
from graphpb.contrib.layers.conv import pool as pool
from graphpb.contrib.layers.conv import separable_conv2d as separable_conv2d
from graphpb.contrib.layers.conv import separable_convolution2d as separable_convolution2d
from graphpb.contrib.layers.dense import bias_add as bias_add
from graphpb.contrib.layers.dense import dropout as dropout
from graphpb.contrib.layers.dense import elu as elu
from graphpb.contrib.layers.dense import embed_sequence as embed_sequence
from graphpb.contrib.layers.dense import flatten as flatten
from graphpb.contrib.layers.dense import fully_connected as fully_connected
from graphpb.contrib.layers.dense import linear as linear
from graphpb.contrib.layers.dense import maxout as maxout
from graphpb.contrib.layers.dense import one_hot_encoding as one_hot_encoding
from graphpb.contrib.layers.dense import relu as relu
from graphpb.contrib.layers.dense import relu6 as relu6
from graphpb.contrib.layers.dense import repeat as repeat
from graphpb.contrib.layers.dense import softmax as softmax
from graphpb.contrib.layers.dense import stack as stack
from graphpb.contrib.layers.dense import unit_norm as unit_norm
from graphpb.contrib.layers.initializers import variance_scaling_initializer as variance_scaling_initializer
from graphpb.contrib.layers.initializers import xavier_initializer as xavier_initializer
from graphpb.contrib.layers.initializers import xavier_initializer_conv2d as xavier_initializer_conv2d
from graphpb.contrib.layers.legacy import legacy_fully_connected as legacy_fully_connected
from graphpb.contrib.layers.legacy import legacy_linear as legacy_linear
from graphpb.contrib.layers.legacy import legacy_relu as legacy_relu
from graphpb.contrib.layers.normalize import group_norm as group_norm
from graphpb.contrib.layers.normalize import instance_norm as instance_norm
from graphpb.contrib.layers.normalize import layer_norm as layer_norm
from graphpb.contrib.layers.optimize import OPTIMIZER_CLS_NAMES as OPTIMIZER_CLS_NAMES
from graphpb.contrib.layers.optimize import OPTIMIZER_SUMMARIES as OPTIMIZER_SUMMARIES
from graphpb.contrib.layers.optimize import adaptive_clipping_fn as adaptive_clipping_fn
from graphpb.contrib.layers.optimize import optimize_loss as optimize_loss
from graphpb.contrib.layers.regularizers import apply_regularization as apply_regularization
from graphpb.contrib.layers.regularizers import l1_l2_regularizer as l1_l2_regularizer
from graphpb.contrib.layers.regularizers import l1_regularizer as l1_regularizer
from graphpb.contrib.layers.regularizers import l2_regularizer as l2_regularizer
from graphpb.contrib.layers.regularizers import sum_regularizer as sum_regularizer
from graphpb.contrib.layers.spatial import dense_to_sparse as dense_to_sparse
from graphpb.contrib.layers.spatial import images_to_sequence as images_to_sequence
from graphpb.contrib.layers.spatial import poincare_normalize as poincare_normalize
from graphpb.contrib.layers.spatial import scale_gradient as scale_gradient
from graphpb.contrib.layers.spatial import sequence_to_images as sequence_to_images
from graphpb.contrib.layers.spatial import spatial_softmax as spatial_softmax
from graphpb.contrib.layers.summaries import summarize_activation as summarize_activation
from graphpb.contrib.layers.summaries import summarize_activations as summarize_activations
from graphpb.contrib.layers.summaries import summarize_biases as summarize_biases
from graphpb.contrib.layers.summaries import summarize_collection as summarize_collection
from graphpb.contrib.layers.summaries import summarize_tensor as summarize_tensor
from graphpb.contrib.layers.summaries import summarize_tensors as summarize_tensors
from graphpb.contrib.layers.summaries import summarize_variables as summarize_variables
from graphpb.contrib.layers.summaries import summarize_weights as summarize_weights


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
