"""The base of all optimizers: gradients, slots and update operations, with the methods that subclasses override."""

from graphpb import dtypes
from graphpb.graph.collections import GraphKeys, add_to_collection, get_collection
from graphpb.graph.composite import IndexedSlices
from graphpb.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from graphpb.graph.core import Tensor, get_outermost_graph
from graphpb.graph.gradients import gradients
from graphpb.graph.scopes import colocate_with, control_dependencies, name_scope
from graphpb.nest import flatten
from graphpb.ops import raw
from graphpb.ops.dependencies import group
from graphpb.ops.dependencies import tuple as gated
from graphpb.ops.gather import unique
from graphpb.ops.shape import shape
from graphpb.train.slots import create_slot, create_slot_with_initializer, create_zeros_slot
from graphpb.variables.partition import PartitionedVariable
from graphpb.variables.variable import Variable, assign_add, trainable_variables


def is_resource(variable):
    """Tell whether a variable is a resource variable."""
    return variable.op.type == "VarHandleOp"


def summed_duplicates(values, indices):
    """Add the rows of equal indices: (values, indices) with every index once."""
    kept, positions = unique(indices)
    return raw.UnsortedSegmentSum(data=values, segment_ids=positions, num_segments=shape(kept)[0]), kept


def _key(variable):
    return variable.op.graph, variable.op.name


def _target(variable):
    """What gradients are taken with respect to."""
    if isinstance(variable, Variable):
        return variable if is_resource(variable) else variable._ref()
    if isinstance(variable, Tensor):
        return variable
    raise NotImplementedError("Trying to optimize unsupported type ", variable)


