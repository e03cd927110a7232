//! What is due is run once, for whom it is meant, and what was missed is made up for once.

use chronogram_model::{
    PersonId,
    person::{PersonCommand, PersonErased, ProfileCleared, VipMarked},
    policy::{Audience, FillPolicy, FillPolicyRemoved, PolicyCommand, WantedProfiles},
};

use super::world::House;

fn outcome(standing: &chronogram_automations::policies::PolicyStanding) -> Option<&str> {
    standing.last.as_ref().map(|last| last.outcome.as_str())
}

#[tokio::test]
async fn what_is_due_is_run_once_and_nothing_is_begun_where_nobody_is_to_be_filled() {
    let house = House::new().await;
    house.world.people(3).await;
    house.set(House::policy("own")).await;
    // Two processes: one leads.
    let (one, other) = (house.keep(), house.keep());
    house.until_due("own", "21T12:05:00").await;
    assert_eq!((house.runs().await, house.world.events("ProfileEnriched").await), (0, 0), "nothing is due yet");

    house.clock.advance(5);
    let done = house.until_due("own", "21T12:10:00").await;
    assert_eq!(outcome(&done), Some("done"), "{done:?}");
    assert!(done.last.unwrap().run.is_some());
    assert_eq!((house.runs().await, house.world.events("ProfileEnriched").await), (1, 3));

    house.clock.advance(5);
    let nobody = house.until_due("own", "21T12:15:00").await;
    assert_eq!((outcome(&nobody), nobody.last.as_ref().unwrap().run), (Some("nobody"), None), "{nobody:?}");

    // Three days were missed: made up for once, and the beat is kept.
    house.world.people(4).await;
    house.clock.advance(3 * 24 * 60 + 2);
    let again = house.until_due("own", "24T12:15:00").await;
    assert_eq!(outcome(&again), Some("done"), "{again:?}");
    assert_eq!((house.runs().await, house.world.events("ProfileEnriched").await), (2, 4));
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn policies_are_about_vips_and_others_and_leave_alone_who_wished_for_no_profile() {
    let house = House::new().await;
    house.world.people(4).await;
    let now = house.minutes_ago(0);
    let person = |number| PersonId::Telegram(number);
    house.about(PersonCommand::MarkVip(VipMarked { person: person(1), marked_at: now })).await;
    house.about(PersonCommand::Erase(PersonErased { person: person(3), erased_at: now })).await;
    house.set(FillPolicy { audience: Audience::Vip, ..House::policy("matter") }).await;
    let keeping = house.keep();
    house.until_due("matter", "21T12:05:00").await;
    house.clock.advance(5);
    house.until_due("matter", "21T12:10:00").await;
    assert_eq!(house.filled().await, ["1"]);

    house.set(FillPolicy { audience: Audience::Others, ..House::policy("others") }).await;
    house.until_due("others", "21T12:10:00").await;
    house.clock.advance(5);
    house.until_due("others", "21T12:15:00").await;
    assert_eq!(house.filled().await, ["1", "2", "4"], "who was forgotten is left alone");

    // A profile that was emptied on request stays so, also for what makes profiles anew.
    house.about(PersonCommand::ClearProfile(ProfileCleared { person: person(2), cleared_at: now })).await;
    let anew = FillPolicy { profiles: WantedProfiles::NotByStrategy { days: 1 }, ..House::policy("anew") };
    house.set(anew).await;
    house.until_due("anew", "21T12:15:00").await;
    house.clock.advance(5);
    let nobody = house.until_due("anew", "21T12:20:00").await;
    assert_eq!(outcome(&nobody), Some("nobody"), "all others are by this strategy, and new: {nobody:?}");
    house.clock.advance(24 * 60 + 1);
    house.until("anew", |standing| outcome(standing) == Some("done")).await;
    assert_eq!(house.filled().await, ["1", "1", "2", "4", "4"]);
    keeping.stop().await;
}

#[tokio::test]
async fn a_policy_that_is_off_or_gone_does_nothing_and_one_that_is_set_anew_is_planned_anew() {
    let house = House::new().await;
    house.world.people(1).await;
    house.set(FillPolicy { enabled: false, ..House::policy("own") }).await;
    house.set(House::policy("gone")).await;
    let keeping = house.keep();
    house.until_due("gone", "21T12:05:00").await;
    house
        .say(PolicyCommand::Remove(FillPolicyRemoved {
            name: "gone".parse().unwrap(),
            removed_at: house.minutes_ago(0),
        }))
        .await;
    house.clock.advance(60);
    house.set(FillPolicy { schedule: "14:00".parse().unwrap(), ..House::policy("daily") }).await;
    house.until_due("daily", "21T14:00:00").await;
    assert_eq!(house.standing("gone").await, None);
    let off = house.standing("own").await.unwrap();
    assert_eq!((off.next_run_at, off.last), (None, None));
    assert_eq!(house.runs().await, 0);

    // Switched on, it waits for its next time: what passed meanwhile was not missed.
    house.say(PolicyCommand::Switch { name: "own".parse().unwrap(), enabled: true, at: house.minutes_ago(0) }).await;
    house.until_due("own", "21T13:05:00").await;
    house.set(FillPolicy { schedule: "1h".parse().unwrap(), ..House::policy("own") }).await;
    house.until_due("own", "21T14:00:00").await;
    keeping.stop().await;
}

impl House {
    /// Whose profiles were filled, sorted.
    async fn filled(&self) -> Vec<String> {
        let sql = "select data ->> 'person' from es.event where type = 'ProfileEnriched' order by 1";
        sqlx::query_scalar(sql).fetch_all(&self.world.database.pool).await.unwrap()
    }
}
