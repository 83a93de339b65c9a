//! One request from its URL to its decoded answer: the session it is made in, attempts, pages, and the answer's body.

pub(crate) mod answer;
pub(crate) mod exchange;
pub(crate) mod odata;
pub(crate) mod pages;
pub(crate) mod session;
