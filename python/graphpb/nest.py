"""Nested structures of lists, tuples, namedtuples and dicts: flatten, pack, map and compare; `tf.nest`."""

import collections.abc


def is_sequence(value):
    """Tell whether a value is a structure and not a leaf: a list, tuple, dict or view of a dict, but not a string."""
    if isinstance(value, (collections.abc.Mapping, collections.abc.MappingView)):
        return True
    return isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes))


is_nested = is_sequence


def _items(structure):
    if isinstance(structure, collections.abc.Mapping):
        return [structure[key] for key in sorted(structure)]
    return list(structure)


def _like(structure, items):
    """A structure of the same kind with other items, in the order of `_items`."""
    if isinstance(structure, collections.abc.Mapping):
        by_key = dict(zip(sorted(structure), items, strict=True))
        return type(structure)((key, by_key[key]) for key in structure)
    if hasattr(structure, "_fields"):
        return type(structure)(*items)
    if isinstance(structure, collections.abc.MappingView):
        return items
    return type(structure)(items)


def flatten(structure):
    """Return the leaves in order; those of a dict by sorted key. A leaf alone gives a list of one."""
    if not is_sequence(structure):
        return [structure]
    return [leaf for item in _items(structure) for leaf in flatten(item)]


def pack_sequence_as(structure, flat_sequence):
    """Return a structure with the leaves replaced, the reverse of `flatten`.

    Raises:
      TypeError: `flat_sequence` is not a sequence.
      ValueError: The numbers of leaves differ.
    """
    if not is_sequence(flat_sequence):
        raise TypeError(f"flat_sequence must be a sequence, got {type(flat_sequence)}")
    flat = list(flat_sequence)
    if not is_sequence(structure):
        if len(flat) != 1:
            raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(flat)} > 1")
        return flat[0]
    count = len(flatten(structure))
    if count != len(flat):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had {len(flat)} elements. "
            f"Structure: {structure}, flat_sequence: {flat}."
        )
    leaves = iter(flat)

    def packed(part):
        return _like(part, [packed(item) for item in _items(part)]) if is_sequence(part) else next(leaves)

    return packed(structure)


def assert_same_structure(nest1, nest2, check_types=True):
    """Check that two structures nest alike.

    Raises:
      ValueError: One is a leaf where the other is not, or the lengths differ.
      TypeError: With `check_types`, the kinds of containers or the keys differ.
    """
    try:
        _same_structure(nest1, nest2, check_types)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"The two structures don't have the same nested structure.\n\nFirst structure: type={type(nest1).__name__} str={nest1}\n\n"
            f"Second structure: type={type(nest2).__name__} str={nest2}\n\nMore specifically: {error}"
        ) from None


def _same_structure(nest1, nest2, check_types):
    one, two = is_sequence(nest1), is_sequence(nest2)
    if one != two:
        first, second = ("is a sequence", "is not") if one else ("is not a sequence", "is")
        raise ValueError(f"{nest1} {first}, while {nest2} {second}")
    if not one:
        return
    if check_types and type(nest1) is not type(nest2):
        raise TypeError(
            f"The two structures don't have the same sequence type. First structure "
            f"has type {type(nest1)}, while second structure has type {type(nest2)}."
        )
    if isinstance(nest1, collections.abc.Mapping) and set(nest1) != set(nest2):
        raise ValueError(f"The two dictionaries don't have the same set of keys: {sorted(nest1)} and {sorted(nest2)}")
    if len(nest1) != len(nest2):
        raise ValueError(
            "The two structures don't have the same number of elements. "
            f"First structure ({len(nest1)} elements): {nest1}. Second structure ({len(nest2)} elements): {nest2}"
        )
    for first, second in zip(_items(nest1), _items(nest2), strict=True):
        _same_structure(first, second, check_types)


def map_structure(func, *structure, **kwargs):
    """Apply a function to the leaves of structures that nest alike, and return the results in the first one's structure.

    Raises:
      TypeError: `func` is not callable.
      ValueError: There is no structure, or they do not nest alike.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types=check_types)
    leaves = zip(*(flatten(s) for s in structure), strict=True)
    return pack_sequence_as(structure[0], [func(*items) for items in leaves])


def assert_shallow_structure(shallow_tree, input_tree, check_types=True):
    """Check that a structure nests at least as deep as a shallow one.

    Raises:
      TypeError: It is a leaf where the shallow one is not, or the containers differ.
      ValueError: The lengths differ.
    """
    if not is_sequence(shallow_tree):
        return
    if not is_sequence(input_tree):
        raise TypeError(f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(input_tree)}.")
    if check_types and type(shallow_tree) is not type(input_tree):
        raise TypeError(
            f"The two structures don't have the same sequence type. Input structure has type "
            f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
        )
    if len(shallow_tree) != len(input_tree):
        raise ValueError(
            f"The two structures don't have the same sequence length. Input structure has length {len(input_tree)}, "
            f"while shallow structure has length {len(shallow_tree)}."
        )
    for shallow, deep in zip(_items(shallow_tree), _items(input_tree), strict=True):
        assert_shallow_structure(shallow, deep, check_types)


def flatten_up_to(shallow_tree, input_tree, check_types=True):
    """Return the parts of a structure that stand where a shallow one has leaves."""
    assert_shallow_structure(shallow_tree, input_tree, check_types)

    def parts(shallow, deep):
        if not is_sequence(shallow):
            return [deep]
        return [leaf for s, d in zip(_items(shallow), _items(deep), strict=True) for leaf in parts(s, d)]

    return parts(shallow_tree, input_tree)


def map_structure_up_to(shallow_tree, func, *inputs, **kwargs):
    """Apply a function to the parts of structures that stand where a shallow one has leaves."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    parts = [flatten_up_to(shallow_tree, tree, kwargs.get("check_types", True)) for tree in inputs]
    return pack_sequence_as(shallow_tree, [func(*items) for items in zip(*parts, strict=True)])


def flatten_dict_items(dictionary):
    """Return a dict with nested keys and values flattened side by side.

    Raises:
      TypeError: The argument is not a dict.
      ValueError: A key nests differently from its value, or comes twice.
    """
    if not isinstance(dictionary, collections.abc.Mapping):
        raise TypeError("input must be a dictionary")
    flat = {}
    for key, value in dictionary.items():
        keys, values = flatten(key), flatten(value)
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} elements. Key: {keys}, value: {values}."
            )
        for one, item in zip(keys, values, strict=True):
            if one in flat:
                raise ValueError(f"Could not flatten dictionary: key {one} is not unique.")
            flat[one] = item
    return flat


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
