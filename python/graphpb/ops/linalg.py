"""Linear algebra: diagonals, triangles, factorizations, solutions, norms and Einstein sums."""

import math

import numpy as np

from graphpb import dtypes
from graphpb.deprecation import argument
from graphpb.graph.convert import convert_to_tensor
from graphpb.graph.scopes import name_scope
from graphpb.ops import raw
from graphpb.ops.array import expand_dims, matrix_transpose, squeeze, transpose
from graphpb.ops.math import pow
from graphpb.ops.product import matmul
from graphpb.ops.reduce import reduce_max, reduce_sum
from graphpb.ops.unary import abs, conj, log, real, sqrt


def diag(diagonal, name=None):
    """Make a tensor [shape..., shape...] with the elements of `diagonal` on its diagonal and zeros elsewhere."""
    return raw.Diag(diagonal=diagonal, name=name)


def diag_part(input, name=None):
    """Take the diagonal of a tensor [shape..., shape...]."""
    return raw.DiagPart(input=input, name=name)


def matrix_diag(diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"):
    """Make matrices with given diagonals.

    Args:
      diagonal: any type [..., n], or [..., diagonals, n] for several.
      name: Name of the node.
      k: Which diagonal, 0 the main one and positive above; or the lowest and highest of several.
      num_rows: Rows of the matrices; -1 takes what the diagonal needs.
      num_cols: Columns of the matrices; -1 takes what the diagonal needs.
      padding_value: Elements outside the diagonals.
      align: Where shorter diagonals are padded.
    """
    if dtypes.bool == getattr(diagonal, "dtype", None):
        padding_value = bool(padding_value)
    return raw.MatrixDiagV3(diagonal=diagonal, k=k, num_rows=num_rows, num_cols=num_cols, padding_value=padding_value, align=align, name=name)


def matrix_diag_part(input, name="diag_part", k=0, padding_value=0, align="RIGHT_LEFT"):
    """Take diagonals of matrices [..., rows, columns]; arguments as `matrix_diag`."""
    if dtypes.bool == getattr(input, "dtype", None):
        padding_value = bool(padding_value)
    return raw.MatrixDiagPartV3(input=input, k=k, padding_value=padding_value, align=align, name=name)


def matrix_set_diag(input, diagonal, name="set_diag", k=0, align="RIGHT_LEFT"):
    """Return matrices with their diagonals replaced; arguments as `matrix_diag`."""
    return raw.MatrixSetDiagV3(input=input, diagonal=diagonal, k=k, align=align, name=name)


def matrix_band_part(input, num_lower, num_upper, name=None):
    """Set elements outside a band to zero; -1 keeps a whole triangle.

    Args:
      input: any type [..., rows, columns].
      num_lower: Diagonals to keep below the main one.
      num_upper: Diagonals to keep above it.
    """
    return raw.MatrixBandPart(input=input, num_lower=num_lower, num_upper=num_upper, name=name)


def matrix_inverse(input, adjoint=False, name=None):
    """Invert square matrices [..., n, n], or their adjoints; fails when run if one is not invertible."""
    return raw.MatrixInverse(input=input, adjoint=adjoint, name=name)


def matrix_determinant(input, name=None):
    """Compute the determinant of square matrices [..., n, n]."""
    return raw.MatrixDeterminant(input=input, name=name)


def slogdet(input, name=None):
    """Compute the sign and the log of the absolute value of determinants."""
    return tuple(raw.LogMatrixDeterminant(input=input, name=name))


def logdet(matrix, name=None):
    """Compute the log of the determinant of positive definite matrices, by Cholesky."""
    with name_scope(name, "logdet", [matrix]):
        factor = raw.Cholesky(input=matrix)
        diagonal = raw.MatrixDiagPartV3(input=factor, k=0, padding_value=0, align="RIGHT_LEFT", name="diag_part")
        return 2.0 * reduce_sum(log(real(diagonal)), axis=[-1])


def matrix_solve(matrix, rhs, adjoint=False, name=None):
    """Solve matrix @ x = rhs for square matrices [..., n, n] and rhs [..., n, k]."""
    return raw.MatrixSolve(matrix=matrix, rhs=rhs, adjoint=adjoint, name=name)


def matrix_triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """Solve matrix @ x = rhs for triangular matrices, whose other triangle is not read."""
    with name_scope(name, "triangular_solve", [matrix, rhs]):
        return raw.MatrixTriangularSolve(matrix=matrix, rhs=rhs, lower=lower, adjoint=adjoint)


def cholesky(input, name=None):
    """Factor positive definite matrices as L @ adjoint(L) and return L."""
    return raw.Cholesky(input=input, name=name)


def cholesky_solve(chol, rhs, name=None):
    """Solve A @ x = rhs given the Cholesky factor of A."""
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = raw.MatrixTriangularSolve(matrix=chol, rhs=rhs, adjoint=False, lower=True)
        return raw.MatrixTriangularSolve(matrix=chol, rhs=y, adjoint=True, lower=True)


def qr(input, full_matrices=False, name=None):
    """Factor matrices as Q @ R with orthonormal columns of Q; returns (q, r)."""
    return tuple(raw.Qr(input=input, full_matrices=full_matrices, name=name))


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """Compute singular values, falling, and vectors: a = u @ diag(s) @ adjoint(v).

    Args:
      tensor: float or complex [..., m, n].
      full_matrices: Return all m and n vectors.
      compute_uv: Return vectors too.
      name: Name of the node; default `Svd`.

    Returns:
      (s, u, v), or s.
    """
    s, u, v = raw.Svd(input=tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (real(s), u, v) if compute_uv else real(s)


def self_adjoint_eig(tensor, name=None):
    """Compute eigenvalues, rising, and eigenvectors of self-adjoint matrices, of which the lower triangle is read; returns (e, v)."""
    return tuple(raw.SelfAdjointEigV2(input=tensor, compute_v=True, name=name))


def self_adjoint_eigvals(tensor, name=None):
    """Compute the eigenvalues of self-adjoint matrices."""
    return raw.SelfAdjointEigV2(input=tensor, compute_v=False, name=name)[0]


def matrix_solve_ls(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """Solve least squares min |matrix @ x - rhs|^2 + l2_regularizer * |x|^2 by the normal equations.

    Args:
      matrix: float [..., m, n] of known last sizes.
      rhs: dtype of `matrix` [..., m, k].
      l2_regularizer: Float.
      fast: False for the solutions of least norm, by singular values; without a gradient.
      name: Scope of the nodes; default `matrix_solve_ls`.
    """
    with name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        matrix = convert_to_tensor(matrix, name="matrix")
        sizes = matrix.shape[-2:]
        if not fast or not sizes.is_fully_defined():
            return raw.MatrixSolveLs(matrix=matrix, rhs=rhs, l2_regularizer=l2_regularizer, fast=fast)
        rows, columns = sizes.as_list()
        tall = rows >= columns
        gram = matmul(matrix, matrix, adjoint_a=tall, adjoint_b=not tall)
        if l2_regularizer != 0:
            gram += l2_regularizer * raw.MatrixDiagV3(
                diagonal=np.ones(min(rows, columns), matrix.dtype.as_numpy_dtype), k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"
            )
        factor = raw.Cholesky(input=gram)
        if tall:
            return cholesky_solve(factor, matmul(matrix, rhs, adjoint_a=True))
        return matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None, keep_dims=None):
    """Compute a norm of vectors or matrices.

    Args:
      tensor: float or complex [...].
      ord: "euclidean", "fro", 1, 2, np.inf, or a positive number for vectors.
      axis: None for all elements as one vector, an integer for vectors, two integers for matrices.
      keepdims: Keep the axes with size 1.
      name: Scope of the nodes; default `norm`.
      keep_dims: Older name of `keepdims`.

    Raises:
      ValueError: The axis or the order is another one.
    """
    keepdims = bool(argument("keepdims", keepdims, "keep_dims", keep_dims))
    matrices = isinstance(axis, (tuple, list)) and len(axis) == 2
    if matrices:
        axis = tuple(axis)
        if not all(isinstance(a, int) for a in axis) or axis[0] == axis[1]:
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}")
        if ord not in ("euclidean", "fro", 1, 2, np.inf):
            raise ValueError(f"'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got {ord}")
    else:
        if not (isinstance(axis, int) or axis is None):
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}")
        if ord != "euclidean" and (isinstance(ord, str) or not np.isreal(ord) or ord <= 0):
            raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
        axis = None if axis is None else (axis,)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        if ord == 2 and matrices:
            last = transpose(tensor, _to_the_end(tensor, axis))
            largest = reduce_max(raw.Svd(input=last, compute_uv=False, full_matrices=False)[0], -1, keepdims=True)
            # Back to where the axes were.
            result = real(largest)
            for place in sorted(a % tensor.shape.ndims for a in axis):
                result = expand_dims(result, place)
            result = squeeze(result, [-1])
        elif ord in ("fro", "euclidean", 2):
            result = sqrt(reduce_sum(tensor * conj(tensor), axis, keepdims=True))
        elif ord == 1:
            result = reduce_sum(abs(tensor), None if axis is None else axis[0], keepdims=True)
            if matrices:
                result = reduce_max(result, axis[-1], keepdims=True)
        elif math.isinf(ord):
            result = abs(tensor)
            if matrices:
                result = reduce_sum(result, axis[1], keepdims=True)
            result = reduce_max(result, None if axis is None else axis[0], keepdims=True)
        else:
            result = pow(reduce_sum(pow(abs(tensor), ord), axis, keepdims=True), 1.0 / ord)
        return result if keepdims else squeeze(result, axis)


