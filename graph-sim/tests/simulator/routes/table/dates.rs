//! Dates: what is null, and what is never null.

use std::collections::BTreeMap;

use graph_sim::base::answer::ApiVersion;
use graph_sim::schema::{Kind, Type};
use serde_json::{Map, Value};

use super::rows::Shape;
use super::{entries, full};
use crate::routes::support::{VERSIONS, get};

/// The first moment that the service's platform can write.
const FIRST: &str = "0001-01-01T00:00:00Z";

/// How often each date was null, was the first moment, or was a real one, by type and name.
type Seen = BTreeMap<(String, String), [u32; 3]>;

fn look(ty: &'static Type, version: ApiVersion, object: &Map<String, Value>, seen: &mut Seen) {
    let ty = if ty.variants.is_empty() {
        ty
    } else {
        ty.variant_of(version, object).expect("a known variant")
    };
    for property in ty.properties.iter().filter(|property| property.is_in(version)) {
        let Some(value) = object.get(property.name) else { continue };
        if let Kind::Complex(inner) = property.kind {
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            items
                .iter()
                .filter_map(Value::as_object)
                .for_each(|item| look(inner, version, item, seen));
        }
        if !matches!(property.kind, Kind::DateTime | Kind::Date) {
            continue;
        }
        let place = format!("{}.{}", ty.name, property.name);
        let what = match value {
            Value::Null => 0,
            Value::String(text) if text == FIRST => 1,
            Value::String(_) => 2,
            other => panic!("{place}: {other}"),
        };
        // (documented) An example has null for the dates of a check that has not run, although they cannot be null.
        let is_example = ty.name == "cloudPcOnPremisesConnectionHealthCheck";
        assert!(what != 0 || property.nullable || is_example, "{place} is null");
        assert!(what != 1 || !property.nullable, "{place} could be null");
        seen.entry((ty.name.to_owned(), property.name.to_owned())).or_default()[what] += 1;
    }
}

/// (author) A date that was never set is null where that is allowed, and otherwise the first moment that can be written.
#[test]
fn a_date_that_was_never_set_is_null_or_the_first_of_all() {
    let mut seen = Seen::new();
    for version in VERSIONS {
        let mut world = full::world();
        for entry in entries(version) {
            let (Some(Shape::Page(ty)), path) = (entry.row.shape, entry.path(entry.row.id)) else {
                continue;
            };
            for target in [path.clone(), format!("{path}?$select=id,healthCheckStatusDetail")] {
                let answer = get(&mut world, version, &target);
                let body = answer.body.filter(|_| answer.status == 200).unwrap_or_default();
                let objects = body["value"].as_array().into_iter().flatten().filter_map(Value::as_object);
                objects.for_each(|object| look(ty, version, object, &mut seen));
            }
        }
    }
    let dates = |ty: &str, name: &str| seen[&(ty.to_owned(), name.to_owned())];
    // The dates that clients rely on are there.
    for (ty, name) in [
        ("cloudPcGalleryImage", "startDate"),
        ("cloudPcGalleryImage", "endDate"),
        ("cloudPcGalleryImage", "expirationDate"),
        ("cloudPcProvisioningPolicy", "createdDateTime"),
        ("cloudPcUserSetting", "createdDateTime"),
    ] {
        let [null, first, real] = dates(ty, name);
        assert!((null, first) == (0, 0) && real > 0, "{ty}.{name}");
    }
    assert!(dates("group", "deletedDateTime")[0] > 0);
    assert!(dates("managedDevice", "managementCertificateExpirationDate")[1] > 0);
    assert!(seen.len() > 15, "only {seen:?}");
}
