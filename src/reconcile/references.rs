//! Names of images, connections and service plans, and the ids that they resolve to.
//!
//! A name is resolved once and pinned in status; an object of the same name that appears later is not followed. A pass waits for
//! a name without a match; two matches are refused.

use tokio::time::Instant;

use crate::api::{Resolved, ResolvedImage, ResolvedName};
use crate::cluster::managed::{ImageReference, Reference};
use crate::graph::{Connection, DeviceImage, GalleryImage, Named};
use crate::reconcile::pins::Pins;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::report::suggestions::{missing, unlisted};
use crate::tenant::shared::Tenant;

/// The references of a spec: those that were resolved before from status, the others looked up. Ids that are gone are marked.
pub(crate) async fn resolve(references: &[Reference<'_>], pins: &mut Pins<'_>) -> Result<Resolved, Stop> {
    let mut resolved = Resolved::default();
    for reference in references {
        match reference {
            Reference::Image(image) => resolved.image = Some(self::image(image, pins).await?),
            Reference::Connection(name) => resolved.connections.push(self::connection(name, pins).await?),
        }
    }
    resolved.connections.sort();
    resolved.connections.dedup_by(|a, b| a.name == b.name);
    Ok(resolved)
}

async fn image(reference: &ImageReference, pins: &mut Pins<'_>) -> Result<ResolvedImage, Stop> {
    let tenant = pins.tenant;
    let text = reference_text(reference);
    let pin = pins.resolved.image.clone().filter(|image| image.reference == text);
    let Some(pin) = pin else {
        return look_up(reference, text, tenant).await;
    };
    let is_gone = pin.gone == Some(true);
    let named_in_full = reference.custom && reference.id.is_some() && reference.display_name.is_some();
    if named_in_full || !(pins.proofs.wants(&text) || is_gone && pins.requested) {
        return Ok(pin);
    }
    let is_it = |id: &str| id.eq_ignore_ascii_case(&pin.id);
    let there = match reference.custom {
        true => tenant.images(|image| is_it(&image.id)).await?.iter().any(|image| is_it(&image.id)),
        false => tenant.gallery(|image| is_it(&image.id)).await?.iter().any(|image| is_it(&image.id)),
    };
    pins.proofs.done(&text);
    if there {
        return Ok(ResolvedImage { gone: None, ..pin });
    }
    if is_gone
        && pins.requested
        && let Ok(other) = look_up(reference, text, tenant).await
    {
        return Ok(other);
    }
    pins.proofs.look_again(Instant::now());
    Ok(ResolvedImage { gone: Some(true), ..pin })
}

async fn look_up(reference: &ImageReference, text: String, tenant: &Tenant) -> Result<ResolvedImage, Stop> {
    match (&reference.id, &reference.display_name) {
        (Some(id), Some(name)) if reference.custom => Ok(ResolvedImage {
            reference: text,
            id: id.clone(),
            display_name: name.clone(),
            gone: None,
        }),
        (None, None) => Err(Stop::stalled(
            Reason::InvalidSpec,
            "the spec names no image: give spec.imageId or spec.imageDisplayName",
        )),
        _ if reference.custom => {
            let images = tenant.images(|image| candidate(image).fits(reference)).await?;
            only_image(reference, text, &images.iter().map(candidate).collect::<Vec<_>>())
        }
        _ => {
            let images = tenant.gallery(|image| of_gallery(image).fits(reference)).await?;
            only_image(reference, text, &images.iter().map(of_gallery).collect::<Vec<_>>())
        }
    }
}

/// An image that may be the one that a spec names.
struct Candidate<'a> {
    id: &'a str,
    name: &'a str,
    version: Option<&'a str>,
}

fn candidate(image: &DeviceImage) -> Candidate<'_> {
    Candidate {
        id: &image.id,
        name: &image.display_name,
        version: image.version.as_deref(),
    }
}

/// Images of the gallery have no version that a spec can name.
fn of_gallery(image: &GalleryImage) -> Candidate<'_> {
    Candidate {
        id: &image.id,
        name: &image.display_name,
        version: None,
    }
}

impl Candidate<'_> {
    fn fits(&self, reference: &ImageReference) -> bool {
        let is = |wanted: &Option<String>, equal: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(equal);
        is(&reference.id, &|id| self.id.eq_ignore_ascii_case(id))
            && is(&reference.display_name, &|name| self.name == name)
            && is(&reference.version, &|version| !reference.custom || self.version == Some(version))
    }
}

