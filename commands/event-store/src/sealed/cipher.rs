//! The ciphers: words with a key of their person, keys with the master key.
//!
//! AES-256-GCM-SIV with random nonces. Should a nonce come twice, which with 96 random bits takes billions of values of
//! one person, it shows only whether the same words were sealed twice; nothing else is lost.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chronogram_model::{EventId, PersonId};
use uuid::Uuid;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Begins every sealed value: another layout gets another number.
const LAYOUT: u8 = 1;

/// What binds a sealed value to its place.
const VALUE_CONTEXT: &[u8] = b"chronogram.sealed.1";
const KEY_CONTEXT: &[u8] = b"chronogram.key.1";
const SECRET_CONTEXT: &[u8] = b"chronogram.secret.1";

/// It does not open: another key, another place, or it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be opened with its key")]
pub struct Unopened;

struct Cipher(RandomizedNonceKey);

impl Cipher {
    fn new(key: &[u8; KEY_BYTES]) -> Result<Self, Unopened> {
        RandomizedNonceKey::new(&AES_256_GCM_SIV, key).map(Self).map_err(|_| Unopened)
    }

    /// Nonce, then what is sealed.
    fn seal(&self, plain: &[u8], context: &[u8], sealed: &mut Vec<u8>) -> Result<(), Unopened> {
        let mut body = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(context), &mut body).map_err(|_| Unopened)?;
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut body);
        Ok(())
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, Unopened> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut body = body.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(context), &mut body).map_err(|_| Unopened)?.len();
        body.truncate(length);
        Ok(body)
    }
}

/// Seals the keys of people. Lives outside of the database.
pub struct MasterKey(Cipher);

impl MasterKey {
    /// From its bytes.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, Unopened> {
        Cipher::new(bytes).map(Self)
    }

    pub(crate) fn wrap_key(&self, id: Uuid, person: &str, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, Unopened> {
        self.wrap(key, &[KEY_CONTEXT, id.as_bytes(), person.as_bytes()].concat())
    }

    pub(crate) fn open_key(&self, id: Uuid, person: &str, wrapped: &[u8]) -> Result<PersonKey, Unopened> {
        let opened = self.0.open(wrapped, &[KEY_CONTEXT, id.as_bytes(), person.as_bytes()].concat())?;
        let bytes = opened.as_slice().try_into().map_err(|_| Unopened)?;
        Ok(PersonKey { id, cipher: Cipher::new(bytes)? })
    }

    pub(crate) fn wrap_secret(&self, name: &str, secret: &[u8; KEY_BYTES]) -> Result<Vec<u8>, Unopened> {
        self.wrap(secret, &[SECRET_CONTEXT, name.as_bytes()].concat())
    }

    pub(crate) fn open_veil(&self, name: &str, wrapped: &[u8]) -> Result<Veil, Unopened> {
        let opened = self.0.open(wrapped, &[SECRET_CONTEXT, name.as_bytes()].concat())?;
        Ok(Veil(hmac::Key::new(hmac::HMAC_SHA256, &opened)))
    }

    fn wrap(&self, secret: &[u8; KEY_BYTES], context: &[u8]) -> Result<Vec<u8>, Unopened> {
        let mut wrapped = Vec::new();
        self.0.seal(secret, context, &mut wrapped)?;
        Ok(wrapped)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Hides digests of people's words: without the secret nobody can try out which words make one.
pub(crate) struct Veil(hmac::Key);

impl Veil {
    pub(crate) fn over(&self, digest: &mut [u8]) {
        let tag = hmac::sign(&self.0, digest);
        for (byte, hidden) in digest.iter_mut().zip(tag.as_ref()) {
            *byte = *hidden;
        }
    }
}

/// Where in the log a sealed value stands: elsewhere it does not open.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) event: EventId,
    /// Counted over all that belongs to people in the event.
    pub(crate) index: usize,
    pub(crate) person: &'a PersonId,
}

impl Place<'_> {
    fn context(&self) -> Vec<u8> {
        let person = self.person.to_string();
        let index = (self.index as u64).to_be_bytes();
        [VALUE_CONTEXT, self.event.0.as_bytes(), &index, person.as_bytes()].concat()
    }
}

/// A key of a person.
pub(crate) struct PersonKey {
    pub(crate) id: Uuid,
    cipher: Cipher,
}

impl PersonKey {
    /// The sealed form as text: layout, key id, nonce, words and tag, in base64 of URLs.
    pub(crate) fn seal(&self, plain: &str, place: &Place<'_>) -> Result<String, Unopened> {
        let mut sealed = Vec::with_capacity(1 + 16 + NONCE_LEN + plain.len() + 16);
        sealed.push(LAYOUT);
        sealed.extend_from_slice(self.id.as_bytes());
        self.cipher.seal(plain.as_bytes(), &place.context(), &mut sealed)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }
}

