"""Reads the open list of facts: what is known may grow, and what is missing, or of another kind, is `None`."""

from wit_world.imports.types import Fact, Scalar_At, Scalar_Count, Scalar_Flag, Scalar_Number, Scalar_Text


def text(facts: list[Fact], key: str) -> str | None:
    return _value(facts, key, Scalar_Text)


def count(facts: list[Fact], key: str) -> int | None:
    return _value(facts, key, Scalar_Count)


def number(facts: list[Fact], key: str) -> float | None:
    return _value(facts, key, Scalar_Number)


def flag(facts: list[Fact], key: str) -> bool | None:
    return _value(facts, key, Scalar_Flag)


def at(facts: list[Fact], key: str) -> int | None:
    return _value(facts, key, Scalar_At)


def _value(facts, key, kind):
    return next((fact.value.value for fact in facts if fact.key == key and isinstance(fact.value, kind)), None)
