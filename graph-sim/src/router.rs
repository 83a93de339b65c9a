//! For Rust code: the simulator as a function from requests to answers. No sockets, no threads, no tasks, no time of its own.
//!
//! Its time is the caller's. Waiting (latency and slow bodies of faults) is tokio's, so that a paused clock skips it. With the same
//! requests at the same times, two of them have the same ledger and give the same answers; only the texts of tokens differ.

use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Version};
use jiff::Timestamp;
use serde_json::Value;

use crate::base::clock::RealTime;
use crate::contract::Contract;
use crate::endpoints::control::{self, PortalRequest};
use crate::entra::access::AccessTokens;
use crate::entra::issuers::Issuers;
use crate::faults::Treatment;
use crate::pipeline::{self, Cut};
use crate::seed::{parsed, seeded};
use crate::service::Service;
use crate::wire::exchange::Exchange;
use crate::world::World;

/// The beginning of links in answers to requests that name no host that is known.
const ROOT: &str = "https://localhost";

/// The simulator as a function from requests to answers. Clones are the same simulator.
#[derive(Clone)]
pub struct Router {
    service: Arc<Service>,
}

impl Router {
    /// A simulator with what these seeds (YAML texts) describe. `clock` is its time, unless a seed sets `now`, and the real time that
    /// assertions are compared with. With a contract, an exchange that is not as described is answered with 500, see [`Router::violations`].
    ///
    /// # Errors
    /// A seed that is refused.
    pub fn new(seeds: &[String], clock: Arc<dyn Fn() -> Timestamp + Send + Sync>, contract: Option<Arc<Contract>>) -> Result<Self> {
        let real = RealTime::given(clock);
        let seeds = parsed(seeds).map_err(|reason| anyhow!(reason))?;
        // The CAs are for fetching keys, and nothing is fetched.
        let (world, _) = seeded(&seeds, real.clone()).map_err(|reason| anyhow!(reason))?;
        let world = Arc::new(Mutex::new(world));
        let service = Service::new(world, Issuers::offline(real), Arc::new(AccessTokens::new()?), ROOT.to_owned());
        Ok(Self {
            service: Arc::new(service.with_contract(contract).with_history()),
        })
    }

    /// Another simulator with a copy of this one's world, options, fault rules and trusted issuers, an empty ledger and no sign-ins.
    /// Its clock shows `clock`, also where a seed or a request has set this one's. Tokens of one are valid in the other.
    #[must_use]
    pub fn copy(&self, clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self {
            service: Arc::new(self.service.copy(RealTime::given(clock))),
        }
    }

    /// Answers a request to Graph, the login service or the control API, whose URI is absolute or goes with a `Host` header.
    ///
    /// # Errors
    /// A fault closed the connection without an answer.
    pub async fn answer(&self, request: Request<Bytes>) -> Result<Response<Body>, Cut> {
        self.answer_with(request, &Treatment::default()).await
    }

    /// Answers a request as [`Router::answer`] does, with what the caller wants done to it.
    ///
    /// # Errors
    /// A fault closed the connection without an answer.
    pub async fn answer_with(&self, request: Request<Bytes>, treatment: &Treatment) -> Result<Response<Body>, Cut> {
        pipeline::answer(&self.service, request.map(Body::from), treatment).await
    }

    /// A request of the control API, such as `PATCH`, `/options` and the changes; `path` is what comes after `/_sim`. Not for the
    /// portal, which [`Router::by_hand`] is.
    ///
    /// # Errors
    /// The status and the reason of a refusal.
    pub fn control(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value, (u16, String)> {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        control::answer(&self.service, &self.exchange(method, query, body), path)
    }

    /// A request that a user of a tenant makes in the portal, such as `DELETE` and `/beta/deviceManagement/…`: with ledger entry and
    /// audit event, without faults. Gives the status and the body, which is null where there is none.
    ///
    /// # Errors
    /// The reason why this is no request in the portal.
    pub fn by_hand(&self, tenant: &str, user: &str, method: &Method, path: &str, body: Option<Value>) -> Result<(u16, Value), String> {
        let asked = PortalRequest {
            tenant: tenant.to_owned(),
            r#as: user.to_owned(),
            method: method.to_string(),
            path: path.to_owned(),
            body,
        };
        let outer = self.exchange(&Method::POST, None, None);
        let answer = control::portal(&self.service, &outer, asked).map_err(|(_, reason)| reason)?;
        Ok((answer.status, answer.body.unwrap_or_default()))
    }

    /// Trusts a federated issuer by its public keys (JWKs), in addition to what the seeds say of it. Documents of issuers are never
    /// fetched.
    pub fn trust_issuer(&self, issuer: &str, keys: Vec<Value>) {
        self.service.issuers.give(issuer, keys);
    }

    /// Everything that exists. Requests wait while it is locked. Stale reads know of a change that is made here from the next
    /// change by a request on.
    #[must_use]
    pub fn world(&self) -> Arc<Mutex<World>> {
        self.service.shared_world()
    }

    /// The ledger's entries after this number, as `GET /_sim/ledger` has them.
    #[must_use]
    pub fn ledger(&self, since: u64) -> Vec<Value> {
        let ledger = self.service.ledger();
        let entries = ledger.since(since).iter();
        entries.filter_map(|entry| serde_json::to_value(entry).ok()).collect()
    }

    /// The first exchanges that were not as the contract describes them.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.service.violations()
    }

    /// How many handlers panicked.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.service.panics()
    }

    /// A request that came over no connection.
    fn exchange(&self, method: &Method, query: Option<&str>, body: Option<&Value>) -> Exchange {
        Exchange {
            method: method.clone(),
            version: Version::HTTP_11,
            path: String::new(),
            query: query.map(str::to_owned),
            headers: HeaderMap::new(),
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            root: self.service.own_root().to_owned(),
            request_id: self.service.new_request_id(),
            client_request_id: None,
            arrived: self.service.now(),
        }
    }
}
