//! API tokens: shown once, kept as hashes, and a revoke counts within seconds everywhere.

mod cache;
mod credential;

use std::{fmt, sync::Arc};

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chronogram_graphql::{Principal, Role};
use chronogram_log::Clock;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use crate::failure::Failure;
use cache::Cache;
pub(crate) use credential::Credential;
use credential::hash;

/// Makes a token recognisable, for people and for secret scanners.
const PREFIX: &str = "chr_";
/// 32 bytes in base64url without padding.
const ENCODED_SECRET_LENGTH: usize = 43;
/// The column says the same.
const NAME_LENGTH_MAX: usize = 64;
/// `last_used_at` is written at most this often: it tells forgotten tokens from used ones, no more.
const LAST_USED_STEP: SignedDuration = SignedDuration::from_mins(1);

/// All API tokens.
#[derive(Clone)]
pub struct Tokens {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    cache: Arc<Cache>,
}

/// A token just made.
pub struct CreatedToken {
    /// Its id.
    pub id: Uuid,
    /// The token itself, `chr_…`. It exists nowhere else: show it, then forget it.
    pub plaintext: String,
}

impl fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TokenInfo {
    /// Its id.
    pub id: Uuid,
    /// Its name, which is its principal's.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Why tokens could not be managed as asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is not usable.
    #[error("a token's name has 1 to {NAME_LENGTH_MAX} characters of A-Z a-z 0-9 _ - .")]
    BadName,
    /// Names are not given twice, not even after a revoke: they stand in the log.
    #[error("a token named {0} exists or existed; choose another name")]
    NameTaken(String),
    /// It would never work.
    #[error("the expiry {0} is not in the future")]
    ExpiryPassed(Timestamp),
    /// There is none of this name that still works.
    #[error("there is no unrevoked token named {0}")]
    NotFound(String),
    /// The table holds what this release does not know.
    #[error("the role of token {0} is unknown to this release")]
    UnknownRole(String),
    /// The database failed.
    #[error("the database failed to {operation}")]
    Database {
        /// What was asked for.
        operation: &'static str,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
}

/// Why a request is nobody's. Clients hear of [`AuthError::Unavailable`] only; the rest is told apart in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum AuthError {
    #[error("no Authorization header")]
    Missing,
    #[error("the Authorization header holds no token of ours")]
    Malformed,
    #[error("nobody knows this token")]
    Unknown,
    #[error("the token has expired")]
    Expired,
    #[error("the token was revoked")]
    Revoked,
    #[error("tokens cannot be looked up at the moment")]
    Unavailable,
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unavailable => Self::unavailable("tokens cannot be looked up at the moment; try again shortly"),
            _ => Self::unauthenticated(),
        }
    }
}

type TokenRow = (
    Uuid,
    String,
    String,
    jiff_sqlx::Timestamp,
    Option<jiff_sqlx::Timestamp>,
    Option<jiff_sqlx::Timestamp>,
    Option<jiff_sqlx::Timestamp>,
);

