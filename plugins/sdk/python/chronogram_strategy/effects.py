"""Effects as if they were calls: the journal answers those the host has performed, and the first one that it has not ends
the call."""

import json
from typing import Any, Literal

from componentize_py_types import Err, Result
from wit_world.imports.effects import (
    EffectAnswer,
    EffectAnswer_Llm,
    EffectAnswer_Lookup,
    EffectError,
    EffectError_BudgetExhausted,
    EffectError_Denied,
    EffectError_InvalidResponse,
    EffectError_Unavailable,
    EffectRequest,
    EffectRequest_Llm,
    EffectRequest_Lookup,
    LlmMessage,
    LlmRequest,
    LlmResponse,
)

Journal = list[Result[EffectAnswer, EffectError]]

_KINDS = {
    EffectError_Denied: "denied",
    EffectError_BudgetExhausted: "budget-exhausted",
    EffectError_Unavailable: "unavailable",
    EffectError_InvalidResponse: "invalid-response",
}


class Suspend(BaseException):
    """Ends the call so that the host performs what was asked. No `Exception`, so that none of your handlers takes it."""

    def __init__(self, requests: list[EffectRequest]) -> None:
        super().__init__("the host performs effects and calls again")
        self.requests = requests
        """Everything asked so far, answered requests included."""


class EffectFailed(Exception):
    """Why the host brought no answer; uncaught it refuses as `effect-failed`."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why if kind == "other" else f"{kind.replace('-', ' ')}: {why}")
        self.kind = kind
        """`denied`, `budget-exhausted`, `unavailable`, `invalid-response` or `other`."""


class Refusal(Exception):
    """The strategy cannot decide. An outcome that is recorded, and no fault."""

    def __init__(self, kind: Literal["invalid-config", "unsupported", "effect-failed", "other"], why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Effects:
    """The outside world of one call."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._asked: list[EffectRequest] = []

    def llm(
        self,
        *,
        user: str,
        system: str | None = None,
        model: str = "default",
        response_schema: dict[str, Any] | None = None,
        max_output_tokens: int = 512,
        temperature: float = 0.0,
    ) -> LlmResponse:
        """Asks a model. Words of people belong into `user`, never into `system`. Raises `EffectFailed`."""
        turns = [] if system is None else [LlmMessage("system", system)]
        turns.append(LlmMessage("user", user))
        schema = None if response_schema is None else json.dumps(response_schema)
        request = EffectRequest_Llm(LlmRequest(model, turns, schema, max_output_tokens, temperature, []))
        answer = self.all([request])[0]
        return _answer(answer, EffectAnswer_Llm)

    def lookup(self, name: str) -> Any:
        """Reads a fact set by name and parses it. Raises `EffectFailed`."""
        return json.loads(_answer(self.all([EffectRequest_Lookup(name)])[0], EffectAnswer_Lookup))

    def all(self, requests: list[EffectRequest]) -> Journal:
        """Asks for several things at once, at most four: the host performs them side by side, in one round."""
        first = len(self._asked)
        self._asked.extend(requests)
        if len(self._asked) > len(self._journal):
            raise Suspend(self._asked)
        return self._journal[first : len(self._asked)]


def _answer(entry: Any, kind: type) -> Any:
    if isinstance(entry, Err):
        raise EffectFailed(_KINDS.get(type(entry.value), "other"), entry.value.value)
    if not isinstance(entry.value, kind):
        raise ValueError("the journal answers another kind of request than was asked")
    return entry.value.value
