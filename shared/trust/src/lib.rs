//! What proves that an answer is kami's: keys, certificates, proofs of answers and licences.
//!
//! All of it is pure: moments are passed in, as whole seconds since 1970 in UTC, and nothing here reads a file. The form is
//! JWS (RFC 7515) in its compact serialization, signed by ES256 (RFC 7518 §3.4); `docs/design-trust.md` argues for it.

pub mod base64url;
pub mod certificate;
pub mod device;
pub mod jws;
pub mod key;
pub mod licence;
pub mod nonce;
pub mod online;
pub mod pem_file;
pub mod proof;
