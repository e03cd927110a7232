//! Scalars that GraphQL does not have.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chronogram_log::Position;

/// A whole number that may pass 2³¹.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Long(pub(crate) i64);

/// A whole number that may pass 2³¹ (a position, a count, a number of bytes). Written as a string, because JSON readers
/// round numbers above 2⁵³; read from a string or an integer.
#[Scalar(name = "Long")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        from_value(&value).map(Self).ok_or_else(|| InputValueError::expected_type(value))
    }

    fn is_valid(value: &Value) -> bool {
        from_value(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

fn from_value(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

impl From<Position> for Long {
    fn from(position: Position) -> Self {
        Self(position.as_i64())
    }
}

impl From<i64> for Long {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

/// A position from a request: none is below 0.
pub(crate) fn position_of(value: &Value) -> Option<Position> {
    from_value(value).and_then(|number| u64::try_from(number).ok()).map(Position)
}
