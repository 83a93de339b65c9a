//! Why a request is refused, in the form of the layer that refuses it.
//!
//! Two layers answer 400 differently: the one that parses a body against the model names the property in its message, the
//! service behind it answers a general sentence and puts its reason into the inner error.

use crate::base::answer::Answer;
use crate::base::text::excerpt;

/// The refusal of a request.
#[derive(Debug)]
pub struct Problem {
    status: u16,
    code: &'static str,
    message: String,
    inner: Option<(&'static str, String)>,
    headers: Vec<(String, String)>,
}

pub(crate) type Outcome = Result<Answer, Problem>;

impl Problem {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            inner: None,
            headers: Vec::new(),
        }
    }

    /// A request that does not fit the model or the query conventions.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// A request that fits the model and breaks a rule of the service.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self {
            inner: Some(("InvalidProperties", reason.into())),
            ..Self::new(400, "badRequest", "The service could not accept the properties of this request.")
        }
    }

    /// An operation that the service has and the simulator does not have.
    pub fn not_simulated(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("This simulator does not know {what}."))
    }

    /// An unknown path.
    pub(crate) fn no_segment(segment: &str) -> Self {
        let segment = excerpt(segment);
        Self::new(404, "ResourceNotFound", format!("Resource not found for the segment '{segment}'."))
    }

    /// The tenant of the token does not exist.
    pub(crate) fn no_tenant() -> Self {
        Self::new(404, "ResourceNotFound", "The tenant of this token does not exist.")
    }

    /// A bug of the simulator. It is answered, so that a test sees it.
    pub(crate) fn bug(what: &str) -> Self {
        Self::new(500, "generalException", format!("The simulator has a bug: {what}."))
    }

    /// A known path without this method.
    pub(crate) fn method_not_allowed(method: &str, allowed: &str) -> Self {
        let method = excerpt(method);
        Self {
            headers: vec![("Allow".to_owned(), allowed.to_owned())],
            ..Self::new(
                405,
                "MethodNotAllowed",
                format!("The method {method} is not allowed on this resource; it has {allowed}."),
            )
        }
    }

    /// The reason alone, for seeds.
    pub fn reason(self) -> String {
        match self.inner {
            Some((_, reason)) => reason,
            None => self.message,
        }
    }

    /// The answer in Graph's error shape.
    pub(crate) fn into_answer(self) -> Answer {
        let mut answer = match self.inner {
            None => Answer::error(self.status, self.code, self.message),
            Some((inner_code, reason)) => Answer::error_inner(self.status, self.code, inner_code, self.message).inner("message", &reason),
        };
        answer.headers.extend(self.headers);
        answer
    }
}
