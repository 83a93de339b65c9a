//! What a spec may name instead of an id: gallery images, custom images, Azure network connections, Frontline service plans.
//! Lists only; the caller compares the names, because reports on whether Graph applies `$filter` to these lists conflict.

use serde_json::Value;

use crate::graph::client::Client;
use crate::graph::directory::{id, text};
use crate::graph::errors::error::GraphError;
use crate::graph::types::operation::{Operation, OperationKind};
use crate::graph::types::table::ApiVersion;

/// An image of the gallery. Its id is `publisher_offer_sku`, in any case; `imageDisplayName` must repeat its name.
pub(crate) type GalleryImage = Named;

/// A custom image. Name and version together identify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceImage {
    pub id: String,
    /// What `imageDisplayName` must repeat.
    pub display_name: String,
    /// Such as `0.0.1`.
    pub version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub id: String,
    /// Not unique.
    pub display_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub named: Named,
    /// `pending`, `running`, `passed`, `warning`, `failed`, `informational`.
    pub health_check_status: Option<String>,
}

impl DeviceImage {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: id(value).ok_or("an image has no id")?,
            display_name: text(value, "displayName").unwrap_or_default(),
            version: text(value, "version"),
        })
    }
}

impl Named {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: id(value).ok_or("an item has no id")?,
            display_name: text(value, "displayName").unwrap_or_default(),
        })
    }
}

impl Connection {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            named: Named::parse(value)?,
            health_check_status: text(value, "healthCheckStatus"),
        })
    }

    /// Whether its health check has not ended; until then Graph refuses a policy that uses it.
    pub(crate) fn is_being_checked(&self) -> bool {
        matches!(self.health_check_status.as_deref(), Some("pending" | "running"))
    }
}

impl Client {
    pub(crate) async fn gallery_images(&self) -> Result<Vec<GalleryImage>, GraphError> {
        let operation = Operation::new(OperationKind::ListGalleryImages, "list gallery images");
        self.catalogue(operation, ApiVersion::V1, "galleryImages", Named::parse).await
    }

    pub(crate) async fn device_images(&self) -> Result<Vec<DeviceImage>, GraphError> {
        let operation = Operation::new(OperationKind::ListDeviceImages, "list custom images");
        self.catalogue(operation, ApiVersion::V1, "deviceImages", DeviceImage::parse).await
    }

    pub(crate) async fn on_premises_connections(&self) -> Result<Vec<Connection>, GraphError> {
        let operation = Operation::new(OperationKind::ListOnPremisesConnections, "list Azure network connections");
        self.catalogue(operation, ApiVersion::V1, "onPremisesConnections", Connection::parse)
            .await
    }

    /// Only beta lists them.
    pub(crate) async fn front_line_service_plans(&self) -> Result<Vec<Named>, GraphError> {
        let operation = Operation::new(OperationKind::ListFrontLineServicePlans, "list Frontline service plans");
        self.catalogue(operation, ApiVersion::Beta, "frontLineServicePlans", Named::parse)
            .await
    }

    async fn catalogue<T>(
        &self,
        operation: Operation,
        version: ApiVersion,
        segment: &str,
        parse: fn(&Value) -> Result<T, String>,
    ) -> Result<Vec<T>, GraphError> {
        let url = self
            .session
            .endpoint(&operation, version, &["deviceManagement", "virtualEndpoint", segment])?;
        self.session.all_pages(&operation, url, parse).await
    }
}
