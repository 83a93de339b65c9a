//! Watches: what the server keeps of them, and the body that a client reads.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, Sleep};
use tower::BoxError;

use crate::definitions::Resource;
use crate::selectors::Selector;
use crate::sent::{Form, Sent};
use crate::status::Refusal;
use crate::store::{Change, State};

/// How often a watch is told the version, as the real server does.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long before its end a watch is told the version.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// How long a watch lasts that does not say how long.
pub(crate) const LONGEST: Duration = Duration::from_secs(1800);

/// A change, for watches.
#[derive(Clone)]
pub(crate) struct Notice {
    resource_version: u64,
    before: Option<Arc<Value>>,
    /// With the version of the change, also for what is gone.
    object: Arc<Value>,
    gone: bool,
}

impl Notice {
    pub(crate) fn of(change: &Change) -> Self {
        Self {
            resource_version: change.resource_version,
            before: change.before.clone(),
            object: Arc::clone(&change.object),
            gone: change.gone,
        }
    }

    /// The event for a watch; none when the object is none of its.
    fn event(&self, selector: &Selector) -> Option<Event> {
        let was = self.before.as_ref().is_some_and(|before| selector.selects(before));
        let is = !self.gone && selector.selects(&self.object);
        let kind = match (was, is) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return None,
        };
        let object = match &self.before {
            // As it was when it was selected, with the new version.
            Some(before) if kind == "DELETED" && !self.gone => {
                let mut object = Value::clone(before);
                object["metadata"]["resourceVersion"] = json!(self.resource_version.to_string());
                Arc::new(object)
            }
            _ => Arc::clone(&self.object),
        };
        Some(Event::Object(kind, object))
    }
}

/// What a watch is sent.
pub(crate) enum Event {
    Object(&'static str, Arc<Value>),
    Expired(Refusal),
}

/// The server's end of a watch. The watch ends when it is dropped.
pub(crate) struct Watcher {
    selector: Selector,
    /// Changes up to this version are known to the client.
    from: u64,
    sender: UnboundedSender<Event>,
    held: VecDeque<Event>,
}

impl Watcher {
    pub(crate) fn new(selector: Selector, from: u64, sender: UnboundedSender<Event>) -> Self {
        Self {
            selector,
            from,
            sender,
            held: VecDeque::new(),
        }
    }

    /// Sends a change, or keeps it; false when nobody listens any more.
    pub(crate) fn tell(&mut self, notice: Notice, hold: bool) -> bool {
        if self.sender.is_closed() {
            return false;
        }
        if notice.resource_version > self.from
            && let Some(event) = notice.event(&self.selector)
        {
            self.send(event, hold);
        }
        true
    }

    pub(crate) fn send(&mut self, event: Event, hold: bool) {
        if hold {
            self.held.push_back(event);
        } else {
            drop(self.sender.send(event));
        }
    }

    pub(crate) fn release(&mut self) {
        for event in self.held.drain(..) {
            drop(self.sender.send(event));
        }
    }

    pub(crate) fn expire(self, refusal: Refusal) {
        drop(self.sender.send(Event::Expired(refusal)));
    }
}

/// What the client of a watch asked for.
pub(crate) struct Wishes {
    pub resource: Arc<Resource>,
    pub partial: bool,
    pub bookmarks: bool,
    pub timeout: Duration,
}

/// The client's end of a watch: lines of JSON.
pub(crate) struct WatchStream {
    events: UnboundedReceiver<Event>,
    state: Arc<Mutex<State>>,
    wishes: Wishes,
    ends: Instant,
    timer: Pin<Box<Sleep>>,
}

impl WatchStream {
    pub(crate) fn new(events: UnboundedReceiver<Event>, state: Arc<Mutex<State>>, wishes: Wishes) -> Self {
        let now = Instant::now();
        let ends = now + wishes.timeout;
        let timer = Box::pin(tokio::time::sleep_until(next(now, ends, wishes.bookmarks)));
        Self {
            events,
            state,
            wishes,
            ends,
            timer,
        }
    }

    fn line(&self, event: &Event) -> Bytes {
        match event {
            Event::Object(kind, object) if self.wishes.partial => line(kind, &Sent(object, Form::Metadata)),
            Event::Object(kind, object) => line(kind, &**object),
            Event::Expired(refusal) => line("ERROR", &refusal.status()),
        }
    }

    /// The version that the client has seen, unless events are kept back from it.
    fn bookmark(&self) -> Option<Bytes> {
        let state = self.state.lock();
        let resource = &self.wishes.resource;
        let table = state.tables.get(&resource.plural)?;
        if table.hold {
            return None;
        }
        let (kind, api_version) = match self.wishes.partial {
            true => ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned()),
            false => (resource.kind.as_str(), resource.api_version()),
        };
        let metadata = json!({"resourceVersion": state.resource_version.to_string()});
        Some(line(
            "BOOKMARK",
            &json!({"kind": kind, "apiVersion": api_version, "metadata": metadata}),
        ))
    }
}

impl Stream for WatchStream {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.events.poll_recv(context) {
            Poll::Ready(Some(event)) => return Poll::Ready(Some(Ok(self.line(&event)))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if now >= self.ends {
                return Poll::Ready(None);
            }
            let next = next(now, self.ends, self.wishes.bookmarks);
            self.timer.as_mut().reset(next);
            if let Some(line) = self.bookmark() {
                return Poll::Ready(Some(Ok(line)));
            }
        }
        Poll::Pending
    }
}

/// When something is to be done next: a bookmark, or the end.
fn next(now: Instant, ends: Instant, bookmarks: bool) -> Instant {
    let last = ends - LAST_BOOKMARK.min(ends - now);
    let next = (now + BOOKMARKS).min(last);
    if bookmarks && next > now { next } else { ends }
}

#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'a str,
    object: &'a T,
}

fn line<T: Serialize>(kind: &str, object: &T) -> Bytes {
    let mut bytes = serde_json::to_vec(&Line { r#type: kind, object }).unwrap_or_default();
    bytes.push(b'\n');
    Bytes::from(bytes)
}
