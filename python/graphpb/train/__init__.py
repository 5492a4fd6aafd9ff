"""Optimizers, learning rates, averages and the training loop."""

from graphpb.graph.transfer import write_graph as write_graph
from graphpb.train.averages import ExponentialMovingAverage as ExponentialMovingAverage
from graphpb.train.global_step import assert_global_step as assert_global_step
from graphpb.train.global_step import create_global_step as create_global_step
from graphpb.train.global_step import get_global_step as get_global_step
from graphpb.train.global_step import get_or_create_global_step as get_or_create_global_step
from graphpb.train.global_step import global_step as global_step
from graphpb.train.optimizer import Optimizer as Optimizer
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
from graphpb.train.schedules import cosine_decay as cosine_decay
from graphpb.train.schedules import cosine_decay_restarts as cosine_decay_restarts
from graphpb.train.schedules import exponential_decay as exponential_decay
from graphpb.train.schedules import inverse_time_decay as inverse_time_decay
from graphpb.train.schedules import linear_cosine_decay as linear_cosine_decay
from graphpb.train.schedules import natural_exp_decay as natural_exp_decay
from graphpb.train.schedules import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from graphpb.train.schedules import piecewise_constant as piecewise_constant
from graphpb.train.schedules import polynomial_decay as polynomial_decay


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
