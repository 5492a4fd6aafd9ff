"""Sequence models over lists of tensors; `tf.contrib.legacy_seq2seq`."""

from graphpb.contrib.legacy_seq2seq.attention import attention_decoder as attention_decoder
from graphpb.contrib.legacy_seq2seq.attention import embedding_attention_decoder as embedding_attention_decoder
from graphpb.contrib.legacy_seq2seq.attention import embedding_attention_seq2seq as embedding_attention_seq2seq
from graphpb.contrib.legacy_seq2seq.decoders import basic_rnn_seq2seq as basic_rnn_seq2seq
from graphpb.contrib.legacy_seq2seq.decoders import embedding_rnn_decoder as embedding_rnn_decoder
from graphpb.contrib.legacy_seq2seq.decoders import embedding_rnn_seq2seq as embedding_rnn_seq2seq
from graphpb.contrib.legacy_seq2seq.decoders import rnn_decoder as rnn_decoder
from graphpb.contrib.legacy_seq2seq.decoders import tied_rnn_seq2seq as tied_rnn_seq2seq
from graphpb.contrib.legacy_seq2seq.loss import model_with_buckets as model_with_buckets
from graphpb.contrib.legacy_seq2seq.loss import sequence_loss as sequence_loss
from graphpb.contrib.legacy_seq2seq.loss import sequence_loss_by_example as sequence_loss_by_example