def _to_the_end(tensor, axes):
    """The permutation that moves two axes to the end."""
    rank = tensor.shape.ndims
    if rank is None:
        raise ValueError("norm: the spectral norm needs a tensor of known rank.")
    axes = [a % rank for a in axes]
    return [a for a in range(rank) if a not in axes] + axes


def adjoint(matrix, name=None):
    """Transpose the last two axes and take the complex conjugate."""
    with name_scope(name, "adjoint", [matrix]):
        return matrix_transpose(convert_to_tensor(matrix, name="matrix"), conjugate=True)


def lu(input, output_idx_type=dtypes.int32, name=None):
    """Factor square matrices [..., n, n] with row pivoting; returns (lu, p): both factors in one, and the row that came to each place."""
    return tuple(raw.Lu(input=input, output_idx_type=output_idx_type, name=name))


def pinv(a, rcond=None, validate_args=False, name=None):
    """Compute the Moore-Penrose inverse of matrices [..., m, n], by singular values.

    Args:
      a: float [..., m, n] of known last sizes.
      rcond: Singular values below `rcond` times the largest count as zero; default 10 * max(m, n) * epsilon.
      validate_args: Unused; sizes and dtype are always checked.
      name: Scope of the nodes; default `pinv`.

    Raises:
      TypeError: `a` holds no floats.
    """
    with name_scope(name or "pinv"):
        a = convert_to_tensor(a, name="a")
        if not a.dtype.is_floating:
            raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
        if rcond is None:
            rcond = 10.0 * max(a.shape.as_list()[-2:]) * np.finfo(a.dtype.as_numpy_dtype).eps
        rcond = convert_to_tensor(rcond, dtype=a.dtype, name="rcond")
        values, left, right = svd(a, full_matrices=False, compute_uv=True)
        cutoff = rcond * reduce_max(values, axis=-1)
        kept = values > expand_dims(cutoff, -1)
        values = raw.SelectV2(condition=kept, t=values, e=np.array(np.inf, a.dtype.as_numpy_dtype))
        return matmul(right / expand_dims(values, -2), left, adjoint_b=True)


