//! The catalogues against the property tables.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::base::answer::ApiVersion;
use crate::catalogue::plans::{self, enterprise_plan};
use crate::catalogue::{gallery, regions};
use crate::graph::body::check::{self, Mode};
use crate::schema::catalogue::{GALLERY_IMAGE, ORGANIZATION_SETTINGS, SERVICE_PLAN, SUPPORTED_REGION};
use crate::schema::{Type, defaults};

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else {
        panic!("{value} is no object");
    };
    object
}

#[test]
fn every_entry_is_a_whole_object_of_its_type() {
    let catalogues: [(&'static Type, Vec<Value>); 4] = [
        (&GALLERY_IMAGE, gallery::default_gallery()),
        (&SERVICE_PLAN, plans::service_plans()),
        (&SUPPORTED_REGION, regions::supported_regions()),
        (&ORGANIZATION_SETTINGS, vec![gallery::default_organization_settings()]),
    ];
    for (ty, entries) in catalogues {
        let mut ids = BTreeSet::new();
        for entry in entries {
            let given = object(entry);
            let checked = check::object(ty, ApiVersion::Beta, Mode::Seed, &given).unwrap_or_else(|problem| panic!("{}", problem.reason()));
            assert_eq!(checked, given, "{} has old spellings", ty.name);
            let whole = defaults::complete(ty, checked);
            for property in ty.properties.iter().filter(|one| one.is_stored()) {
                assert!(
                    property.nullable || !whole[property.name].is_null(),
                    "{}.{}",
                    ty.name,
                    property.name
                );
            }
            assert!(ids.insert(whole["id"].to_string()), "{} {} is there twice", ty.name, whole["id"]);
        }
    }
}

#[test]
fn organization_settings_are_the_defaults_of_their_table() {
    let settings = object(gallery::default_organization_settings());
    let only_id = object(json!({"id": settings["id"]}));
    assert_eq!(defaults::complete(&ORGANIZATION_SETTINGS, only_id), settings);
}

#[test]
fn a_licence_is_a_plan_or_none() {
    for plan in plans::service_plans() {
        let size = plan["displayName"]
            .as_str()
            .and_then(|name| name.strip_prefix("Cloud PC Enterprise "));
        let part_number = format!("CPC_E_{}", size.unwrap().replace("vCPU", "C").replace('/', "_"));
        let found = enterprise_plan(&part_number).unwrap_or_else(|| panic!("{part_number} has no plan"));
        assert_eq!(
            (json!(found.id), json!(found.name)),
            (plan["id"].clone(), plan["displayName"].clone())
        );
    }
    let plan = enterprise_plan("cpc_e_2c_8gb_128gb").unwrap();
    assert_eq!(
        (plan.name.as_str(), plan.processors, plan.memory, plan.storage),
        ("Cloud PC Enterprise 2vCPU/8GB/128GB", 2, 8, 128)
    );
    for other in ["SPE_E5", "", "CPC_E_", "CPC_E_2C_8GB", "CPC_E_3C_8GB_128GB", "CPC_B_2C_8GB_128GB"] {
        assert_eq!(enterprise_plan(other), None, "{other}");
    }
}

#[test]
fn a_region_has_one_group_and_some_region_is_restricted() {
    let regions = regions::supported_regions();
    for region in &regions {
        let name = region["displayName"].as_str().unwrap();
        assert_eq!(regions::group_of(&name.to_uppercase()), region["regionGroup"].as_str(), "{name}");
    }
    let restricted = regions.iter().filter(|region| region["regionStatus"] == "restricted").count();
    assert!(restricted > 0 && restricted * 2 < regions.len());
    assert_eq!(regions::group_of("atlantis"), None);
}

#[test]
fn a_region_goes_with_its_own_group_and_with_none_that_it_is_not_in() {
    for region in regions::supported_regions() {
        let (name, own) = (region["displayName"].as_str(), region["regionGroup"].as_str());
        for group in [own, None, Some("default")] {
            assert_eq!(regions::check(name, group), Ok(()), "{name:?} {group:?}");
        }
    }
    for (region, group, fits) in [
        // (documented)
        ("westeurope", Some("europe"), true),
        ("northeurope", Some("europe"), true),
        ("eastus", Some("europe"), false),
        ("eastus", Some("usWest"), false),
        ("uksouth", Some("europeUnion"), false),
        ("automatic", Some("kenya"), true),
        ("automatic", None, false),
        ("atlantis", None, false),
        ("West Europe", Some("europeUnion"), false),
    ] {
        assert_eq!(regions::check(Some(region), group).is_ok(), fits, "{region} {group:?}");
    }
}

/// (documented) A year and more of support, and six months more in which new Cloud PCs still come.
#[test]
fn gallery_images_carry_their_dates() {
    let gallery = gallery::default_gallery();
    assert_eq!(gallery.len(), 6);
    for image in gallery {
        let date = |name: &str| image[name].as_str().unwrap_or_default().parse::<jiff::civil::Date>().unwrap();
        let (start, end, expiration) = (date("startDate"), date("endDate"), date("expirationDate"));
        assert!(start < end, "{image}");
        assert_eq!(end + jiff::Span::new().months(6), expiration, "{image}");
        let version: Vec<&str> = image["osVersionNumber"].as_str().unwrap().split('.').collect();
        assert!(
            version.len() == 4 && version.iter().all(|part| part.parse::<u32>().is_ok()),
            "{image}"
        );
    }
}
