//! `make demo KEEP=1`: how to reach what is left running.

use crate::act::EDITED;
use anyhow::{Context, Result};
use lab::{ADMIN, Lab, TENANT};
use std::path::Path;

/// Prints it.
pub(crate) async fn explain(lab: &Lab) -> Result<()> {
    let kubectl = lab.plane.kubectl();
    let kubectl = Path::new(kubectl.get_program());
    let folder = kubectl.parent().context("kubectl is in a folder")?;
    let (namespace, name) = EDITED;
    let policy = lab
        .get("ProvisioningPolicy", namespace, name)
        .await?
        .context("the example is gone")?;
    let id = policy["status"]["id"].as_str().context("the example has no id")?;
    let (ca, control) = (lab.sim.ca_path().display(), lab.sim.control_url());
    println!("\nEverything keeps running. In another terminal:\n");
    println!("  export KUBECONFIG={}", lab.plane.admin_kubeconfig().display());
    println!("  export PATH={}:$PATH    # this kubectl: {}", folder.display(), kubectl.display());
    println!("  kubectl get windows365 --all-namespaces");
    println!("\nThe simulator's control API is {control}, its CA {ca}:\n");
    println!("  curl --cacert {ca} {control}/state");
    println!("  curl --cacert {ca} {control}/ledger");
    println!("\nA change by hand, which the operator reports and takes back within seconds:\n");
    println!("  curl --cacert {ca} {control}/portal --data '{{\"tenant\": \"{TENANT}\", \"as\": \"{ADMIN}\", \"method\": \"PATCH\",");
    println!(
        "    \"path\": \"/beta/deviceManagement/virtualEndpoint/provisioningPolicies/{id}\", \"body\": {{\"description\": \"By hand\"}}}}'"
    );
    println!("\nThe operator logs to {}.", lab.operator().log_path().display());
    println!(
        "Ctrl-C here, or `kill {}`, stops everything and removes its files.",
        std::process::id()
    );
    Ok(())
}
