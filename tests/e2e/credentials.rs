//! Credentials that do not work: the status has Entra's code and what to do, nothing is lost meanwhile, and the controller recovers without help.

use crate::scene::{PATIENCE, apply, delete, find, namespace, ready, reconcile, request, setting, tenant, told, with};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use lab::{Lab, eventually, operations, seconds};
use serde_json::{Value, json};

/// One tenant for each way to fail: its name, its id, its application.
const SUBJECT: Directory = (
    "subject",
    "aaaaaaaa-0000-4000-8000-000000000001",
    "aaaaaaaa-0000-4000-8000-00000000000a",
);
const CONSENT: Directory = (
    "consent",
    "bbbbbbbb-0000-4000-8000-000000000001",
    "bbbbbbbb-0000-4000-8000-00000000000b",
);
const EXPIRED: Directory = (
    "expired",
    "cccccccc-0000-4000-8000-000000000001",
    "cccccccc-0000-4000-8000-00000000000c",
);
const OUTAGE: Directory = (
    "outage",
    "dddddddd-0000-4000-8000-000000000001",
    "dddddddd-0000-4000-8000-00000000000d",
);
/// No tenant uses this one.
const UNUSED: Directory = (
    "unused",
    "ffffffff-0000-4000-8000-000000000001",
    "ffffffff-0000-4000-8000-00000000000f",
);
const ALL: [Directory; 4] = [SUBJECT, CONSENT, EXPIRED, OUTAGE];

