//! Triggers between kinds, inside the process.

use futures::Stream;
use kube::runtime::reflector::ObjectRef;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::cluster::kinds::each_kind;

/// One kind's in-process trigger.
pub(crate) struct Wake<K: kube::Resource<DynamicType = ()>> {
    sender: mpsc::UnboundedSender<ObjectRef<K>>,
    receiver: Mutex<Option<mpsc::UnboundedReceiver<ObjectRef<K>>>>,
}

impl<K: kube::Resource<DynamicType = ()>> Default for Wake<K> {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }
}

impl<K: kube::Resource<DynamicType = ()> + 'static> Wake<K> {
    /// Asks for a pass over this object soon.
    pub(crate) fn object(&self, object: &K) {
        // Fails only when the controller is gone, and then no object needs waking.
        let _ = self.sender.send(ObjectRef::from_obj(object));
    }

    /// The wakes, for the kind's controller; empty for a second caller.
    pub(crate) fn stream(&self) -> impl Stream<Item = ObjectRef<K>> + Send + 'static {
        let receiver = self.receiver.lock().take();
        futures::stream::unfold(receiver, |receiver| async move {
            let mut receiver = receiver?;
            let object = receiver.recv().await?;
            Some((object, Some(receiver)))
        })
    }
}

macro_rules! wakes {
    (managed { $($managed:ident: $managed_kind:ty),* } others { $($other:ident: $other_kind:ty),* }) => {
        /// The triggers of all kinds.
        #[derive(Default)]
        pub(crate) struct Wakes {
            $(#[doc = concat!("Of ", stringify!($managed_kind), ".")] pub $managed: Wake<$managed_kind>,)*
            $(#[doc = concat!("Of ", stringify!($other_kind), ".")] pub $other: Wake<$other_kind>,)*
        }
    };
}
each_kind!(wakes);
