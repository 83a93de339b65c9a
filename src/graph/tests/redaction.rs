//! SECURITY.md, S16: the `Debug` of every type that contains a secret is a fixed text.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::time::OffsetDateTime;
use secrecy::SecretString;

use crate::graph::auth::material::{CredentialError, Material, TokenFile};
use crate::graph::auth::renewable::Refused;
use crate::graph::tests::fake::{Fake, ROOT};

const CANARY: &str = "d3bug-canary";

/// Like the material of a Secret or a file: it knows the place of the secret, and contains none.
#[derive(Debug)]
struct InMemory;

#[async_trait]
impl Material for InMemory {
    async fn read(&self) -> Result<SecretString, CredentialError> {
        Ok(SecretString::from(CANARY))
    }
}

#[tokio::test]
async fn s16_the_debug_of_whatever_holds_a_secret_is_redacted() {
    let fake = Fake::new([]);
    let bearer = fake.client.session.tokens.bearer("look").await.unwrap();
    assert!(!bearer.secret().is_empty());
    let secret: Arc<dyn TokenCredential> = fake.application().client_secret(Arc::new(InMemory)).unwrap();
    let federated: Arc<dyn TokenCredential> = fake.application().federated(Arc::new(InMemory)).unwrap();
    let token = AccessToken::new(Secret::new(CANARY), OffsetDateTime::UNIX_EPOCH);
    for (shown, expected) in [
        (format!("{bearer:?}"), "Bearer(REDACTED)".to_owned()),
        (format!("{:?}", fake.client), format!("Client {{ root: \"{ROOT}/\", .. }}")),
        (format!("{:?}", SecretString::from(CANARY)), "SecretBox<str>([REDACTED])".to_owned()),
        (format!("{:?}", Secret::new(CANARY)), "Secret".to_owned()),
        (format!("{:?}", Refused(Secret::new(CANARY))), "Refused(Secret)".to_owned()),
        (format!("{secret:?}"), "Renewable { .. }".to_owned()),
        (format!("{federated:?}"), "Renewable { .. }".to_owned()),
        (format!("{:?}", TokenFile::new("token")), "TokenFile(\"token\")".to_owned()),
    ] {
        assert_eq!(shown, expected);
    }
    let shown = format!("{token:?} {:?}", InMemory.read().await);
    assert!(!shown.contains(CANARY), "{shown}");
}
