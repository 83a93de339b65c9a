//! The observer's calls about tokens.

use serde_json::json;

use crate::graph::Collection;
use crate::graph::tests::fake::{Fake, Reply};

#[tokio::test(start_paused = true)]
async fn a_token_that_is_new_and_one_that_is_not_to_be_had_are_told_once_each() {
    let empty = || Reply::json(200, &json!({"value": []}));
    let fake = Fake::new([empty(), empty()]).logins([Reply::json(500, &json!({"error": "server_error"}))]);
    fake.client.list(Collection::UserSettings).await.unwrap();
    // Its token is still the same.
    fake.client.list(Collection::UserSettings).await.unwrap();
    assert_eq!(fake.reported(), ["token failed", "token refreshed"]);
}
