//! Paces on a clock that the test moves.

use super::*;

fn inside(requests: u32, tokens: u32, now: Instant) -> Inside {
    let bucket = |limit| NonZeroU32::new(limit).map(|limit| Bucket::new(limit, now));
    Inside { requests: bucket(requests), tokens: bucket(tokens), held_until: None, waiting: 0 }
}

/// When each of so many that ask at once has its turn.
fn turns(mut inside: Inside, count: usize, tokens: u32, now: Instant) -> Vec<Instant> {
    let far = now + Duration::from_hours(100);
    (0..count).map(|_| inside.enter(tokens, now, far).unwrap()).collect()
}

#[test]
fn no_minute_sees_more_requests_than_its_share() {
    let now = Instant::now();
    for limit in [2, 3, 7, 60, 500] {
        let turns = turns(inside(limit, 0, now), 900, 0, now);
        assert!(turns.is_sorted(), "who asks first is first");
        for (index, from) in turns.iter().enumerate() {
            let within = turns.iter().skip(index).take_while(|at| at.duration_since(*from) < Duration::from_mins(1));
            let within = within.count();
            assert!(within <= usize::try_from(limit).unwrap(), "{within} within a minute, {limit} are allowed");
        }
        let took = turns.last().unwrap().duration_since(now).as_secs_f64();
        assert!(took <= 900.0 / f64::from(limit) * 60.0 * 2.0, "{limit} a minute, yet {took} s for 900");
    }
}

#[test]
fn tokens_are_shared_out_too_and_a_huge_request_is_possible() {
    let now = Instant::now();
    let turns = turns(inside(0, 6_000, now), 3, 5_000, now);
    assert_eq!(turns.first(), Some(&now), "what is more than there is at once goes when as much as possible is there");
    let gap = |index: usize| turns.get(index + 1).unwrap().duration_since(*turns.get(index).unwrap()).as_secs_f64();
    assert!((gap(0) - 60.0).abs() < 1.0 && (gap(1) - 60.0).abs() < 1.0, "{turns:?}");
}

#[test]
fn who_comes_too_late_takes_nothing() {
    let now = Instant::now();
    let mut inside = inside(2, 0, now);
    let soon = now + Duration::from_secs(1);
    assert_eq!(inside.enter(0, now, soon), Ok(now));
    let left = inside.requests.unwrap().left;
    for _ in 0..50 {
        assert_eq!(inside.enter(0, now, soon), Err(PaceError::TooLate));
    }
    assert!((inside.requests.unwrap().left - left).abs() < 1e-9);
}

#[test]
fn the_line_is_bounded() {
    let now = Instant::now();
    let mut inside = inside(60, 0, now);
    let far = now + Duration::from_hours(100);
    for _ in 0..LINE_MAX {
        inside.enter(0, now, far).unwrap();
    }
    assert_eq!(inside.enter(0, now, far), Err(PaceError::LineFull));
}

#[test]
fn a_wait_that_was_asked_for_is_kept_by_all() {
    let now = Instant::now();
    let mut inside = inside(0, 0, now);
    let until = now + Duration::from_secs(20);
    inside.held_until = Some(until);
    assert_eq!(inside.enter(5, now, now + Duration::from_mins(1)), Ok(until));
    assert_eq!(inside.enter(5, now, now + Duration::from_secs(10)), Err(PaceError::TooLate));
}
