import unittest

from chronogram_strategy import profile
from chronogram_strategy.testing import decide
from componentize_py_types import Err, Ok
from wit_world.imports.effects import EffectAnswer_Llm, EffectError_Unavailable, LlmResponse

from strategy import Profile


def asking() -> profile.Input:
    texts = {"a": "Why?", "b": "Yes."}
    messages = [profile.Message(id, True, text, []) for id, text in texts.items()]
    return profile.Input("person", [], messages, [], [])


class Asking(unittest.TestCase):
    def test_questions_are_counted_without_a_model(self) -> None:
        (field,) = decide(Profile, asking()).set
        self.assertEqual((field.value, field.evidence), ("asks often", ["a"]))

    def test_the_model_names_what_they_are_about(self) -> None:
        answer = Ok(EffectAnswer_Llm(LlmResponse("causes", 9, 1, "m", [])))
        set = decide(Profile, asking(), config='{"ask_model":true}', perform=lambda _: answer).set
        self.assertEqual(set[1].value, "causes")

    def test_it_does_without_a_model_that_does_not_answer(self) -> None:
        failed = Err(EffectError_Unavailable("no answer in time"))
        set = decide(Profile, asking(), config='{"ask_model":true}', perform=lambda _: failed).set
        self.assertEqual(len(set), 1)
