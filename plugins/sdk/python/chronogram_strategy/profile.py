"""Strategies that fill profiles."""

from collections.abc import Callable, Iterable

from wit_world.exports import profile as _wit
from wit_world.exports.profile import Message, ProfileField
from wit_world.exports.profile import ProfileInput as Input

from .call import Call, Descriptor
from .effects import Effects
from .export import manifest, outcome

__all__ = ["Input", "Message", "Patch", "ProfileField", "field", "patch", "strategy"]

Patch = _wit.ProfilePatch


def field(key: str, value: str, confidence: float, evidence: Iterable[str] = ()) -> ProfileField:
    """A field; `confidence` is between 0 and 1, `evidence` are ids of messages of the input, each once."""
    return ProfileField(key, value, confidence, list(evidence), [])


def patch(set: Iterable[ProfileField] = (), unset: Iterable[str] = (), ask: str | None = None) -> Patch:
    """Changes to a profile; none when nothing is named."""
    return Patch(list(set), list(unset), ask, [])


def strategy(descriptor: Descriptor, fill: Callable[[Call, Input, Effects], Patch]) -> tuple[type, type]:
    """The classes that the component exports: `Manifest, Profile = strategy(…)`."""
    method = outcome(fill, _wit.ProfileOutcome_Done, _wit.ProfileOutcome_Suspend)
    return manifest(descriptor), type("Profile", (), {"fill": method})
