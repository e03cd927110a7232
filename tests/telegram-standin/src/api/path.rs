//! `/bot<token>/<method>` and `/file/bot<token>/<file_path>`, taken apart.

/// Token and the rest of a path after `prefix`.
pub(crate) fn split(path: &str, prefix: &str) -> Option<(String, String)> {
    let (token, rest) = path.strip_prefix(prefix)?.split_once('/')?;
    Some((decode(token)?, decode(rest)?))
}

/// Percent-decoding; clients write the colon of a token as `%3A`.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}
