//! From our types to the contract's. The way back is `output`, which also checks.

use rust_decimal::prelude::ToPrimitive as _;

use crate::{
    contract::profile::{chronogram::strategy::types, exports::chronogram::strategy::profile as wit},
    profile::{CallContext, Fact, Message, ProfileField, ProfileInput, Scalar},
};

impl From<CallContext> for types::CallContext {
    fn from(call: CallContext) -> Self {
        Self { tenant: call.tenant, now: call.now_ms, seed: call.seed, config: call.config, locale: call.locale }
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
        Self {
            id: message.id,
            from_user: message.from_user,
            text: message.text,
            facts: message.facts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ProfileField> for wit::ProfileField {
    fn from(field: ProfileField) -> Self {
        Self {
            key: field.key,
            value: field.value,
            confidence: field.confidence.to_f32().unwrap_or_default(),
            evidence: field.evidence,
        }
    }
}

impl From<ProfileInput> for wit::ProfileInput {
    fn from(input: ProfileInput) -> Self {
        Self {
            user: input.user,
            known: input.known.into_iter().map(Into::into).collect(),
            messages: input.messages.into_iter().map(Into::into).collect(),
            wanted_keys: input.wanted_keys,
            facts: input.facts.into_iter().map(Into::into).collect(),
        }
    }
}
