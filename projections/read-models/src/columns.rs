//! How columns become the domain's types, where sqlx knows only the plain ones.

use chronogram_model::{ChatId, IdError, MessageId, PersonId};
use jiff::Timestamp;

macro_rules! column {
    ($Column:ident($Plain:ty) -> $Domain:ty, |$value:ident| $convert:expr) => {
        #[derive(sqlx::Type)]
        #[sqlx(transparent)]
        pub(crate) struct $Column($Plain);

        impl From<$Column> for $Domain {
            fn from($Column($value): $Column) -> Self {
                $convert
            }
        }
    };
}

column!(OptionalTime(Option<jiff_sqlx::Timestamp>) -> Option<Timestamp>, |time| time.map(Into::into));
column!(MessageNumber(i64) -> MessageId, |number| MessageId(number));
column!(OptionalMessageNumber(Option<i64>) -> Option<MessageId>, |number| number.map(MessageId));
column!(ChatNumber(i64) -> ChatId, |number| ChatId(number));
column!(OptionalChatNumber(Option<i64>) -> Option<ChatId>, |number| number.map(ChatId));

#[derive(sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct OptionalPerson(Option<String>);

impl TryFrom<OptionalPerson> for Option<PersonId> {
    type Error = IdError;

    fn try_from(OptionalPerson(id): OptionalPerson) -> Result<Self, IdError> {
        id.map(PersonId::try_from).transpose()
    }
}
