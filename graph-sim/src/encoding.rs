//! Bodies that come compressed: Microsoft's SDKs for Go compress whatever they send, and send it again as it is when that is
//! refused with 415 (captured).

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::answer::Answer;
use crate::options::GzipBodies;

/// The body as it was before it was compressed, of at most so many bytes.
pub fn plain(headers: &HeaderMap, body: Bytes, gzip: GzipBodies, longest: usize) -> Result<Bytes, Answer> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let is = |name: &str, value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(body),
        // There is nothing that could be compressed.
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

/// What no limit bounds could be a thousand times as long as what was sent.
fn unzipped(body: &[u8], longest: usize) -> Result<Bytes, Answer> {
    let mut plain = Vec::new();
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(body).take(most).read_to_end(&mut plain);
    if plain.len() > longest {
        return Err(Answer::error(413, "RequestEntityTooLarge", "The body is too long."));
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
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;

    use super::*;

    fn zipped(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        Bytes::from(encoder.finish().unwrap())
    }

    fn read(encodings: &[&'static str], body: Bytes, gzip: GzipBodies) -> Result<Bytes, u16> {
        let mut headers = HeaderMap::new();
        for encoding in encodings {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        plain(&headers, body, gzip, 100).map_err(|answer| answer.status)
    }

    #[test]
    fn only_gzip_is_taken_and_only_when_the_option_says_so() {
        use GzipBodies::{Accept, Refuse};
        let (short, sent) = (Bytes::from_static(b"{}"), zipped(b"{}"));
        for (encodings, body, gzip, expected) in [
            (&[][..], short.clone(), Refuse, Ok(short.clone())),
            (&["identity"], short.clone(), Refuse, Ok(short.clone())),
            (&["gzip"], sent.clone(), Accept, Ok(short.clone())),
            (&["GZIP"], sent.clone(), Accept, Ok(short.clone())),
            (
                &["gzip"],
                Bytes::from([sent.clone(), sent.clone()].concat()),
                Accept,
                Ok(Bytes::from_static(b"{}{}")),
            ),
            (&["gzip"], sent.clone(), Refuse, Err(415)),
            (&["br"], sent.clone(), Accept, Err(415)),
            (&["gzip, gzip"], sent.clone(), Accept, Err(415)),
            (&["gzip", "gzip"], sent.clone(), Accept, Err(415)),
            (&["gzip"], short.clone(), Accept, Err(400)),
            (&["gzip"], sent.slice(..sent.len() - 1), Accept, Err(400)),
            (&["gzip"], Bytes::new(), Refuse, Ok(Bytes::new())),
        ] {
            assert_eq!(read(encodings, body, gzip), expected, "{encodings:?} {gzip:?}");
        }
    }

    #[test]
    fn what_is_long_only_when_unzipped_is_too_long() {
        for (length, expected) in [(100, Ok(100)), (101, Err(413)), (50_000_000, Err(413))] {
            let sent = zipped(&vec![b' '; length]);
            let read = read(&["gzip"], sent, GzipBodies::Accept);
            assert_eq!(read.map(|plain| plain.len()), expected, "{length}");
        }
    }
}
