//! GraphQL over HTTP and WebSocket, executed by the schema.

use async_trait::async_trait;
use chronogram_graphql::ChronogramSchema;
use chronogram_http::{
    GraphqlExecutor,
    async_graphql::{Request, Response},
};
use futures::stream::BoxStream;

/// The schema behind the HTTP edge.
pub(crate) struct Executor(pub(crate) ChronogramSchema);

#[async_trait]
impl GraphqlExecutor for Executor {
    async fn execute(&self, request: Request) -> Response {
        self.0.execute(request).await
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        self.0.execute_stream(request)
    }
}
