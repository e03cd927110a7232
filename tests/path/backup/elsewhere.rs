//! The log at a server of its own: read through the port, verified, and restored into one database.

use chronogram_tests::exports::every_kind_fixture;

use super::{House, names};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_at_another_server_is_backed_up_and_restored_into_postgres() {
    let elsewhere = House::empty().await;
    let token = elsewhere.home.succeed(&["tokens", "create", "product", "--role", "admin"]).unwrap();
    let serving = elsewhere.home.start(&["serve", "--roles", "eventstore-grpc"]).unwrap();
    let address = serving.printed("Log").unwrap().replace("esdb://", &format!("esdb://product:{}@", token.trim()));
    let house = House::empty().await;
    let run = |arguments: &[&str]| {
        let output = house.home.command(arguments).env("EVENT_STORE_URL", &address).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), said)
    };
    let succeed = |arguments: &[&str]| {
        let (code, out, said) = run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        out
    };
    succeed(&["import", every_kind_fixture().to_str().unwrap()]);
    succeed(&["projections", "verify"]);
    succeed(&["backup", "create"]);
    let log = succeed(&["events", "list", "--json", "--limit", "100000"]);
    let verified = succeed(&["backup", "verify", "latest"]);
    assert!(verified.contains("replayed, equal") && verified.contains("can be restored"), "{verified}");
    let (archive, keys) = (names(&house.archives()), names(&house.keys()));
    let [archive, keys] =
        [house.archives().join(&archive[0]), house.keys().join(&keys[0])].map(|path| path.to_str().unwrap().to_owned());
    let (code, _, said) = run(&["backup", "restore", &archive, "--yes"]);
    assert!(code == Some(1) && said.contains("EVENT_STORE_URL is set"), "{said}");
    serving.stop().unwrap();

    let other = House::with_the_key_of(&house).await;
    other.home.succeed(&["backup", "restore", &archive, "--keys", &keys, "--yes"]).unwrap();
    assert_eq!(other.log().join("\n"), log.trim_end());
    other.home.succeed(&["fsck"]).unwrap();
    let again = other.home.succeed(&["import", "--json", every_kind_fixture().to_str().unwrap()]).unwrap();
    assert!(again.contains("\"events_appended\":0"), "a repeat is known: {again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_another_postgres_is_backed_up_with_its_commands() {
    let (house, logs) = (House::empty().await, House::empty().await);
    let url = sqlx::ConnectOptions::to_url_lossy(&logs.database.options).to_string();
    let succeed = |arguments: &[&str]| {
        let output = house.home.command(arguments).env("EVENT_STORE_URL", &url).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    succeed(&["import", every_kind_fixture().to_str().unwrap()]);
    succeed(&["projections", "verify"]);
    succeed(&["backup", "create"]);
    let log = succeed(&["events", "list", "--json", "--limit", "100000"]);
    succeed(&["backup", "verify", "latest"]);
    house.home.succeed(&["backup", "restore", "latest", "--keys", "latest", "--yes"]).unwrap();
    assert_eq!(house.log().join("\n"), log.trim_end(), "all of it is in one database now");
    let commands = "select count(*) from es.command";
    assert_eq!(house.number(commands).await, logs.number(commands).await);
    house.home.succeed(&["fsck"]).unwrap();
}
