//! What Microsoft offers: the gallery images a provisioning policy can use.

use serde_json::Value;

use super::client::Client;
use super::collection::ApiVersion;
use super::directory::text;
use super::error::GraphError;
use super::exchange::Operation;

/// An image of the gallery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GalleryImage {
    /// `publisher_offer_sku`; case does not count.
    pub id: String,
    /// What `imageDisplayName` must repeat.
    pub display_name: String,
    /// `supported`, `supportedWithWarning`, `notSupported`.
    pub status: Option<String>,
}

impl GalleryImage {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: text(value, "id").ok_or("an image has no id")?,
            display_name: text(value, "displayName").unwrap_or_default(),
            status: text(value, "status"),
        })
    }
}

impl Client {
    /// Every gallery image.
    pub async fn gallery_images(&self) -> Result<Vec<GalleryImage>, GraphError> {
        let operation = Operation::new("listGalleryImages", "list gallery images");
        let url = self.endpoint(
            &operation,
            ApiVersion::V1,
            &["deviceManagement", "virtualEndpoint", "galleryImages"],
        )?;
        let items = self.pages(&operation, url).await?;
        items
            .iter()
            .map(GalleryImage::parse)
            .collect::<Result<_, _>>()
            .map_err(|problem| GraphError::decode(operation.text, problem))
    }
}
