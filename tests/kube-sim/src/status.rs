//! What the server answers when it does not do what is asked: `Status` objects with the texts of the real one.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Map, Value, json};
use tower::BoxError;

use crate::definitions::Resource;

/// The body of a response: that of a watch goes on until it is dropped or the server ends it.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A refused request.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Map<String, Value>,
    /// Whether the details are written although there are none.
    pub empty_details: bool,
    /// Where the rest of an expired list continues.
    pub continues: Option<String>,
    /// The text of an answer that is no `Status`.
    text: Option<&'static str>,
}

/// What a request gives.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: Map::new(),
            empty_details: false,
            continues: None,
            text: None,
        }
    }

    /// The answer to a path that no resource has.
    pub(crate) fn no_path() -> Self {
        let mut refusal = Self::new(404, "NotFound", "the path is not known");
        refusal.text = Some("404 page not found\n");
        refusal
    }

    /// Something that the real server does and this one does not.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("kube-sim does not know {what}"))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn method() -> Self {
        let why = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", why).with_empty_details()
    }

    /// About one object, or one that would have this name.
    pub(crate) fn about(mut self, resource: &Resource, name: &str) -> Self {
        self.details = resource.details(name);
        self
    }

    pub(crate) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.qualified())).about(resource, name)
    }

    pub(crate) fn exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.qualified())).about(resource, name)
    }

    pub(crate) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified());
        Self::new(409, "Conflict", message).about(resource, name)
    }

    pub(crate) fn kind_conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let (kind, group) = (&resource.kind, &resource.group);
        let qualified = if group.is_empty() {
            kind.clone()
        } else {
            format!("{kind}.{group}")
        };
        let message = format!("Operation cannot be fulfilled on {qualified} {name:?}: {why}");
        let mut refusal = Self::new(409, "Conflict", message);
        refusal.details = details(group, kind, name);
        refusal
    }

    /// A version that is no number.
    pub(crate) fn no_version(text: &str) -> Self {
        Self::new(500, "", format!("strconv.ParseUint: parsing {text:?}: invalid syntax"))
    }

    pub(crate) fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    pub(crate) fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        Self::new(403, "Forbidden", format!("{} {name:?} is forbidden: {why}", resource.qualified())).about(resource, name)
    }

    /// An object with wrong fields.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, errors: &[FieldError]) -> Self {
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        // The real server names each error once.
        let mut texts: Vec<String> = Vec::new();
        for text in errors.iter().map(FieldError::text) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let told = match texts.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let mut refusal = Self::new(422, "Invalid", format!("{qualified} {name:?} is invalid: {told}"));
        let causes: Vec<Value> = errors.iter().map(FieldError::cause).collect();
        refusal.details = details(group, kind, name);
        refusal.details.insert("causes".to_owned(), Value::from(causes));
        refusal
    }

    pub(crate) fn with_empty_details(mut self) -> Self {
        self.empty_details = true;
        self
    }

    pub(crate) fn with_causes(mut self, causes: Vec<Value>) -> Self {
        self.details.insert("causes".to_owned(), Value::from(causes));
        self
    }

    /// The `Status` object.
    pub(crate) fn status(&self) -> Value {
        let mut metadata = Map::new();
        if let Some(token) = &self.continues {
            metadata.insert("continue".to_owned(), json!(token));
        }
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata,
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if !self.details.is_empty() || self.empty_details {
            status["details"] = Value::Object(self.details.clone());
        }
        status
    }

    pub(crate) fn response(&self) -> Response<Body> {
        match self.text {
            Some(text) => respond(self.code, "text/plain; charset=utf-8", text.as_bytes().to_vec()),
            None => respond_json(self.code, &self.status()),
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug)]
pub(crate) struct FieldError {
    pub field: String,
    pub reason: &'static str,
    /// The text after the field.
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason,
            message: message.into(),
        }
    }

    /// `Invalid value`, with the value as the real server writes it.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Self::new(field, "FieldValueInvalid", format!("Invalid value: {}: {why}", shown(value)))
    }

    pub(crate) fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {why}")
        };
        Self::new(field, "FieldValueRequired", message)
    }

    fn text(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }

    fn cause(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

/// A value in an error.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => value.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

pub(crate) fn details(group: &str, kind: &str, name: &str) -> Map<String, Value> {
    let mut details = Map::new();
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details.insert(key.to_owned(), json!(value));
        }
    }
    details
}

pub(crate) fn respond_json(code: u16, value: &impl serde::Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    respond(code, "application/json", bytes)
}

fn respond(code: u16, content_type: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let body = Full::new(Bytes::from(bytes)).map_err(BoxError::from).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
