//! S26: who may set an approval, on the real API server, by its admission policy alone. No controller runs.
//!
//! A resource of a namespace that no tenant allows is enough: the policy looks at who asks, not at what becomes of it.

use std::path::PathBuf;

use crate::scene::{PATIENCE, apply, contoso, namespace, policy, setting};
use crate::support::options;
use anyhow::{Context, Result, bail, ensure};
use lab::{Lab, eventually};
use serde_json::{Value, json};

pub const TEAM: &str = "team";
/// Has the built-in role `admin` in the namespace: everything that a team has.
pub const EDITOR: &str = "editor@contoso.example";
/// Has the role `cloudpc-approver` there, and nothing else.
pub const APPROVER: &str = "approver@contoso.example";
/// Has both.
pub const LEAD: &str = "lead@contoso.example";
/// May approve one resource by its name.
const ONE: &str = "one@contoso.example";
/// Has every right of the cluster.
const BOSS: &str = "boss@contoso.example";
/// ServiceAccounts with every right of the cluster, one of which the platform team lists, and one with no right that is listed, too.
pub const GITOPS: &str = "system:serviceaccount:flux-system:kustomize-controller";
pub const LISTED: &str = "system:serviceaccount:flux-system:listed";
const POWERLESS: &str = "system:serviceaccount:flux-system:powerless";

pub const POLICY: &str = "validatingadmissionpolicy/cloudpc-approvals";

/// What each kind of refusal says.
pub const NO_VERB: &str = "bind the ClusterRole cloudpc-approver to this user";
pub const NO_PERSON: &str =
    "is a ServiceAccount: let a person approve, or list this name in the ValidatingAdmissionPolicy cloudpc-approvals";
const OTHER_NAME: &str = "cloudpc.dev/approved-by has to be";

/// A lab with the installation, a team with two resources, and the users above.
pub async fn team() -> Result<Lab> {
    let lab = Lab::start(options().without_operator()).await?;
    let desk = policy(TEAM, "desk", "Desk");
    apply(&lab, &[namespace(TEAM, "none"), namespace("flux-system", "none"), desk]).await?;
    apply(&lab, &[setting(TEAM, "users", "Users"), contoso()]).await?;
    for account in ["kustomize-controller", "listed", "powerless"] {
        lab.kubectl(&["create", "serviceaccount", account, "--namespace=flux-system"])
            .await?;
    }
    for (name, role, user) in [
        ("editor", "admin", EDITOR),
        ("approver", "cloudpc-approver", APPROVER),
        ("lead-edits", "admin", LEAD),
        ("lead-approves", "cloudpc-approver", LEAD),
        ("one-edits", "admin", ONE),
    ] {
        let (role, user) = (format!("--clusterrole={role}"), format!("--user={user}"));
        lab.kubectl(&["create", "rolebinding", name, &role, &user, "--namespace=team"])
            .await?;
    }
    let one = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "one", "namespace": TEAM},
        "rules": [{"apiGroups": ["cloudpc.dev"], "resources": ["usersettings"], "resourceNames": ["users"], "verbs": ["approve"]}]});
    apply(&lab, &[one]).await?;
    let user = format!("--user={ONE}");
    lab.kubectl(&["create", "rolebinding", "one", "--role=one", &user, "--namespace=team"])
        .await?;
    let [boss, gitops, listed] = [BOSS, GITOPS, LISTED].map(|user| format!("--user={user}"));
    let every = [
        "create",
        "clusterrolebinding",
        "every",
        "--clusterrole=cluster-admin",
        &boss,
        &gitops,
        &listed,
    ];
    lab.kubectl(&every).await?;
    list(&lab, &[LISTED, POWERLESS]).await?;
    in_force(&lab).await?;
    Ok(lab)
}

