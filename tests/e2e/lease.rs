//! The lease under the rights that are shipped.

use crate::support::options;
use anyhow::{Result, ensure};
use lab::{Lab, NAMESPACE, OperatorOptions, eventually, repository, seconds};

/// As docs/reference.md has it.
const PATCH: &str = r#"[{"op": "replace", "path": "/rules/1/resourceNames/0", "value": "second"}]"#;

#[tokio::test]
async fn a_lease_that_the_role_does_not_name_is_told_and_taken_once_it_does() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    let arguments = vec!["--leader-election-id=second".to_owned()];
    let operator = lab
        .start_operator_with(OperatorOptions {
            arguments,
            ..OperatorOptions::default()
        })
        .await?;
    let why = "not ready: election (the controller may not use the lease cloudpc-system/second: 403 Forbidden; its Role names the lease)\n";
    eventually(seconds(60), "it says why it is not ready", async || {
        let answer = operator.probe("/readyz").await?;
        ensure!(answer == (503, why.to_owned()), "{answer:?}");
        Ok(())
    })
    .await?;
    ensure!(operator.probe("/livez").await?.0 == 200 && operator.is_running()?);
    let log = operator.logs()?;
    ensure!(
        log.contains("may not use the lease cloudpc-system/second") && !log.contains("\"leading\""),
        "{log}"
    );

    let manual = std::fs::read_to_string(repository().join("docs/reference.md"))?;
    ensure!(manual.contains(PATCH), "the reference says something else");
    lab.kubectl(&[
        "patch",
        "role",
        "cloudpc-operator",
        "--namespace",
        NAMESPACE,
        "--type=json",
        "--patch",
        PATCH,
    ])
    .await?;
    operator.wait_leading().await?;
    operator.wait_ready().await
}
