"""Session and run configuration: messages that TensorFlow has, whose settings for several devices change nothing here."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name in ("ConfigProto", "GPUOptions", "GraphOptions", "OptimizerOptions", "RunOptions", "RunMetadata", "RewriterConfig", "StepStats"):
        from graphpb import protos

        try:
            return getattr(protos, name)
        except AttributeError:
            raise AttributeError(f"the message {name} is not part of graphpb's protos") from None
    from graphpb.ledger import absent

    raise absent(__name__, name)
