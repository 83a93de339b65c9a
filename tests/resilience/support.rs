//! What every topic uses: a lab with a tenant, an operator that can be killed and started again, and helpers for what the
//! tests read.
//!
//! Prohibition: nothing here decides what is right; that is in the topics.

use anyhow::{Context, Result, bail, ensure};
pub use lab::groups;
use lab::{Entry, Lab, Operator, OperatorOptions, Options, eventually, seconds};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The namespace of all objects.
pub const NS: &str = "team-finance";
/// Long enough for a busy machine; nothing waits so long when it works.
pub const PATIENCE: Duration = seconds(90);

/// The groups of the simulator's seed: mail nickname and id.
pub const FINANCE: (&str, &str) = ("w365-finance", "33333333-0000-4000-8000-000000000001");
/// See [`FINANCE`].
pub const RECEPTION: (&str, &str) = ("w365-reception", "33333333-0000-4000-8000-000000000002");
/// See [`FINANCE`].
pub const ANALYSTS: (&str, &str) = ("w365-analysts", "33333333-0000-4000-8000-000000000003");
/// See [`FINANCE`].
pub const CONTRACTORS: (&str, &str) = ("w365-contractors", "33333333-0000-4000-8000-000000000004");

/// A kind with an object in Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Policy,
    Setting,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "ProvisioningPolicy",
            Self::Setting => "UserSetting",
        }
    }

    pub fn collection(self) -> &'static str {
        match self {
            Self::Policy => "provisioningPolicies",
            Self::Setting => "userSettings",
        }
    }

    /// The path of the collection, or of what is under it, as fault rules match it.
    pub fn path(self, rest: &str) -> String {
        format!("*/{}{rest}", self.collection())
    }
}

/// A lab with the tenant ready and one operator, which leads without a lease so that it can be replaced at once.
pub struct Stage {
    // Dropped before the lab, in whose folder it logs.
    pub operator: Operator,
    pub lab: Lab,
}

impl Stage {
    /// With a drift poll that does not happen while a test runs.
    pub async fn new() -> Result<Self> {
        Self::polling("1h").await
    }

    /// With this interval of the drift poll.
    pub async fn polling(interval: &str) -> Result<Self> {
        let lab = bare(interval).await?;
        let operator = start(&lab).await?;
        lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
        Ok(Self { operator, lab })
    }

    /// Kills the operator as if its node had lost power, and starts it again.
    pub async fn crash(&mut self) -> Result<()> {
        self.operator.kill()?;
        self.operator = start(&self.lab).await?;
        Ok(())
    }

    /// Pauses the operator when a fault with latency was applied, has Graph carry the request out, and kills the operator, which
    /// never reads the answer. `since` is a mark from before the fault.
    pub async fn crash_unanswered(&mut self, since: u64) -> Result<Entry> {
        struck(&self.lab, 1).await?;
        self.operator.pause()?;
        let request = eventually(PATIENCE, "the request is carried out", async || {
            let writes = self.lab.sim.writes(since).await?;
            writes.into_iter().find(|write| write.fault.is_some()).context("nothing yet")
        });
        let request = request.await?;
        ensure!(request.committed, "{request:?} was not committed");
        self.crash().await?;
        Ok(request)
    }
}

/// A lab with the tenant and the namespace, and no operator.
pub async fn bare(interval: &str) -> Result<Lab> {
    bare_with(Options::new(env!("CARGO_BIN_EXE_cloudpc-operator")).without_operator(), interval).await
}

/// The same with other options.
pub async fn bare_with(options: Options, interval: &str) -> Result<Lab> {
    let lab = Lab::start(options).await?;
    // The audit log has no delay, except in the tests about a delayed log.
    lab.sim.options(json!({"auditLag": "PT0S"})).await?;
    lab.apply_yaml(&format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {NS}}}}}
---
apiVersion: cloudpc.dev/v1alpha1
kind: EntraTenant
metadata: {{name: contoso}}
spec:
  tenantId: {}
  clientId: 22222222-2222-2222-2222-222222222222
  allowedNamespaces: {{names: [{NS}]}}
  interval: {interval}
  safety: {{maxCloudPCsAtRisk: 1000}}
",
        lab::TENANT
    ))
    .await?;
    Ok(lab)
}

/// An operator that needs no lease.
pub async fn start(lab: &Lab) -> Result<Operator> {
    let arguments = vec!["--no-leader-election".to_owned()];
    let options = OperatorOptions {
        arguments,
        ..OperatorOptions::default()
    };
    let operator = lab.start_operator_with(options).await?;
    operator.wait_leading().await?;
    Ok(operator)
}

/// A policy or a setting as YAML; `extra` goes into the spec.
pub fn object(kind: Kind, name: &str, extra: &str) -> String {
    let own = match kind {
        Kind::Policy => {
            "imageDisplayName: Windows 11 Enterprise + Microsoft 365 Apps 25H2, domainJoinConfigurations: [{domainJoinType: azureADJoin, regionName: westeurope}]"
        }
        Kind::Setting => "localAdminEnabled: false, resetEnabled: false",
    };
    let comma = if extra.is_empty() { "" } else { ", " };
    format!(
        "---
apiVersion: cloudpc.dev/v1alpha1
kind: {}
metadata: {{name: {name}, namespace: {NS}}}
spec: {{tenantRef: {{name: contoso}}, displayName: {name}, {own}{comma}{extra}}}
",
        kind.name()
    )
}

