//! SECURITY.md, F57, over real sockets: a request that is half sent when the pulse is lost stays half sent, and no new one begins.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::Instant;

use super::*;
use crate::graph::http::transport::{SendError, Transport};
use crate::runtime::pulse::Pulse;

const PATIENCE: Duration = Duration::from_secs(20);

/// More than a socket takes before its peer has read anything.
const LONG: usize = 64 << 20;

/// A pulse that is lost when the returned clock is moved by more than the ten seconds.
fn pulse() -> (Pulse, Arc<AtomicU64>) {
    let (start, seconds) = (Instant::now(), Arc::<AtomicU64>::default());
    let clock = Arc::clone(&seconds);
    let now = move || start + Duration::from_secs(clock.load(Ordering::SeqCst));
    (Pulse::with_clock(Duration::from_secs(10), now, || {}), seconds)
}

fn fence(pulse: &Pulse) -> Fence {
    let pulse = pulse.clone();
    Fence::new(move || pulse.steady())
}

async fn post(transport: Transport, url: String, size: usize) -> Result<u16, SendError> {
    let request = Request::post(url).body(Bytes::from(vec![b'x'; size])).unwrap();
    let answer = transport.send(request, PATIENCE).await?;
    Ok(answer.status().as_u16())
}

/// Everything that a peer gets to read after what was read already.
fn rest(mut stream: TcpStream) -> usize {
    let (mut total, mut part) = (0, vec![0; 1 << 16]);
    // The end of a connection that was broken off may be an error.
    while let Ok(count @ 1..) = stream.read(&mut part) {
        total += count;
    }
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn f57_a_request_that_is_half_sent_when_the_pulse_is_lost_is_never_completed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (pulse, seconds) = pulse();
    let url = format!("http://{}/provisioningPolicies", listener.local_addr().unwrap());
    let sending = tokio::spawn(post(Transport::metadata(&fence(&pulse)), url, LONG));
    let received = tokio::task::spawn_blocking(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = vec![0; 1 << 16];
        stream.read_exact(&mut head).unwrap();
        // The process is paused here, in the middle of its request, and continues a minute later.
        seconds.store(60, Ordering::SeqCst);
        head.len() + rest(stream)
    });
    let received = received.await.unwrap();
    assert!(received < LONG, "all of it arrived");
    let outcome = sending.await.unwrap();
    assert!(matches!(outcome, Err(SendError::Interrupted(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f57_after_the_pulse_is_lost_not_even_a_handshake_begins() {
    let (pulse, seconds) = pulse();
    let fence = fence(&pulse);
    let (https, http) = (Transport::https(&fence).unwrap(), Transport::metadata(&fence));
    seconds.store(11, Ordering::SeqCst);
    for (transport, scheme) in [(https, "https"), (http, "http")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://localhost:{}/", listener.local_addr().unwrap().port());
        let received = tokio::task::spawn_blocking(move || rest(listener.accept().unwrap().0));
        assert!(post(transport, url, 8).await.is_err());
        assert_eq!(received.await.unwrap(), 0, "{scheme}");
    }
}

/// Writes everything that it is given at once, and counts it.
#[derive(Default)]
struct Sink(usize);

impl Write for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0 += buf.len();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn f57_no_way_of_writing_goes_round_the_fence() {
    let (pulse, seconds) = pulse();
    let mut stream = Fenced::new(Sink::default(), fence(&pulse));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    for (now, written) in [(0, true), (10, true), (21, false), (22, false)] {
        seconds.store(now, Ordering::SeqCst);
        let mut stream = Pin::new(&mut stream);
        let part = [IoSlice::new(b"half")];
        let refused = [
            stream.as_mut().poll_write(&mut cx, b"half").map_ok(drop),
            stream.as_mut().poll_write_vectored(&mut cx, &part).map_ok(drop),
            stream.as_mut().poll_flush(&mut cx),
        ]
        .map(|poll| matches!(poll, Poll::Ready(Err(_))));
        assert_eq!(refused, [!written; 3], "at {now} s");
    }
    assert_eq!(stream.inner.0, 16);
}
