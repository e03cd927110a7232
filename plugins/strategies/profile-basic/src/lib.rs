//! Fills the profile of anybody, free of charge: what it tells, and how, stands in `chronogram-basic`.

use chronogram_strategy::prelude::*;

struct Basic;

impl ProfileStrategy for Basic {
    fn describe() -> Descriptor {
        Descriptor::new(
            "profile-basic",
            env!("CARGO_PKG_VERSION"),
            "Fills profiles from names, languages, hours, lengths and topics; no model.",
        )
    }

    fn fill(call: &CallContext, input: ProfileInput, _fx: &mut Effects) -> Decision<ProfilePatch> {
        if call.config != "{}" {
            return Err(StrategyError::InvalidConfig("there is nothing to configure: {}".into()).into());
        }
        Ok(chronogram_basic::fill(call, input))
    }
}

chronogram_strategy::export_profile!(Basic);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_nothing_to_configure() {
        let call = CallContext { config: r#"{"tone":"dry"}"#.into(), ..CallContext::sample() };
        let refused = Basic::fill(&call, ProfileInput::default(), &mut Effects::new(Vec::new()));
        assert!(matches!(refused, Err(Stop::Refuse(StrategyError::InvalidConfig(_)))), "{refused:?}");
    }
}
