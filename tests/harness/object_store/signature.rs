//! Signature Version 4 in a URL, recomputed from what arrived.

use std::collections::BTreeMap;

use hyper::{HeaderMap, Uri};
use sha2::{Digest as _, Sha256};

use super::{KEY_ID, REGION, SECRET};

/// Why a request is refused, as S3 says it.
pub(super) type Refusal = (u16, &'static str);

const DENIED: Refusal = (403, "AccessDenied");
const MISMATCH: Refusal = (403, "SignatureDoesNotMatch");

/// Checks that the URL was signed with our key, and that what must be signed is.
pub(super) fn check(method: &str, uri: &Uri, headers: &HeaderMap, now: jiff::Timestamp) -> Result<(), Refusal> {
    let query = raw_query(uri);
    let get = |name: &str| query.get(name).map(String::as_str).ok_or(DENIED);
    if get("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(DENIED);
    }
    let credential = decoded(get("X-Amz-Credential")?);
    let scope = credential.strip_prefix(&format!("{KEY_ID}/")).ok_or((403, "InvalidAccessKeyId"))?;
    let date = get("X-Amz-Date")?;
    let day = date.get(..8).ok_or(DENIED)?;
    if scope != format!("{day}/{REGION}/s3/aws4_request") {
        return Err((400, "AuthorizationQueryParametersError"));
    }
    let signed_at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).map_err(|_| DENIED)?;
    let signed_at = signed_at.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| DENIED)?.timestamp();
    let expires: i64 = get("X-Amz-Expires")?.parse().map_err(|_| DENIED)?;
    let age = now.duration_since(signed_at).as_secs();
    if !(1..=604_800).contains(&expires) || age > expires || age < -900 {
        return Err((403, "AccessDenied"));
    }
    let signed = decoded(get("X-Amz-SignedHeaders")?);
    let signed: Vec<&str> = signed.split(';').collect();
    let must_be_signed = |name: &str| name == "host" || name == "content-md5" || name.starts_with("x-amz-");
    if headers.keys().any(|name| must_be_signed(name.as_str()) && !signed.contains(&name.as_str())) {
        return Err(DENIED);
    }
    let mut canonical = format!("{method}\n{}\n", uri.path());
    let unsigned: Vec<String> = query
        .iter()
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    canonical.push_str(&unsigned.join("&"));
    canonical.push('\n');
    for name in &signed {
        let value = headers.get(*name).and_then(|value| value.to_str().ok()).ok_or(MISMATCH)?;
        canonical.extend([name, ":", value.trim(), "\n"]);
    }
    canonical.extend(["\n", &signed.join(";"), "\nUNSIGNED-PAYLOAD"]);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in [day, REGION, "s3", "aws4_request"] {
        key = hmac(&key, part.as_bytes()).to_vec();
    }
    if hex::encode(hmac(&key, to_sign.as_bytes())) == get("X-Amz-Signature")? { Ok(()) } else { Err(MISMATCH) }
}

/// Names and values as they stand in the URL, in the order of their names.
pub(super) fn raw_query(uri: &Uri) -> BTreeMap<String, String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

/// Without its per cent signs.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'%' => {
                let (high, low) = (digit(rest.next()).unwrap_or(0), digit(rest.next()).unwrap_or(0));
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(0));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// HMAC-SHA256 as RFC 2104 writes it.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // A key is padded with zeros; none of ours is longer than a block.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_that_of_the_rfc() {
        // RFC 4231, test case 2.
        let tag = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
