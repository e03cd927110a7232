//! Starting, stopping, starting again.

use chronogram_tests::{Home, exports::every_kind_fixture, get_json, graphql};

#[tokio::test(flavor = "multi_thread")]
async fn up_starts_everything_and_goes_on_with_the_same_data_after_a_stop_and_after_a_kill() {
    let home = Home::private().unwrap();
    let up = home.up().unwrap();
    let token = up.printed("Token").expect("the very first start shows a token").to_owned();
    let health = get_json(&format!("{}/health", up.api().unwrap())).await.unwrap();
    assert_eq!(health["status"], "healthy", "{health}");

    let second = home.run(&["up"]).unwrap();
    assert!(!second.status.success(), "a second up on the same data is refused");
    assert!(String::from_utf8_lossy(&second.stderr).contains("is up already"));

    let fixture = every_kind_fixture();
    home.succeed(&["import", fixture.to_str().unwrap()]).unwrap();
    up.stop().unwrap();

    let up = home.up().unwrap();
    assert!(up.printed("Token").is_none(), "a token is shown once");
    let asked = "{ channels { totalCount } }";
    let answer = graphql(&up.api().unwrap(), &token, asked).await.unwrap();
    assert_eq!(answer["data"]["channels"]["totalCount"], "2", "{answer}");
    up.kill().unwrap();

    let up = home.up().unwrap();
    let answer = graphql(&up.api().unwrap(), &token, asked).await.unwrap();
    assert_eq!(answer["data"]["channels"]["totalCount"], "2", "{answer}");
    up.stop().unwrap();
    assert!(!home.data().join("postgres/cluster/postmaster.pid").exists(), "Postgres stopped too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_token_gets_nothing() {
    let home = Home::private().unwrap();
    let up = home.up().unwrap();
    let answer = graphql(&up.api().unwrap(), "chr_wrong", "{ people { totalCount } }").await.unwrap();
    assert!(answer.get("data").is_none_or(serde_json::Value::is_null), "{answer}");
    up.stop().unwrap();
}
