"""Choice between an argument and the older name that TF1 still accepts for it; knows no graph."""


def argument(new_name, new, old_name, old):
    """Return whichever of an argument's two spellings was given.

    Raises:
      ValueError: Both were given.
    """
    if old is None:
        return new
    if new is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'.")
    return old
