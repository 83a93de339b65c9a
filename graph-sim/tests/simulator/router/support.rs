//! Simulators without a connection, by the paused clock of tokio.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use graph_sim::{Cut, Fault, Router, Treatment};
use http::{Method, Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::Instant;

use crate::wire::support::{TENANT, seed};

pub type Time = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The time of these tests: the same in every run, and it passes with tokio's.
pub fn time() -> Time {
    let (began, start) = (Instant::now(), start());
    Arc::new(move || start + began.elapsed())
}

pub fn start() -> Timestamp {
    "2026-01-05T08:00:00Z".parse().unwrap()
}

/// A simulator whose time is tokio's.
pub fn router() -> Router {
    let mut seed = seed();
    seed.as_object_mut().unwrap().remove("now");
    Router::new(&[seed.to_string()], time(), crate::contract::support::shared()).expect("a router")
}

pub fn request(method: &Method, path: &str, token: &str, body: Option<&Value>) -> Request<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://graph.microsoft.com{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    request.body(body).unwrap()
}

pub async fn graph(router: &Router, method: Method, path: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
    answered(router.answer(request(&method, path, token, body)).await.expect("an answer")).await
}

pub async fn treated(router: &Router, request: Request<Bytes>, treatment: Treatment) -> Result<(u16, Value), Cut> {
    Ok(answered(router.answer_with(request, &treatment).await?).await)
}

pub fn fault(json: Value) -> Treatment {
    Treatment {
        fault: Some(Fault::try_from(json).expect("a fault")),
        ..Treatment::default()
    }
}

pub fn stale(seconds: i64) -> Treatment {
    Treatment {
        stale_by: Some(SignedDuration::from_secs(seconds)),
        ..Treatment::default()
    }
}

pub async fn answered(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a whole body");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// A token request's status and answer.
pub async fn sign_in(router: &Router, form: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded");
    answered(router.answer(request.body(Bytes::from(body)).unwrap()).await.expect("an answer")).await
}

pub async fn app_token(router: &Router) -> String {
    let (status, answer) = sign_in(router, &crate::wire::support::by_secret()).await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The names in a list.
pub fn names(list: &Value) -> Vec<&str> {
    let objects = list["value"].as_array().expect("a list");
    objects.iter().map(|object| object["displayName"].as_str().unwrap()).collect()
}