impl Tokens {
    /// The tokens in `pool`'s database.
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>) -> Self {
        Self { pool, clock, cache: Arc::new(Cache::default()) }
    }

    /// Makes a token from 32 bytes of good randomness.
    pub async fn create(
        &self,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
        random: [u8; 32],
    ) -> Result<CreatedToken, TokenError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if !(1..=NAME_LENGTH_MAX).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(TokenError::BadName);
        }
        let now = self.clock.now();
        if let Some(expires_at) = expires_at.filter(|expires_at| *expires_at <= now) {
            return Err(TokenError::ExpiryPassed(expires_at));
        }
        let plaintext = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let id: Option<Uuid> = sqlx::query_scalar(
            "insert into api_token (name, hash, role, created_at, expires_at) values ($1, $2, $3, $4, $5)
             on conflict (name) do nothing returning id",
        )
        .bind(name)
        .bind(hash(&plaintext).as_slice())
        .bind(role.as_str())
        .bind(now.to_sqlx())
        .bind(expires_at.map(ToSqlx::to_sqlx))
        .fetch_optional(&self.pool)
        .await
        .map_err(|source| TokenError::Database { operation: "create a token", source })?;
        let id = id.ok_or_else(|| TokenError::NameTaken(name.to_owned()))?;
        Ok(CreatedToken { id, plaintext })
    }

    /// Every token ever made, by name.
    pub async fn list(&self) -> Result<Vec<TokenInfo>, TokenError> {
        let rows: Vec<TokenRow> = sqlx::query_as(
            "select id, name, role, created_at, expires_at, last_used_at, revoked_at from api_token order by name",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|source| TokenError::Database { operation: "list the tokens", source })?;
        rows.into_iter().map(info).collect()
    }

    /// Ends a token: at once in this process, within the cache's five seconds in others.
    pub async fn revoke(&self, name: &str) -> Result<(), TokenError> {
        let hash: Option<Vec<u8>> = sqlx::query_scalar(
            "update api_token set revoked_at = $2 where name = $1 and revoked_at is null returning hash",
        )
        .bind(name)
        .bind(self.clock.now().to_sqlx())
        .fetch_optional(&self.pool)
        .await
        .map_err(|source| TokenError::Database { operation: "revoke a token", source })?;
        let hash = hash.ok_or_else(|| TokenError::NotFound(name.to_owned()))?;
        self.cache.forget(&hash);
        Ok(())
    }

    /// Who sends these headers.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, AuthError> {
        let credential = Credential::of_headers(headers).map_err(refused)?;
        let principal = self.identify(&credential).await?;
        tracing::Span::current().record("principal", &principal.name);
        Ok(principal)
    }

    /// Who holds `token`, now; for edges that carry it elsewhere than in HTTP's headers.
    pub async fn principal_of(&self, token: &str) -> Result<Principal, AuthError> {
        let credential = Credential::of_token(token).map_err(refused)?;
        self.identify(&credential).await
    }

    /// Whose `credential` is, now; it may be asked again and again, as long as somebody is served for it.
    pub(crate) async fn identify(&self, credential: &Credential) -> Result<Principal, AuthError> {
        self.look_up(credential).await.map_err(refused)
    }

    async fn look_up(&self, credential: &Credential) -> Result<Principal, AuthError> {
        // The table is asked for a hash: how long that takes says nothing about any token.
        let hash = credential.hash();
        let now = self.clock.now();
        if let Some(principal) = self.cache.get(&hash, now) {
            return Ok(principal);
        }
        let row: Option<TokenRow> = sqlx::query_as(
            "select id, name, role, created_at, expires_at, last_used_at, revoked_at from api_token where hash = $1",
        )
        .bind(hash.as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        let token = info(row.ok_or(AuthError::Unknown)?).map_err(|error| unavailable(&error))?;
        if token.revoked_at.is_some() {
            return Err(AuthError::Revoked);
        }
        if token.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(AuthError::Expired);
        }
        self.mark_used(&token, now).await;
        let principal = Principal { name: token.name, role: token.role };
        self.cache.put(hash, principal.clone(), token.expires_at, now);
        Ok(principal)
    }

    /// A figure for people: that it cannot be written refuses nobody.
    async fn mark_used(&self, token: &TokenInfo, now: Timestamp) {
        if token.last_used_at.is_some_and(|last| now.duration_since(last) < LAST_USED_STEP) {
            return;
        }
        let marked = sqlx::query(
            "update api_token set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)",
        )
        .bind(token.id)
        .bind(now.to_sqlx())
        .execute(&self.pool)
        .await;
        if let Err(error) = marked {
            tracing::warn!(error = %error, "the last use of a token could not be written");
        }
    }
}

/// Counts and logs a refusal, but for that of a request that claims to be nobody's.
pub(crate) fn refused(error: AuthError) -> AuthError {
    if error != AuthError::Missing {
        metrics::counter!("auth_refused_total", "reason" => format!("{error:?}").to_lowercase()).increment(1);
        tracing::info!(reason = %error, "a request was not authenticated");
    }
    error
}

fn unavailable(error: &dyn std::error::Error) -> AuthError {
    tracing::error!(error = %error, "a token could not be looked up");
    AuthError::Unavailable
}

fn info(row: TokenRow) -> Result<TokenInfo, TokenError> {
    let (id, name, role, created_at, expires_at, last_used_at, revoked_at) = row;
    let role = role.parse().map_err(|_| TokenError::UnknownRole(name.clone()))?;
    Ok(TokenInfo {
        id,
        name,
        role,
        created_at: created_at.to_jiff(),
        expires_at: expires_at.map(jiff_sqlx::Timestamp::to_jiff),
        last_used_at: last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        revoked_at: revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
    })
}
