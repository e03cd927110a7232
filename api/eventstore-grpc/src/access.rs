//! Who calls: a token of the product, as the password of basic credentials or as a bearer.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use tonic::{Status, codegen::http::HeaderMap};

/// What a call does to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads it.
    Read,
    /// Appends to it.
    Write,
}

/// Why a call is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody knows the token, or knows it any more.
    Unknown,
    /// Its holder may not do this.
    Forbidden,
    /// It cannot be looked up at the moment.
    Unavailable,
}

/// Knows the product's tokens.
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// The name of whoever holds `token`, if they may do what `access` says. Asked again and again while a call lasts.
    async fn admit(&self, token: &str, access: Access) -> Result<String, Denied>;
}

/// Who makes a call, for as long as it lasts.
pub(crate) struct Caller {
    token: String,
    access: Access,
    gatekeeper: Arc<dyn Gatekeeper>,
}

impl Caller {
    /// Whoever sends these headers, admitted now.
    pub(crate) async fn admit(
        headers: &HeaderMap,
        access: Access,
        gatekeeper: &Arc<dyn Gatekeeper>,
    ) -> Result<Self, Status> {
        let token = token(headers).ok_or_else(unknown)?;
        let caller = Self { token, access, gatekeeper: gatekeeper.clone() };
        caller.name().await.map(|_| caller)
    }

    /// Their name, if they still may do what they do.
    pub(crate) async fn name(&self) -> Result<String, Status> {
        self.gatekeeper.admit(&self.token, self.access).await.map_err(|denied| match denied {
            Denied::Unknown => unknown(),
            Denied::Forbidden => Status::permission_denied(match self.access {
                Access::Read => "this token may not read the log",
                Access::Write => "this token may not append to the log",
            }),
            Denied::Unavailable => Status::unavailable("tokens cannot be looked up at the moment; try again shortly"),
        })
    }
}

fn unknown() -> Status {
    Status::unauthenticated("send a valid token: as password of basic credentials with any user name, or as a bearer")
}

fn token(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all("authorization").iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, credential) = value.to_str().ok()?.split_once(' ')?;
    let credential = credential.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(credential.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credential).ok()?).ok()?;
    Some(decoded.split_once(':')?.1.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("authorization", value.parse().unwrap());
        }
        token(&headers)
    }

    #[test]
    fn a_token_is_a_bearer_or_a_password() {
        assert_eq!(of(&["Bearer chr_x"]).as_deref(), Some("chr_x"));
        let basic = format!("basic {}", STANDARD.encode("anybody:chr_x:y"));
        assert_eq!(of(&[&basic]).as_deref(), Some("chr_x:y"), "a user name has no colon, a password may");
    }

    #[test]
    fn anything_else_is_nobody() {
        let without_password = format!("Basic {}", STANDARD.encode("anybody"));
        for values in
            [&[][..], &["Bearer"], &["Digest x"], &["Basic %"], &[&without_password], &["Bearer a", "Bearer a"]]
        {
            assert_eq!(of(values), None, "{values:?}");
        }
    }
}
