"""Metrics kept in local variables over many batches: each returns (value, update_op)."""

from graphpb.metrics.ranking import average_precision_at_k as average_precision_at_k
from graphpb.metrics.ranking import precision_at_k as precision_at_k
from graphpb.metrics.ranking import precision_at_top_k as precision_at_top_k
from graphpb.metrics.ranking import recall_at_k as recall_at_k
from graphpb.metrics.ranking import recall_at_top_k as recall_at_top_k
from graphpb.metrics.ranking import sparse_average_precision_at_k as sparse_average_precision_at_k
from graphpb.metrics.ranking import sparse_precision_at_k as sparse_precision_at_k
from graphpb.metrics.streaming import accuracy as accuracy
from graphpb.metrics.streaming import false_negatives as false_negatives
from graphpb.metrics.streaming import false_positives as false_positives
from graphpb.metrics.streaming import mean as mean
from graphpb.metrics.streaming import mean_absolute_error as mean_absolute_error
from graphpb.metrics.streaming import mean_cosine_distance as mean_cosine_distance
from graphpb.metrics.streaming import mean_iou as mean_iou
from graphpb.metrics.streaming import mean_per_class_accuracy as mean_per_class_accuracy
from graphpb.metrics.streaming import mean_relative_error as mean_relative_error
from graphpb.metrics.streaming import mean_squared_error as mean_squared_error
from graphpb.metrics.streaming import mean_tensor as mean_tensor
from graphpb.metrics.streaming import percentage_below as percentage_below
from graphpb.metrics.streaming import precision as precision
from graphpb.metrics.streaming import recall as recall
from graphpb.metrics.streaming import root_mean_squared_error as root_mean_squared_error
from graphpb.metrics.streaming import true_negatives as true_negatives
from graphpb.metrics.streaming import true_positives as true_positives
from graphpb.metrics.thresholds import auc as auc
from graphpb.metrics.thresholds import false_negatives_at_thresholds as false_negatives_at_thresholds
from graphpb.metrics.thresholds import false_positives_at_thresholds as false_positives_at_thresholds
from graphpb.metrics.thresholds import precision_at_thresholds as precision_at_thresholds
from graphpb.metrics.thresholds import recall_at_thresholds as recall_at_thresholds
from graphpb.metrics.thresholds import sensitivity_at_specificity as sensitivity_at_specificity
from graphpb.metrics.thresholds import specificity_at_sensitivity as specificity_at_sensitivity
from graphpb.metrics.thresholds import true_negatives_at_thresholds as true_negatives_at_thresholds
from graphpb.metrics.thresholds import true_positives_at_thresholds as true_positives_at_thresholds


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
