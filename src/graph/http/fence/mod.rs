//! The last check before bytes are sent.
//!
//! A process that was suspended (a stopped container, a frozen machine) continues where it was, perhaps in the middle of a
//! request, while another process may have taken over its work. A check further up does not help, because it was made before
//! the suspension. So every write to a socket checks, TLS handshakes included, and a socket that is closed discards what it has
//! not sent. What is left is the time between the check and the system call, some hundred nanoseconds.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// Whether this process may still send. Checked before every write to a socket, so it must be quick; once false it should stay
/// false.
#[derive(Clone)]
pub(crate) struct Fence(Arc<dyn Fn() -> bool + Send + Sync>);

impl Fence {
    /// A fence that is open as long as `open` returns true.
    pub(crate) fn new(open: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// A fence that is never closed: no other process does the same work.
    pub(crate) fn always_open() -> Self {
        Self::new(|| true)
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        if (self.0)() {
            Ok(())
        } else {
            Err(io::Error::other("this process may not send any more: it was paused or replaced"))
        }
    }
}

impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fence").finish_non_exhaustive()
    }
}

/// A connection that sends nothing once its fence is closed.
#[derive(Debug)]
pub(crate) struct Fenced<T> {
    inner: T,
    fence: Fence,
}

impl<T> Fenced<T> {
    pub(crate) fn new(inner: T, fence: Fence) -> Self {
        Self { inner, fence }
    }
}

impl<T: Read + Unpin> Read for Fenced<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for Fenced<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.fence.check()?;
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.fence.check()?;
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fence.check()?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<T: Connection> Connection for Fenced<T> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

#[cfg(test)]
mod tests;
