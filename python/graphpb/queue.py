"""The module `tf.queue`."""

from graphpb.ops.queues import FIFOQueue as FIFOQueue
from graphpb.ops.queues import PaddingFIFOQueue as PaddingFIFOQueue
from graphpb.ops.queues import PriorityQueue as PriorityQueue
from graphpb.ops.queues import QueueBase as QueueBase
from graphpb.ops.queues import RandomShuffleQueue as RandomShuffleQueue