type Directory = (&'static str, &'static str, &'static str);

/// A seed of one tenant with a part of its application replaced.
fn seed((name, id, app): Directory, fields: &Value) -> String {
    let mut app = json!({"appId": app, "roles": ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"]});
    for (name, value) in fields.as_object().into_iter().flatten() {
        app[name] = value.clone();
    }
    json!({"tenants": [{"id": id, "displayName": name, "apps": [app]}]}).to_string()
}

async fn lab() -> Result<Lab> {
    let seeds = ALL.into_iter().map(|directory| seed(directory, &json!({})));
    Lab::start(seeds.fold(options(), lab::Options::seed)).await
}

/// Every tenant fails in its own way from the next token on.
async fn break_all(lab: &Lab) -> Result<()> {
    let stranger =
        json!([{"issuer": lab.plane.issuer(), "subject": "system:serviceaccount:default:somebody", "audiences": [lab::AUDIENCE]}]);
    lab.sim.seed(&seed(SUBJECT, &json!({"federatedCredentials": stranger}))).await?;
    lab.sim.seed(&seed(CONSENT, &json!({"roles": []}))).await?;
    let expired = json!({"token": {"error": "invalid_client", "aadsts": 700_024}});
    let faults = json!([
        {"match": {"tenant": EXPIRED.1, "path": "*/token"}, "times": -1, "fault": expired},
        {"match": {"tenant": OUTAGE.1, "path": "*/token"}, "times": -1, "fault": {"cut": "before"}},
    ]);
    lab.sim.fault(faults).await
}

async fn repair_all(lab: &Lab) -> Result<()> {
    for directory in [SUBJECT, CONSENT] {
        lab.sim.seed(&seed(directory, &json!({}))).await?;
    }
    lab.sim.clear_faults().await
}

/// A policy whose image is named, and so has to be looked up.
fn policy((name, ..): Directory) -> Value {
    json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "ProvisioningPolicy",
        "metadata": {"name": "desktops", "namespace": name},
        "spec": {"tenantRef": {"name": name}, "displayName": "Desktops", "imageDisplayName": "Any image",
            "windowsSetting": {"locale": "en-US"},
            "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}]},
    })
}

/// The tenants, and a setting for each, in a separate namespace.
fn objects() -> Vec<Value> {
    let each = |(name, id, app): Directory| {
        let setting = with(setting(name, "users", "Users"), json!({"tenantRef": {"name": name}}));
        [tenant(name, id, app), namespace(name, name), setting]
    };
    ALL.into_iter().flat_map(each).collect()
}

/// What the EntraTenants have to report: the condition, its reason, and parts of the message.
async fn explained(lab: &Lab) -> Result<()> {
    let authenticated = ("Authenticated", "False", "AuthenticationFailed");
    let permitted = ("PermissionsSufficient", "False", "PermissionMissing");
    let expected: [(Directory, _, &[&str]); 4] = [
        (
            SUBJECT,
            authenticated,
            &["AADSTS700213", "subject differs", "system:serviceaccount:<namespace>:<name>"],
        ),
        (
            CONSENT,
            permitted,
            &["CloudPC.ReadWrite.All", "GroupMember.Read.All", "admin consent"],
        ),
        (
            EXPIRED,
            authenticated,
            &["AADSTS700024", "check the clocks", "token file is being rotated"],
        ),
        (OUTAGE, authenticated, &["may reach the token endpoint", "tried again by itself"]),
    ];
    for ((name, ..), condition, parts) in expected {
        let message = told(lab, "EntraTenant", "", name, condition).await?;
        for part in parts {
            ensure!(message.contains(part), "{name}: {part:?} is not in {message}");
        }
        let tenant = lab.get("EntraTenant", "", name).await?.context("it is there")?;
        let ready = find(&tenant, "Ready").context("no Ready")?;
        ensure!(ready["status"] != "True", "{name}: {ready}");
    }
    Ok(())
}

/// What a resource reports when its tenant fails.
fn unknown(tenant: &str) -> (&'static str, &'static str, &'static str) {
    if tenant == CONSENT.0 {
        ("Ready", "False", "PermissionDenied")
    } else {
        ("Ready", "Unknown", "AuthenticationFailed")
    }
}

#[tokio::test]
async fn credentials_that_do_not_work_are_explained_and_recovery_needs_nobody() -> Result<()> {
    let lab = lab().await?;
    break_all(&lab).await?;
    lab.sim.seed(&seed(UNUSED, &json!({"roles": []}))).await?;
    apply(&lab, &objects()).await?;
    apply(&lab, &[tenant(UNUSED.0, UNUSED.1, UNUSED.2)]).await?;
    apply(&lab, &ALL.map(policy)).await?;
    explained(&lab).await?;
    for (name, ..) in ALL {
        told(&lab, "UserSetting", name, "users", unknown(name)).await?;
    }
    for (name, ..) in ALL {
        told(
            &lab,
            "ProvisioningPolicy",
            name,
            "desktops",
            ("ReferencesResolved", "Unknown", "NotChecked"),
        )
        .await?;
    }
    told(
        &lab,
        "EntraTenant",
        "",
        UNUSED.0,
        ("PermissionsSufficient", "False", "PermissionMissing"),
    )
    .await?;
    assert_eq!(lab.sim.writes(0).await?.len(), 0);

    repair_all(&lab).await?;
    lab.sim.seed(&seed(UNUSED, &json!({}))).await?;
    // A new grant is seen once the token from before it is a minute old.
    for (name, ..) in ALL {
        lab.wait_condition("EntraTenant", "", name, "Ready", "True", seconds(300)).await?;
        lab.wait_condition("UserSetting", name, "users", "Ready", "True", seconds(300))
            .await?;
    }
    lab.wait_condition("EntraTenant", "", UNUSED.0, "Ready", "True", seconds(300))
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_outage_of_credentials_loses_nothing_and_deletions_wait_for_its_end() -> Result<()> {
    let lab = lab().await?;
    apply(&lab, &objects()).await?;
    for (name, ..) in ALL {
        ready(&lab, "UserSetting", name, "users").await?;
        ready(&lab, "EntraTenant", "", name).await?;
    }
    break_all(&lab).await?;
    let mark = lab.sim.mark().await?;
    for (name, ..) in ALL {
        // A request drops the token that still works.
        reconcile(&lab, "EntraTenant", "", name, "now").await?;
        delete(&lab, "UserSetting", name, "users").await?;
    }
    explained(&lab).await?;
    for (name, id, _) in ALL {
        waits(&lab, name, id).await.context(name)?;
        // About what was not checked, nothing is reported.
        told(&lab, "UserSetting", name, "users", ("Drifted", "Unknown", "NotChecked")).await?;
    }
    repair_all(&lab).await?;
    // That a grant is noticed without help is shown by another test, and takes a minute.
    request(&lab, "EntraTenant", "", CONSENT.0, "granted").await?;
    for (name, id, _) in ALL {
        lab.wait_gone("UserSetting", name, "users", seconds(300)).await?;
        assert_eq!(lab.sim.objects_of(id, "userSettings").await?.len(), 0);
    }
    let committed: Vec<_> = lab.sim.writes(mark).await?.into_iter().filter(|entry| entry.committed).collect();
    assert_eq!(committed.len(), ALL.len(), "one deletion each: {:?}", operations(&committed));
    Ok(())
}

#[tokio::test]
async fn credentials_that_stop_working_are_noticed_without_help() -> Result<()> {
    let lab = lab().await?;
    apply(&lab, &objects()).await?;
    for (name, ..) in ALL {
        ready(&lab, "UserSetting", name, "users").await?;
        ready(&lab, "EntraTenant", "", name).await?;
    }
    break_all(&lab).await?;
    let mark = lab.sim.mark().await?;
    // From now on every token that was issued before is too old; the controller is not notified.
    lab.sim.advance("PT2H").await?;
    explained(&lab).await?;
    for (name, ..) in ALL {
        told(&lab, "UserSetting", name, "users", unknown(name)).await?;
    }
    assert_eq!(lab.sim.writes(mark).await?.len(), 0);
    repair_all(&lab).await?;
    request(&lab, "EntraTenant", "", CONSENT.0, "granted").await?;
    for (name, ..) in ALL {
        lab.wait_condition("EntraTenant", "", name, "Ready", "True", seconds(300)).await?;
        lab.wait_condition("UserSetting", name, "users", "Ready", "True", seconds(300))
            .await?;
    }
    Ok(())
}

/// A deletion that cannot be carried out keeps its finalizer and says why; Graph keeps the object.
async fn waits(lab: &Lab, name: &str, id: &str) -> Result<()> {
    let object = eventually(PATIENCE, "the deletion says what it waits for", async || {
        let object = lab.get("UserSetting", name, "users").await?.context("it is gone")?;
        let ready = find(&object, "Ready").context("no Ready")?;
        let message = ready["message"].as_str().unwrap_or_default();
        ensure!(ready["status"] != "True" && message.starts_with("deleting: "), "{ready}");
        Ok(object)
    })
    .await?;
    assert_eq!(object["metadata"]["finalizers"], json!(["cloudpc.dev/finalizer"]));
    assert_eq!(lab.sim.objects_of(id, "userSettings").await?.len(), 1);
    Ok(())
}
