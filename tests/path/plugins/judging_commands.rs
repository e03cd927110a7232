//! What operators type to judge strategies, by the real binary.

use std::fs;

use chronogram_tests::{Home, TestDatabase, exports::every_kind_fixture};
use serde_json::Value;
use sqlx::ConnectOptions as _;

fn told(home: &Home, arguments: &[&str]) -> Value {
    serde_json::from_str(home.succeed(arguments).unwrap().trim()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_audited_and_candidates_tried_and_compared_from_the_command_line() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    let nothing = home.succeed(&["plugins", "audit"]).unwrap();
    assert_eq!(nothing.trim(), "Nothing was decided yet.");
    home.succeed(&["profiles", "fill", "--strategy", "basic", "--all"]).unwrap();
    // Heard again after they were filled: the past stays as it was.
    home.succeed(&["import", every_kind_fixture().with_file_name("old.json").to_str().unwrap()]).unwrap();

    let audit = told(&home, &["plugins", "audit", "--json"]);
    let decisions = audit["decisions"].as_u64().unwrap();
    assert!(decisions >= 12 && audit["same"] == decisions, "{audit:#}");
    let said = home.succeed(&["plugins", "audit", "--last", "3", "--plugin", "profile-basic"]).unwrap();
    assert!(said.starts_with("3 decisions made again: 3 the same;"), "{said}");

    // A candidate in a file, which says the same.
    let (file, page) = (home.data().join("candidate.wasm"), home.data().join("page.html"));
    let mut wasm = chronogram_strategies::built_in()[0].wasm.to_vec();
    wasm.extend([0, 3, 1, b'x', 7]); // a section that nobody reads: another digest
    fs::write(&file, &wasm).unwrap();
    let (file, page) = (file.to_str().unwrap(), page.to_str().unwrap());
    let arguments = ["plugins", "backtest", file, "--since", "2020-01-01", "--json", "--html", page];
    let backtest = told(&home, &arguments);
    assert_eq!((&backtest["world"], &backtest["same"]), (&"profile".into(), &decisions.into()), "{backtest:#}");
    let drawn = fs::read_to_string(page).unwrap();
    assert!(drawn.contains("profile-basic") && drawn.contains("<svg") && !drawn.contains("<script"), "{drawn}");
    let sampled =
        told(&home, &["plugins", "backtest", "profile-basic", "--since", "2020-01-01", "--sample", "5", "--json"]);
    assert_eq!((&sampled["decisions"], &sampled["same"]), (&5.into(), &5.into()), "{sampled:#}");
    let nobody = home.run(&["plugins", "backtest", "nobody", "--since", "2020-01-01"]).unwrap();
    assert_eq!(nobody.status.code(), Some(1));
    let wrong = home.run(&["plugins", "backtest", "profile-basic", "--since", "yesterday"]).unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("neither a day like 2026-10-01"), "{wrong:?}");

    let compared = ["profiles", "compare", "basic", "basic", "--sample", "8", "--json", "--html", page];
    let comparison = told(&home, &compared);
    assert_eq!((&comparison["people"], &comparison["both"]), (&8.into(), &comparison["agreeing"]), "{comparison:#}");
    assert!(comparison["a"]["fields"].as_u64().unwrap() > 8, "{comparison:#}");
    assert_eq!(comparison["a"]["fields"], comparison["b"]["fields"]);
    let drawn = fs::read_to_string(page).unwrap();
    assert!(drawn.contains("basic and basic on the same people") && drawn.contains(">only basic<"), "{drawn}");
    assert_eq!(told(&home, &["plugins", "audit", "--json"])["decisions"], decisions, "a comparison decides nothing");

    // Who is erased takes along what their profile was made of.
    let filled = told(&home, &["profiles", "stats", "--json"])["with_profile"].as_u64().unwrap();
    assert_eq!(filled, decisions);
    let person: String = sqlx::query_scalar("select person from people_v4.profile_enrichment order by person limit 1")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    home.succeed(&["people", "erase", &person, "--yes"]).unwrap();
    let audit = told(&home, &["plugins", "audit", "--json"]);
    assert_eq!((&audit["cannot_run"], &audit["same"]), (&1.into(), &(decisions - 1).into()), "{audit:#}");
    assert_eq!(audit["findings"][0]["verdict"], "cannot_run", "{audit:#}");
    assert!(audit["findings"][0]["why"].as_str().unwrap().contains("erased"), "{audit:#}");
}