fn only_image(reference: &ImageReference, text: String, images: &[Candidate<'_>]) -> Result<ResolvedImage, Stop> {
    let found: Vec<_> = images.iter().filter(|image| image.fits(reference)).collect();
    match found.as_slice() {
        [image] => Ok(ResolvedImage {
            reference: text,
            id: image.id.to_owned(),
            display_name: image.name.to_owned(),
            gone: None,
        }),
        [] => Err(missing_image(reference, &text, images.iter().map(|image| (image.id, image.name)))),
        several if reference.custom => {
            let version = |image: &&Candidate<'_>| format!("{} (version {})", image.id, image.version.unwrap_or("unknown"));
            let described: Vec<_> = several.iter().map(version).collect();
            let ids = described.iter().map(String::as_str);
            let fields = "spec.imageId or spec.imageVersion";
            Err(ambiguous(&format!("image {text}"), "custom images", ids, fields))
        }
        several => {
            let ids = several.iter().map(|image| image.id);
            Err(ambiguous(&format!("image {text}"), "gallery images", ids, "spec.imageId"))
        }
    }
}

fn missing_image<'a>(reference: &ImageReference, text: &str, images: impl Iterator<Item = (&'a str, &'a str)>) -> Stop {
    let (field, name, by_name) = match (&reference.id, &reference.display_name) {
        (None, Some(name)) => ("spec.imageDisplayName", name.as_str(), true),
        (id, _) => ("spec.imageId", id.as_deref().unwrap_or_default(), false),
    };
    let there = images.map(|(id, display_name)| if by_name { display_name } else { id });
    if reference.custom {
        let stop = missing(Reason::ImageNotFound, &format!("image {text}"), field, name, there);
        return saying(
            stop,
            "An image of Microsoft's gallery is named with spec.imageType gallery, which is the default",
        );
    }
    // An image that is not in Microsoft's gallery does not appear by itself.
    let stop = unlisted(Reason::ImageNotFound, &format!("gallery image {text}"), field, name, there);
    saying(stop, "A custom image is named with spec.imageType custom").map(Failure::permanent)
}

fn saying(stop: Stop, more: &str) -> Stop {
    stop.map(|failure| Failure {
        message: format!("{}. {more}", failure.message),
        ..failure
    })
}

fn reference_text(reference: &ImageReference) -> String {
    let parts = [
        reference.id.as_ref().map(|id| format!("imageId={id}")),
        reference.display_name.as_ref().map(|name| format!("imageDisplayName={name}")),
        reference.version.as_ref().map(|version| format!("imageVersion={version}")),
    ];
    let kind = if reference.custom { "custom " } else { "" };
    format!("{kind}{}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

async fn connection(name: &str, pins: &mut Pins<'_>) -> Result<ResolvedName, Stop> {
    let pin = pins.resolved.connections.iter().find(|pin| pin.name == name).cloned();
    if let Some(pin) = pin.as_ref().filter(|pin| !pins.concerns(pin, pins.requested)) {
        return Ok(pin.clone());
    }
    let connections = pins.tenant.connections(|one: &Connection| one.named.display_name == name).await?;
    let ids = connections.iter().map(|one| one.named.id.as_str());
    proved(name, pin, ids, pins.requested, pins, || only_connection(name, &connections))
}

/// A name that is resolved, or whose pin is compared with the ids that the tenant has: an id that is gone is resolved again when
/// a person requests it after that was reported.
fn proved<'a>(
    name: &str,
    pin: Option<ResolvedName>,
    mut there: impl Iterator<Item = &'a str>,
    asked: bool,
    pins: &mut Pins<'_>,
    anew: impl FnOnce() -> Result<String, Stop>,
) -> Result<ResolvedName, Stop> {
    let named = |id: String| ResolvedName {
        name: name.to_owned(),
        id,
        gone: None,
    };
    let Some(pin) = pin else {
        return anew().map(named);
    };
    pins.proofs.done(name);
    if there.any(|id| id.eq_ignore_ascii_case(&pin.id)) {
        return Ok(ResolvedName { gone: None, ..pin });
    }
    if pin.gone == Some(true)
        && asked
        && let Ok(id) = anew()
    {
        return Ok(named(id));
    }
    pins.proofs.look_again(Instant::now());
    Ok(ResolvedName { gone: Some(true), ..pin })
}

fn only_connection(name: &str, connections: &[Connection]) -> Result<String, Stop> {
    let what = format!("Azure network connection {name:?}");
    let fields = ("onPremisesConnectionName", "onPremisesConnectionId");
    let named = connections.iter().map(|connection| &connection.named);
    let id = the_only(&what, named, name, Reason::ConnectionNotFound, fields)?;
    if connections
        .iter()
        .any(|connection| connection.named.id == id && connection.is_being_checked())
    {
        let message = format!("waiting for {what}: its health check has not ended yet, and Graph refuses a connection before that");
        return Err(Stop::waiting(Reason::ConnectionNotReady, message));
    }
    Ok(id)
}

/// A Frontline service plan, from its pin unless that has to be proved.
pub(crate) async fn service_plan(name: &str, pin: Option<ResolvedName>, asked: bool, pins: &mut Pins<'_>) -> Result<ResolvedName, Stop> {
    if let Some(pin) = pin.as_ref().filter(|pin| !pins.concerns(pin, asked)) {
        return Ok(pin.clone());
    }
    let what = format!("Frontline service plan {name:?}");
    let fields = ("servicePlanName", "servicePlanId");
    let plans = pins.tenant.plans(|plan| plan.display_name == name).await?;
    let ids = plans.iter().map(|plan| plan.id.as_str());
    proved(name, pin, ids, asked, pins, || {
        the_only(&what, plans.iter(), name, Reason::ServicePlanNotFound, fields).map_err(|stop| stop.map(Failure::permanent))
    })
}

/// The id of the one item with a name. The fields are the one that gives a name and the one that gives an id.
fn the_only<'a>(
    what: &str,
    items: impl Iterator<Item = &'a Named> + Clone,
    name: &str,
    reason: Reason,
    fields: (&str, &str),
) -> Result<String, Stop> {
    let found: Vec<_> = items.clone().filter(|item| item.display_name == name).collect();
    match found.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => {
            let there = items.map(|item| &*item.display_name);
            Err(missing(reason, what, fields.0, name, there))
        }
        several => Err(ambiguous(what, "of them", several.iter().map(|item| item.id.as_str()), fields.1)),
    }
}

