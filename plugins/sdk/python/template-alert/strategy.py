"""Tells when the number of subscribers has moved by so many percent, fast or slowly."""

from chronogram_strategy import Call, Descriptor, Effects, Refusal, alert, log

DESCRIPTOR = Descriptor(
    name="my-strategy",
    version="0.1.0",
    summary="Tells when the number of subscribers has moved by so many percent, fast or slowly.",
    config_schema={
        "type": "object",
        "properties": {"percent": {"type": "integer", "minimum": 1, "maximum": 100}},
        "additionalProperties": False,
    },
)


def evaluate(call: Call, input: alert.Input, fx: Effects) -> alert.Decision:
    percent = call.config.get("percent", 10)
    if not input.samples:
        raise Refusal("unsupported", "a call without samples")
    latest = input.samples[-1]

    # What was told last; the first sample of all where nothing was told yet.
    before = int(input.memory) if input.memory.isdigit() else input.samples[0].subscribers
    moved = abs(latest.subscribers - before) * 100 // max(before, 1)
    if moved < percent:
        log.debug(f"moved by {moved} %, {percent} are told")
        return alert.decision(memory=str(before).encode())
    sign = "-" if latest.subscribers < before else "+"
    swing = alert.Alert(
        rule="subscriber-swing",
        severity="critical" if moved >= percent * 3 else "warning",
        metric="subscribers",
        before=float(before),
        after=float(latest.subscribers),
        dedup_key="subscriber-swing",
        suppress_ms=3_600_000,
        message=f"{input.title}: subscribers went from {before} to {latest.subscribers} ({sign}{moved} %)",
        facts=[],
    )
    return alert.decision([swing], str(latest.subscribers).encode())


Manifest, Alert = alert.strategy(DESCRIPTOR, evaluate)
