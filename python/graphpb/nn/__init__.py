"""Neural network functions: activations, convolutions, pooling, normalization, losses."""

# The layers that the cells are made of import the names above.
from graphpb.nn import rnn_cell as rnn_cell  # noqa: E402
from graphpb.nn.activations import bias_add as bias_add
from graphpb.nn.activations import crelu as crelu
from graphpb.nn.activations import elu as elu
from graphpb.nn.activations import l2_loss as l2_loss
from graphpb.nn.activations import leaky_relu as leaky_relu
from graphpb.nn.activations import log_softmax as log_softmax
from graphpb.nn.activations import relu as relu
from graphpb.nn.activations import relu6 as relu6
from graphpb.nn.activations import relu_layer as relu_layer
from graphpb.nn.activations import selu as selu
from graphpb.nn.activations import softmax as softmax
from graphpb.nn.activations import softplus as softplus
from graphpb.nn.activations import softsign as softsign
from graphpb.nn.activations import swish as silu  # noqa: F401
from graphpb.nn.activations import swish as swish
from graphpb.nn.activations import xw_plus_b as xw_plus_b
from graphpb.nn.activations import zero_fraction as zero_fraction
from graphpb.nn.conv import atrous_conv2d as atrous_conv2d
from graphpb.nn.conv import atrous_conv2d_transpose as atrous_conv2d_transpose
from graphpb.nn.conv import conv1d as conv1d
from graphpb.nn.conv import conv1d_transpose as conv1d_transpose
from graphpb.nn.conv import conv2d as conv2d
from graphpb.nn.conv import conv2d_backprop_filter as conv2d_backprop_filter
from graphpb.nn.conv import conv2d_backprop_input as conv2d_backprop_input
from graphpb.nn.conv import conv2d_transpose as conv2d_transpose
from graphpb.nn.conv import conv3d as conv3d
from graphpb.nn.conv import conv3d_transpose as conv3d_transpose
from graphpb.nn.conv import convolution as convolution
from graphpb.nn.conv import depthwise_conv2d as depthwise_conv2d
from graphpb.nn.conv import depthwise_conv2d_native as depthwise_conv2d_native
from graphpb.nn.conv import separable_conv2d as separable_conv2d
from graphpb.nn.ctc import ctc_beam_search_decoder as ctc_beam_search_decoder
from graphpb.nn.ctc import ctc_beam_search_decoder_v2 as ctc_beam_search_decoder_v2
from graphpb.nn.ctc import ctc_greedy_decoder as ctc_greedy_decoder
from graphpb.nn.ctc import ctc_loss as ctc_loss
from graphpb.nn.ctc import ctc_loss_v2 as ctc_loss_v2
from graphpb.nn.embedding import embedding_lookup as embedding_lookup
from graphpb.nn.embedding import embedding_lookup_sparse as embedding_lookup_sparse
from graphpb.nn.embedding import safe_embedding_lookup_sparse as safe_embedding_lookup_sparse
from graphpb.nn.losses import log_poisson_loss as log_poisson_loss
from graphpb.nn.losses import sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits
from graphpb.nn.losses import softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits
from graphpb.nn.losses import softmax_cross_entropy_with_logits_v2 as softmax_cross_entropy_with_logits_v2
from graphpb.nn.losses import sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits
from graphpb.nn.losses import weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits
from graphpb.nn.norm import batch_norm_with_global_normalization as batch_norm_with_global_normalization
from graphpb.nn.norm import batch_normalization as batch_normalization
from graphpb.nn.norm import dropout as dropout
from graphpb.nn.norm import fused_batch_norm as fused_batch_norm
from graphpb.nn.norm import l2_normalize as l2_normalize
from graphpb.nn.norm import local_response_normalization as local_response_normalization
from graphpb.nn.norm import lrn as lrn
from graphpb.nn.norm import moments as moments
from graphpb.nn.norm import normalize_moments as normalize_moments
from graphpb.nn.norm import sufficient_statistics as sufficient_statistics
from graphpb.nn.norm import weighted_moments as weighted_moments
from graphpb.nn.pool import avg_pool as avg_pool
from graphpb.nn.pool import avg_pool1d as avg_pool1d
from graphpb.nn.pool import avg_pool2d as avg_pool2d
from graphpb.nn.pool import avg_pool3d as avg_pool3d
from graphpb.nn.pool import avg_pool_v2 as avg_pool_v2
from graphpb.nn.pool import max_pool as max_pool
from graphpb.nn.pool import max_pool1d as max_pool1d
from graphpb.nn.pool import max_pool2d as max_pool2d
from graphpb.nn.pool import max_pool3d as max_pool3d
from graphpb.nn.pool import max_pool_v2 as max_pool_v2
from graphpb.nn.pool import max_pool_with_argmax as max_pool_with_argmax
from graphpb.nn.pool import pool as pool
from graphpb.nn.sampling import in_top_k as in_top_k
from graphpb.nn.sampling import nce_loss as nce_loss
from graphpb.nn.sampling import sampled_softmax_loss as sampled_softmax_loss
from graphpb.nn.sampling import top_k as top_k
from graphpb.ops.array import depth_to_space as depth_to_space
from graphpb.ops.array import space_to_batch as space_to_batch  # noqa: F401
from graphpb.ops.array import space_to_depth as space_to_depth
from graphpb.ops.random import all_candidate_sampler as all_candidate_sampler
from graphpb.ops.random import compute_accidental_hits as compute_accidental_hits
from graphpb.ops.random import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from graphpb.ops.random import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from graphpb.ops.random import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from graphpb.ops.random import uniform_candidate_sampler as uniform_candidate_sampler
from graphpb.ops.unary import log_sigmoid as log_sigmoid
from graphpb.ops.unary import sigmoid as sigmoid
from graphpb.ops.unary import tanh as tanh
from graphpb.rnn.dynamic import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn  # noqa: E402
from graphpb.rnn.dynamic import dynamic_rnn as dynamic_rnn  # noqa: E402
from graphpb.rnn.dynamic import raw_rnn as raw_rnn  # noqa: E402
from graphpb.rnn.static import static_bidirectional_rnn as static_bidirectional_rnn  # noqa: E402
from graphpb.rnn.static import static_rnn as static_rnn  # noqa: E402
from graphpb.rnn.static import static_state_saving_rnn as static_state_saving_rnn  # noqa: E402


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
