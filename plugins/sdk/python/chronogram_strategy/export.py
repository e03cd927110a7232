"""From functions of the author to the classes that a component exports."""

import json
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from componentize_py_types import Err
from wit_world.imports.types import (
    CallContext,
    StrategyError_EffectFailed,
    StrategyError_InvalidConfig,
    StrategyError_Other,
    StrategyError_Unsupported,
)

from . import log
from .call import Call, Descriptor, read
from .effects import EffectFailed, Effects, Journal, Refusal, Suspend

_ERRORS = {
    "invalid-config": StrategyError_InvalidConfig,
    "unsupported": StrategyError_Unsupported,
    "effect-failed": StrategyError_EffectFailed,
    "other": StrategyError_Other,
}


def manifest(descriptor: Descriptor) -> type:
    """The class `Manifest`."""
    from wit_world.exports import manifest as wit

    said = wit.Descriptor(
        name=descriptor.name,
        version=descriptor.version,
        summary=descriptor.summary,
        config_schema=json.dumps(descriptor.config_schema),
        wants=list(descriptor.wants),
        facts=[],
    )
    return type("Manifest", (), {"describe": lambda self: said})


def outcome(
    decide: Callable[[Call, Any, Effects], Any], done: type, suspend: type
) -> Callable[[Any, CallContext, Any, Journal], Any]:
    """The exported method: it decides, suspends, or raises the contract's error, and never traps."""

    def method(self, ctx: CallContext, input: Any, journal: Journal) -> Any:
        try:
            return done(decide(read(ctx), input, Effects(journal)))
        except Suspend as stop:
            return suspend(stop.requests)
        except Exception as error:
            _refuse(error)

    return method


def _refuse(error: Exception) -> NoReturn:
    if isinstance(error, Err):
        raise error
    if isinstance(error, Refusal):
        raise Err(_ERRORS[error.kind](str(error))) from None
    if isinstance(error, EffectFailed):
        raise Err(StrategyError_EffectFailed(str(error))) from None
    for line in traceback.format_exception(error):
        log.error(line.rstrip())
    raise Err(StrategyError_Other(f"{type(error).__name__}: {error}")) from None
