//! For which version of the contract a component was built, and whether this host runs it.
//!
//! Names in a component carry the version. Within one major version a newer host runs what was built for an older one; a
//! patch is a matter of words and shuts nobody out. What was built for a later minor version may count on what is not here.

/// The package of the contract.
const PACKAGE: &str = "chronogram:strategy/";

/// The version of the contract that this host runs: that of `plugins/wit/world.wit`.
pub const CONTRACT_VERSION: &str = "1.0.0";

/// A component was built for a version of the contract that this host does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the artifact was built for version {built} of the contract chronogram:strategy, and this release runs \
     {CONTRACT_VERSION}: {}", self.remedy()
)]
pub struct OtherVersion {
    /// The version it names.
    pub built: String,
}

impl OtherVersion {
    fn remedy(&self) -> &'static str {
        match numbers(&self.built) {
            Some([0, ..]) => "before 1.0.0 there were drafts only; build it again with the kit of this release",
            Some(built) if Some(built) > numbers(CONTRACT_VERSION) => {
                "run it with a later release of Chronogram, or build it again with the kit of this one"
            }
            _ => "build it again with the kit of this release",
        }
    }
}

/// The interface of the contract that a name is of, with the version it was built for.
pub(crate) fn of_contract(name: &str) -> Option<(&str, &str)> {
    let interface = name.strip_prefix(PACKAGE)?;
    Some(interface.split_once('@').unwrap_or((interface, "")))
}

/// Whether this host runs what was built for that version.
pub(crate) fn check(built: &str) -> Result<(), OtherVersion> {
    let ours = numbers(CONTRACT_VERSION);
    match (numbers(built), ours) {
        (Some([major, minor, _]), Some([our_major, our_minor, _])) if major == our_major && minor <= our_minor => {
            Ok(())
        }
        _ => Err(OtherVersion { built: if built.is_empty() { "none".to_owned() } else { built.to_owned() } }),
    }
}

/// Major, minor and patch. What has more to it (`1.0.0-rc.1`) is no version of the contract.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    let mut parts = version.split('.');
    for number in &mut numbers {
        *number = parts.next()?.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_version_and_its_patches_are_run() {
        for built in [CONTRACT_VERSION, "1.0.1", "1.0.99"] {
            assert_eq!(check(built), Ok(()), "{built}");
        }
    }

    #[test]
    fn another_version_is_refused_with_both_named_and_what_to_do() {
        for (built, remedy) in [
            ("0.1.0", "drafts only; build it again"),
            ("1.1.0", "a later release of Chronogram"),
            ("2.0.0", "a later release of Chronogram"),
            ("1.0.0-rc.1", "build it again"),
            ("1.0", "build it again"),
            ("", "version none"),
        ] {
            let said = check(built).unwrap_err().to_string();
            assert!(said.contains(&format!("runs {CONTRACT_VERSION}")) && said.contains(built), "{said}");
            assert!(said.contains(remedy), "{said}");
        }
    }

    #[test]
    fn a_name_says_interface_and_version() {
        assert_eq!(of_contract("chronogram:strategy/log@1.0.0"), Some(("log", "1.0.0")));
        assert_eq!(of_contract("chronogram:strategy/log"), Some(("log", "")));
        assert_eq!(of_contract("wasi:clocks/wall-clock@0.2.0"), None);
    }
}
