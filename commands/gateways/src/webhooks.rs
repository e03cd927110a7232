//! Telling somebody's server that something is done: one POST with a body that is signed where a secret is set.
//!
//! An address may be a secret in itself, so no more of it than the host reaches a log line or an error.

use std::{fmt, time::Duration};

use aws_lc_rs::hmac;
use reqwest_of_teloxide::{
    Client, Url,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};

use crate::patience::{Guard, Means, Next, Verdict, WEBHOOKS};

/// The header that holds `sha256=` and the HMAC-SHA256 of the body, in hex.
pub const SIGNATURE: &str = "x-chronogram-signature";
/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long all of them may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// The longest pause that a server may ask for and get.
const PAUSE_MOST: Duration = Duration::from_secs(30);

/// Where to tell.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// What is wrong with an address; never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhook {
    /// It is no address of a web server.
    #[error("a webhook begins with http:// or https:// and has a host (like https://example.org/hooks/profiles)")]
    Form,
    /// It holds a name or a password.
    #[error("a webhook holds no user and no password: put a token into its path, or set a secret to sign with")]
    Credentials,
}

impl WebhookUrl {
    /// An address in form.
    pub fn read(text: &str) -> Result<Self, BadWebhook> {
        let url = Url::parse(text).map_err(|_| BadWebhook::Form)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(BadWebhook::Form);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadWebhook::Credentials);
        }
        Ok(Self(url))
    }

    /// The host, which may be shown.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({}/…)", self.host())
    }
}

/// What bodies are signed with. It is shown to nobody.
#[derive(Clone)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// From its text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    fn sign(&self, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Why nobody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// It cannot be reached, or did not answer in time.
    #[error("the webhook cannot be reached, or did not answer in time")]
    Unreachable,
    /// It answered with something else than 2xx.
    #[error("the webhook answered with {0}")]
    Status(u16),
    /// There is no client for it.
    #[error("the HTTP client cannot be made")]
    Client,
}

/// Tells.
pub struct Webhooks {
    client: Client,
    guard: Guard,
    means: Means,
}

impl Webhooks {
    /// Tells with these means.
    pub fn new(means: Means) -> Result<Self, WebhookError> {
        // Who is told knows the address; another one that he names is nobody's whom we were asked to tell.
        let client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        let client = client.user_agent("chronogram").build().map_err(|_| WebhookError::Client)?;
        Ok(Self { client, guard: Guard::new("webhooks".to_owned(), WEBHOOKS, means.clone()), means })
    }

    /// Tells, again where that may help. A body may come twice: who takes it looks at what it says.
    pub async fn tell(&self, url: &WebhookUrl, body: &str, secret: Option<&WebhookSecret>) -> Result<(), WebhookError> {
        let deadline = self.means.timer.now() + DEADLINE;
        let Ok(mut tries) = self.guard.begin(deadline) else { return Err(WebhookError::Unreachable) };
        for attempt in 1.. {
            let (error, verdict) = match self.attempt(url, body, secret).await {
                Ok(()) => {
                    tries.answered();
                    return Ok(());
                }
                Err(failed) => failed,
            };
            tracing::warn!(webhook.host = url.host(), attempt, error = %error, "a webhook was not told");
            match tries.failed(verdict) {
                Next::At(at) => self.means.timer.sleep_until(at).await,
                Next::GiveUp(_) => return Err(error),
            }
        }
        Err(WebhookError::Unreachable)
    }

    async fn attempt(
        &self,
        url: &WebhookUrl,
        body: &str,
        secret: Option<&WebhookSecret>,
    ) -> Result<(), (WebhookError, Verdict)> {
        let mut request = self.client.post(url.0.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(secret) = secret {
            request = request.header(SIGNATURE, secret.sign(body));
        }
        let sent = request.body(body.to_owned()).send().await;
        let response = sent.map_err(|_| (WebhookError::Unreachable, Verdict::Again(None)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let verdict = match status.as_u16() {
            429 | 500.. => Verdict::Again(pause_wanted(response.headers())),
            _ => Verdict::Final,
        };
        Err((WebhookError::Status(status.as_u16()), verdict))
    }
}

fn pause_wanted(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(PAUSE_MOST))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_web_servers_are_taken() {
        for good in ["http://localhost:8080/x", "https://example.org", "https://[::1]/hooks?token=1"] {
            assert!(WebhookUrl::read(good).is_ok(), "{good}");
        }
        for bad in ["", "example.org", "file:///etc/passwd", "ftp://example.org", "http://", "javascript:alert(1)"] {
            assert_eq!(WebhookUrl::read(bad), Err(BadWebhook::Form), "{bad}");
        }
        assert_eq!(WebhookUrl::read("https://me:secret@example.org"), Err(BadWebhook::Credentials));
    }

    #[test]
    fn neither_secret_nor_path_is_shown() {
        let url = WebhookUrl::read("https://example.org/hooks/secret").unwrap();
        assert_eq!(
            format!("{url:?} {:?}", WebhookSecret::new("secret".into())),
            "WebhookUrl(example.org/…) WebhookSecret(…)"
        );
    }

    #[test]
    fn a_signature_is_what_others_compute_too() {
        // RFC 4231, test case 2.
        let signed = WebhookSecret::new("Jefe".into()).sign("what do ya want for nothing?");
        assert_eq!(signed, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
