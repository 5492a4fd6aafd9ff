"""Functions of tf.manip: shapes and elements moved."""

from graphpb.ops.array import batch_to_space_nd as batch_to_space_nd
from graphpb.ops.array import reshape as reshape
from graphpb.ops.array import reverse as reverse
from graphpb.ops.array import roll as roll
from graphpb.ops.array import space_to_batch_nd as space_to_batch_nd
from graphpb.ops.array import tile as tile
from graphpb.ops.gather import gather_nd as gather_nd
from graphpb.ops.gather import scatter_nd as scatter_nd


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
