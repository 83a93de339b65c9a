//! Both servers, and what each of them has answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use control_plane::ControlPlane;
use http::Request;
use http_body_util::BodyExt as _;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, PostParams};
use kube::client::Body;
use kube_sim::{Cluster, Definitions};
use serde_json::{Value, json};

use crate::definitions;
use crate::mask::Mask;
use crate::op::Op;

/// One of the two servers.
struct Side {
    client: kube::Client,
    mask: Mask,
    saved: HashMap<String, Value>,
}

/// Both servers.
pub struct Pair {
    real: Side,
    simulated: Side,
    different: Vec<String>,
    count: usize,
    _plane: ControlPlane,
}

impl Pair {
    pub async fn start() -> Result<Self> {
        let plane = ControlPlane::start().await?;
        let client = plane.admin_client().await?;
        let definitions = definitions::all();
        install(&client, &definitions).await?;
        let compiled = Definitions::compile(definitions)?;
        let cluster = Cluster::new(Arc::new(jiff::Timestamp::now), &compiled);
        let side = |client| Side {
            client,
            mask: Mask::default(),
            saved: HashMap::new(),
        };
        Ok(Self {
            real: side(client),
            simulated: side(cluster.client()),
            different: Vec::new(),
            count: 0,
            _plane: plane,
        })
    }

    /// Sends a request to both servers and compares the answers.
    pub async fn run(&mut self, op: Op) {
        self.count += 1;
        let (real, simulated) = tokio::join!(self.real.send(&op), self.simulated.send(&op));
        let (real, simulated) = (real.expect("the real server answers"), simulated.expect("the cluster answers"));
        if real != simulated {
            self.different.push(format!(
                "\n{} {} {}\n  real:      {}\n  simulated: {}",
                op.method,
                op.path,
                op.body.unwrap_or_default(),
                shown(&real, &simulated),
                shown(&simulated, &real),
            ));
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn different(&self) -> &[String] {
        &self.different
    }
}

/// What one answer has and the other has not.
fn shown(mine: &Value, other: &Value) -> String {
    fn differing(mine: &Value, other: &Value) -> Value {
        match (mine, other) {
            (Value::Object(mine), Value::Object(other)) => {
                let entries = mine.iter().filter(|(name, value)| other.get(*name) != Some(value));
                let entry = |(name, value): (&String, &Value)| {
                    (name.clone(), other.get(name).map_or(value.clone(), |other| differing(value, other)))
                };
                Value::Object(entries.map(entry).collect())
            }
            (Value::Array(mine), Value::Array(other)) if mine.len() == other.len() => mine
                .iter()
                .zip(other)
                .filter(|(mine, other)| mine != other)
                .map(|(mine, other)| differing(mine, other))
                .collect(),
            _ => mine.clone(),
        }
    }
    differing(mine, other).to_string()
}

impl Side {
    async fn send(&mut self, op: &Op) -> Result<Value> {
        let mut attempts = 0;
        loop {
            let answer = self.send_once(op).await?;
            attempts += 1;
            if attempts == 400 || op.accepts(&answer) {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn send_once(&mut self, op: &Op) -> Result<Value> {
        let path = self.filled(&op.path);
        let body = op.body.as_ref().map(|body| self.filled(&body.to_string()));
        let request = Request::builder()
            .method(op.method.clone())
            .uri(path)
            .header("accept", op.accept)
            .header("content-type", op.content_type)
            .header("user-agent", "fidelity/1")
            .body(Body::from(body.unwrap_or_default().into_bytes()))?;
        let response = self.client.send(request).await?;
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        let text = String::from_utf8(bytes.to_vec())?;
        let body = if op.is_watch() && code == 200 {
            text.lines().map(serde_json::from_str::<Value>).collect::<Result<Value, _>>()?
        } else {
            serde_json::from_str(&text).unwrap_or_else(|_| json!(text))
        };
        if let Some(name) = &op.save {
            self.saved.insert(name.clone(), body.clone());
        }
        Ok(json!({"code": code, "body": self.mask.masked(body)}))
    }

    /// The text with what was saved in place of what stands for it.
    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, saved) in &self.saved {
            for (mark, field) in [("rv", "resourceVersion"), ("uid", "uid"), ("continue", "continue")] {
                if let Some(value) = saved["metadata"][field].as_str() {
                    text = text.replace(&format!("${mark}:{name}$"), value);
                }
            }
        }
        text
    }
}

/// Installs the definitions and waits until their objects can be listed.
async fn install(client: &kube::Client, definitions: &[CustomResourceDefinition]) -> Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in definitions {
        api.create(&PostParams::default(), definition)
            .await
            .context("create a definition")?;
    }
    for definition in definitions {
        let spec = &definition.spec;
        let version = format!("apis/{}/{}", spec.group, spec.versions[0].name);
        served(client, &format!("/{version}/{}", spec.names.plural), |_objects| true).await?;
        // The schemas for server-side apply come a moment after the paths.
        let kind = format!("\"kind\":\"{}\"", spec.names.kind);
        served(client, &format!("/openapi/v3/{version}"), |schemas| schemas.contains(&kind)).await?;
    }
    Ok(())
}

/// Waits until a path is answered as it has to be.
async fn served(client: &kube::Client, path: &str, accepted: impl Fn(&str) -> bool) -> Result<()> {
    for _attempt in 0..200 {
        let response = client.send(Request::get(path).body(Body::empty())?).await?;
        let found = response.status().is_success();
        let body = response.into_body().collect().await?.to_bytes();
        if found && accepted(&String::from_utf8_lossy(&body)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{path} is not served")
}
