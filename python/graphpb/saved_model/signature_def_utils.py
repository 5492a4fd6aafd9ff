"""Signatures: which tensors a method of a saved graph takes and gives."""

from __future__ import annotations

from typing import Any

from graphpb import dtypes
from graphpb.graph import core
from graphpb.graph.convert import convert_to_tensor
from graphpb.saved_model import signature_constants as names
from graphpb.saved_model.tensor_info import build_tensor_info, build_tensor_info_from_op, get_element_from_tensor_info


def build_signature_def(inputs: Any = None, outputs: Any = None, method_name: str | None = None, defaults: Any = None) -> Any:
    """A `SignatureDef`.

    Args:
      inputs: dict of names to `TensorInfo`.
      outputs: dict of names to `TensorInfo`.
      method_name: what serving programs call.
      defaults: dict of input names to `TensorProto` or values.
    """
    from graphpb import protos
    from graphpb.graph.static import make_tensor_proto

    out = protos.SignatureDef()
    for field, given in ((out.inputs, inputs), (out.outputs, outputs)):
        for key, info in (given or {}).items():
            field[key].CopyFrom(_own(protos.TensorInfo, info))
    if method_name is not None:
        out.method_name = method_name
    for key, value in (defaults or {}).items():
        out.defaults[key].CopyFrom(value if isinstance(value, protos.TensorProto) else make_tensor_proto(value))
    return out


def _own(kind: Any, message: Any) -> Any:
    """The message in this package's class."""
    return message if isinstance(message, kind) else kind.FromString(message.SerializeToString())


def predict_signature_def(inputs: Any, outputs: Any) -> Any:
    """The signature of a prediction: dicts of names to tensors. ValueError: one of them is None or empty."""
    if not inputs:
        raise ValueError("Prediction `inputs` cannot be None or empty.")
    if not outputs:
        raise ValueError("Prediction `outputs` cannot be None or empty.")
    infos = [{key: build_tensor_info(tensor) for key, tensor in given.items()} for given in (inputs, outputs)]
    return build_signature_def(*infos, names.PREDICT_METHOD_NAME)


def _checked(tensor: Any, dtype: Any, what: str, where: str) -> Any:
    info = build_tensor_info(tensor)
    if info.dtype != dtype.as_datatype_enum:
        raise ValueError(f"{where} must be of type {dtype.name}. Found {what} of type {dtypes.as_dtype(tensor.dtype).name}.")
    return info


def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """The signature of a regression: string [batch] of serialized Examples to float32. ValueError: None, or other types."""
    if examples is None:
        raise ValueError("Regression `examples` cannot be None.")
    if not isinstance(examples, core.Tensor):
        raise ValueError(f"Expected regression `examples` to be of type Tensor. Found {type(examples)} instead.")
    if predictions is None:
        raise ValueError("Regression `predictions` cannot be None.")
    inputs = {names.REGRESS_INPUTS: _checked(examples, dtypes.string, "examples", "Regression input tensors")}
    outputs = {names.REGRESS_OUTPUTS: _checked(convert_to_tensor(predictions), dtypes.float32, "predictions", "Regression output tensors")}
    return build_signature_def(inputs, outputs, names.REGRESS_METHOD_NAME)


def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """The signature of a classification: string [batch] to string classes, float32 scores, or both.

    ValueError: no examples, neither classes nor scores, or other types.
    """
    if examples is None:
        raise ValueError("Classification `examples` cannot be None.")
    if not isinstance(examples, core.Tensor):
        raise ValueError(f"Classification `examples` must be a string Tensor. Found {type(examples)} instead.")
    if classes is None and scores is None:
        raise ValueError("Classification `classes` and `scores` cannot both be None.")
    inputs = {names.CLASSIFY_INPUTS: _checked(examples, dtypes.string, "examples", "Classification input tensors")}
    outputs = {}
    if classes is not None:
        outputs[names.CLASSIFY_OUTPUT_CLASSES] = _checked(classes, dtypes.string, "classes", "Classification classes")
    if scores is not None:
        outputs[names.CLASSIFY_OUTPUT_SCORES] = _checked(scores, dtypes.float32, "scores", "Classification scores")
    return build_signature_def(inputs, outputs, names.CLASSIFY_METHOD_NAME)


def _supervised(method: str, inputs: Any, loss: Any, predictions: Any, metrics: Any) -> Any:
    if not inputs:
        raise ValueError(f"{method} `inputs` cannot be None or empty.")
    outputs = {}
    for prefix, given in (("loss", loss), ("predictions", predictions), ("metrics", metrics)):
        if given is None:
            continue
        tensors = given if isinstance(given, dict) else {"loss" if prefix == "loss" else "output": given}
        for key, tensor in tensors.items():
            full = key if prefix == "loss" or key.startswith(prefix) else f"{prefix}/{key}"
            for i, one in enumerate(tensor if isinstance(tensor, (tuple, list)) else [tensor]):
                name = full if not isinstance(tensor, (tuple, list)) else f"{full}/{'value' if i == 0 else 'update_op'}"
                outputs[name] = build_tensor_info(one) if isinstance(one, core.Tensor) else build_tensor_info_from_op(one)
    return build_signature_def({key: build_tensor_info(tensor) for key, tensor in inputs.items()}, outputs, method)


def supervised_train_signature_def(inputs: Any, loss: Any, predictions: Any = None, metrics: Any = None) -> Any:
    """The signature of a training step."""
    return _supervised(names.SUPERVISED_TRAIN_METHOD_NAME, inputs, loss, predictions, metrics)


def supervised_eval_signature_def(inputs: Any, loss: Any, predictions: Any = None, metrics: Any = None) -> Any:
    """The signature of an evaluation step."""
    return _supervised(names.SUPERVISED_EVAL_METHOD_NAME, inputs, loss, predictions, metrics)


def is_valid_signature(signature_def: Any) -> bool:
    """Tell whether serving programs accept the signature: a known method, with the entries and types that it needs."""
    from graphpb import protos

    if signature_def is None:
        return False
    inputs, outputs, method = signature_def.inputs, signature_def.outputs, signature_def.method_name
    if method == names.PREDICT_METHOD_NAME:
        return bool(inputs) and bool(outputs)
    if method == names.REGRESS_METHOD_NAME:
        wanted = {names.REGRESS_OUTPUTS: protos.DT_FLOAT}
        exact = True
    elif method == names.CLASSIFY_METHOD_NAME:
        wanted = {names.CLASSIFY_OUTPUT_CLASSES: protos.DT_STRING, names.CLASSIFY_OUTPUT_SCORES: protos.DT_FLOAT}
        exact = False
    else:
        return False
    if set(inputs) != {"inputs"} or inputs["inputs"].dtype != protos.DT_STRING or not outputs:
        return False
    return all(key in wanted and outputs[key].dtype == wanted[key] for key in outputs) and (not exact or set(outputs) == set(wanted))


def op_signature_def(op: Any, key: str) -> Any:
    """A signature whose single output names an operation."""
    return build_signature_def(outputs={key: build_tensor_info_from_op(op)})


def load_op_from_signature_def(signature_def: Any, key: str, import_scope: str | None = None) -> Any:
    """The operation that `op_signature_def` named. NotFoundError: it is not in the graph."""
    from graphpb import errors

    try:
        return get_element_from_tensor_info(signature_def.outputs[key], import_scope=import_scope)
    except KeyError:
        raise errors.NotFoundError(
            None, None, f'The key "{key}" could not be found in the graph. The SavedModel names an operation that it lacks.'
        ) from None


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
