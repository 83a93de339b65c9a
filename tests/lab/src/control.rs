//! The simulator's control API: reads its state and ledger, and changes its state.

use crate::ledger::Entry;
use crate::oracle::foreign_writes;
use crate::seeds::{ADMIN, TENANT};
use crate::simulator::Simulator;
use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

impl Simulator {
    /// Every request after the one with this number; 0 is all. Token requests and those made by hand included.
    ///
    /// # Errors
    /// When the simulator does not answer; this holds for all methods here.
    pub async fn ledger(&self, since: u64) -> Result<Vec<Entry>> {
        let entries = self.call(Method::GET, &format!("/ledger?since={since}"), None).await?;
        serde_json::from_value(entries).context("the ledger has another form")
    }

    /// The number of the last request: what `since` counts from.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn mark(&self) -> Result<u64> {
        Ok(self.ledger(0).await?.last().map_or(0, |entry| entry.seq))
    }

    /// The requests of applications to Graph.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn graph_requests(&self, since: u64) -> Result<Vec<Entry>> {
        Ok(self.ledger(since).await?.into_iter().filter(Entry::is_graph_request).collect())
    }

    /// Those of them that ask for a change, whether it was made or not.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn writes(&self, since: u64) -> Result<Vec<Entry>> {
        Ok(self.ledger(since).await?.into_iter().filter(Entry::is_write).collect())
    }

    /// What applications wrote, or tried to write, to objects that no application had made. After every test there must be none.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn foreign_writes(&self) -> Result<Vec<Entry>> {
        Ok(foreign_writes(self.ledger(0).await?, &self.state().await?))
    }

    /// All that exists: `tenants` by id, each with its collections.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn state(&self) -> Result<Value> {
        self.call(Method::GET, "/state", None).await
    }

    /// The objects of a collection of [`TENANT`], such as `provisioningPolicies`.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn objects(&self, collection: &str) -> Result<Vec<Value>> {
        self.objects_of(TENANT, collection).await
    }

    /// The objects of a collection of any tenant.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn objects_of(&self, tenant: &str, collection: &str) -> Result<Vec<Value>> {
        let mut state = self.state().await?;
        match state["tenants"][tenant][collection].take() {
            Value::Array(objects) => Ok(objects),
            // A collection appears with its first object.
            _ => Ok(Vec::new()),
        }
    }

    /// A request that [`ADMIN`] makes by hand in [`TENANT`], as in the portal; `path` begins with the version.
    ///
    /// # Errors
    /// When Graph refuses it.
    pub async fn portal(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        self.portal_as(TENANT, ADMIN, method, path, body).await
    }

    /// The same in any tenant, by any of its administrators.
    ///
    /// # Errors
    /// When Graph refuses it.
    pub async fn portal_as(&self, tenant: &str, user: &str, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let request = json!({"tenant": tenant, "as": user, "method": method, "path": path, "body": body});
        self.call(Method::POST, "/portal", Some(request)).await
    }

    /// Adds a fault rule, or a list of them.
    ///
    /// # Errors
    /// When the rule is refused.
    pub async fn fault(&self, rule: Value) -> Result<()> {
        self.call(Method::POST, "/faults", Some(rule)).await.map(drop)
    }

    /// The fault rules with how often each has matched and was applied.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn faults(&self) -> Result<Vec<Value>> {
        serde_json::from_value(self.call(Method::GET, "/faults", None).await?).context("the faults have another form")
    }

    /// Removes all fault rules.
    ///
    /// # Errors
    /// See [`Simulator::ledger`].
    pub async fn clear_faults(&self) -> Result<()> {
        self.call(Method::DELETE, "/faults", None).await.map(drop)
    }

    /// Changes some options, from the next request on, and gives all of them.
    ///
    /// # Errors
    /// When an option or a value does not exist.
    pub async fn options(&self, patch: Value) -> Result<Value> {
        self.call(Method::PATCH, "/options", Some(patch)).await
    }

    /// Moves the virtual clock, such as by `PT1H`.
    ///
    /// # Errors
    /// When it is not a duration.
    pub async fn advance(&self, duration: &str) -> Result<()> {
        self.call(Method::POST, "/clock", Some(json!({"advance": duration})))
            .await
            .map(drop)
    }

    /// Merges more seed YAML. Apps that name no federated credential trust the operator's ServiceAccount.
    ///
    /// # Errors
    /// When the seed is refused.
    pub async fn seed(&self, yaml: &str) -> Result<()> {
        let seed = self.federation.complete(yaml)?;
        self.call(Method::POST, "/seed", Some(seed)).await.map(drop)
    }

    /// A request of another program that signs in as an application of [`TENANT`] with a secret; `path` begins with the
    /// version.
    ///
    /// # Errors
    /// When Entra or Graph refuses it.
    pub async fn as_application(&self, app: &str, secret: &str, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", app),
            ("client_secret", secret),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let form: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.post(format!("{}/{TENANT}/oauth2/v2.0/token", self.login_url()));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.join("&"));
        let answer: Value = request.send().await?.json().await?;
        let token = answer["access_token"].as_str().with_context(|| format!("no token: {answer}"))?;
        let mut request = self
            .http
            .request(method.parse()?, format!("{}{path}", self.graph_url()))
            .bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let what = format!("{method} /_sim{path}");
        let mut request: RequestBuilder = self.http.request(method, format!("{}{path}", self.control_url()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.with_context(|| what.clone())?;
        let (status, text) = (answer.status(), answer.text().await.with_context(|| what.clone())?);
        if !status.is_success() {
            bail!("{what}: {status}: {text}");
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("{what}: the answer is not JSON"))
    }
}
