//! Every request passes here: who asks is known, the document is bounded, the answer is fresh enough and says how fresh,
//! and every error leaves with a code.

use std::{
    any::{Any, TypeId},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    Context, Data, Guard, Request, Response, ServerError, ServerResult, ValidationResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextPrepareRequest, NextRequest,
        NextSubscribe, NextValidation,
    },
    parser::types::ExecutableDocument,
    value,
};
use chronogram_log::Position;
use futures::{StreamExt, stream::BoxStream};

use crate::{
    document,
    errors::{Code, ErrorIds, Failure, fill_in_code},
    loaders::Loaders,
    ports::{AsOf, MinPosition, SchemaDeps},
    principal::{Principal, Role},
    scalars::position_of,
};

/// How long an answer waits for the read models to reach the position that was asked for: several times what they need
/// when they are well, and less than a person's patience.
pub(crate) const FRESHNESS_PATIENCE: Duration = Duration::from_secs(2);

/// Makes one [`Gate`] a request.
pub(crate) struct Gates {
    deps: SchemaDeps,
    error_ids: Arc<ErrorIds>,
}

impl Gates {
    pub(crate) fn new(deps: SchemaDeps) -> Self {
        let error_ids = Arc::new(ErrorIds::new(Arc::clone(&deps.clock)));
        Self { deps, error_ids }
    }
}

impl ExtensionFactory for Gates {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Gate {
            deps: self.deps.clone(),
            error_ids: Arc::clone(&self.error_ids),
            as_of: OnceLock::new(),
            executing: AtomicBool::new(false),
        })
    }
}

struct Gate {
    deps: SchemaDeps,
    error_ids: Arc<ErrorIds>,
    /// Taken before anything is read, so that the answer is at least this fresh.
    as_of: OnceLock<AsOf>,
    executing: AtomicBool,
}

#[async_trait::async_trait]
impl Extension for Gate {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        let executing = self.executing.load(Ordering::Relaxed);
        // Our own errors have codes. What async-graphql adds while executing is about values that were given; before
        // that, with parsing and validation named below, only the choice of the operation is left.
        let uncoded = if executing { Code::BadUserInput } else { Code::OperationResolutionFailure };
        for error in &mut response.errors {
            fill_in_code(error, uncoded);
            self.error_ids.log_cause(error);
        }
        if executing && let Some(as_of) = self.as_of.get() {
            let as_of = value!({ "position": as_of.position.to_string(), "lagMs": as_of.lag_ms });
            response.extensions.insert("asOf".to_owned(), as_of);
        }
        response
    }

    /// Results of a subscription say nothing of their freshness: what they hold has positions of its own.
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let error_ids = Arc::clone(&self.error_ids);
        let coded = move |mut response: Response| {
            for error in &mut response.errors {
                // As above; what is about values names its place in the document.
                let about_values = !error.locations.is_empty() || !error.path.is_empty();
                let uncoded = if about_values { Code::BadUserInput } else { Code::OperationResolutionFailure };
                fill_in_code(error, uncoded);
                error_ids.log_cause(error);
            }
            response
        };
        next.run(ctx, stream).map(coded).boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        if given::<Principal>(&request.data).is_none() {
            let failure = Failure::new(Code::Unauthenticated, "send a token: `Authorization: Bearer …`");
            return Err(failure.into_server_error());
        }
        let document = request.parsed_query().map_err(|mut error| {
            fill_in_code(&mut error, Code::GraphqlParseFailed);
            error
        })?;
        document::check(document).map_err(Failure::into_server_error)?;
        self.wait_until_fresh(&request).await.map_err(Failure::into_server_error)?;
        if let Some(as_of) = self.deps.projections.as_of() {
            self.as_of.get_or_init(|| as_of);
        }
        next.run(ctx, request).await
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        // The document was parsed above: what is refused here are the limits of aliases, directives and recursion.
        next.run(ctx, query, variables).await.map_err(|mut error| {
            fill_in_code(&mut error, Code::GraphqlValidationFailed);
            error
        })
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await.map_err(|mut errors| {
            for error in &mut errors {
                fill_in_code(error, Code::GraphqlValidationFailed);
            }
            errors
        })
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        self.executing.store(true, Ordering::Relaxed);
        // A query is executed once, a subscription once a result: what one result loaded is old for the next.
        let mut data = Data::default();
        data.insert(Loaders::new(self.deps.pool.clone()));
        next.run_with_data(ctx, operation_name, data).await
    }
}

impl Gate {
    async fn wait_until_fresh(&self, request: &Request) -> Result<(), Failure> {
        let asked = match request.extensions.get("minPosition") {
            None | Some(Value::Null) => given::<MinPosition>(&request.data).map(|min| min.0),
            Some(value) => Some(position_of(value).ok_or_else(|| {
                Failure::input("extensions.minPosition", "a position is a whole number from 0, as a string or a number")
            })?),
        };
        match asked {
            Some(position) => wait_for(&self.deps, position).await,
            None => Ok(()),
        }
    }
}

/// Waits until the read models have folded `position`.
pub(crate) async fn wait_for(deps: &SchemaDeps, position: Position) -> Result<(), Failure> {
    if deps.projections.wait_for(position, FRESHNESS_PATIENCE).await {
        return Ok(());
    }
    let seconds = FRESHNESS_PATIENCE.as_secs();
    let message = format!("the read models have not reached position {position} within {seconds} s; try again");
    Err(Failure::new(Code::Timeout, message))
}

/// What a request carries of type `T`.
fn given<T: Any + Send + Sync>(data: &Data) -> Option<&T> {
    data.get(&TypeId::of::<T>())?.downcast_ref()
}

/// The field is for principals that may do what asks for this role.
pub(crate) struct Needs(pub(crate) Role);

impl Guard for Needs {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        match ctx.data_opt::<Principal>() {
            Some(principal) if principal.allows(self.0) => Ok(()),
            Some(principal) => {
                let message = format!("this needs the role {} or admin, your token has {}", self.0, principal.role);
                Err(Failure::new(Code::Forbidden, message).into())
            }
            None => Err(Failure::new(Code::Unauthenticated, "send a token").into()),
        }
    }
}
