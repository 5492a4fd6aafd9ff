"""`Session.make_callable`: a run with the checks of its fetches done once."""

from __future__ import annotations

from typing import Any

from graphpb.session import feed as _feed
from graphpb.session import fetch as _fetch


def make_callable(session: Any, fetches: Any, feed_list: Any = None, accept_options: bool = False) -> Any:
    """See `Session.make_callable`. TypeError: `feed_list` is not a list or tuple."""
    if feed_list is not None and not isinstance(feed_list, (list, tuple)):
        raise TypeError("Argument `feed_list` must be a list or tuple.")
    tensors = [_feed.tensor_of(session.graph, key) for key in feed_list or ()]
    elements = _fetch.Elements(session.graph)
    build = _fetch.mapper(fetches, elements)
    fed = {t: i for i, t in enumerate(tensors)}
    asked = [i for i, t in enumerate(elements.tensors) if t not in fed]
    run = session._prepare(tensors, [elements.tensors[i] for i in asked], elements.operations) if asked or elements.operations else None

    def call(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
        if session._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if len(values) < len(tensors):
            # As when nothing is fed: the placeholder says so.
            return session.run(fetches, dict(zip(tensors, values)))
        if len(values) > len(tensors):
            raise ValueError(f"The callable takes {len(tensors)} values, got {len(values)}")
        arrays = [_feed.array_of(t, v) for t, v in zip(tensors, values)]
        results: list[Any] = [None] * len(elements.tensors)
        for i, t in enumerate(elements.tensors):
            if t in fed:
                results[i] = arrays[fed[t]]
        if run is not None:
            timeout = int(getattr(options, "timeout_in_ms", 0) or 0) or session._timeout
            for i, value in zip(asked, run.run(arrays, timeout)):
                results[i] = value
        return build(results)

    if accept_options:
        return call
    return lambda *values: call(*values)
