//! What looks like a credential, and what does not.

use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

/// Secrets as they occur. None of them may be left, in any surroundings.
const TOKENS: [&str; 10] = [
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    // A client secret, a refresh token, an opaque access token, a storage key, a digest, an API key.
    "xyA8Q~oW3kLr9TbVn2MpZc7DfGhJs5Qe1RuYwXaK",
    "0.AXoAv4j5cvGGr0GRqy180BHbRz-2k7VdX_9LmQpRsTuVwXyZ3aBcDeFgHiJkLmNoPqRs8T",
    "EwBwA8l6BAAU9BjRW1d0aXhCOGZkM3J0NmtKQzdVbkE5c1Z3WXpRcFhtTDJOa0hq",
    "J7h2kQ9vX+3mZ/pL8sT1wYbN5cRfGdEaU6oKiVjMqWxHzB4n0tSyDuPgClIe2r7OA8kFvQ3hJ5mXbZt9wNcLgA==",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "QWERTYUIOPasdfghjklZXCVBNMqwertyuiop0123456789AB",
    "opaque0123456789abcdef0123456789abcdef0123456789",
    "c4n4ry-cl13nt-s3cr3t-0123456789-abcdefghij",
];

#[test]
fn s50_secrets_by_their_looks() {
    for token in TOKENS {
        for text in [
            token.to_owned(),
            format!("the value {token} is not valid."),
            format!("'{token}'"),
            format!("{{\"x\":\"{token}\"}}"),
            format!("https://host.example/path/{token}/more?a=b"),
            format!("before,{token};after"),
        ] {
            let shown = scrubbed(&text);
            assert!(!shown.contains(token) && shown.contains(REDACTED), "{text} → {shown}");
            // Nor a half of it.
            let (first, second) = token.split_at(token.len() / 2);
            assert!(!shown.contains(first) && !shown.contains(second), "{text} → {shown}");
        }
    }
}

#[test]
fn s50_secrets_by_their_names() {
    for (text, shown) in [
        (
            "grant_type=x&client_secret=short&scope=y",
            "grant_type=x&client_secret=[redacted]&scope=y",
        ),
        ("{\"access_token\":\"a b\"}", "{\"access_token\":\"[redacted] b\"}"),
        (
            "{\\\"refresh_token\\\": \\\"0.A\\\"}",
            "{\\\"refresh_token\\\": \\\"[redacted]\\\"}",
        ),
        ("clientAssertion = 'pw1'", "clientAssertion = '[redacted]'"),
        ("client_secret%3Dabc%26x", "client_secret%3D[redacted]"),
        ("password: hunter2, user", "password: [redacted], user"),
        ("my-api-key=1;next", "my-api-key=[redacted];next"),
        ("AccountKey=abc==;EndpointSuffix=core", "AccountKey=[redacted];EndpointSuffix=core"),
        ("?sv=2024&sig=a%2Bb&se=1", "?sv=2024&sig=[redacted]&se=1"),
        ("?code=0.AB&state=1", "?code=[redacted]&state=1"),
        ("Authorization: Bearer 0123456789abcdef, x", "Authorization: Bearer [redacted], x"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic [redacted]"),
        ("BEARER abcdefghijkl", "BEARER [redacted]"),
        ("'client_assertion=eyJhbGciOiJSUzI1NiJ9.e30.s'", "'client_assertion=[redacted]'"),
    ] {
        assert_eq!(scrubbed(text), shown);
        assert_eq!(scrubbed(&scrubbed(text)), shown, "a second time");
    }
}

#[test]
fn s50_secrets_in_base64() {
    for secret in [
        "Bearer 0123456789",
        "client_secret=short",
        "{\"access_token\":\"abc\"}",
        TOKENS[0],
        TOKENS[1],
    ] {
        for code in [BASE64.encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
            let shown = scrubbed(&format!("it was {code} that came"));
            assert_eq!(shown, "it was [redacted] that came", "{secret}");
        }
    }
}

#[test]
fn what_people_need_to_read_stays() {
    for text in [
        "11111111-0000-4000-8000-000000000001_22222222-0000-4000-8000-00000000000a",
        "request 7f3c1a52b9d04e6f8a1c2b3d4e5f6071 of 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d failed",
        "microsoftwindowsdesktop_windows-ent-cpc_win11-25h2-ent-cpc-m365",
        "/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/rg-hub-weu-01/providers/Microsoft.Network/virtualNetworks/vnet-01/subnets/snet-cpc",
        "#microsoft.graph.cloudPcManagementExclusionGroupAssignmentTarget is not understood",
        "CloudPcProvisioningPolicyImageNotFoundForWindows365Enterprise",
        "OnPremisesConnectionHealthCheckFailedAzureNetworkSecurityGroup",
        "subject 'system:serviceaccount:cloudpc-system:cloudpc-operator' not found",
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '22222222-2222-2222-2222-222222222222'.",
        "AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found., Thumbprint of key used by client: '8D1D7B9E'].",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        "the token: it expired; code: 403; key: value",
        "error code: badRequest, invalid assertion: expired",
        "the bearer of news, bearer authentication, Basic Authentication is blocked",
        "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token",
        "GRP-W365-ENT-2VCPU-8GB-128GB-EU-WEST-PROD-01 and w365-finance-europe-west-standard-2vcpu-8gb-2026",
        "contoso-hybrid-connection-westeurope-production-0001.contoso.onmicrosoft.example",
        "Windows 11 Enterprise + Microsoft 365 Apps 25H2",
        "FIN-%USERNAME:5%-%RAND:5%",
        "Zażółć gęślą jaźń 日本語の名前 🙂",
    ] {
        assert_eq!(scrubbed(text), text);
    }
}

proptest! {
    #[test]
    fn s50_random_tokens_are_taken_out(bytes in proptest::collection::vec(any::<u8>(), 96..400), before in "[a-z ]{0,20}") {
        for token in [BASE64.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let shown = scrubbed(&format!("{before} {token} after"));
            prop_assert_eq!(shown, format!("{before} {REDACTED} after"));
        }
    }

    #[test]
    fn nothing_is_added_and_nothing_panics(text in any::<String>()) {
        let shown = scrubbed(&text);
        prop_assert!(shown.len() <= text.len() * 11 + 11);
    }

    #[test]
    fn guids_stay(a in any::<u128>(), b in any::<u128>()) {
        let text = format!("{}_{}/{}", uuid::Uuid::from_u128(a), uuid::Uuid::from_u128(b), uuid::Uuid::from_u128(a ^ b));
        prop_assert_eq!(scrubbed(&text), text);
    }
}
