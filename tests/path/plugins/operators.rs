//! What operators type: keys, signatures, installing, activating, going back, removing.

use std::fs;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use chronogram_tests::{Home, TestDatabase};
use serde_json::Value;
use sqlx::ConnectOptions as _;

fn refused(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(arguments).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn standings(home: &Home) -> Vec<Value> {
    let listed = home.succeed(&["plugins", "list", "--json"]).unwrap();
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strategy_is_signed_installed_activated_and_taken_back() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    let mut wasm = chronogram_strategies::built_in()[0].wasm.to_vec();
    wasm.extend([0, 3, 1, b'x', 1]); // a section that nobody reads: another digest
    let (file, signature) = (home.data().join("strategy.wasm"), home.data().join("strategy.wasm.sig"));
    fs::write(&file, &wasm).unwrap();
    let (file, signed) = (file.to_str().unwrap(), signature.to_str().unwrap());

    let unsigned = refused(&home, &["plugins", "install", file]);
    assert!(unsigned.contains("not signed") && unsigned.contains("--allow-unsigned"), "{unsigned}");
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    fs::write(&signature, pair.sign(&wasm).as_ref()).unwrap();
    let nobody = refused(&home, &["plugins", "install", file, "--signature", signed]);
    assert!(nobody.contains("keys add"), "{nobody}");

    let key = hex::encode(pair.public_key().as_ref());
    home.succeed(&["plugins", "keys", "add", "release", &key]).unwrap();
    let again = refused(&home, &["plugins", "keys", "add", "other", &key]);
    assert!(again.contains("another name"), "{again}");
    assert!(refused(&home, &["plugins", "keys", "add", "Release!", &key]).contains("no name"));
    assert!(home.succeed(&["plugins", "keys", "list", "--json"]).unwrap().contains(&key));

    fs::write(&signature, pair.sign(b"other bytes").as_ref()).unwrap();
    let wrong = refused(&home, &["plugins", "install", file, "--signature", signed]);
    assert!(wrong.contains("the file was changed, or somebody else signed it"), "{wrong}");
    fs::write(&signature, pair.sign(&wasm).as_ref()).unwrap();
    let installed = home.succeed(&["plugins", "install", file, "--signature", signed, "--json"]).unwrap();
    let installed: Value = serde_json::from_str(&installed).unwrap();
    assert_eq!((&installed["name"], &installed["signed_by"]), (&"profile-basic".into(), &"release".into()));
    let digest = installed["digest"].as_str().unwrap();

    let state =
        |digest: &str| standings(&home).into_iter().find(|one| one["digest"] == digest).map(|one| one["state"].clone());
    assert_eq!(state(digest), Some("installed".into()), "it decides nothing yet");
    home.succeed(&["plugins", "activate", "profile-basic", "--digest", &digest[..10]]).unwrap();
    assert_eq!(state(digest), Some("active".into()));
    let granted = refused(&home, &["plugins", "activate", "profile-basic", "--grant", "llm:default"]);
    assert!(granted.contains("does not want llm"), "{granted}");
    home.succeed(&["plugins", "rollback", "profile-basic"]).unwrap();
    assert_eq!(state(digest), Some("installed".into()));
    home.succeed(&["plugins", "remove", "profile-basic", digest]).unwrap();
    assert_eq!(state(digest), None);

    home.succeed(&["plugins", "install", file, "--allow-unsigned"]).unwrap();
    home.succeed(&["plugins", "keys", "remove", "release"]).unwrap();
    assert!(refused(&home, &["plugins", "keys", "remove", "release"]).contains("no key is called"));
    home.succeed(&["plugins", "deactivate", "profile-basic"]).unwrap();
    let all = standings(&home);
    let of_it: Vec<_> = all.iter().filter(|one| one["name"] == "profile-basic").collect();
    assert!(!of_it.is_empty() && of_it.iter().all(|one| one["state"] == "installed"), "{of_it:?}");
    assert!(home.data().join("plugins/compiled").is_dir(), "compiled code is kept");
}
