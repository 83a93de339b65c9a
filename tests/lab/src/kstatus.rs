//! How Flux and other users of kstatus judge an object, by the library's published rules for kinds that it does not
//! know (cli-utils, pkg/kstatus/status: `checkGenericProperties`, then `checkReadyCondition`).

use anyhow::{Result, ensure};
use serde_json::Value;

/// kstatus' word for the state of an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KStatus {
    /// The object is as its spec wants it.
    Current,
    /// Work is under way.
    InProgress,
    /// No work is under way, and the object is not as its spec wants it.
    Failed,
    /// It is being deleted.
    Terminating,
}

/// Computes the state of an object.
#[must_use]
pub fn kstatus(object: &Value) -> KStatus {
    if object["metadata"]["deletionTimestamp"].is_string() {
        return KStatus::Terminating;
    }
    let generation = object["metadata"]["generation"].as_i64();
    let observed = object["status"]["observedGeneration"].as_i64();
    if generation.is_some() && observed.is_some() && generation != observed {
        return KStatus::InProgress;
    }
    let conditions = object["status"]["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    for condition in conditions.iter().filter(|condition| condition["status"] == "True") {
        match condition["type"].as_str() {
            Some("Reconciling") => return KStatus::InProgress,
            Some("Stalled") => return KStatus::Failed,
            _ => {}
        }
    }
    match conditions.iter().find(|condition| condition["type"] == "Ready") {
        Some(ready) if ready["status"] != "True" => KStatus::InProgress,
        // An object without conditions counts as current.
        Some(_) | None => KStatus::Current,
    }
}

/// Checks that kstatus, `kubectl wait` and a reader of the conditions come to the same result.
///
/// # Errors
/// What contradicts what.
pub fn agree(object: &Value) -> Result<KStatus> {
    let generation = object["metadata"]["generation"].as_i64();
    let holds = |kind: &str| {
        let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        conditions
            .filter(|condition| condition["type"] == kind && condition["observedGeneration"].as_i64() == generation)
            .any(|condition| condition["status"] == "True")
    };
    let (ready, reconciling, stalled) = (holds("Ready"), holds("Reconciling"), holds("Stalled"));
    let computed = kstatus(object);
    let said = format!("{computed:?}, Ready {ready}, Reconciling {reconciling}, Stalled {stalled}: {object}");
    ensure!(
        usize::from(ready) + usize::from(reconciling) + usize::from(stalled) <= 1,
        "the conditions contradict each other: {said}"
    );
    // A suspended resource keeps the conditions of an older generation, so its state stays as it was.
    let suspended = object["spec"]["suspend"] == true;
    if computed != KStatus::Terminating && !suspended {
        ensure!(
            ready == (computed == KStatus::Current),
            "Ready and Current are not the same: {said}"
        );
        ensure!(
            stalled == (computed == KStatus::Failed),
            "Stalled and Failed are not the same: {said}"
        );
    }
    Ok(computed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contradictions_are_found() {
        let object = |observed: i64, conditions: &[(&str, &str)]| {
            let conditions: Vec<Value> = conditions
                .iter()
                .map(|(kind, status)| json!({"type": kind, "status": status, "observedGeneration": observed}))
                .collect();
            json!({"metadata": {"generation": 2}, "status": {"observedGeneration": observed, "conditions": conditions}})
        };
        assert_eq!(agree(&object(2, &[("Ready", "True")])).unwrap(), KStatus::Current);
        assert_eq!(agree(&object(1, &[("Ready", "True")])).unwrap(), KStatus::InProgress);
        assert_eq!(
            agree(&object(2, &[("Ready", "False"), ("Stalled", "True")])).unwrap(),
            KStatus::Failed
        );
        assert_eq!(agree(&object(2, &[("Ready", "Unknown")])).unwrap(), KStatus::InProgress);
        assert_eq!(
            agree(&json!({"metadata": {"generation": 1}, "status": {"observedGeneration": -1}})).unwrap(),
            KStatus::InProgress
        );
        for wrong in [
            object(2, &[]),
            object(2, &[("Ready", "True"), ("Reconciling", "True")]),
            object(2, &[("Ready", "True"), ("Stalled", "True")]),
            json!({"metadata": {"generation": 1}}),
        ] {
            assert!(agree(&wrong).is_err(), "{wrong}");
        }
    }
}
