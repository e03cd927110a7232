//! The HTTP edge: GraphQL (subscriptions over WebSocket), messages, health, metrics and the static pages.
//!
//! Every request is bounded in size, time and number; a panic answers 500 and ends nothing else; nothing but health
//! and static pages is answered without a token; no query, body or token reaches a log.

mod body;
mod failure;
mod graphql;
mod guard;
pub mod health;
pub mod messages;
mod metrics_page;
mod observe;
mod pages;
mod serve;
mod state;
mod subscriptions;
mod suspicious;
mod telegram_webhook;
pub mod tokens;

/// The types that [`GraphqlExecutor`] speaks.
pub use async_graphql;
use axum::{
    Router, middleware,
    routing::{any, get, post},
};

pub use graphql::GraphqlExecutor;
pub use health::{CheckResult, HealthCheck, HealthStatus};
pub use serve::serve;
pub use state::{HttpParts, HttpState, Limits, RandomBytes, RenderMetrics};
pub use subscriptions::SocketLimits;
pub use telegram_webhook::{TelegramWebhook, WebhookAnswer};
pub use tokens::{AuthError, Tokens};

/// What the world sees, on `PORT`.
pub fn router(state: HttpState) -> Router {
    let bounded = Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/api/messages", post(messages::handle))
        .route("/telegram/webhook", post(telegram_webhook::handle))
        .route("/metrics", get(metrics_page::with_token))
        .layer(middleware::from_fn_with_state(state.clone(), guard::in_flight));
    finish(bounded.merge(health::routes()).merge(pages::routes()), state)
}

/// What the operator's machine sees, on `ADMIN_PORT`, which binds to loopback: metrics without a token, and health.
pub fn admin_router(state: HttpState) -> Router {
    finish(Router::new().route("/metrics", get(metrics_page::without_token)).merge(health::routes()), state)
}

fn finish(routes: Router<HttpState>, state: HttpState) -> Router {
    routes
        .fallback(failure::no_such_route)
        .method_not_allowed_fallback(failure::wrong_method)
        .layer(middleware::from_fn_with_state(state.clone(), guard::time_and_panics))
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}
