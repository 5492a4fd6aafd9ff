"""Functions of tf.sparse: SparseTensors made, joined, reordered, reduced and multiplied."""

from graphpb.graph.composite import SparseTensor as SparseTensor
from graphpb.ops.inputs import sparse_placeholder as placeholder  # noqa: F401
from graphpb.ops.sparse import sparse_add as add  # noqa: F401
from graphpb.ops.sparse import sparse_concat as concat  # noqa: F401
from graphpb.ops.sparse import sparse_fill_empty_rows as fill_empty_rows  # noqa: F401
from graphpb.ops.sparse import sparse_reduce_max as reduce_max  # noqa: F401
from graphpb.ops.sparse import sparse_reduce_sum as reduce_sum  # noqa: F401
from graphpb.ops.sparse import sparse_reorder as reorder  # noqa: F401
from graphpb.ops.sparse import sparse_reshape as reshape  # noqa: F401
from graphpb.ops.sparse import sparse_retain as retain  # noqa: F401
from graphpb.ops.sparse import sparse_slice as slice  # noqa: F401
from graphpb.ops.sparse import sparse_softmax as softmax  # noqa: F401
from graphpb.ops.sparse import sparse_tensor_dense_matmul as sparse_dense_matmul  # noqa: F401
from graphpb.ops.sparse import sparse_tensor_to_dense as to_dense  # noqa: F401


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
