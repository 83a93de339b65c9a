//! What a person can do about an error: one sentence, for conditions and the command line.

use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::errors::permissions::forbidden;

/// What to do about a request that Graph refuses.
const REFUSED: &str = "Change the field the message names: Graph refuses this request as it is.";

/// The message of a refusal without what to do about it and without its full stop, for callers that know more.
pub(crate) fn without_advice(message: &str) -> &str {
    message.trim_end_matches(REFUSED).trim_end_matches(['.', ' '])
}

/// One sentence on what to do about an error.
pub(crate) fn advice(error: &GraphError) -> String {
    match error.kind {
        ErrorKind::Token { aadsts: Some(code), .. } => of_aadsts(code).map_or_else(|| unknown_code(code), str::to_owned),
        ErrorKind::Token { aadsts: None, transient: true } => {
            "Check that the controller may reach the token endpoint (network policy, DNS, proxy, and SSL_CERT_FILE for a private CA); it is tried again by itself.".to_owned()
        }
        ErrorKind::Token { aadsts: None, transient: false } => {
            "Check the tenant's spec.credentials: what it names must exist, not be empty and be readable by the controller, and the ids must be well-formed.".to_owned()
        }
        ErrorKind::Forbidden => forbidden(error),
        ErrorKind::BadRequest => REFUSED.to_owned(),
        ErrorKind::Unauthorized => {
            "Graph refuses a fresh token: check that the tenant's cloud, Graph root and scope belong together.".to_owned()
        }
        ErrorKind::NotFound => "Graph does not show it; right after a create or a delete that can lag by minutes.".to_owned(),
        ErrorKind::Conflict => "Something else is changing it at the moment; it is read again and tried again by itself.".to_owned(),
        ErrorKind::Throttled => "Graph asks for fewer requests; it is tried again by itself after the pause it asked for.".to_owned(),
        ErrorKind::OverBudget => "Nothing has to be done: it is tried again by itself when its turn comes.".to_owned(),
        ErrorKind::Unavailable => "Graph has a problem; it is tried again by itself. The request-id is what Microsoft support needs.".to_owned(),
        ErrorKind::Transport => {
            "Check that the controller may reach Graph (network policy, DNS, proxy, and SSL_CERT_FILE for a private CA); it is tried again by itself.".to_owned()
        }
        ErrorKind::Decode => "The answer is not Graph's: check for a proxy or a captive portal between the controller and Graph; it is tried again by itself.".to_owned(),
    }
}

/// The remedy for an AADSTS number. See <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
fn of_aadsts(code: u32) -> Option<&'static str> {
    Some(match code {
        90002 => "The tenant does not exist at this authority: check the tenant id and the cloud.",
        700_016 => "The application is not in this tenant: check the client id and the tenant id, and create the service principal there.",
        7_000_215 => "The client secret is wrong: use the secret's value, not its id.",
        7_000_222 => "The client secret has expired: create a new one.",
        7_000_216 => "The request carried no credential: configure one for the tenant.",
        700_024 => "The assertion is outside of its validity: check the clocks, and that the token file is being rotated.",
        700_027 => {
            "The assertion's signature is not accepted: register the certificate's public part with the application and check its thumbprint."
        }
        700_021 | 700_023 => "The assertion was made for another application or audience: check the client id and the certificate's owner.",
        70_021 => {
            "No federated credential of the application matches: compare its issuer, subject and audience with the service account token."
        }
        700_211 => {
            "The federated credential's issuer differs from the cluster's: they must be equal to the last slash. A new one takes minutes to work."
        }
        700_212 => "The federated credential's audience differs from the token's: both must be the cloud's AzureADTokenExchange audience.",
        700_213 => {
            "The federated credential's subject differs: it must be system:serviceaccount:<namespace>:<name> of the service account used. A new one takes minutes to work."
        }
        50_166 => "Entra cannot read the cluster's issuer: its /.well-known/openid-configuration and keys must be public over HTTPS.",
        50_049 => "The authority host is not one of Entra's: check the cloud.",
        500_011 => "Graph has no service principal of that name in the tenant: check the scope and the cloud.",
        650_052 => "The tenant lacks the service the application asks for: check its licences and enable it.",
        53_003 => "A conditional access policy blocks this workload identity: exclude it or meet the policy.",
        7_000_112 => "The application is disabled in the tenant: enable its service principal.",
        7_000_229 => "The application has no service principal in the tenant: create it.",
        65_001 => "Consent is missing: grant the application permissions and give admin consent.",
        70_011 | 1_002_012 => "The scope is invalid: application tokens need {Graph root}/.default.",
        90_033 | 50_196 | 90_055 => "Entra is busy; it is tried again by itself.",
        _ => return None,
    })
}

fn unknown_code(code: u32) -> String {
    format!("Look AADSTS{code} up in Microsoft's list of Entra error codes and correct the application registration.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_has_its_own_remedy() {
        let codes = [
            90002, 700_016, 7_000_215, 7_000_222, 700_024, 700_027, 70_021, 700_211, 700_212, 700_213, 50_166, 500_011, 53_003, 7_000_112,
            7_000_229, 65_001, 70_011, 1_002_012, 90_033, 50_196, 90_055,
        ];
        for code in codes {
            assert!(of_aadsts(code).is_some(), "{code}");
        }
        let error = GraphError::new(
            "get a token",
            ErrorKind::Token {
                aadsts: Some(12345),
                transient: false,
            },
            "",
        );
        assert!(advice(&error).contains("AADSTS12345"));
    }
}
