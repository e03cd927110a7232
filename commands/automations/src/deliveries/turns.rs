//! Whose turn it is when more waits than may go: answers before alerts before reports, and yet none waits for ever.

use std::collections::VecDeque;

use super::outbox::Candidate;

/// Of eight messages that go out while all kinds wait, five are answers, two alerts and one a report: so a stream of
/// answers slows the reports down and does not stop them. A turn that nobody takes goes to who is first.
const TURNS: [i16; 8] = [ANSWER, ANSWER, ALERT, ANSWER, ANSWER, ALERT, ANSWER, REPORT];
const ANSWER: i16 = 0;
const ALERT: i16 = 1;
const REPORT: i16 = 2;

/// Where in the turns we are.
#[derive(Debug, Default)]
pub(super) struct Turns(usize);

impl Turns {
    /// Takes out who is next; the turn passes on with [`Turns::taken`] only.
    pub(super) fn next(&self, waiting: &mut VecDeque<Candidate>) -> Option<Candidate> {
        let wanted = TURNS.get(self.0).copied().unwrap_or(ANSWER);
        // They come in the order of their priorities: without one for this turn, the first.
        let place = waiting.iter().position(|candidate| candidate.priority == wanted).unwrap_or_default();
        waiting.remove(place)
    }

    /// Who was next goes out.
    pub(super) fn taken(&mut self) {
        self.0 = (self.0 + 1) % TURNS.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(priorities: &[i16]) -> VecDeque<Candidate> {
        let candidate = |(number, priority): (usize, &i16)| Candidate {
            id: sqlx::types::Uuid::from_u128(number as u128),
            chat: 7,
            kind: "send".to_owned(),
            priority: *priority,
            messages: 1,
        };
        priorities.iter().enumerate().map(candidate).collect()
    }

    fn order(priorities: &[i16], count: usize) -> Vec<i16> {
        let (mut turns, mut waiting) = (Turns::default(), waiting(priorities));
        let mut order = Vec::new();
        while let Some(next) = turns.next(&mut waiting).filter(|_| order.len() < count) {
            turns.taken();
            order.push(next.priority);
        }
        order
    }

    #[test]
    fn a_stream_of_answers_leaves_room_for_alerts_and_reports() {
        let all = [[ANSWER; 20], [ALERT; 20], [REPORT; 20]].concat();
        let sent = order(&all, 16);
        let of = |wanted: i16| sent.iter().filter(|priority| **priority == wanted).count();
        assert_eq!((of(ANSWER), of(ALERT), of(REPORT)), (10, 4, 2));
        assert_eq!(sent.first(), Some(&ANSWER));
    }

    #[test]
    fn a_turn_that_nobody_takes_goes_to_who_is_first() {
        assert_eq!(order(&[REPORT; 3], 3), [REPORT; 3]);
        assert_eq!(order(&[ALERT, REPORT], 2), [ALERT, REPORT]);
    }

    #[test]
    fn who_may_not_go_does_not_use_up_the_turn() {
        let turns = Turns::default();
        let mut waiting = waiting(&[ANSWER, ANSWER, REPORT]);
        assert_eq!(turns.next(&mut waiting).map(|next| next.priority), Some(ANSWER));
        assert_eq!(turns.next(&mut waiting).map(|next| next.priority), Some(ANSWER));
    }
}
