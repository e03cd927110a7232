//! Everybody gets a profile, by a strategy in a sandbox, and GraphQL shows it.

use chronogram_tests::{Home, exports::every_kind_fixture, graphql};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_a_profile_once_and_graphql_shows_it() {
    let home = Home::private().unwrap();
    let up = home.up().unwrap();
    let token = up.printed("Token").unwrap().to_owned();
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();

    let dry = home.succeed(&["profiles", "fill", "--strategy", "basic", "--all", "--dry-run", "--json"]).unwrap();
    let dry: Value = serde_json::from_str(dry.trim()).unwrap();
    assert!(dry["enriched"].as_u64().unwrap() >= 12, "{dry}");

    let filled = home.succeed(&["profiles", "fill", "--strategy", "basic", "--all", "--json"]).unwrap();
    let filled: Value = serde_json::from_str(filled.trim()).unwrap();
    assert_eq!(filled["enriched"], dry["enriched"], "a dry run changes nothing: {filled}");
    assert_eq!(filled["failed"], serde_json::json!({}), "{filled}");

    let again = home.succeed(&["profiles", "fill", "--strategy", "basic", "--all", "--json"]).unwrap();
    let again: Value = serde_json::from_str(again.trim()).unwrap();
    assert_eq!(again["people"], 0, "{again}");

    let asked = "{ people(first: 100) { totalCount nodes { id displayName profile { strategy pluginDigest \
                 fields { key value confidence } } } } }";
    let answer = graphql(&up.api().unwrap(), &token, asked).await.unwrap();
    let people = answer["data"]["people"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(people.len() as u64, filled["enriched"].as_u64().unwrap());
    for person in people {
        assert_eq!(person["profile"]["pluginDigest"], filled["plugin_digest"], "{person}");
        assert!(!person["profile"]["fields"].as_array().unwrap().is_empty(), "{person}");
    }
    up.stop().unwrap();
}
