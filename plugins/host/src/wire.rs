//! From our types to the contract's. The way back is `output`, which also checks; of a descriptor, `Descriptor::check`.

use rust_decimal::prelude::ToPrimitive as _;

use crate::{
    alert::{AlertInput, AlertSample},
    context::{CallContext, Fact, Scalar},
    contract::{
        alert::exports::chronogram::strategy::{alert as alert_wit, manifest as alert_manifest},
        profile::{
            chronogram::strategy::{effects, types},
            exports::chronogram::strategy::{manifest as profile_manifest, profile as wit},
        },
    },
    descriptor::Descriptor,
    effects::{EffectAnswer, EffectError, Exchange},
    profile::{Message, ProfileField, ProfileInput},
};

/// A journal as a strategy sees it: the answers, in the order it asked.
pub(crate) fn answers(journal: &[Exchange]) -> effects::Journal {
    journal.iter().map(|exchange| exchange.answer.clone().map(Into::into).map_err(Into::into)).collect()
}

impl From<EffectAnswer> for effects::EffectAnswer {
    fn from(answer: EffectAnswer) -> Self {
        match answer {
            EffectAnswer::Llm(said) => Self::Llm(effects::LlmResponse {
                content: said.content,
                input_tokens: said.input_tokens,
                output_tokens: said.output_tokens,
                model: said.model,
                facts: Vec::new(),
            }),
            EffectAnswer::Lookup(json) => Self::Lookup(json),
        }
    }
}

impl From<EffectError> for effects::EffectError {
    fn from(error: EffectError) -> Self {
        match error {
            EffectError::Denied(why) => Self::Denied(why),
            EffectError::BudgetExhausted(why) => Self::BudgetExhausted(why),
            EffectError::Unavailable(why) => Self::Unavailable(why),
            EffectError::InvalidResponse(why) => Self::InvalidResponse(why),
            EffectError::Other(why) => Self::Other(why),
        }
    }
}

impl From<AlertSample> for alert_wit::Sample {
    fn from(sample: AlertSample) -> Self {
        Self {
            at: sample.at_ms,
            subscribers: sample.subscribers,
            views: sample.views.to_f64().unwrap_or_default(),
            posts: sample.posts,
            facts: each(sample.facts),
        }
    }
}

impl From<AlertInput> for alert_wit::AlertInput {
    fn from(input: AlertInput) -> Self {
        Self {
            channel: input.channel,
            title: input.title,
            samples: each(input.samples),
            last_post_at: input.last_post_at_ms,
            memory: input.memory,
            facts: each(input.facts),
        }
    }
}

impl From<CallContext> for types::CallContext {
    fn from(call: CallContext) -> Self {
        Self {
            tenant: call.tenant,
            now: call.now_ms,
            seed: call.seed,
            config: call.config,
            locale: call.locale,
            facts: Vec::new(),
        }
    }
}

impl From<Scalar> for types::Scalar {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Text(text) => Self::Text(text),
            Scalar::Count(count) => Self::Count(count),
            // Every decimal has a nearest float.
            Scalar::Number(number) => Self::Number(number.to_f64().unwrap_or_default()),
            Scalar::Flag(flag) => Self::Flag(flag),
            Scalar::At(ms) => Self::At(ms),
        }
    }
}

impl From<Fact> for types::Fact {
    fn from(fact: Fact) -> Self {
        Self { key: fact.key, value: fact.value.into() }
    }
}

impl From<Message> for wit::Message {
    fn from(message: Message) -> Self {
        Self { id: message.id, from_user: message.from_user, text: message.text, facts: each(message.facts) }
    }
}

impl From<ProfileField> for wit::ProfileField {
    fn from(field: ProfileField) -> Self {
        Self {
            key: field.key,
            value: field.value,
            confidence: field.confidence.to_f32().unwrap_or_default(),
            evidence: field.evidence,
            facts: Vec::new(),
        }
    }
}

impl From<ProfileInput> for wit::ProfileInput {
    fn from(input: ProfileInput) -> Self {
        Self {
            user: input.user,
            known: each(input.known),
            messages: each(input.messages),
            wanted_keys: input.wanted_keys,
            facts: each(input.facts),
        }
    }
}

/// A list in the contract's types.
fn each<T, W: From<T>>(items: Vec<T>) -> Vec<W> {
    items.into_iter().map(W::from).collect()
}

/// Each world has a manifest of its own, of the same form.
macro_rules! described {
    ($manifest:ident) => {
        impl From<$manifest::Descriptor> for Descriptor {
            fn from(said: $manifest::Descriptor) -> Self {
                let $manifest::Descriptor { name, version, summary, config_schema, wants, facts: _ } = said;
                Self { name, version, summary, config_schema, wants }
            }
        }
    };
}
described!(profile_manifest);
described!(alert_manifest);
