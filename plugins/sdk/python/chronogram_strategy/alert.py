"""Strategies that watch channels."""

from collections.abc import Callable, Iterable

from wit_world.exports import alert as _wit
from wit_world.exports.alert import Alert, Sample
from wit_world.exports.alert import AlertInput as Input

from .call import Call, Descriptor
from .effects import Effects
from .export import manifest, outcome

__all__ = ["Alert", "Decision", "Input", "Sample", "decision", "strategy"]

Decision = _wit.AlertDecision


def decision(alerts: Iterable[Alert] = (), memory: bytes = b"") -> Decision:
    """What it makes of the newest sample; `memory` comes back on the next call for this channel."""
    return Decision(list(alerts), memory, [])


def strategy(descriptor: Descriptor, evaluate: Callable[[Call, Input, Effects], Decision]) -> tuple[type, type]:
    """The classes that the component exports: `Manifest, Alert = strategy(…)`."""
    method = outcome(evaluate, _wit.AlertOutcome_Done, _wit.AlertOutcome_Suspend)
    return manifest(descriptor), type("Alert", (), {"evaluate": method})
