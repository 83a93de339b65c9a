//! Puts a seed into a world. An existing application, user or group is replaced, a Cloud PC object with an id
//! that is taken is refused, and the rest stays.
//!
//! The caller works on a copy of the world, so that a seed that fails midway changes nothing.

use std::path::PathBuf;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::directory;
use super::form::{AppSeed, Seed, TenantSeed};
use crate::base::clock::Clock;
use crate::base::ids::guid;
use crate::catalogue::gallery;
use crate::world::{App, FederatedCredential, Tenant, World};
use crate::{graph, life};

impl Seed {
    /// Merges this seed into a world and returns the CAs that it trusts.
    ///
    /// # Errors
    /// What is wrong and where. The world may have been changed in part then.
    pub(crate) fn apply(&self, world: &mut World) -> Result<Vec<CertificateDer<'static>>, String> {
        if let Some(now) = self.content.now {
            world.clock = Clock::frozen(now);
        }
        graph::change_options(world, &self.content.options).map_err(|reason| format!("options: {reason}"))?;
        for (index, tenant) in self.content.tenants.iter().enumerate() {
            self.tenant(world, tenant).map_err(|reason| format!("tenants[{index}].{reason}"))?;
        }
        let mut trusted = Vec::new();
        for (index, source) in self.content.trust.iter().enumerate() {
            let pem = self.pem(source).map_err(|reason| format!("trust[{index}]: {reason}"))?;
            trusted.extend(certificates(&pem).map_err(|reason| format!("trust[{index}]: {reason}"))?);
        }
        Ok(trusted)
    }

    fn tenant(&self, world: &mut World, seed: &TenantSeed) -> Result<(), String> {
        let id = guid(&seed.id).map_err(|reason| format!("id: {reason}"))?;
        for domain in &seed.verified_domains {
            if world.find_tenant(domain).is_some_and(|owner| owner.id != id) {
                return Err(format!("verifiedDomains: {domain} belongs to another tenant"));
            }
        }
        let is_new = !world.tenants.contains_key(&id);
        let mut tenant = world.tenants.remove(&id).unwrap_or_else(|| Tenant {
            id: id.clone(),
            ..Tenant::default()
        });
        if let Some(name) = seed.display_name.as_ref().or(is_new.then_some(&id)) {
            tenant.display_name.clone_from(name);
        }
        for domain in &seed.verified_domains {
            if !tenant.verified_domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
                tenant.verified_domains.push(domain.clone());
            }
        }
        for (index, app) in seed.apps.iter().enumerate() {
            let app = self.app(app).map_err(|reason| format!("apps[{index}].{reason}"))?;
            match tenant.apps.iter_mut().find(|known| known.app_id == app.app_id) {
                Some(known) => *known = app,
                None => tenant.apps.push(app),
            }
        }
        directory::put_users(&mut tenant, &seed.users)?;
        directory::put_groups(&mut tenant, &seed.groups, world.now())?;
        world.tenants.insert(id.clone(), tenant);
        objects(world, &id, seed, is_new)?;
        life::directory_changed(world, &id, is_new);
        life::policies_changed(world, &id);
        Ok(())
    }

    fn app(&self, seed: &AppSeed) -> Result<App, String> {
        let app_id = guid(&seed.app_id).map_err(|reason| format!("appId: {reason}"))?;
        let mut registered = Vec::new();
        for (index, source) in seed.certificates.iter().enumerate() {
            let pem = self.pem(source).and_then(|pem| certificates(&pem).map(|_| pem));
            registered.push(pem.map_err(|reason| format!("certificates[{index}]: {reason}"))?);
        }
        let federated = seed.federated_credentials.iter().map(|credential| FederatedCredential {
            issuer: credential.issuer.clone(),
            subject: credential.subject.clone(),
            audiences: credential.audiences.clone(),
        });
        Ok(App {
            display_name: seed.display_name.clone().unwrap_or_else(|| app_id.clone()),
            client_secret: seed.client_secret.clone(),
            certificates: registered,
            federated_credentials: federated.collect(),
            roles: seed.roles.clone(),
            app_id,
        })
    }

    /// The PEM text at a path, or in the seed itself.
    fn pem(&self, source: &str) -> Result<String, String> {
        if source.contains("-----BEGIN ") {
            return Ok(source.to_owned());
        }
        let path = self
            .folder
            .as_ref()
            .map_or_else(|| PathBuf::from(source), |folder| folder.join(source));
        std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    }
}

/// Collections after groups, and policies after what they refer to.
fn objects(world: &mut World, tenant: &str, seed: &TenantSeed, is_new: bool) -> Result<(), String> {
    if is_new && seed.gallery_images.is_none() {
        for image in gallery::default_gallery() {
            graph::seed_object(world, tenant, "galleryImages", image)?;
        }
    }
    if is_new {
        let settings = seed
            .organization_settings
            .clone()
            .unwrap_or_else(gallery::default_organization_settings);
        graph::seed_object(world, tenant, "organizationSettings", settings).map_err(|reason| format!("organizationSettings: {reason}"))?;
    } else if seed.organization_settings.is_some() {
        return Err("organizationSettings: the tenant has them already".to_owned());
    }
    let empty = Vec::new();
    let lists = [
        ("galleryImages", seed.gallery_images.as_ref().unwrap_or(&empty)),
        ("frontLineServicePlans", &seed.front_line_service_plans),
        ("onPremisesConnections", &seed.on_premises_connections),
        ("deviceImages", &seed.device_images),
        ("provisioningPolicies", &seed.provisioning_policies),
        ("userSettings", &seed.user_settings),
        ("cloudPCs", &seed.cloud_pcs),
        ("auditEvents", &seed.audit_events),
    ];
    for (collection, list) in lists {
        for (index, object) in list.iter().enumerate() {
            graph::seed_object(world, tenant, collection, object.clone()).map_err(|reason| format!("{collection}[{index}]: {reason}"))?;
        }
    }
    Ok(())
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| format!("not PEM: {error}"))?;
    if found.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    Ok(found)
}