/// An Assignment of groups to an object.
pub fn assignment(name: &str, kind: Kind, target: &str, groups: &[(&str, &str)]) -> String {
    let groups: Vec<String> = groups.iter().map(|(nickname, _)| format!("{{mailNickname: {nickname}}}")).collect();
    format!(
        "---
apiVersion: cloudpc.dev/v1alpha1
kind: Assignment
metadata: {{name: {name}, namespace: {NS}}}
spec: {{targetRef: {{kind: {}, name: {target}}}, groups: [{}]}}
",
        kind.name(),
        groups.join(", ")
    )
}

/// Waits until the object is Ready at its newest generation.
pub async fn ready(lab: &Lab, kind: &str, name: &str) -> Result<Value> {
    lab.wait_condition(kind, NS, name, "Ready", "True", PATIENCE).await
}

/// Asks for a pass with fresh reads, and gives the object as it left it.
pub async fn reconciled(lab: &Lab, kind: &str, name: &str) -> Result<Value> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let value = format!("request {}", COUNT.fetch_add(1, Ordering::Relaxed));
    let patch = json!({"metadata": {"annotations": {"cloudpc.dev/reconcile-requested-at": value}}});
    let namespace = if kind == "EntraTenant" { "" } else { NS };
    lab.patch(kind, namespace, name, &patch).await?;
    let handled = |object: &Value| object["status"]["lastHandledReconcileAt"] == value.as_str();
    lab.wait_object(kind, namespace, name, &format!("{name} has handled {value}"), PATIENCE, handled)
        .await
}

/// The one object in Graph with this display name; none or two are an error.
pub async fn only(lab: &Lab, kind: Kind, name: &str) -> Result<Value> {
    let mut objects = named(lab, kind, name).await?;
    ensure!(objects.len() == 1, "{} objects are named {name}: {objects:#?}", objects.len());
    Ok(objects.remove(0))
}

/// The objects in Graph with this display name.
pub async fn named(lab: &Lab, kind: Kind, name: &str) -> Result<Vec<Value>> {
    let mut objects = lab.sim.objects(kind.collection()).await?;
    objects.retain(|object| object["displayName"] == name);
    Ok(objects)
}

/// The resource is Ready, represents the only object of its name in Graph, and another pass changes nothing.
pub async fn stands_alone(lab: &Lab, kind: Kind, name: &str) -> Result<Value> {
    let seen = ready(lab, kind.name(), name).await?;
    let remote = only(lab, kind, name).await?;
    ensure!(seen["status"]["id"] == remote["id"], "status {} for {remote}", seen["status"]);
    ensure!(seen["status"]["pendingCreate"].is_null(), "{}", seen["status"]);
    nothing_left(lab, kind.name(), name).await?;
    Ok(remote)
}

/// One more pass with fresh reads writes nothing and leaves the object Ready.
pub async fn nothing_left(lab: &Lab, kind: &str, name: &str) -> Result<()> {
    let mark = lab.sim.mark().await?;
    reconciled(lab, kind, name).await?;
    ready(lab, kind, name).await?;
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{kind} {name} was Ready, and then there was {writes:#?}");
    Ok(())
}

/// The same list for the groups that a test expects.
pub fn ids(groups: &[(&str, &str)]) -> Vec<String> {
    let mut ids: Vec<String> = groups.iter().map(|(_, id)| (*id).to_owned()).collect();
    ids.sort();
    ids
}

/// Adds a fault that is applied once.
pub async fn fault(lab: &Lab, method: &str, path: &str, fault: Value) -> Result<()> {
    faults(lab, method, path, 1, fault).await
}

/// Adds a fault that is applied this many times; -1 has no end.
pub async fn faults(lab: &Lab, method: &str, path: &str, times: i64, fault: Value) -> Result<()> {
    lab.sim
        .fault(json!({"match": {"method": method, "path": path}, "times": times, "fault": fault}))
        .await
}

/// Waits until the faults were applied this many times, all together.
pub async fn struck(lab: &Lab, times: u64) -> Result<()> {
    eventually(PATIENCE, &format!("the faults have struck {times} times"), async || {
        let sum: u64 = lab.sim.faults().await?.iter().filter_map(|rule| rule["struck"].as_u64()).sum();
        ensure!(sum >= times, "{sum} times");
        Ok(())
    })
    .await
}

/// The requests that create an object of this name.
pub fn creates(entries: &[Entry], name: &str) -> Vec<Entry> {
    let is_it = |entry: &&Entry| entry.is_write() && entry.body.as_ref().is_some_and(|body| body["displayName"] == name);
    entries
        .iter()
        .filter(is_it)
        .filter(|entry| entry.method == "POST")
        .cloned()
        .collect()
}

/// The requests that replace assignments.
pub fn assigns(entries: &[Entry]) -> Vec<Entry> {
    entries
        .iter()
        .filter(|entry| entry.is_write() && entry.path.ends_with("/assign"))
        .cloned()
        .collect()
}

/// When the simulator got a request.
pub fn time(entry: &Entry) -> Result<jiff::Timestamp> {
    entry.time.parse().with_context(|| format!("{entry:?}"))
}

/// Waits until the object's status is as `accept` wants it.
pub async fn status(lab: &Lab, kind: Kind, name: &str, what: &str, accept: impl Fn(&Value) -> bool) -> Result<Value> {
    let object = lab
        .wait_object(kind.name(), NS, name, what, PATIENCE, |object| accept(&object["status"]))
        .await?;
    Ok(object["status"].clone())
}

/// The status of an object as it is now.
pub async fn status_now(lab: &Lab, kind: Kind, name: &str) -> Result<Value> {
    match lab.get(kind.name(), NS, name).await? {
        Some(object) => Ok(object["status"].clone()),
        None => bail!("there is no {} {name}", kind.name()),
    }
}

/// A condition of a status; null when it is not there.
pub fn condition(status: &Value, kind: &str) -> Value {
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    conditions.find(|condition| condition["type"] == kind).cloned().unwrap_or_default()
}
