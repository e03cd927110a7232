//! Policies and VIPs by the command line and over GraphQL: the same things, and the same no.

use chronogram_telegram_standin::NewUser;
use chronogram_tests::graphql;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn operators_set_policies_and_vips_by_command_and_over_graphql() {
    let world = World::new().await;
    let premium = NewUser { is_premium: true, ..NewUser::named("Рита", "ru") };
    let rita = world.telegram.user(premium).unwrap();
    let bob = world.person("Bob", "de");
    let up = world.up();
    let (api, token) = (up.api().unwrap(), up.printed("Token").unwrap().to_owned());
    let ask = async |query: &str| -> Value { graphql(&api, &token, query).await.unwrap() };
    tokio::join!(world.ask(rita, "/start"), world.ask(bob, "/start"));

    // A VIP by Telegram, one by the operator's word.
    let vips = || world.home.succeed(&["profiles", "vip", "list", "--json"]).unwrap();
    let told: Vec<Value> = vips().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["person"], &told[0]["premium"]), (&json!(rita.0.to_string()), &json!(true)), "{told:?}");
    let marked = ask(&format!(r#"mutation {{ setVip(personId: "{}", vip: true) {{ vip premium }} }}"#, bob.0)).await;
    assert_eq!(marked["data"]["setVip"], json!({ "vip": true, "premium": false }), "{marked}");
    assert_eq!(vips().lines().count(), 2);
    world.home.succeed(&["profiles", "vip", "remove", &bob.0.to_string()]).unwrap();
    assert_eq!(vips().lines().count(), 1);
    world.home.succeed(&["profiles", "vip", "add", &bob.0.to_string()]).unwrap();

    // What a policy says is done by hand; `list` shows it in words.
    let set = "policies set own --strategy basic --for vip --every 6h --workers 2 --limit 5";
    let profiles = |typed: &str| {
        let words: Vec<&str> = ["profiles"].into_iter().chain(typed.split_whitespace()).collect();
        world.home.run(&words).unwrap()
    };
    assert!(profiles(set).status.success());
    let run = profiles("policies run own --json");
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((&report["enriched"], &report["outcome"]), (&2.into(), &"done".into()), "{report}");
    let listed = String::from_utf8(profiles("policies list").stdout).unwrap();
    assert!(listed.contains("vip without a profile by basic, 2 workers, 5 people at most"), "{listed}");

    let query = "{ fillPolicies { name enabled shipped audience activeDays profiles days strategy workers limit \
        schedule nextRunAt rests lastTime { outcome run { id } } } }";
    let policies = ask(query).await["data"]["fillPolicies"].clone();
    let names: Vec<&str> = policies.as_array().unwrap().iter().map(|policy| policy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["active", "new", "own", "vip"]);
    let expected = json!({ "name": "own", "enabled": true, "shipped": false, "audience": "VIP", "activeDays": null,
        "profiles": "MISSING", "days": null, "strategy": "basic", "workers": 2, "limit": "5", "schedule": "6h",
        "nextRunAt": null, "rests": null, "lastTime": null });
    assert_eq!(policies[2], expected);
    let input = r#"{ name: "own", strategy: "llm", schedule: "03:30", profiles: NOT_BY_STRATEGY, days: 9 }"#;
    let set = ask(&format!("mutation {{ setFillPolicy(input: {input}) {{ profiles days schedule limit }} }}")).await;
    let expected = json!({ "profiles": "NOT_BY_STRATEGY", "days": 9, "schedule": "03:30", "limit": null });
    assert_eq!(set["data"]["setFillPolicy"], expected, "{set}");
    let due = ask(r#"mutation { runFillPolicy(name: "own") { nextRunAt } }"#).await;
    assert!(due["data"]["runFillPolicy"]["nextRunAt"].is_string(), "{due}");
    let off = ask(r#"mutation { switchFillPolicy(name: "own", enabled: false) { enabled nextRunAt } }"#).await;
    assert_eq!(off["data"]["switchFillPolicy"], json!({ "enabled": false, "nextRunAt": null }), "{off}");
    assert!(profiles("policies enable own").status.success());
    assert!(profiles("policies disable own").status.success());
    assert!(profiles("policies remove vip").status.success());

    for (wrong, code) in [
        (r#"setFillPolicy(input: { name: "A b", strategy: "llm", schedule: "1h" }) { name }"#, "BAD_USER_INPUT"),
        (r#"setFillPolicy(input: { name: "a", strategy: "llm", schedule: "hourly" }) { name }"#, "BAD_USER_INPUT"),
        (r#"setFillPolicy(input: { name: "a", strategy: "a b", schedule: "1h" }) { name }"#, "BAD_USER_INPUT"),
        (
            r#"setFillPolicy(input: { name: "a", strategy: "llm", schedule: "1h", workers: 0 }) { name }"#,
            "BAD_USER_INPUT",
        ),
        (r#"switchFillPolicy(name: "vip", enabled: true) { name }"#, "NOT_FOUND"),
        (r#"removeFillPolicy(name: "vip")"#, "NOT_FOUND"),
        (r#"runFillPolicy(name: "vip") { name }"#, "NOT_FOUND"),
        (r#"runFillPolicy(name: "own") { name }"#, "CONFLICT"),
        (r#"setVip(personId: "99", vip: true) { id }"#, "NOT_FOUND"),
        (r#"setVip(personId: "Ann", vip: true) { id }"#, "BAD_USER_INPUT"),
    ] {
        let answer = ask(&format!("mutation {{ {wrong} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{wrong}: {answer}");
    }
    for (wrong, status, right) in [
        ("policies set fresh --every 5m", 2, "needs --strategy"),
        ("policies set own --strategy profile-llm", 2, "strategy must be basic"),
        ("policies set own --daily 5m", 2, "03:00"),
        ("policies enable vip", 1, "there is no policy vip"),
        ("policies run vip", 1, "there is no policy vip"),
        ("vip add 99", 1, "nothing is known of person 99"),
        ("vip add Ann", 2, "a person id"),
    ] {
        let refused = profiles(wrong);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(status), "{wrong}: {said}");
        assert!(said.contains(right), "{wrong}: {said}");
    }
    up.stop().unwrap();
}
