"""Plays the host in native tests: performs what a strategy asks for by a function of yours, and calls again."""

from collections.abc import Callable
from typing import Any

from componentize_py_types import Result
from wit_world.imports.effects import EffectAnswer, EffectError, EffectRequest
from wit_world.imports.types import CallContext


def _nothing(request: EffectRequest) -> Result[EffectAnswer, EffectError]:
    raise AssertionError(f"no effects in this test: {request}")


def decide(
    exported: Any,
    input: Any,
    *,
    config: str = "{}",
    locale: str | None = None,
    perform: Callable[[EffectRequest], Result[EffectAnswer, EffectError]] = _nothing,
) -> Any:
    """Calls the class `Profile` or `Alert` of a strategy until it decides."""
    context = CallContext("tests", 1_700_049_600_000, "00" * 32, config, locale, [])
    run = getattr(exported(), "fill", None) or exported().evaluate
    asked: list[EffectRequest] = []
    journal: list[Result[EffectAnswer, EffectError]] = []
    for _ in range(5):
        outcome = run(context, input, list(journal))
        if not type(outcome).__name__.endswith("_Suspend"):
            return outcome.value
        if outcome.value[: len(asked)] != asked:
            raise AssertionError("it asked for something else than before: nothing before an effect may differ")
        added = outcome.value[len(asked) :]
        if not 1 <= len(added) <= 4:
            raise AssertionError(f"{len(added)} requests in one round, not 1 to 4")
        journal.extend(perform(request) for request in added)
        asked = list(outcome.value)
    raise AssertionError("it asks for effects without an end")
