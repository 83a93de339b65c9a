//! Step one: from a spec to what Graph shall hold, with ids in place of names.
//!
//! A name is resolved once and pinned in status; a namesake that appears later is not followed. What is not there
//! yet is waited for; two matches are refused.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::ResourceExt;
use kube::core::{Selector, SelectorExt};
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::managed::{ImageReference, Managed};
use super::outcome::Failure;
use super::reasons;
use super::tenant::Tenant;
use crate::api::{EntraTenant, Resolved, ResolvedImage};

/// An image may have appeared in the gallery since it was last read.
const GALLERY_AGE: Duration = Duration::from_secs(10);

/// The tenant that an object may use, with the object that describes it. Reads caches only.
pub fn tenant<K: Managed>(object: &K, context: &Context) -> Result<(Arc<EntraTenant>, Arc<Tenant>), Failure> {
    let name = object.common().tenant;
    let Some(described) = context.stores.tenants.get(&ObjectRef::new(name)) else {
        return Err(Failure::waiting(
            reasons::TENANT_NOT_FOUND,
            format!("waiting for EntraTenant {name:?}: it does not exist"),
        ));
    };
    let namespace = object.namespace().unwrap_or_default();
    if !lets_in(&described, &namespace, context) {
        let message = format!(
            "EntraTenant {name:?} does not let namespace {namespace:?} in; an administrator of the tenant can add it to spec.allowedNamespaces"
        );
        return Err(Failure::stalled(reasons::NAMESPACE_NOT_ALLOWED, message));
    }
    if described.spec.suspend == Some(true) {
        return Err(Failure::waiting(reasons::SUSPENDED, format!("EntraTenant {name:?} is suspended")));
    }
    let tenant = context.tenants.get(&described)?;
    Ok((described, tenant))
}

/// Whether a tenant lets a namespace in. Nothing said means nobody.
pub fn lets_in(tenant: &EntraTenant, namespace: &str, context: &Context) -> bool {
    let Some(rule) = &tenant.spec.allowed_namespaces else {
        return false;
    };
    if rule.names.iter().flatten().any(|name| name == namespace) {
        return true;
    }
    let Some(selector) = &rule.selector else { return false };
    let Some(object) = context.stores.namespaces.get(&ObjectRef::new(namespace)) else {
        return false;
    };
    matches(selector, object.labels())
}

fn matches(selector: &LabelSelector, labels: &std::collections::BTreeMap<String, String>) -> bool {
    // A selector that cannot be understood lets nobody in.
    Selector::try_from(selector.clone()).is_ok_and(|selector: Selector| selector.matches(labels))
}

/// The image of an object, from status when it was resolved before.
pub async fn image(reference: &ImageReference, pinned: Option<&Resolved>, tenant: &Tenant) -> Result<ResolvedImage, Failure> {
    let text = reference_text(reference);
    if let Some(image) = pinned
        .and_then(|resolved| resolved.image.as_ref())
        .filter(|image| image.reference == text)
    {
        return Ok(image.clone());
    }
    if reference.custom {
        return match (&reference.id, &reference.display_name) {
            (Some(id), Some(name)) => Ok(ResolvedImage {
                reference: text,
                id: id.clone(),
                display_name: name.clone(),
            }),
            _ => Err(Failure::stalled(
                reasons::INVALID_SPEC,
                "a custom image needs both spec.imageId and spec.imageDisplayName",
            )),
        };
    }
    let images = tenant.gallery(GALLERY_AGE).await?;
    let fits = |image: &&crate::graph::GalleryImage| {
        reference.id.as_ref().is_none_or(|id| image.id.eq_ignore_ascii_case(id))
            && reference.display_name.as_ref().is_none_or(|name| image.display_name == *name)
    };
    let found: Vec<_> = images.iter().filter(fits).collect();
    match found.as_slice() {
        [image] => Ok(ResolvedImage {
            reference: text,
            id: image.id.clone(),
            display_name: image.display_name.clone(),
        }),
        [] => Err(Failure::waiting(
            reasons::IMAGE_NOT_FOUND,
            format!("waiting for image {text}: the gallery of the tenant has none"),
        )),
        several => {
            let ids = several.iter().map(|image| image.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(Failure::stalled(
                reasons::AMBIGUOUS_REFERENCE,
                format!(
                    "image {text} stands for {} gallery images: {ids}; name one by spec.imageId",
                    several.len()
                ),
            ))
        }
    }
}

fn reference_text(reference: &ImageReference) -> String {
    let parts = [
        reference.id.as_ref().map(|id| format!("imageId={id}")),
        reference.display_name.as_ref().map(|name| format!("imageDisplayName={name}")),
    ];
    let kind = if reference.custom { "custom " } else { "" };
    format!("{kind}{}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}
