"""Write a strategy: a pure function that fills profiles of people or watches a channel's figures.

    from chronogram_strategy import Call, Descriptor, Effects, profile

    def fill(call: Call, input: profile.Input, fx: Effects) -> profile.Patch: ...

    Manifest, Profile = profile.strategy(Descriptor("curious", "0.1.0", "…"), fill)

The first call ends at `fx.llm(…)`: the host asks the model, records the answer in the event log and calls again, and this
time the answer is there. So nothing before an effect may differ between two calls: no `random`, no `time`.
"""

from . import facts, log
from .call import Call, Descriptor
from .effects import EffectFailed, Effects, Refusal, Suspend

__all__ = ["Call", "Descriptor", "EffectFailed", "Effects", "Refusal", "Suspend", "facts", "log"]
