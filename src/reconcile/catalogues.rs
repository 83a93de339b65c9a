//! Lists that names are looked up in, kept for a moment, so that many objects that name something at once cost one
//! request. Only reads.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::outcome::Failure;
use super::tenant::Tenant;
use crate::graph::{Connection, DeviceImage, GalleryImage, GraphError, Named};

/// What is named may have appeared since the list was read.
const OLDEST: Duration = Duration::from_secs(10);

/// The lists of one tenant.
#[derive(Debug, Default)]
pub struct Catalogues {
    gallery: Catalogue<GalleryImage>,
    images: Catalogue<DeviceImage>,
    connections: Catalogue<Connection>,
    plans: Catalogue<Named>,
}

#[derive(Debug)]
struct Catalogue<T>(Mutex<Option<(Instant, Vec<T>)>>);

impl<T> Default for Catalogue<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Catalogue<T> {
    async fn read(&self, tenant: &Tenant, list: impl Future<Output = Result<Vec<T>, GraphError>>) -> Result<Vec<T>, Failure> {
        let mut known = self.0.try_lock().map_err(|_taken| Failure::deferred())?;
        if let Some((_, items)) = known.as_ref().filter(|(at, _)| at.elapsed() < OLDEST) {
            return Ok(items.clone());
        }
        let (_, items) = tenant.read_request(list).await?;
        *known = Some((Instant::now(), items.clone()));
        Ok(items)
    }
}

impl Tenant {
    /// The images of the gallery.
    pub async fn gallery(&self) -> Result<Vec<GalleryImage>, Failure> {
        self.catalogues.gallery.read(self, self.client.gallery_images()).await
    }

    /// The custom images.
    pub async fn images(&self) -> Result<Vec<DeviceImage>, Failure> {
        self.catalogues.images.read(self, self.client.device_images()).await
    }

    /// The Azure network connections.
    pub async fn connections(&self) -> Result<Vec<Connection>, Failure> {
        self.catalogues.connections.read(self, self.client.on_premises_connections()).await
    }

    /// The Frontline service plans.
    pub async fn plans(&self) -> Result<Vec<Named>, Failure> {
        self.catalogues.plans.read(self, self.client.front_line_service_plans()).await
    }
}
