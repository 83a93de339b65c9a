//! The connection that a request came over, as far as a fault may close it.

use std::sync::Arc;

use tokio::sync::Notify;

#[derive(Clone)]
pub(super) struct Connection {
    pub(super) cut: Arc<Notify>,
}

impl Connection {
    /// Closes the connection at once, with all other requests on it; the caller is dropped with it.
    pub(super) async fn cut(&self) -> ! {
        self.cut.notify_one();
        std::future::pending().await
    }
}
