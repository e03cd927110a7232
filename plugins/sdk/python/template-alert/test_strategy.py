import unittest

from chronogram_strategy import alert
from chronogram_strategy.testing import decide

from strategy import Alert


def watched(counts: list[int], memory: bytes = b"") -> tuple[list[str], bytes]:
    samples = [alert.Sample(at, count, 0.0, 0, []) for at, count in enumerate(counts)]
    decided = decide(Alert, alert.Input("channel", "News", samples, None, memory, []))
    return [told.severity for told in decided.alerts], decided.memory


class Swings(unittest.TestCase):
    def test_a_swing_is_told_once_by_its_size(self) -> None:
        self.assertEqual(watched([1000, 1050]), ([], b"1000"))
        self.assertEqual(watched([1000, 1100]), (["warning"], b"1100"))
        self.assertEqual(watched([1000, 600]), (["critical"], b"600"))

    def test_a_slow_drift_is_found_by_what_was_remembered(self) -> None:
        self.assertEqual(watched([1080, 1110], b"1000"), (["warning"], b"1110"))
