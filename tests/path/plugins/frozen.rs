//! Strategies that were built when a version of the contract was frozen run in today's host, to the answers of that day.

use chronogram_plugin_host::{Compiler, Limits, PluginHost, World};
use chronogram_tests::{Frozen, compiled_code};

#[tokio::test(flavor = "multi_thread")]
async fn every_guest_that_was_ever_frozen_still_gives_its_answers() {
    let host = PluginHost::with(Limits::default(), Compiler::InThisProcess, compiled_code().ok()).unwrap();
    let guests = Frozen::all().unwrap();
    for guest in &guests {
        let name = &guest.name;
        let strategy = host.load(&guest.wasm().unwrap()).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_eq!(strategy.wit_version(), guest.version, "{name}");
        let world = if name.ends_with("-profile") { World::Profile } else { World::Alert };
        assert_eq!(strategy.world(), world, "{name}");
        let cases = guest.cases().unwrap();
        assert!(cases.len() >= 3, "{name}");
        for case in &cases {
            let (first, again) = (strategy.play(case).await.unwrap(), strategy.play(case).await.unwrap());
            assert!(first.figures.fuel_used > 0);
            // The golden outcome, and the same fuel in both runs.
            assert_eq!(first.compare(&again), Ok(()), "{name}, {}", case.name);
        }
    }
    let names: Vec<&str> = guests.iter().map(|guest| guest.name.as_str()).collect();
    for kept in ["rust-profile", "rust-alert", "js-profile", "js-alert", "python-profile"] {
        assert!(names.contains(&format!("1.0.0/{kept}").as_str()), "{kept} is gone");
    }
}
