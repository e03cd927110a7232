"""What a strategy says of itself, and what the host tells it of a call."""

import json
from dataclasses import dataclass, field
from typing import Any

from wit_world.imports.types import CallContext, Fact

from .effects import Refusal

NOTHING_TO_CONFIGURE = {"type": "object", "additionalProperties": False}


@dataclass(frozen=True)
class Descriptor:
    """What a strategy says of itself; the same every time."""

    name: str
    version: str
    summary: str
    config_schema: dict[str, Any] = field(default_factory=lambda: NOTHING_TO_CONFIGURE)
    """JSON schema (2020-12) of the configuration."""
    wants: tuple[str, ...] = ()
    """Effects it may ask for: `llm`, `lookup:<name>`."""


@dataclass(frozen=True)
class Call:
    """What the host tells of the call itself."""

    tenant: str
    now: int
    """Milliseconds since the Unix epoch: the only clock there is."""
    seed: str
    """Hex; the only randomness there is."""
    config: dict[str, Any]
    """The activated configuration, parsed."""
    locale: str | None
    facts: list[Fact]


def read(context: CallContext) -> Call:
    try:
        config = json.loads(context.config)
    except ValueError as error:
        raise Refusal("invalid-config", str(error)) from None
    return Call(context.tenant, context.now, context.seed, config, context.locale, context.facts)
