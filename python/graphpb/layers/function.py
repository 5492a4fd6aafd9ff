"""Function forms of layer classes, with their arguments."""

import inspect


def function_of(layer, name, shares=True):
    """Return the function that applies a new layer to `inputs`.

    Args:
      layer: The class. The function takes `inputs` and then the arguments of the class.
      name: Name of the function.
      shares: Whether the layer has variables: the last argument `reuse` then shares those of the name's scope.
    """
    own = [p for p in inspect.signature(layer).parameters.values() if p.kind is not p.VAR_KEYWORD]
    plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
    reuse = [inspect.Parameter("reuse", plain, default=None)] if shares else []
    signature = inspect.Signature([inspect.Parameter("inputs", plain), *own, *reuse])

    def function(*args, **kwargs):
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        inputs = given.pop("inputs")
        if shares:
            given.update(_scope=given.get("name"), _reuse=given.pop("reuse", None))
        return layer(**given)(inputs)

    function.__name__ = function.__qualname__ = name
    function.__signature__ = signature
    sharing = "; with `reuse` and a name, the variables of an earlier one" if shares else ""
    function.__doc__ = f"Apply a new `{layer.__name__}` layer to `inputs`{sharing}; arguments as the class."
    return function