/// Changes the list of the ServiceAccounts that may approve.
pub async fn list(lab: &Lab, accounts: &[&str]) -> Result<()> {
    // A list of texts is the same in JSON and in CEL.
    let names = serde_json::to_string(accounts)?;
    let patch = json!([
        {"op": "test", "path": "/spec/variables/0/name", "value": "serviceAccounts"},
        {"op": "replace", "path": "/spec/variables/0/expression", "value": names},
    ]);
    let patch = format!("--patch={patch}");
    lab.kubectl(&["patch", POLICY, "--type=json", &patch]).await.map(drop)
}

/// Waits until roles and policy have taken effect, a moment after they were made: the editor edits and cannot approve.
async fn in_force(lab: &Lab) -> Result<()> {
    eventually(PATIENCE, "the roles and the policy have taken effect", async || {
        kubectl(
            lab,
            EDITOR,
            &["label", "cpp", "desk", "--overwrite", "seen=yes", "--dry-run=server"],
        )
        .await?;
        kubectl(
            lab,
            LISTED,
            &annotate("ProvisioningPolicy/desk", "p-0", LISTED, &["--dry-run=server"]),
        )
        .await?;
        let tried = kubectl(
            lab,
            EDITOR,
            &annotate("ProvisioningPolicy/desk", "p-0", EDITOR, &["--dry-run=server"]),
        )
        .await;
        ensure!(
            tried.is_err_and(|refusal| format!("{refusal:#}").contains(NO_VERB)),
            "the editor may approve"
        );
        Ok(())
    })
    .await
}

/// Runs kubectl as a user, in the namespace of the team.
pub async fn kubectl(lab: &Lab, user: &str, arguments: &[impl AsRef<str>]) -> Result<String> {
    let user = format!("--as={user}");
    let mut all = vec!["--namespace=team", &user];
    all.extend(arguments.iter().map(AsRef::as_ref));
    lab.kubectl(&all).await
}

/// The command that approves.
pub fn annotate(object: &str, plan: &str, by: &str, more: &[&str]) -> Vec<String> {
    let command = ["annotate", "--overwrite", object];
    let values = [format!("cloudpc.dev/approve={plan}"), format!("cloudpc.dev/approved-by={by}")];
    let words = command.iter().chain(more).map(|word| (*word).to_owned());
    words.chain(values).collect()
}

/// The two annotations that make an approval.
fn approval(plan: &str, by: &str) -> Value {
    json!({"cloudpc.dev/approve": plan, "cloudpc.dev/approved-by": by})
}

/// The approval that an object carries.
pub async fn approved(lab: &Lab, kind: &str, name: &str) -> Result<Option<(String, String)>> {
    let object = lab.get(kind, TEAM, name).await?.with_context(|| format!("{kind} {name} is gone"))?;
    let annotation = |name: &str| object["metadata"]["annotations"][name].as_str().map(str::to_owned);
    let plan = annotation("cloudpc.dev/approve");
    Ok(plan.map(|plan| (plan, annotation("cloudpc.dev/approved-by").unwrap_or_default())))
}

/// The editor removes the approval, which everybody may who edits.
async fn remove(lab: &Lab, object: &str) -> Result<()> {
    let both = ["cloudpc.dev/approve-", "cloudpc.dev/approved-by-"];
    let removed = kubectl(lab, EDITOR, &[&["annotate", object][..], &both].concat()).await;
    removed.map(drop).context("an editor removes an approval")
}

/// Expects that an attempt is refused in these words.
pub async fn refused(lab: &Lab, user: &str, arguments: &[impl AsRef<str>], said: &str) -> Result<()> {
    let shown: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    match kubectl(lab, user, arguments).await {
        Ok(printed) => bail!("{user} did it: {shown:?}: {printed}"),
        Err(refusal) => {
            let refusal = format!("{refusal:#}");
            ensure!(refusal.contains(said), "{user}: {shown:?}: {said:?} is not in: {refusal}");
            Ok(())
        }
    }
}

