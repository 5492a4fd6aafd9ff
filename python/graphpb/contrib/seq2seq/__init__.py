"""Decoders, helpers that feed them, attention, and the loss of sequences; `tf.contrib.seq2seq`."""

from graphpb.contrib.seq2seq.attention import AttentionMechanism as AttentionMechanism
from graphpb.contrib.seq2seq.attention import BahdanauAttention as BahdanauAttention
from graphpb.contrib.seq2seq.attention import LuongAttention as LuongAttention
from graphpb.contrib.seq2seq.attention import hardmax as hardmax
from graphpb.contrib.seq2seq.attention_wrapper import AttentionWrapper as AttentionWrapper
from graphpb.contrib.seq2seq.attention_wrapper import AttentionWrapperState as AttentionWrapperState
from graphpb.contrib.seq2seq.beam_search import BeamSearchDecoder as BeamSearchDecoder
from graphpb.contrib.seq2seq.beam_search import BeamSearchDecoderOutput as BeamSearchDecoderOutput
from graphpb.contrib.seq2seq.beam_search import BeamSearchDecoderState as BeamSearchDecoderState
from graphpb.contrib.seq2seq.beam_search import FinalBeamSearchDecoderOutput as FinalBeamSearchDecoderOutput
from graphpb.contrib.seq2seq.beams import gather_tree as gather_tree
from graphpb.contrib.seq2seq.beams import tile_batch as tile_batch
from graphpb.contrib.seq2seq.decoder import BasicDecoder as BasicDecoder
from graphpb.contrib.seq2seq.decoder import BasicDecoderOutput as BasicDecoderOutput
from graphpb.contrib.seq2seq.decoder import Decoder as Decoder
from graphpb.contrib.seq2seq.decoder import dynamic_decode as dynamic_decode
from graphpb.contrib.seq2seq.helpers import CustomHelper as CustomHelper
from graphpb.contrib.seq2seq.helpers import GreedyEmbeddingHelper as GreedyEmbeddingHelper
from graphpb.contrib.seq2seq.helpers import Helper as Helper
from graphpb.contrib.seq2seq.helpers import InferenceHelper as InferenceHelper
from graphpb.contrib.seq2seq.helpers import SampleEmbeddingHelper as SampleEmbeddingHelper
from graphpb.contrib.seq2seq.helpers import ScheduledEmbeddingTrainingHelper as ScheduledEmbeddingTrainingHelper
from graphpb.contrib.seq2seq.helpers import TrainingHelper as TrainingHelper
from graphpb.contrib.seq2seq.loss import sequence_loss as sequence_loss
