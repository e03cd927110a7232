//! Language models behind the chat completions that OpenAI's and many other servers speak.
//!
//! What is asked may hold words of people, and what is answered is anybody's text: neither reaches a log line, an error or
//! a metric. [`NamedModel`] asks one model within its limits; what an answer costs, whether it was given before and who
//! may ask at all is for those above.

mod error;
mod named;
mod open_ai;
mod price;
mod reading;
mod request;
mod schema;
mod settings;
mod wire;

pub use error::{ModelError, Unsupported};
pub use named::{Called, NamedModel};
pub use open_ai::{ChatModel, Completion, Finish, ModelSetupError, OpenAi, Usage};
pub use price::Price;
pub use reading::json_in;
pub use request::{ChatMessage, ChatRequest, RequestError, Role};
pub use schema::{Schema, SchemaError, Violation};
pub use settings::{ApiKey, Budgets, GrantSettings, ModelSettings, ModelsSettings, SchemaWay, SettingsError};
