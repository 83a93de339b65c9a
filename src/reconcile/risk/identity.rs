//! What identifies a plan that puts Cloud PCs at risk: the resource, the tenant, the object in Graph, what is lost, the Cloud PCs, and a nonce that
//! exists only since the plan is held. Pure.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::reconcile::risk::count::{AtRisk, Loss};
use crate::tenant::shared::TenantKey;

/// How much of a hash stands for a Cloud PC: no two of a tenant have the same in practice, and Graph chooses their ids.
const SHORT: usize = 8;

/// The Cloud PCs of a plan, each as a short hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pinned(BTreeSet<[u8; SHORT]>);

impl Pinned {
    /// Those at risk.
    pub(crate) fn of(at_risk: &[AtRisk]) -> Self {
        Self(at_risk.iter().map(|pc| short(&pc.id)).collect())
    }

    /// Reads what a status has; a damaged text pins nothing.
    pub(crate) fn parse(text: &str) -> Self {
        let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
        let (whole, rest) = bytes.as_chunks::<SHORT>();
        if rest.is_empty() {
            Self(whole.iter().copied().collect())
        } else {
            Self::default()
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// As a status has it.
    pub(crate) fn text(&self) -> String {
        BASE64_STANDARD.encode(self.0.iter().flatten().copied().collect::<Vec<u8>>())
    }

    /// Whether `other` has all of these.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

fn short(id: &str) -> [u8; SHORT] {
    let mut short = [0; SHORT];
    short.copy_from_slice(&digest(&SHA256, id.to_lowercase().as_bytes()).as_ref()[..SHORT]);
    short
}

/// What a plan is about.
pub(crate) struct Subject<'a> {
    /// UID of the resource.
    pub uid: &'a str,
    /// The tenant.
    pub tenant: &'a TenantKey,
    /// The id of the object in Graph.
    pub graph_id: &'a str,
    /// Whether the object itself is deleted.
    pub deletes: bool,
}

impl Subject<'_> {
    /// The hash of what is taken away.
    pub(crate) fn loss(&self, loss: &Loss) -> String {
        let verb = if self.deletes { "delete" } else { "assign" };
        hash(std::iter::once(verb.to_owned()).chain(loss.words()))
    }

    /// The plan's id.
    pub(crate) fn plan_id(&self, loss: &str, pinned: &Pinned, nonce: &str) -> String {
        let TenantKey { cloud, tenant_id } = self.tenant;
        let parts = [
            self.uid,
            &format!("{cloud:?}"),
            tenant_id,
            &self.graph_id.to_lowercase(),
            loss,
            &pinned.text(),
            nonce,
        ];
        hash(parts.map(str::to_owned).into_iter())
    }
}

/// Twenty hexadecimal digits of a hash of some texts, in their order.
fn hash(parts: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(&format!("{}:{part};", part.len()));
    }
    digest(&SHA256, text.as_bytes()).as_ref()[..10]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Cloud;
    use crate::reconcile::risk::count::Why;

    fn pc(id: &str) -> AtRisk {
        AtRisk {
            id: id.to_owned(),
            who: String::new(),
            why: Why::NoMember,
            in_grace: false,
        }
    }

    #[test]
    fn the_cloud_pcs_of_a_plan_survive_a_status_and_one_more_is_another_plan() {
        let (two, three) = (Pinned::of(&[pc("a"), pc("b")]), Pinned::of(&[pc("A"), pc("b"), pc("c")]));
        assert!(two.is_within(&three) && !three.is_within(&two));
        assert_eq!(Pinned::parse(&three.text()), three);
        for damaged in ["", "x", "AAAA", "not base64"] {
            assert!(!two.is_within(&Pinned::parse(damaged)), "{damaged}");
        }
    }

    #[test]
    fn a_plan_is_of_one_resource_tenant_object_loss_set_and_nonce() {
        let tenant = TenantKey::new(Cloud::Public, "t");
        let other = TenantKey::new(Cloud::USGovernment, "t");
        let subject = |uid, tenant, graph_id, deletes| Subject {
            uid,
            tenant,
            graph_id,
            deletes,
        };
        let pinned = Pinned::of(&[pc("a")]);
        let (loss, nothing) = (Loss::default(), Pinned::default());
        let id = |subject: Subject<'_>, pinned: &Pinned, nonce| subject.plan_id(&subject.loss(&loss), pinned, nonce);
        let ids = [
            id(subject("u", &tenant, "g", false), &pinned, "n"),
            id(subject("v", &tenant, "g", false), &pinned, "n"),
            id(subject("u", &other, "g", false), &pinned, "n"),
            id(subject("u", &tenant, "h", false), &pinned, "n"),
            id(subject("u", &tenant, "g", true), &pinned, "n"),
            id(subject("u", &tenant, "g", false), &nothing, "n"),
            id(subject("u", &tenant, "g", false), &pinned, "m"),
        ];
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        assert_eq!(ids[0], id(subject("u", &tenant, "G", false), &pinned, "n"));
    }
}