#[tokio::test]
async fn s26_only_people_with_the_verb_approve_and_in_their_own_name() -> Result<()> {
    let lab = team().await?;
    let desk = "ProvisioningPolicy/desk";
    let yes: Option<&str> = None;
    for (who, by, refusal) in [
        (EDITOR, EDITOR, Some(NO_VERB)),
        (EDITOR, APPROVER, Some(NO_VERB)),
        ("stranger@contoso.example", "stranger@contoso.example", Some("cannot get resource")),
        (APPROVER, APPROVER, yes),
        (APPROVER, LEAD, Some(OTHER_NAME)),
        (APPROVER, "", Some(OTHER_NAME)),
        (LEAD, LEAD, yes),
        (BOSS, BOSS, yes),
        (BOSS, APPROVER, Some(OTHER_NAME)),
        (GITOPS, GITOPS, Some(NO_PERSON)),
        (GITOPS, APPROVER, Some(NO_PERSON)),
        (LISTED, LISTED, yes),
        (LISTED, APPROVER, Some(OTHER_NAME)),
        (POWERLESS, POWERLESS, Some("cannot get resource")),
        (ONE, ONE, Some(NO_VERB)),
    ] {
        let words = annotate(desk, "p-1", by, &["--field-manager=cloudpc-approver"]);
        match refusal {
            Some(said) => {
                refused(&lab, who, &words, said).await?;
                ensure!(approved(&lab, "ProvisioningPolicy", "desk").await?.is_none());
            }
            None => {
                kubectl(&lab, who, &words).await.with_context(|| format!("{who} as {by}"))?;
                let wanted = Some(("p-1".to_owned(), by.to_owned()));
                ensure!(approved(&lab, "ProvisioningPolicy", "desk").await? == wanted, "{who} as {by}");
                remove(&lab, desk).await?;
            }
        }
    }
    // By name, in a role of the team's own.
    kubectl(&lab, ONE, &annotate("UserSetting/users", "p-1", ONE, &[])).await?;
    // A listed ServiceAccount needs the verb all the same.
    let user = format!("--user={POWERLESS}");
    lab.kubectl(&[
        "create",
        "rolebinding",
        "powerless",
        "--clusterrole=admin",
        &user,
        "--namespace=team",
    ])
    .await?;
    refused(&lab, POWERLESS, &annotate(desk, "p-1", POWERLESS, &[]), NO_VERB).await?;
    // An administrator of the namespace cannot grant the verb, which is in none of that administrator's roles.
    let bind = [
        "create",
        "rolebinding",
        "mine",
        "--clusterrole=cloudpc-approver",
        "--user=editor@contoso.example",
    ];
    refused(&lab, EDITOR, &bind, "attempting to grant RBAC permissions not currently held").await?;
    // With the token of the account, as a pod has it.
    let pod = lab.plane.service_account_kubeconfig("flux-system", "kustomize-controller").await?;
    let words = annotate(desk, "p-1", GITOPS, &["--namespace=team"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refusal = lab.kubectl_as(&pod, &words).await.err().context("the ServiceAccount approved")?;
    ensure!(format!("{refusal:#}").contains(NO_PERSON), "{refusal:#}");
    of_the_cluster(&lab).await
}

/// A tenant is in no namespace, and for platform administrators.
async fn of_the_cluster(lab: &Lab) -> Result<()> {
    let user = format!("--user={LEAD}");
    lab.kubectl(&[
        "create",
        "clusterrolebinding",
        "tenants",
        "--clusterrole=cloudpc-tenant-admin",
        &user,
    ])
    .await?;
    let tenant = "EntraTenant/contoso";
    eventually(PATIENCE, "the role has taken effect", async || {
        kubectl(lab, LEAD, &["label", "--overwrite", tenant, "seen=yes"]).await
    })
    .await?;
    refused(lab, LEAD, &annotate(tenant, "p-1", LEAD, &[]), "in the cluster").await?;
    kubectl(lab, BOSS, &annotate(tenant, "p-1", BOSS, &[])).await.map(drop)
}

/// The ways to write an object, each with a file that kubectl reads or a patch that it sends.
fn ways(file: &str, merge: &str, json_patch: &str) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let desk = "ProvisioningPolicy/desk";
    vec![
        words(&["apply", "-f", file]),
        words(&[
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=cloudpc-approver",
            "-f",
            file,
        ]),
        words(&["replace", "-f", file]),
        words(&["patch", desk, "--type=merge", "--patch", merge]),
        words(&["patch", desk, "--type=json", "--patch", json_patch]),
    ]
}

/// A file that holds an object, for as long as the folder is there.
pub fn file(folder: &tempfile::TempDir, name: &str, object: &Value) -> Result<PathBuf> {
    let path = folder.path().join(name);
    std::fs::write(&path, object.to_string()).context("write a manifest")?;
    Ok(path)
}

#[tokio::test]
async fn s26_no_way_of_writing_an_object_gets_around_it() -> Result<()> {
    let lab = team().await?;
    let folder = tempfile::tempdir()?;
    for (who, refusal) in [(EDITOR, Some(NO_VERB)), (LEAD, None), (GITOPS, Some(NO_PERSON))] {
        let mut with = policy(TEAM, "desk", "Desk");
        with["metadata"]["annotations"] = approval("p-2", who);
        let path = file(&folder, "desk.json", &with)?;
        let merge = json!({"metadata": {"annotations": approval("p-2", who)}}).to_string();
        let json_patch = json!([{"op": "add", "path": "/metadata/annotations", "value": approval("p-2", who)}]).to_string();
        for way in ways(&path.to_string_lossy(), &merge, &json_patch) {
            let Some(said) = refusal else {
                kubectl(&lab, who, &way).await.with_context(|| format!("{who}: {way:?}"))?;
                ensure!(approved(&lab, "ProvisioningPolicy", "desk").await?.is_some(), "{way:?}");
                remove(&lab, "ProvisioningPolicy/desk").await?;
                continue;
            };
            refused(&lab, who, &way, said).await?;
            ensure!(approved(&lab, "ProvisioningPolicy", "desk").await?.is_none(), "{way:?}");
        }
        created(&lab, &folder, who, refusal).await?;
        ensure!(approved(&lab, "ProvisioningPolicy", "desk").await?.is_none(), "{who}");
    }
    through_the_status(&lab).await
}

/// The same with the objects that are not there yet.
async fn created(lab: &Lab, folder: &tempfile::TempDir, who: &str, refusal: Option<&str>) -> Result<()> {
    let mut new = policy(TEAM, "new", "New");
    new["metadata"]["annotations"] = approval("p-2", who);
    let path = file(folder, "new.json", &new)?;
    let path = path.to_string_lossy();
    for way in [&["create", "-f"][..], &["apply", "-f"], &["apply", "--server-side", "-f"]] {
        let words = [way, &[&path]].concat();
        if let Some(said) = refusal {
            refused(lab, who, &words, said).await?;
            ensure!(lab.get("ProvisioningPolicy", TEAM, "new").await?.is_none(), "{way:?}");
        } else {
            kubectl(lab, who, &words).await.with_context(|| format!("{who}: {way:?}"))?;
            lab.kubectl(&["delete", "ProvisioningPolicy", "new", "--namespace=team"]).await?;
        }
    }
    Ok(())
}

/// A write to the status may name annotations, and the API server leaves those that are there.
async fn through_the_status(lab: &Lab) -> Result<()> {
    let patch = json!({"metadata": {"annotations": approval("p-2", GITOPS)}, "status": {"observedGeneration": 1}}).to_string();
    let words = [
        "patch",
        "ProvisioningPolicy/desk",
        "--subresource=status",
        "--type=merge",
        "--patch",
        &patch,
    ];
    kubectl(lab, GITOPS, &words).await?;
    let desk = lab.get("ProvisioningPolicy", TEAM, "desk").await?.context("it is there")?;
    ensure!(desk["status"]["observedGeneration"] == 1, "the status was not written: {desk}");
    ensure!(approved(lab, "ProvisioningPolicy", "desk").await?.is_none(), "{desk}");
    Ok(())
}

#[tokio::test]
async fn s26_an_approved_object_can_be_edited_and_its_approval_neither_changed_nor_copied() -> Result<()> {
    let lab = team().await?;
    let desk = "ProvisioningPolicy/desk";
    kubectl(
        &lab,
        APPROVER,
        &annotate(desk, "p-3", APPROVER, &["--field-manager=cloudpc-approver"]),
    )
    .await?;
    let stays = || async {
        let wanted = Some(("p-3".to_owned(), APPROVER.to_owned()));
        ensure!(
            approved(&lab, "ProvisioningPolicy", "desk").await? == wanted,
            "the approval is another one"
        );
        anyhow::Ok(())
    };
    // Something else is edited, by people and by programs.
    for who in [EDITOR, GITOPS] {
        let patch = json!({"metadata": {"labels": {"edited": "yes"}}, "spec": {"description": who}}).to_string();
        kubectl(&lab, who, &["patch", desk, "--type=merge", "--patch", &patch]).await?;
        kubectl(&lab, who, &["annotate", "--overwrite", desk, "example.com/note=seen"]).await?;
        stays().await?;
    }
    // The same approval again is no change; another plan or another name is.
    kubectl(&lab, EDITOR, &annotate(desk, "p-3", APPROVER, &[])).await?;
    refused(&lab, EDITOR, &annotate(desk, "p-4", APPROVER, &[]), NO_VERB).await?;
    refused(&lab, EDITOR, &annotate(desk, "p-3", EDITOR, &[]), NO_VERB).await?;
    refused(&lab, LEAD, &annotate(desk, "p-4", APPROVER, &[]), OTHER_NAME).await?;
    stays().await?;

    // Copied onto another object, which is there or not.
    let found = lab.get("ProvisioningPolicy", TEAM, "desk").await?.context("it is there")?;
    let folder = tempfile::tempdir()?;
    let mut copy = policy(TEAM, "copy", "Copy");
    copy["metadata"]["annotations"] = found["metadata"]["annotations"].clone();
    let path = file(&folder, "copy.json", &copy)?;
    refused(&lab, EDITOR, &["create", "-f", &path.to_string_lossy()], NO_VERB).await?;
    refused(&lab, EDITOR, &annotate("UserSetting/users", "p-3", APPROVER, &[]), NO_VERB).await?;
    refused(&lab, LEAD, &["create", "-f", &path.to_string_lossy()], OTHER_NAME).await?;

    // Removed by an editor, one after the other; and an editor cannot put it back.
    kubectl(&lab, EDITOR, &["annotate", desk, "cloudpc.dev/approved-by-"]).await?;
    refused(&lab, EDITOR, &annotate(desk, "p-3", APPROVER, &[]), NO_VERB).await?;
    kubectl(&lab, EDITOR, &["annotate", desk, "cloudpc.dev/approve-"]).await?;
    refused(&lab, EDITOR, &annotate(desk, "p-3", APPROVER, &[]), NO_VERB).await?;
    // The name alone approves nothing, and does not help later.
    kubectl(&lab, EDITOR, &["annotate", desk, &format!("cloudpc.dev/approved-by={APPROVER}")]).await?;
    refused(&lab, EDITOR, &["annotate", desk, "cloudpc.dev/approve=p-3"], NO_VERB).await?;
    kubectl(&lab, APPROVER, &["annotate", desk, "cloudpc.dev/approve=p-3"]).await?;
    stays().await
}
