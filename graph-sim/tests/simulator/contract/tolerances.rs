//! Every deviation from the description that is tolerated is one that the simulator needs: a series of requests uses them all.

use crate::contract::support::{Sample, contract, unused_tolerances};
use crate::routes::support::*;
use crate::wire::support::Sim;
use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::contract::{Checked, Rule, Violation, tolerated};
use graph_sim::options::WriteAnswer;
use graph_sim::world::World;
use reqwest::Method;
use serde_json::{Value, json};

const GROUP_TARGET: &str = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget";

/// A series of requests and the tolerances that it used.
struct Tour {
    world: World,
    met: Vec<Violation>,
}

impl Tour {
    fn judge(&mut self, exchange: &Checked<'_>) {
        let contract = contract().expect("there is a description");
        self.met.extend(contract.check_strictly(exchange));
    }

    /// A request with this answer's status.
    fn ask(&mut self, version: ApiVersion, method: &'static str, target: &str, body: &Value, status: u16) -> Value {
        let (ask, sent) = match body {
            Value::Null => (Ask::new(version, method, target), String::new()),
            body => (Ask::new(version, method, target).body(body), body.to_string()),
        };
        let answer = ask.send(&mut self.world);
        assert_eq!(answer.status, status, "{method} {target}: {:?}", answer.body);
        let sample = Sample::new(version, &format!("{method} {target}"), sent, status, answer.body.clone());
        self.judge(&sample.checked());
        answer.body.unwrap_or_default()
    }

    fn read(&mut self, version: ApiVersion, target: &str) -> Value {
        self.ask(version, "GET", target, &Value::Null, 200)
    }

    fn directory(&mut self) {
        for list in ["members", "transitiveMembers"] {
            self.read(V1, &format!("/groups/{GROUP_A}/{list}"));
            self.read(Beta, &format!("/groups/{GROUP_A}/{list}/microsoft.graph.user"));
        }
        let ada = "66666666-0000-4000-8000-000000000001";
        let address = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/users/{ada}")});
        self.ask(V1, "POST", &format!("/groups/{GROUP_A}/members/$ref"), &address, 204);
        self.ask(V1, "DELETE", &format!("/groups/{GROUP_A}/members/{ada}/$ref"), &Value::Null, 204);
        self.read(V1, "/users?$top=5");
        let group = json!({"displayName": "g", "mailNickname": "g", "mailEnabled": false, "securityEnabled": true});
        let made = self.ask(V1, "POST", "/groups", &group, 201);
        let made = format!("/groups/{}", made["id"].as_str().unwrap());
        self.ask(V1, "DELETE", &made, &Value::Null, 204);
        self.ask(V1, "DELETE", &format!("/users/{ada}"), &Value::Null, 204);
    }

    fn connections(&mut self) {
        let checks = json!({"healthChecks": [{"displayName": "DNS", "status": "pending"}]});
        seed(
            &mut self.world,
            "onPremisesConnections",
            json!({ "healthCheckStatusDetail": checks }),
        );
        self.read(
            V1,
            "/deviceManagement/virtualEndpoint/onPremisesConnections?$select=id,healthCheckStatusDetail",
        );
    }

    fn policies(&mut self) {
        let of_both = policy_with(&json!({"managedBy": "windows365,devBox"}));
        let created = self.ask(Beta, "POST", POLICIES, &of_both, 201);
        let owner = format!("{POLICIES}/{}", created["id"].as_str().unwrap());
        // As the portal does.
        let old = policy_with(&json!({"userSettingsPersistenceEnabled": false}));
        self.ask(Beta, "POST", POLICIES, &old, 201);
        self.ask(Beta, "POST", &format!("{owner}/apply"), &json!({"policySettings": null}), 204);
        let assign = format!("{owner}/assign");
        for target in [
            json!({"groupId": GROUP_A}),
            json!({"@odata.type": GROUP_TARGET.trim_start_matches('#'), "groupId": GROUP_A}),
        ] {
            self.ask(V1, "POST", &assign, &json!({"assignments": [{ "target": target }]}), 204);
        }
        self.world.options.assign_answer = WriteAnswer::Entity;
        self.ask(V1, "POST", &assign, &json!({"assignments": []}), 200);
        // Refused by the service behind the layer that parses.
        self.ask(V1, "POST", POLICIES, &policy_with(&json!({"imageId": "x"})), 400);
    }

    fn settings(&mut self) {
        let network = json!({"disasterRecoveryType": "premium", "disasterRecoveryNetworkSetting": {"regionGroup": "europe"}});
        let setting = json!({"displayName": "s", "crossRegionDisasterRecoverySetting": network});
        self.ask(Beta, "POST", SETTINGS, &setting, 201);
    }

    /// What is done before and after the routes, and so over the wire: dates of failures, limits and batches.
    fn wire(&mut self) {
        let mut seed = crate::wire::support::seed();
        seed["options"] = json!({"throttling": {"listPerMinute": 1}});
        let sim = Sim::start(&seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let token = runtime.block_on(sim.app_token(crate::wire::support::TENANT));
        let batch = json!({"requests": [{"id": "1", "method": "GET", "url": "/groups"}]});
        for (method, path, body, expected) in [
            (Method::GET, POLICIES, None, 200),
            (Method::GET, POLICIES, None, 429),
            (Method::POST, "/$batch", Some(&batch), 200),
        ] {
            let (status, answer) = runtime.block_on(sim.graph(method.clone(), &format!("/beta{path}"), &token, body));
            assert_eq!(status, expected, "{path}: {answer}");
            let sent = body.map(Value::to_string).unwrap_or_default();
            self.judge(&Sample::new(Beta, &format!("{method} {path}"), sent, status, Some(answer)).checked());
        }
    }
}

#[test]
fn every_tolerance_is_needed() {
    if contract().is_none() {
        return;
    }
    let mut tour = Tour {
        world: world(),
        met: Vec::new(),
    };
    tour.directory();
    tour.connections();
    tour.policies();
    tour.settings();
    tour.wire();
    let intolerable: Vec<&Violation> = tour.met.iter().filter(|one| tolerated::covering(one).is_none()).collect();
    assert!(intolerable.is_empty(), "{intolerable:#?}");
    let unused = unused_tolerances(&tour.met);
    assert!(unused.is_empty(), "{unused:#?}");
}

#[test]
fn there_are_few_tolerances_and_each_says_why() {
    // Operations that the description leaves out are those of the routes; `routes::openapi` compares them.
    let differs = |tolerance: &&tolerated::Tolerance| tolerance.rule != Rule::UndescribedOperation;
    assert!(tolerated::TOLERATED.iter().filter(differs).count() < 15);
    for tolerance in &tolerated::TOLERATED {
        assert!(tolerance.reason.len() > 30, "{tolerance:?}");
    }
}