class Optimizer:
    """Base of the optimizers of tf.train.

    A subclass overrides `_apply_dense` (and for sparse gradients `_apply_sparse`, for resource variables
    `_resource_apply_dense` and `_resource_apply_sparse`), often `_create_slots`, `_prepare` and `_finish`.

    Args:
      use_locking: Value of the `use_locking` attr of update operations.
      name: Scope of the update operations and name of the slots.

    Raises:
      ValueError: The name is empty.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking, name):
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots = {}
        self._non_slot_dict = {}

    def get_name(self):
        """Return the optimizer's name."""
        return self._name

    def minimize(
        self,
        loss,
        global_step=None,
        var_list=None,
        gate_gradients=GATE_OP,
        aggregation_method=None,
        colocate_gradients_with_ops=False,
        name=None,
        grad_loss=None,
    ):
        """Make an operation that updates variables to lower a loss: compute_gradients, then apply_gradients.

        Args:
          loss: float tensor; sums over its elements when it is not a scalar.
          global_step: Variable that is incremented after the updates.
          var_list: Variables to update; default the trainable ones.
          gate_gradients: GATE_NONE, GATE_OP or GATE_GRAPH: what waits for all gradients before it goes on.
          aggregation_method: How gradients are summed, see `tf.AggregationMethod`.
          colocate_gradients_with_ops: Place gradients with the operations that they belong to.
          name: Name of the operation; default the optimizer's.
          grad_loss: Gradient of the loss that is passed on; default ones.

        Raises:
          ValueError: No variable has a gradient, or there are no variables.
        """
        pairs = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(gradient is None for gradient, _ in pairs):
            names = [str(variable) for _, variable in pairs]
            raise ValueError(
                f"No gradients provided for any variable, check your graph for ops that "
                f"do not support gradients, between variables {names} and loss {loss}."
            )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self, loss, var_list=None, gate_gradients=GATE_OP, aggregation_method=None, colocate_gradients_with_ops=False, grad_loss=None
    ):
        """Return (gradient, variable) pairs; the gradient is None where the loss does not depend on the variable.

        Args as `minimize`; `var_list` may hold plain tensors too.

        Raises:
          ValueError: The loss is not float, `gate_gradients` is another value, or there are no variables.
        """
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError(f"gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not {gate_gradients}")
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            var_list = trainable_variables() + get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
        else:
            var_list = [part for item in flatten(var_list) for part in (item if isinstance(item, PartitionedVariable) else [item])]
        if not var_list:
            raise ValueError("No variables to optimize.")
        grads = gradients(
            loss,
            [_target(variable) for variable in var_list],
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == Optimizer.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == Optimizer.GATE_GRAPH:
            grads = gated(grads)
        pairs = list(zip(grads, var_list, strict=True))
        self._assert_valid_dtypes([variable for gradient, variable in pairs if gradient is not None and variable.dtype != dtypes.resource])
        return pairs

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """Make an operation that applies gradients to variables, and add it to the collection `train_op`.

        Args:
          grads_and_vars: (gradient, variable) pairs; those without a gradient are skipped.
          global_step: Variable that is incremented after the updates.
          name: Name of the operation; default the optimizer's.

        Raises:
          TypeError: A gradient is not a tensor, IndexedSlices or None.
          ValueError: There are no pairs, or none with a gradient.
        """
        given = list(grads_and_vars)
        if not given:
            raise ValueError("No variables provided.")
        pairs = []
        for gradient, variable in given:
            if gradient is not None:
                try:
                    gradient = convert_to_tensor_or_indexed_slices(gradient)
                except TypeError:
                    raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}") from None
                if not isinstance(gradient, (Tensor, IndexedSlices)):
                    raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {gradient}")
                pairs.append((gradient, variable))
        if not pairs:
            raise ValueError(f"No gradients provided for any variable: {[str(variable) for _, variable in given]}.")
        with control_dependencies(None):
            self._create_slots([variable for _, variable in pairs])
        with name_scope(name, self._name) as scope:
            self._prepare()
            updates = []
            for gradient, variable in pairs:
                with name_scope("update_" + variable.op.name), colocate_with(variable):
                    updates.append(self._update(gradient, variable))
            if global_step is None:
                train_op = self._finish(updates, scope)
            else:
                with control_dependencies([self._finish(updates, "update")]), colocate_with(global_step):
                    train_op = self._increment(global_step, scope)
            train_op = train_op.op if isinstance(train_op, Tensor) else train_op
            if train_op not in get_collection(GraphKeys.TRAIN_OP):
                add_to_collection(GraphKeys.TRAIN_OP, train_op)
            return train_op

    @staticmethod
    def _increment(global_step, name):
        if isinstance(global_step, Variable) and is_resource(global_step):
            return raw.AssignAddVariableOp(resource=global_step.handle, value=convert_to_tensor(1, dtype=global_step.dtype), name=name)
        return assign_add(global_step, 1, name=name)

    def _update(self, gradient, variable):
        """The operation that updates one variable, with its constraint."""
        if not isinstance(variable, Variable):
            raise NotImplementedError("Trying to update a Tensor ", variable)
        constraint = getattr(variable, "constraint", None)
        if isinstance(gradient, IndexedSlices):
            if constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            if is_resource(variable):
                return self._resource_apply_sparse_duplicate_indices(gradient.values, variable, gradient.indices)
            return self._apply_sparse_duplicate_indices(gradient, variable)
        update = self._resource_apply_dense(gradient, variable) if is_resource(variable) else self._apply_dense(gradient, variable)
        if constraint is None:
            return update
        with control_dependencies([update]):
            return variable.assign(constraint(variable))

    def get_slot(self, var, name):
        """Return the slot of a variable, or None.

        Args:
          var: Variable.
          name: Name of the slot, one of `get_slot_names()`.
        """
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self):
        """Return the sorted names of the slots."""
        return sorted(self._slots)

    def variables(self):
        """Return the optimizer's own variables in the default graph, sorted by name."""
        graph = get_outermost_graph()
        own = [*self._non_slot_dict.values(), *(slot for slots in self._slots.values() for slot in slots.values())]
        return sorted((variable for variable in own if variable.op.graph is graph), key=lambda variable: variable.name)

    def _create_non_slot_variable(self, initial_value, name, colocate_with):
        """Return the variable of a name that belongs to no other variable, made once for each graph."""
        key = (name, colocate_with.op.graph)
        if key not in self._non_slot_dict:
            from graphpb.graph.scopes import colocate_with as colocated

            with colocated(colocate_with):
                self._non_slot_dict[key] = Variable(initial_value, name=name, trainable=False, use_resource=is_resource(colocate_with))
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name, graph=None):
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self):
        return self._non_slot_dict.values()

    def _assert_valid_dtypes(self, tensors):
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(f"Invalid type {dtype!r} for {tensor.name}, expected: {list(valid)}.")

    def _valid_dtypes(self):
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _create_slots(self, var_list):
        """Make the slots of the variables; nothing by default."""

    def _prepare(self):
        """Make the tensors that all updates share, such as the learning rate; nothing by default."""

    def _apply_dense(self, grad, var):
        """Return an operation that updates a variable by a dense gradient."""
        raise NotImplementedError

    def _resource_apply_dense(self, grad, handle):
        """Return an operation that updates a resource variable by a dense gradient."""
        raise NotImplementedError

    def _apply_sparse(self, grad, var):
        """Return an operation that updates the rows of IndexedSlices whose indices are all different."""
        raise NotImplementedError

    def _resource_apply_sparse(self, grad, handle, indices):
        """Return an operation that updates rows of a resource variable; the indices are all different."""
        raise NotImplementedError

    def _apply_sparse_duplicate_indices(self, grad, var):
        """Sum the rows of equal indices, then `_apply_sparse`."""
        values, indices = summed_duplicates(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        """Sum the rows of equal indices, then `_resource_apply_sparse`."""
        values, indices = summed_duplicates(grad, indices)
        return self._resource_apply_sparse(values, handle, indices)

    def _finish(self, update_ops, name_scope):
        """Return the operation that ends a step; by default the group of all updates."""
        return group(*update_ops, name=name_scope)

    def _slot_dict(self, slot_name):
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var, val, slot_name, op_name):
        """Return a slot, made with a tensor as initial value if needed."""
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = create_slot(var, val, op_name)
        return slots[_key(var)]

    def _get_or_make_slot_with_initializer(self, var, initializer, shape, dtype, slot_name, op_name):
        """Return a slot, made from an initializer if needed."""
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        return slots[_key(var)]

    def _zeros_slot(self, var, slot_name, op_name):
        """Return a slot, made with zeros if needed."""
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = create_zeros_slot(var, op_name)
        return slots[_key(var)]

    def _call_if_callable(self, param):
        return param() if callable(param) else param
