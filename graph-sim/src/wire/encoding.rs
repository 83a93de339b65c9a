//! Compressed bodies: Microsoft's SDKs for Go compress every body, and send it again uncompressed when that is
//! refused with 415 (captured).

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::base::answer::Answer;
use crate::options::GzipBodies;

/// The body as it was before it was compressed, of at most so many bytes.
pub(crate) fn plain(headers: &HeaderMap, body: Bytes, gzip: GzipBodies, longest: usize) -> Result<Bytes, Answer> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let is = |name: &str, value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(body),
        // Nothing to decompress.
        _ if body.is_empty() => Ok(body),
        (Some(one), None) if is("identity", one) => Ok(body),
        (Some(one), None) if is("gzip", one) && gzip == GzipBodies::Accept => unzipped(&body, longest),
        _ => Err(Answer::error(
            415,
            "UnsupportedMediaType",
            "The Content-Encoding of the body is not supported here.",
        )),
    }
}

/// The answer to a body that is too long, as it was sent or decompressed.
pub(crate) fn too_long() -> Answer {
    Answer::error(413, "RequestEntityTooLarge", "The body is too long.")
}

/// Bounded, because a body can decompress to a thousand times its length.
fn unzipped(body: &[u8], longest: usize) -> Result<Bytes, Answer> {
    let mut plain = Vec::new();
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(body).take(most).read_to_end(&mut plain);
    if plain.len() > longest {
        return Err(too_long());
    }
    match read {
        Ok(_) => Ok(Bytes::from(plain)),
        Err(_) => Err(Answer::error(
            400,
            "BadRequest",
            "The body is not compressed as its Content-Encoding says.",
        )),
    }
}

#[cfg(test)]
mod tests;
