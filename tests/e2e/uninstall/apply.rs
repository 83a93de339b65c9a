//! The files with `kubectl apply`, client-side and server-side: applied again, they change nothing, and the two ways
//! do not conflict.

use crate::support::options;
use anyhow::{Result, ensure};
use lab::Lab;

const CLIENT: &[&str] = &["apply", "-k"];
const SERVER: &[&str] = &["apply", "--server-side", "-k"];

async fn apply(lab: &Lab, how: &[&str], folder: &str) -> Result<String> {
    lab.kubectl(&[how, &[folder]].concat()).await
}

async fn versions(lab: &Lab, folder: &str) -> Result<String> {
    let shown = "--output=jsonpath={.items[*].metadata.resourceVersion}";
    lab.kubectl(&["get", "-k", folder, shown]).await
}

/// What kubectl sends again each time, regardless of the file: it never compares the selector, whose patch strategy is
/// `replace`. The API server finds it equal.
const ALWAYS_SENT: &str = "poddisruptionbudget.policy/cloudpc-operator configured";

/// The lines of what kubectl printed that say that something was changed.
fn changed(printed: &str) -> Vec<&str> {
    printed
        .lines()
        .filter(|line| !line.ends_with(" unchanged") && *line != ALWAYS_SENT)
        .collect()
}

#[tokio::test]
async fn d7_applied_twice_the_files_change_nothing_and_neither_way_conflicts_with_the_other() -> Result<()> {
    for order in [[CLIENT, SERVER], [SERVER, CLIENT]] {
        let lab = Lab::prepare(options()).await?;
        for folder in ["crds", "manifests"] {
            for how in order.into_iter().chain(order) {
                apply(&lab, how, folder).await?;
                let before = versions(&lab, folder).await?;
                let again = apply(&lab, how, folder).await?;
                if how == CLIENT {
                    let changed = changed(&again);
                    ensure!(changed.is_empty(), "{folder}, applied again: {changed:#?}");
                }
                ensure!(versions(&lab, folder).await? == before, "{folder}: {how:?} wrote something");
            }
        }
    }
    Ok(())
}
