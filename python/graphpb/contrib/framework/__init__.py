"""Arguments that hold inside a block, and variables by scope and name; `tf.contrib.framework`."""

from graphpb import nest as nest
from graphpb.contrib.framework.arg_scope import add_arg_scope as add_arg_scope
from graphpb.contrib.framework.arg_scope import arg_scope as arg_scope
from graphpb.contrib.framework.arg_scope import arg_scope_func_key as arg_scope_func_key
from graphpb.contrib.framework.arg_scope import arg_scoped_arguments as arg_scoped_arguments
from graphpb.contrib.framework.arg_scope import current_arg_scope as current_arg_scope
from graphpb.contrib.framework.arg_scope import has_arg_scope as has_arg_scope
from graphpb.contrib.framework.checkpoint import assign_from_checkpoint as assign_from_checkpoint
from graphpb.contrib.framework.checkpoint import assign_from_checkpoint_fn as assign_from_checkpoint_fn
from graphpb.contrib.framework.checkpoint import assign_from_values as assign_from_values
from graphpb.contrib.framework.checkpoint import assign_from_values_fn as assign_from_values_fn
from graphpb.contrib.framework.variables import VariableDeviceChooser as VariableDeviceChooser
from graphpb.contrib.framework.variables import add_model_variable as add_model_variable
from graphpb.contrib.framework.variables import filter_variables as filter_variables
from graphpb.contrib.framework.variables import get_local_variables as get_local_variables
from graphpb.contrib.framework.variables import get_model_variables as get_model_variables
from graphpb.contrib.framework.variables import get_trainable_variables as get_trainable_variables
from graphpb.contrib.framework.variables import get_unique_variable as get_unique_variable
from graphpb.contrib.framework.variables import get_variable_full_name as get_variable_full_name
from graphpb.contrib.framework.variables import get_variables as get_variables
from graphpb.contrib.framework.variables import get_variables_by_name as get_variables_by_name
from graphpb.contrib.framework.variables import get_variables_by_suffix as get_variables_by_suffix
from graphpb.contrib.framework.variables import get_variables_to_restore as get_variables_to_restore
from graphpb.contrib.framework.variables import global_variable as global_variable
from graphpb.contrib.framework.variables import local_variable as local_variable
from graphpb.contrib.framework.variables import model_variable as model_variable
from graphpb.contrib.framework.variables import variable as variable
from graphpb.graph.control_choice import smart_cond as smart_cond
from graphpb.graph.convert import is_tensor as is_tensor
from graphpb.ops.checks import assert_same_float_dtype as assert_same_float_dtype
from graphpb.ops.checks import assert_scalar as assert_scalar
from graphpb.ops.weights import remove_squeezable_dimensions as remove_squeezable_dimensions
from graphpb.train.checkpoint_reader import list_variables as list_variables
from graphpb.train.checkpoint_reader import load_checkpoint as load_checkpoint
from graphpb.train.checkpoint_reader import load_variable as load_variable
from graphpb.train.global_step import assert_global_step as assert_global_step
from graphpb.train.global_step import assert_or_get_global_step as assert_or_get_global_step
from graphpb.train.global_step import create_global_step as create_global_step
from graphpb.train.global_step import get_global_step as get_global_step
from graphpb.train.global_step import get_or_create_global_step as get_or_create_global_step
from graphpb.train.initial_values import init_from_checkpoint as init_from_checkpoint


def __getattr__(name):
    if name == "python":
        # Programs import arg_scope from tf.contrib.framework.python.ops.
        import sys
        import types

        return types.SimpleNamespace(ops=sys.modules[__name__])
    from graphpb.ledger import absent

    raise absent(__name__, name)
