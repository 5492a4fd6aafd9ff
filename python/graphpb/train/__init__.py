"""Optimizers, learning rates, averages and the training loop."""

from graphpb.graph.transfer import write_graph as write_graph
from graphpb.train.averages import ExponentialMovingAverage as ExponentialMovingAverage
from graphpb.train.checkpoint_reader import NewCheckpointReader as NewCheckpointReader
from graphpb.train.checkpoint_reader import checkpoints_iterator as checkpoints_iterator
from graphpb.train.checkpoint_reader import list_variables as list_variables
from graphpb.train.checkpoint_reader import load_checkpoint as load_checkpoint
from graphpb.train.checkpoint_reader import load_variable as load_variable
from graphpb.train.checkpoint_state import checkpoint_exists as checkpoint_exists
from graphpb.train.checkpoint_state import generate_checkpoint_state_proto as generate_checkpoint_state_proto
from graphpb.train.checkpoint_state import get_checkpoint_mtimes as get_checkpoint_mtimes
from graphpb.train.checkpoint_state import get_checkpoint_state as get_checkpoint_state
from graphpb.train.checkpoint_state import latest_checkpoint as latest_checkpoint
from graphpb.train.checkpoint_state import remove_checkpoint as remove_checkpoint
from graphpb.train.checkpoint_state import update_checkpoint_state as update_checkpoint_state
from graphpb.train.coordinator import Coordinator as Coordinator
from graphpb.train.coordinator import LooperThread as LooperThread
from graphpb.train.global_step import assert_global_step as assert_global_step
from graphpb.train.global_step import create_global_step as create_global_step
from graphpb.train.global_step import get_global_step as get_global_step
from graphpb.train.global_step import get_or_create_global_step as get_or_create_global_step
from graphpb.train.global_step import global_step as global_step
from graphpb.train.hooks import FeedFnHook as FeedFnHook
from graphpb.train.hooks import FinalOpsHook as FinalOpsHook
from graphpb.train.hooks import GlobalStepWaiterHook as GlobalStepWaiterHook
from graphpb.train.hooks import LoggingTensorHook as LoggingTensorHook
from graphpb.train.hooks import NanLossDuringTrainingError as NanLossDuringTrainingError
from graphpb.train.hooks import NanTensorHook as NanTensorHook
from graphpb.train.hooks import SecondOrStepTimer as SecondOrStepTimer
from graphpb.train.hooks import StepCounterHook as StepCounterHook
from graphpb.train.hooks import StopAtStepHook as StopAtStepHook
from graphpb.train.initial_values import init_from_checkpoint as init_from_checkpoint
from graphpb.train.input_queues import batch as batch
from graphpb.train.input_queues import batch_join as batch_join
from graphpb.train.input_queues import input_producer as input_producer
from graphpb.train.input_queues import limit_epochs as limit_epochs
from graphpb.train.input_queues import match_filenames_once as match_filenames_once
from graphpb.train.input_queues import maybe_batch as maybe_batch
from graphpb.train.input_queues import maybe_batch_join as maybe_batch_join
from graphpb.train.input_queues import maybe_shuffle_batch as maybe_shuffle_batch
from graphpb.train.input_queues import maybe_shuffle_batch_join as maybe_shuffle_batch_join
from graphpb.train.input_queues import range_input_producer as range_input_producer
from graphpb.train.input_queues import shuffle_batch as shuffle_batch
from graphpb.train.input_queues import shuffle_batch_join as shuffle_batch_join
from graphpb.train.input_queues import slice_input_producer as slice_input_producer
from graphpb.train.input_queues import string_input_producer as string_input_producer
from graphpb.train.meta_graph import export_meta_graph as export_meta_graph
from graphpb.train.monitored import MonitoredSession as MonitoredSession
from graphpb.train.monitored import MonitoredTrainingSession as MonitoredTrainingSession
from graphpb.train.monitored import SingularMonitoredSession as SingularMonitoredSession
from graphpb.train.optimizer import Optimizer as Optimizer
from graphpb.train.queue_runner import QueueRunner as QueueRunner
from graphpb.train.queue_runner import add_queue_runner as add_queue_runner
from graphpb.train.queue_runner import start_queue_runners as start_queue_runners
from graphpb.train.rules import AdadeltaOptimizer as AdadeltaOptimizer
from graphpb.train.rules import AdagradDAOptimizer as AdagradDAOptimizer
from graphpb.train.rules import AdagradOptimizer as AdagradOptimizer
from graphpb.train.rules import AdamOptimizer as AdamOptimizer
from graphpb.train.rules import FtrlOptimizer as FtrlOptimizer
from graphpb.train.rules import GradientDescentOptimizer as GradientDescentOptimizer
from graphpb.train.rules import MomentumOptimizer as MomentumOptimizer
from graphpb.train.rules import ProximalAdagradOptimizer as ProximalAdagradOptimizer
from graphpb.train.rules import ProximalGradientDescentOptimizer as ProximalGradientDescentOptimizer
from graphpb.train.rules import RMSPropOptimizer as RMSPropOptimizer
from graphpb.train.run_hook import SessionRunArgs as SessionRunArgs
from graphpb.train.run_hook import SessionRunContext as SessionRunContext
from graphpb.train.run_hook import SessionRunHook as SessionRunHook
from graphpb.train.run_hook import SessionRunValues as SessionRunValues
from graphpb.train.saver import Saver as Saver
from graphpb.train.saver import import_meta_graph as import_meta_graph
from graphpb.train.saving_hooks import CheckpointSaverHook as CheckpointSaverHook
from graphpb.train.saving_hooks import CheckpointSaverListener as CheckpointSaverListener
from graphpb.train.saving_hooks import SummarySaverHook as SummarySaverHook
from graphpb.train.scaffold import ChiefSessionCreator as ChiefSessionCreator
from graphpb.train.scaffold import Scaffold as Scaffold
from graphpb.train.scaffold import SessionCreator as SessionCreator
from graphpb.train.scaffold import WorkerSessionCreator as WorkerSessionCreator
from graphpb.train.schedules import cosine_decay as cosine_decay
from graphpb.train.schedules import cosine_decay_restarts as cosine_decay_restarts
from graphpb.train.schedules import exponential_decay as exponential_decay
from graphpb.train.schedules import inverse_time_decay as inverse_time_decay
from graphpb.train.schedules import linear_cosine_decay as linear_cosine_decay
from graphpb.train.schedules import natural_exp_decay as natural_exp_decay
from graphpb.train.schedules import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from graphpb.train.schedules import piecewise_constant as piecewise_constant
from graphpb.train.schedules import piecewise_constant as piecewise_constant_decay  # noqa: F401
from graphpb.train.schedules import polynomial_decay as polynomial_decay
from graphpb.train.session_manager import SessionManager as SessionManager
from graphpb.train.supervisor import Supervisor as Supervisor

_MESSAGES = "BytesList CheckpointState Example Feature FeatureList FeatureLists Features FloatList Int64List SaverDef SequenceExample".split()


def __getattr__(name):
    if name in _MESSAGES:
        from graphpb import protos

        return getattr(protos, name)
    if name == "summary_iterator":
        from graphpb.summary.reader import summary_iterator

        return summary_iterator
    from graphpb.ledger import absent

    raise absent(__name__, name)
