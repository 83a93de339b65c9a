//! Requests, as the tables write them. `$rv:x`, `$uid:x` and `$continue:x` stand for what the answer saved as `x` had.

use http::Method;
use serde_json::Value;

/// One request.
#[derive(Clone, Debug)]
pub struct Op {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
    pub content_type: &'static str,
    pub accept: &'static str,
    pub save: Option<String>,
    /// Asked again until the answer has this code: the real server works in the background.
    pub until: Option<u16>,
    /// Asked again until the object is being deleted.
    pub until_deleting: bool,
}

fn op(method: Method, path: impl Into<String>, body: Option<Value>, content_type: &'static str) -> Op {
    Op {
        method,
        path: path.into(),
        body,
        content_type,
        accept: "application/json",
        save: None,
        until: None,
        until_deleting: false,
    }
}

impl Op {
    /// Keeps what the answer has, under a name.
    pub fn save(mut self, name: impl Into<String>) -> Self {
        self.save = Some(name.into());
        self
    }

    /// Only the metadata.
    pub fn partial(mut self) -> Self {
        self.accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
        self
    }

    /// Only the metadata of each object of a list.
    pub fn partial_list(mut self) -> Self {
        self.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        self
    }

    /// Asks until the answer has this code.
    pub fn until(mut self, code: u16) -> Self {
        self.until = Some(code);
        self
    }

    /// Asks until the object is being deleted.
    pub fn until_deleting(mut self) -> Self {
        self.until_deleting = true;
        self
    }

    /// Whether the answer is one that was waited for.
    pub fn accepts(&self, answer: &Value) -> bool {
        let deleting = !answer["body"]["metadata"]["deletionTimestamp"].is_null();
        self.until.is_none_or(|code| answer["code"] == code) && (deleting || !self.until_deleting)
    }

    pub fn is_watch(&self) -> bool {
        self.path.contains("watch=")
    }
}

pub fn get(path: impl Into<String>) -> Op {
    op(Method::GET, path, None, "application/json")
}

pub fn post(path: impl Into<String>, body: Value) -> Op {
    op(Method::POST, path, Some(body), "application/json")
}

pub fn put(path: impl Into<String>, body: Value) -> Op {
    op(Method::PUT, path, Some(body), "application/json")
}

pub fn merge(path: impl Into<String>, body: Value) -> Op {
    op(Method::PATCH, path, Some(body), "application/merge-patch+json")
}

pub fn json_patch(path: impl Into<String>, body: Value) -> Op {
    op(Method::PATCH, path, Some(body), "application/json-patch+json")
}

pub fn apply(path: impl Into<String>, body: Value) -> Op {
    op(Method::PATCH, path, Some(body), "application/apply-patch+yaml")
}

pub fn delete(path: impl Into<String>) -> Op {
    op(Method::DELETE, path, None, "application/json")
}

pub fn delete_if(path: impl Into<String>, options: Value) -> Op {
    op(Method::DELETE, path, Some(options), "application/json")
}
