//! Asks a model about one person, and reads whatever it answers.
//!
//! What the person wrote is data between two lines that no message can hold, and each claim of the answer names the messages
//! it rests on. What cannot be used is refused with one word, by which whoever runs the strategy knows what to do instead:
//! `no_messages`, `no_wanted_keys`, `unparsed`, or the kind of effect that failed: `denied`, `budget_exhausted`,
//! `unavailable`, `invalid_response`, `other`.

mod answer;
mod config;
mod keys;
mod numbered;
mod prompt;

use chronogram_strategy::prelude::*;

use crate::{keys::Keys, numbered::Numbered};

pub use config::{Asking, PROPERTIES};

/// What the model tells of the person; perhaps nothing.
pub fn ask(asking: &Asking, call: &CallContext, input: &ProfileInput, fx: &mut Effects) -> Decision<Vec<ProfileField>> {
    let numbered = Numbered::of(&input.messages, asking.max_messages);
    if numbered.is_empty() {
        return refuse(StrategyError::Unsupported("no_messages".into()));
    }
    let keys = Keys::asked(&input.wanted_keys);
    if keys.is_empty() {
        return refuse(StrategyError::Unsupported("no_wanted_keys".into()));
    }
    let request = prompt::request(asking, call.locale.as_deref(), &keys, &numbered);
    let answer = match fx.try_llm(request)? {
        Ok(answer) => answer.content,
        Err(failed) => return refuse(StrategyError::EffectFailed(kind(&failed).into())),
    };
    match answer::read(&answer, &keys, &numbered) {
        Some(fields) => Ok(fields),
        None => {
            log::warn(format_args!("nothing of what was asked for stands in an answer of {} bytes", answer.len()));
            refuse(StrategyError::Other("unparsed".into()))
        }
    }
}

/// Whether a model is asked for any of what is wanted; for nothing in particular it is.
pub fn can_tell(wanted_keys: &[String]) -> bool {
    !Keys::asked(wanted_keys).is_empty()
}

fn refuse<T>(why: StrategyError) -> Decision<T> {
    Err(why.into())
}

fn kind(failed: &EffectError) -> &'static str {
    match failed {
        EffectError::Denied(_) => "denied",
        EffectError::BudgetExhausted(_) => "budget_exhausted",
        EffectError::Unavailable(_) => "unavailable",
        EffectError::InvalidResponse(_) => "invalid_response",
        EffectError::Other(_) => "other",
    }
}

#[cfg(test)]
mod tests {
    use chronogram_strategy::testing;

    use super::*;

    fn writes(texts: &[&str]) -> ProfileInput {
        let message = |(text, at): (&&str, usize)| Message {
            id: format!("chat/{at}"),
            from_user: true,
            text: (*text).into(),
            facts: Vec::new(),
        };
        ProfileInput { messages: texts.iter().zip(1..).map(message).collect(), ..ProfileInput::default() }
    }

    fn asked(
        input: &ProfileInput,
        answer: Result<&str, EffectError>,
    ) -> (Decision<Vec<(String, String)>>, Vec<EffectRequest>) {
        let mut requests = Vec::new();
        let (decided, _) = testing::decide(
            |fx| ask(&Asking::default(), &CallContext::sample(), input, fx),
            |request| {
                requests.push(request.clone());
                answer.clone().map(|content| EffectAnswer::Llm(LlmResponse::saying(content)))
            },
        );
        let pairs = |fields: Vec<ProfileField>| fields.into_iter().map(|field| (field.key, field.value)).collect();
        (decided.map(pairs), requests)
    }

    fn refused(input: &ProfileInput, answer: Result<&str, EffectError>) -> StrategyError {
        match asked(input, answer).0 {
            Err(Stop::Refuse(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_question_brings_what_the_model_tells() {
        let (told, requests) = asked(&writes(&["I live in Riga"]), Ok(r#"{"location":"Riga"}"#));
        assert_eq!(told, Ok(vec![("location".into(), "Riga".into())]));
        assert_eq!(requests.len(), 1);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_one_word() {
        let spoken = writes(&["I live in Riga"]);
        assert_eq!(refused(&spoken, Ok("I'd rather not.")), StrategyError::Other("unparsed".into()));
        for (failed, word) in [
            (EffectError::Denied("x y".into()), "denied"),
            (EffectError::BudgetExhausted("x y".into()), "budget_exhausted"),
            (EffectError::Unavailable("x y".into()), "unavailable"),
            (EffectError::InvalidResponse("x y".into()), "invalid_response"),
            (EffectError::Other("x y".into()), "other"),
        ] {
            assert_eq!(refused(&spoken, Err(failed)), StrategyError::EffectFailed(word.into()));
        }
    }

    #[test]
    fn nobody_is_asked_where_there_is_nothing_to_ask_about() {
        let mut silent = writes(&["", " \n"]);
        let no_messages = StrategyError::Unsupported("no_messages".into());
        assert_eq!(refused(&silent, Ok("{}")), no_messages);
        silent.messages = vec![Message { from_user: false, ..writes(&["Hello!"]).messages.remove(0) }];
        assert_eq!(refused(&silent, Ok("{}")), no_messages);
        let hours_only = ProfileInput { wanted_keys: vec!["active_hours".into()], ..writes(&["Hello!"]) };
        let (told, requests) = asked(&hours_only, Ok("{}"));
        assert_eq!(told, refuse(StrategyError::Unsupported("no_wanted_keys".into())));
        assert_eq!(requests, []);
    }
}