/// A sealed form that was read.
pub(crate) struct SealedValue {
    pub(crate) key: Uuid,
    body: Vec<u8>,
}

impl SealedValue {
    pub(crate) fn read(text: &str) -> Result<Self, Unopened> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Unopened)?;
        let (head, body) = bytes.split_at_checked(17).ok_or(Unopened)?;
        let (layout, key) = head.split_first().ok_or(Unopened)?;
        if *layout != LAYOUT {
            return Err(Unopened);
        }
        Ok(Self { key: Uuid::from_slice(key).map_err(|_| Unopened)?, body: body.to_vec() })
    }

    pub(crate) fn open(&self, key: &PersonKey, place: &Place<'_>) -> Result<String, Unopened> {
        let plain = key.cipher.open(&self.body, &place.context())?;
        String::from_utf8(plain).map_err(|_| Unopened)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const ANN: PersonId = PersonId::Telegram(7);
    const BOB: PersonId = PersonId::Telegram(8);

    fn key(master: &MasterKey, id: u128) -> PersonKey {
        let id = Uuid::from_u128(id);
        let wrapped = master.wrap_key(id, "7", &[id.as_bytes()[15]; KEY_BYTES]).unwrap();
        master.open_key(id, "7", &wrapped).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place_with_its_key() {
        let master = MasterKey::new(&[1; KEY_BYTES]).unwrap();
        let (key, other) = (key(&master, 1), key(&master, 2));
        let place = Place { event: EventId(Uuid::from_u128(5)), index: 0, person: &ANN };
        let text = key.seal("\"tea\"", &place).unwrap();
        assert_ne!(text, key.seal("\"tea\"", &place).unwrap(), "the same words look different each time");
        let sealed = SealedValue::read(&text).unwrap();
        assert_eq!((sealed.key, sealed.open(&key, &place).unwrap().as_str()), (key.id, "\"tea\""));
        let elsewhere = [
            Place { event: EventId(Uuid::from_u128(6)), ..place },
            Place { index: 1, ..place },
            Place { person: &BOB, ..place },
        ];
        for place in elsewhere {
            assert_eq!(sealed.open(&key, &place), Err(Unopened));
        }
        assert_eq!(sealed.open(&other, &place), Err(Unopened));
    }

    #[test]
    fn what_was_changed_or_cut_does_not_open() {
        let master = MasterKey::new(&[1; KEY_BYTES]).unwrap();
        let key = key(&master, 1);
        let place = Place { event: EventId(Uuid::from_u128(5)), index: 0, person: &ANN };
        let bytes = URL_SAFE_NO_PAD.decode(key.seal("\"tea\"", &place).unwrap()).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let read = SealedValue::read(&URL_SAFE_NO_PAD.encode(changed));
            let opened =
                read.and_then(|sealed| if sealed.key == key.id { sealed.open(&key, &place) } else { Err(Unopened) });
            assert_eq!(opened, Err(Unopened), "byte {index}");
            let cut = SealedValue::read(&URL_SAFE_NO_PAD.encode(bytes.get(..index).unwrap()));
            assert!(cut.and_then(|sealed| sealed.open(&key, &place)).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn keys_open_with_their_master_and_for_their_person_only() {
        let (master, other) = (MasterKey::new(&[1; KEY_BYTES]).unwrap(), MasterKey::new(&[2; KEY_BYTES]).unwrap());
        let id = Uuid::from_u128(1);
        let wrapped = master.wrap_key(id, "7", &[9; KEY_BYTES]).unwrap();
        assert!(master.open_key(id, "7", &wrapped).is_ok());
        assert!(master.open_key(id, "8", &wrapped).is_err());
        assert!(master.open_key(Uuid::from_u128(2), "7", &wrapped).is_err());
        assert!(other.open_key(id, "7", &wrapped).is_err());
        assert!(other.open_veil("digests", &master.wrap_secret("digests", &[3; KEY_BYTES]).unwrap()).is_err());
    }

    #[test]
    fn a_veiled_digest_is_the_same_each_time_and_needs_the_secret() {
        let master = MasterKey::new(&[1; KEY_BYTES]).unwrap();
        let veil = |secret: u8| {
            let wrapped = master.wrap_secret("digests", &[secret; KEY_BYTES]).unwrap();
            let mut digest = [7_u8; 16];
            master.open_veil("digests", &wrapped).unwrap().over(&mut digest);
            digest
        };
        assert_eq!(veil(1), veil(1));
        assert_ne!(veil(1), veil(2));
        assert_ne!(veil(1), [7; 16]);
    }
}
