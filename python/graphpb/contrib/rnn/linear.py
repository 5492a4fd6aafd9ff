"""A linear map of joined inputs whose variables stand in the scope where it is first made."""

from graphpb.initializers import Zeros
from graphpb.nn.activations import bias_add
from graphpb.ops.array import concat
from graphpb.ops.product import matmul
from graphpb.variables.scope import get_variable


class Linear:
    """concat(args, 1) · kernel + bias.

    Args:
      args: List of float tensors [batch, n] of known n.
      output_size: Number of columns of the result.
      bias: Add a bias.
      bias_initializer: Initializer of the bias; default zeros.
      kernel_initializer: Initializer of the kernel; default that of the scope.

    Raises:
      ValueError: A tensor is not of rank 2, or its number of columns is unknown.
    """

    def __init__(self, args, output_size, bias, bias_initializer=None, kernel_initializer=None):
        rows = 0
        for tensor in _listed(args):
            if tensor.shape.ndims != 2:
                raise ValueError(f"linear is expecting 2D arguments: {tensor.shape}")
            if tensor.shape[1].value is None:
                raise ValueError(f"linear expects shape[1] to be provided for shape {tensor.shape}, but saw {tensor.shape[1]}")
            rows += tensor.shape[1].value
        dtype = _listed(args)[0].dtype
        self._kernel = get_variable("kernel", [rows, output_size], dtype=dtype, initializer=kernel_initializer)
        self._bias = None
        if bias:
            self._bias = get_variable("bias", [output_size], dtype=dtype, initializer=bias_initializer or Zeros(dtype=dtype))

    def __call__(self, args):
        """Apply the map to tensors of the same sizes."""
        args = _listed(args)
        result = matmul(args[0] if len(args) == 1 else concat(args, 1), self._kernel)
        return result if self._bias is None else bias_add(result, self._bias)


def _listed(args):
    return list(args) if isinstance(args, (list, tuple)) else [args]
