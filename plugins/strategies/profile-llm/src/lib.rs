//! Fills a profile with what a model tells of the person's messages. How it is asked and read stands in `chronogram-asking`.
//!
//! Only what the model said is told. Where it tells nothing that can be used, the call is refused with one word, which
//! whoever runs it records as the reason for doing without.

use chronogram_asking::{Asking, PROPERTIES, ask};
use chronogram_strategy::prelude::*;

struct ByModel;

impl ProfileStrategy for ByModel {
    fn describe() -> Descriptor {
        Descriptor::new(
            "profile-llm",
            env!("CARGO_PKG_VERSION"),
            "Fills profiles with what a language model tells of the person's messages, with evidence.",
        )
        .configured_by(&format!(r#"{{"type":"object","properties":{{{PROPERTIES}}},"additionalProperties":false}}"#))
        .wanting("llm")
    }

    fn fill(call: &CallContext, input: ProfileInput, fx: &mut Effects) -> Decision<ProfilePatch> {
        let asking: Asking = call.config_as()?;
        let set = ask(&asking, call, &input, fx)?;
        if set.is_empty() {
            return Err(StrategyError::Other("nothing_found".into()).into());
        }
        Ok(ProfilePatch { set, ..ProfilePatch::default() })
    }
}

chronogram_strategy::export_profile!(ByModel);

#[cfg(test)]
mod tests {
    use chronogram_strategy::testing;

    use super::*;

    fn filled(config: &str, answer: &str) -> Decision<ProfilePatch> {
        let call = CallContext { config: config.into(), ..CallContext::sample() };
        let message = Message { id: "a".into(), from_user: true, text: "I live in Riga".into(), facts: Vec::new() };
        let input = ProfileInput { messages: vec![message], ..ProfileInput::default() };
        let answer = EffectAnswer::Llm(LlmResponse::saying(answer));
        testing::decide(|fx| ByModel::fill(&call, input.clone(), fx), |_| Ok(answer.clone())).0
    }

    #[test]
    fn what_the_model_tells_is_all_that_is_told() {
        let patch = filled("{}", r#"{"location":{"value":"Riga","confidence":0.9,"evidence":["m1"]}}"#);
        let field = ProfileField::new("location", "Riga", 0.9).supported_by(["a".into()]);
        assert_eq!(patch, Ok(ProfilePatch::default().with(field)));
    }

    #[test]
    fn a_model_that_finds_nothing_leaves_it_to_others() {
        assert_eq!(filled("{}", r#"{"fields":[]}"#), Err(Stop::Refuse(StrategyError::Other("nothing_found".into()))));
    }

    #[test]
    fn a_configuration_that_makes_no_sense_is_refused_by_its_field() {
        for (config, field) in [(r#"{"langauge":"ru"}"#, "langauge"), (r#"{"language":"de"}"#, "de")] {
            match filled(config, "") {
                Err(Stop::Refuse(StrategyError::InvalidConfig(why))) => assert!(why.contains(field), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
