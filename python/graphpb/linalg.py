"""Functions of tf.linalg: diagonals, factorizations, solutions, norms, products."""

from graphpb.nn.norm import l2_normalize as l2_normalize
from graphpb.ops.array import matrix_transpose as matrix_transpose
from graphpb.ops.array import matrix_transpose as transpose  # noqa: F401
from graphpb.ops.fill import eye as eye
from graphpb.ops.linalg import adjoint as adjoint
from graphpb.ops.linalg import cholesky as cholesky
from graphpb.ops.linalg import cholesky_solve as cholesky_solve
from graphpb.ops.linalg import cross as cross
from graphpb.ops.linalg import diag as tensor_diag  # noqa: F401
from graphpb.ops.linalg import diag_part as tensor_diag_part  # noqa: F401
from graphpb.ops.linalg import einsum as einsum
from graphpb.ops.linalg import logdet as logdet
from graphpb.ops.linalg import lu as lu
from graphpb.ops.linalg import matrix_band_part as band_part  # noqa: F401
from graphpb.ops.linalg import matrix_determinant as det  # noqa: F401
from graphpb.ops.linalg import matrix_diag as diag  # noqa: F401
from graphpb.ops.linalg import matrix_diag_part as diag_part  # noqa: F401
from graphpb.ops.linalg import matrix_inverse as inv  # noqa: F401
from graphpb.ops.linalg import matrix_set_diag as set_diag  # noqa: F401
from graphpb.ops.linalg import matrix_solve as solve  # noqa: F401
from graphpb.ops.linalg import matrix_solve_ls as lstsq  # noqa: F401
from graphpb.ops.linalg import matrix_triangular_solve as triangular_solve  # noqa: F401
from graphpb.ops.linalg import norm as norm
from graphpb.ops.linalg import pinv as pinv
from graphpb.ops.linalg import qr as qr
from graphpb.ops.linalg import self_adjoint_eig as eigh  # noqa: F401
from graphpb.ops.linalg import self_adjoint_eigvals as eigvalsh  # noqa: F401
from graphpb.ops.linalg import slogdet as slogdet
from graphpb.ops.linalg import svd as svd
from graphpb.ops.product import matmul as matmul
from graphpb.ops.product import matvec as matvec
from graphpb.ops.product import tensordot as tensordot
from graphpb.ops.reduce import trace as trace


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