def einsum(equation, *inputs, **kwargs):
    """Sum products of tensors by labels of their axes, as numpy.einsum.

    Args:
      equation: "ij,jk->ik": labels of the inputs, and of the result; without the arrow, the labels that occur once, in order.
      *inputs: Tensors of one dtype.
      name: Scope of the nodes; default `einsum`.

    Raises:
      TypeError: Another keyword is given.
      ValueError: The labels do not fit.
    """
    name = kwargs.pop("name", None)
    kwargs.pop("optimize", None)
    if kwargs:
        raise TypeError(f"Invalid keyword arguments for einsum: {', '.join(kwargs)}. Valid arguments: name, optimize, greedy.")
    with name_scope(name, "einsum", [equation, inputs]):
        operands = [convert_to_tensor(value) for value in inputs]
        terms, output = _labels(equation, len(operands))
        while len(operands) > 2:
            # The last two are joined; labels that nothing else needs are summed.
            right, left = (operands.pop(), terms.pop()), (operands.pop(), terms.pop())
            needed = set(output) | {label for term in terms for label in term}
            joined = "".join(dict.fromkeys(label for label in left[1] + right[1] if label in needed))
            operands.append(raw.Einsum(inputs=[left[0], right[0]], equation=f"{left[1]},{right[1]}->{joined}"))
            terms.append(joined)
        return raw.Einsum(inputs=operands, equation=f"{','.join(terms)}->{output}")


def _labels(equation, count):
    text = equation.replace(" ", "")
    given, arrow, output = text.partition("->")
    terms = given.split(",")
    if len(terms) != count:
        raise ValueError(f"Got {count} inputs for equation '{equation}', expecting {len(terms)}.")
    if not arrow:
        plain = given.replace(",", "").replace("...", "")
        once = sorted({label for label in plain if plain.count(label) == 1})
        output = ("..." if "..." in given else "") + "".join(once)
    if count > 2 and "..." in text:
        raise ValueError(f"einsum: an ellipsis with more than two inputs is not supported: '{equation}'.")
    return terms, output


def cross(a, b, name=None):
    """Compute cross products of vectors [..., 3]."""
    return raw.Cross(a=a, b=b, name=name)
