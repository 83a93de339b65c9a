//! One request from its URL to its decoded answer: attempts, pages, the body of an answer.

pub mod answer;
pub mod exchange;
pub mod odata;
pub mod pages;
pub mod retry;
pub mod retry_after;
