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