fn ambiguous<'a>(what: &str, of: &str, ids: impl Iterator<Item = &'a str>, field: &str) -> Stop {
    let ids: Vec<_> = ids.collect();
    Stop::stalled(
        Reason::AmbiguousReference,
        format!("{what} matches {} {of}: {}; name one by {field}", ids.len(), ids.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::failure::Class;

    fn items(names: &[&str]) -> Vec<Connection> {
        let item = |(index, name): (usize, &&str)| Connection {
            named: Named {
                id: format!("id-{index}"),
                display_name: (*name).to_owned(),
            },
            health_check_status: None,
        };
        names.iter().enumerate().map(item).collect()
    }

    #[test]
    fn a_name_stands_for_exactly_one_thing() {
        assert_eq!(only_connection("b", &items(&["a", "b"])).unwrap(), "id-1");
        let missing = only_connection("B", &items(&["a", "b"])).unwrap_err().reported();
        assert_eq!((missing.class, missing.reason), (Class::Waiting, Reason::ConnectionNotFound));
        let several = only_connection("a", &items(&["a", "a"])).unwrap_err().reported();
        assert_eq!((several.class, several.reason), (Class::Stalled, Reason::AmbiguousReference));
        assert!(several.message.contains("id-0, id-1") && several.message.contains("onPremisesConnectionId"));
    }

    #[test]
    fn a_connection_is_waited_for_until_its_health_check_has_ended() {
        let mut checked = items(&["a"]);
        for (status, ends) in [
            ("pending", false),
            ("running", false),
            ("passed", true),
            ("warning", true),
            // Graph's own refusal names what failed.
            ("failed", true),
            ("ofTheFuture", true),
        ] {
            checked[0].health_check_status = Some(status.to_owned());
            let found = only_connection("a", &checked);
            assert_eq!(found.is_ok(), ends, "{status}");
            if let Err(stop) = found {
                let failure = stop.reported();
                assert_eq!((failure.class, failure.reason), (Class::Waiting, Reason::ConnectionNotReady));
            }
        }
    }

    #[test]
    fn a_custom_image_is_told_from_its_namesakes_by_its_version() {
        let image = |id: &str, version: &str| DeviceImage {
            id: id.to_owned(),
            display_name: "base".to_owned(),
            version: Some(version.to_owned()),
        };
        let images = [image("i1", "1.0.0"), image("i2", "1.1.0")];
        let find = |id: Option<&str>, version: Option<&str>| {
            let reference = ImageReference {
                id: id.map(str::to_owned),
                display_name: id.is_none().then(|| "base".to_owned()),
                version: version.map(str::to_owned),
                custom: true,
            };
            only_image(&reference, reference_text(&reference), &images.each_ref().map(candidate))
                .map(|image| (image.id, image.display_name))
        };
        let found = |id: &str| (id.to_owned(), "base".to_owned());
        assert_eq!(find(None, Some("1.1.0")).unwrap(), found("i2"));
        assert_eq!(find(Some("I1"), None).unwrap(), found("i1"));
        assert_eq!(find(None, None).unwrap_err().reported().reason, Reason::AmbiguousReference);
        assert_eq!(find(None, Some("2.0.0")).unwrap_err().reported().class, Class::Waiting);
        assert_eq!(find(Some("i3"), None).unwrap_err().reported().reason, Reason::ImageNotFound);
    }
}
