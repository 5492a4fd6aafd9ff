"""A set of named hyper-parameters with types, read from text or JSON."""

import json
import re

_ASSIGNMENT = re.compile(r"\s*(?P<name>[A-Za-z]\w*)\s*(\[\s*(?P<index>\d+)\s*\])?\s*=\s*((?P<list>\[[^\]]*\])|(?P<value>[^,\[]*))\s*($|,)")


def _cast(name, kind, value):
    if kind is bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in ("true", "True", "1", "false", "False", "0"):
            return value in ("true", "True", "1")
        if isinstance(value, int) and value in (0, 1):
            return bool(value)
        raise ValueError(f"Could not parse hparam '{name}' of type 'bool' with value '{value}'")
    if isinstance(value, bool) and kind in (int, float):
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    if kind is int and isinstance(value, float) and value != int(value):
        raise ValueError(f"Could not cast hparam '{name}' of type 'int' from value {value!r}")
    if kind is str and not isinstance(value, str):
        raise ValueError(f"Could not cast hparam '{name}' of type 'str' from value {value!r}")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{value}'") from None


class HParams:
    """Hyper-parameters as attributes; their types are those of the first values.

    Example: `p = HParams(rate=0.1, sizes=[3, 4]); p.parse("rate=0.2,sizes=[5,6]"); p.rate`.

    Args:
      **kwargs: Names and values: numbers, texts, bools, or lists of one of these.
    """

    def __init__(self, hparam_def=None, model_structure=None, **kwargs):
        if hparam_def is not None:
            raise ValueError("HParams: hparam_def is not supported: pass values by name")
        self._hparam_types = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name, value):
        """Add one.

        Raises:
          ValueError: The name is taken, or the value an empty list.
        """
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
            value = list(value)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name, value):
        """Set one that exists, converted to its type.

        Raises:
          KeyError: There is none of this name.
          ValueError: The value is no list where one is needed, or cannot be converted.
        """
        kind, several = self._hparam_types[name]
        if isinstance(value, list) != several:
            raise ValueError(f"Must {'' if several else 'not '}pass a list for {'multi' if several else 'single'}-valued parameter: {name}.")
        setattr(self, name, [_cast(name, kind, item) for item in value] if several else _cast(name, kind, value))

    def del_hparam(self, name):
        """Remove one; nothing happens when there is none of this name."""
        if name in self._hparam_types:
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values):
        """Set from text: "rate=0.1,sizes=[1,2],sizes[0]=3".

        Returns:
          self.

        Raises:
          ValueError: The text is no such list, a name is unknown or twice there, or a value of another type.
        """
        at, seen = 0, set()
        while at < len(values):
            match = _ASSIGNMENT.match(values, at)
            if not match or match.end() == at:
                raise ValueError(f"Malformed hyperparameter value: {values[at:]}")
            at = match.end()
            name, index = match["name"], match["index"]
            if name not in self._hparam_types:
                raise ValueError(f"Unknown hyperparameter type for {name}")
            if (name, index) in seen:
                raise ValueError(f"Multiple assignments to variable '{name}' in {values}")
            seen.add((name, index))
            kind, several = self._hparam_types[name]
            if index is not None:
                getattr(self, name)[int(index)] = _cast(name, kind, match["value"].strip())
            elif match["list"] is not None:
                if not several:
                    raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
                self.set_hparam(name, [item.strip() for item in match["list"][1:-1].split(",")])
            else:
                value = match["value"].strip()
                self.set_hparam(name, [value] if several else value)
        return self

    def override_from_dict(self, values_dict):
        """Set from a dict; returns self."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    set_from_map = override_from_dict

    def parse_json(self, values_json):
        """Set from the JSON text of an object; returns self."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(self, indent=None, separators=None, sort_keys=False):
        """Return the JSON text of all values."""
        return json.dumps({k: v for k, v in self.values().items() if not callable(v)}, indent=indent, separators=separators, sort_keys=sort_keys)

    def values(self):
        """Return a dict of all values."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key, default=None):
        """Return a value, or the default when there is none of this name."""
        return getattr(self, key) if key in self._hparam_types else default

    def set_model_structure(self, model_structure):
        """Keep an object that describes the model."""
        self._model_structure = model_structure

    def get_model_structure(self):
        """Return the object that describes the model."""
        return self._model_structure

    def __contains__(self, key):
        return key in self._hparam_types

    def __str__(self):
        return str(sorted(self.values().items()))

    def __repr__(self):
        return f"HParams({self})"
