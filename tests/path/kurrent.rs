//! The whole product with its log at another process, which serves it by `EventStoreDB`'s protocol. Postgres holds the rest.

use chronogram_tests::{Home, TestDatabase, exports::every_kind_fixture, graphql};
use serde_json::Value;
use sqlx::ConnectOptions as _;

/// In the export's event 7.
const SAID: &str = "Я записал новую песню";

struct Product {
    home: Home,
    log: String,
}

impl Product {
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.home.command(arguments).env("EVENT_STORE_URL", &self.log).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "chronogram {arguments:?} ended with {}: {said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn import(&self) -> Value {
        let fixture = every_kind_fixture();
        serde_json::from_str(self.succeed(&["import", "--json", fixture.to_str().unwrap()]).trim()).unwrap()
    }
}

async fn home() -> (TestDatabase, Home) {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    (database, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_may_lie_at_a_server_and_everything_works_as_on_postgres() {
    let (there, elsewhere) = home().await;
    let token = elsewhere.succeed(&["tokens", "create", "product", "--role", "admin"]).unwrap();
    let serving = elsewhere.start(&["serve", "--roles", "eventstore-grpc"]).unwrap();
    let address = serving.printed("Log").expect("it prints where the log is served").to_owned();
    let log = address.replace("esdb://", &format!("esdb://product:{}@", token.trim()));
    let (database, home) = home().await;
    let product = Product { home, log };

    let first = product.import();
    assert_eq!(first["bad_messages"], 0, "{first}");
    assert!(first["events_appended"].as_u64().unwrap() > 150, "{first}");
    let second = product.import();
    assert_eq!(
        (&second["events_appended"], &second["events_known"]),
        (&0.into(), &first["events_appended"]),
        "{second}"
    );
    let verified = product.succeed(&["projections", "verify"]);
    assert!(verified.contains("equal") && !verified.contains("different"), "{verified}");

    // One log, whichever way one looks at it; and nothing of it in the product's own database.
    let list = ["events", "list", "--json", "--limit", "10000"];
    assert_eq!(product.succeed(&list), elsewhere.succeed(&list).unwrap());
    let streams = ["events", "streams", "--json"];
    assert_eq!(product.succeed(&streams), elsewhere.succeed(&streams).unwrap());
    // What people say is the product's alone: sealed before it leaves, with keys that stay, and gone with these.
    let shown = ["events", "show", "7", "--json"];
    let (plain, sealed) = (product.succeed(&shown), elsewhere.succeed(&shown).unwrap());
    assert!(plain.contains("\"plain\"") && plain.contains(SAID), "{plain}");
    assert!(sealed.contains("\"sealed\"") && !sealed.contains(SAID), "{sealed}");
    let stored: i64 = sqlx::query_scalar("select count(*) from es.event where strpos(data::text, $1) > 0")
        .bind(SAID)
        .fetch_one(&there.pool)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    product.succeed(&["people", "erase", "--yes", "500100102"]);
    let erased = product.succeed(&shown);
    assert!(erased.contains("\"erased\":true") && !erased.contains(SAID), "{erased}");
    let verified = product.succeed(&["projections", "verify"]);
    assert!(verified.contains("equal") && !verified.contains("different"), "{verified}");
    let here: i64 = sqlx::query_scalar("select count(*) from es.event").fetch_one(&database.pool).await.unwrap();
    assert_eq!(here, 0);

    let up = product.home.up_with(&[("EVENT_STORE_URL", &product.log)]).unwrap();
    let token = up.printed("Token").expect("the very first start shows a token").to_owned();
    let answer = graphql(&up.api().unwrap(), &token, "{ people { totalCount } }").await.unwrap();
    assert_eq!(answer["data"]["people"]["totalCount"], "12", "{answer}");
    up.stop().unwrap();
    serving.stop().unwrap();
}
