//! Whether the API server lets only approvers set the annotation that approves a plan.
//!
//! A user who may edit a resource may set any annotation on it. An approval is worth something only because an admission policy
//! checks who sets it, so before an approval counts the policy and its binding are read and compared with the manifest that this
//! program was built with. A difference is a reason to count no approval. None are: defaults that the API server fills in, actions
//! beside Deny, and which ServiceAccounts the platform team has listed.
//!
//! Prohibitions: nothing is cached, nothing is written, and no answer counts as protected.

use std::fmt;
use std::sync::LazyLock;

use k8s_openapi::api::admissionregistration::v1::{
    MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is installed with the controller.
const MANIFEST: &str = include_str!("../../manifests/approvals.yaml");

/// What puts right whatever is missing.
const APPLY: &str = "apply the manifests of this version again";

const POLICY: &str = "ValidatingAdmissionPolicy";
/// The variable of the policy that lists ServiceAccounts; what it lists is up to each cluster.
const LIST: &str = "serviceAccounts";

const BINDING: &str = "ValidatingAdmissionPolicyBinding";

/// The policy and the binding as they are shipped.
static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| Shipped {
    policy: shipped(POLICY),
    binding: shipped(BINDING),
});

struct Shipped {
    policy: ValidatingAdmissionPolicy,
    binding: ValidatingAdmissionPolicyBinding,
}

/// The object of a kind in the manifest.
fn shipped<K: DeserializeOwned>(kind: &str) -> K {
    let objects: Vec<Value> = serde_saphyr::from_multiple(MANIFEST).expect("the manifest is YAML");
    let mut of_kind = objects.into_iter().filter(|object| object["kind"] == kind);
    let object = of_kind.next().expect("the manifest has the policy and its binding");
    serde_json::from_value(object).expect("the manifest has the types of the API server")
}

/// The policy is there and in force. An approval that was set under another one counts no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protection(String);

impl Protection {
    /// A text that is another one after the policy or its binding was missing or changed, even if that was undone: meanwhile any
    /// editor could have set an approval. A plan id that covers it cannot have been approved in that time.
    pub(crate) fn epoch(&self) -> &str {
        &self.0
    }
}

/// Why no approval counts: one sentence that says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unprotected {
    /// The policy or its binding is missing, or weaker than shipped.
    #[error("{0}")]
    Weak(String),
    /// The API server does not tell.
    #[error("{0}")]
    Unknown(String),
}

/// Whether the cluster has the policy and the binding as they are shipped. Asks the API server each time; the client should have
/// short timeouts.
///
/// # Errors
///
/// [`Unprotected`] when either is missing or weaker than shipped, or the API server does not tell.
pub(crate) async fn protected(client: &Client) -> Result<Protection, Unprotected> {
    let Shipped { policy, binding } = &*SHIPPED;
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client.clone());
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(client.clone());
    let (live_policy, live_binding) = tokio::join!(policies.get_opt(name(&policy.metadata)), bindings.get_opt(name(&binding.metadata)),);
    let live_policy = live_policy.map_err(|error| unknown(POLICY, name(&policy.metadata), &error))?;
    let live_binding = live_binding.map_err(|error| unknown(BINDING, name(&binding.metadata), &error))?;
    judge(live_policy.as_ref(), live_binding.as_ref())
}

/// The decision from what the API server has. Pure.
fn judge(
    policy: Option<&ValidatingAdmissionPolicy>,
    binding: Option<&ValidatingAdmissionPolicyBinding>,
) -> Result<Protection, Unprotected> {
    let shipped = &*SHIPPED;
    let policy = present(POLICY, &shipped.policy.metadata, policy, |policy| &policy.metadata)?;
    let binding = present(BINDING, &shipped.binding.metadata, binding, |binding| &binding.metadata)?;
    let wanted = shipped.policy.spec.clone().unwrap_or_default();
    if let Some(field) = weaker_policy(complete(wanted), complete(policy.spec.clone().unwrap_or_default())) {
        return Err(differs(POLICY, name(&shipped.policy.metadata), field));
    }
    if let Some(field) = weaker_binding(&shipped.binding.spec, &binding.spec) {
        return Err(differs(BINDING, name(&shipped.binding.metadata), field));
    }
    Ok(Protection(format!("{}/{}", age(&policy.metadata), age(&binding.metadata))))
}

/// The object, unless it is missing or about to be.
fn present<'a, K>(kind: &str, wanted: &ObjectMeta, live: Option<&'a K>, metadata: fn(&K) -> &ObjectMeta) -> Result<&'a K, Unprotected> {
    let name = name(wanted);
    let live = live.ok_or_else(|| unprotected(format_args!("the {kind} {name} is missing"), APPLY))?;
    if metadata(live).deletion_timestamp.is_some() {
        let advice = format!("once it is gone, {APPLY}");
        return Err(unprotected(format_args!("the {kind} {name} is being deleted"), &advice));
    }
    Ok(live)
}

/// The first field of the policy that is not as shipped.
fn weaker_policy(wanted: ValidatingAdmissionPolicySpec, live: ValidatingAdmissionPolicySpec) -> Option<&'static str> {
    // Without `..`: a field that the API server gains has to be judged.
    let ValidatingAdmissionPolicySpec {
        // What is only written to the audit log lets nothing through.
        audit_annotations: _,
        failure_policy,
        match_conditions,
        match_constraints,
        param_kind,
        validations,
        variables,
    } = live;
    let same = [
        ("spec.failurePolicy", failure_policy == wanted.failure_policy),
        ("spec.matchConstraints", match_constraints == wanted.match_constraints),
        ("spec.matchConditions", match_conditions == wanted.match_conditions),
        ("spec.paramKind", param_kind == wanted.param_kind),
        ("spec.variables", variables == wanted.variables),
        ("spec.validations", validations == wanted.validations),
    ];
    first_difference(&same)
}

/// The first field of the binding that is not as shipped.
fn weaker_binding(wanted: &ValidatingAdmissionPolicyBindingSpec, live: &ValidatingAdmissionPolicyBindingSpec) -> Option<&'static str> {
    let ValidatingAdmissionPolicyBindingSpec {
        match_resources,
        param_ref,
        policy_name,
        validation_actions,
    } = live;
    let everything = everything(match_resources.clone().unwrap_or_default());
    let same = [
        ("spec.policyName", *policy_name == wanted.policy_name),
        (
            "spec.validationActions",
            wanted.validation_actions.iter().all(|action| validation_actions.contains(action)),
        ),
        ("spec.paramRef", *param_ref == wanted.param_ref),
        ("spec.matchResources", everything),
    ];
    first_difference(&same)
}

fn first_difference(same: &[(&'static str, bool)]) -> Option<&'static str> {
    same.iter().find(|(_, same)| !same).map(|(field, _)| *field)
}

/// Whether a binding applies to all that its policy does.
fn everything(binding: MatchResources) -> bool {
    let equivalent = completed(MatchResources::default());
    completed(binding) == equivalent
}

/// The spec as the API server keeps it: with defaults, without lists that are empty; and with no ServiceAccount listed.
fn complete(mut spec: ValidatingAdmissionPolicySpec) -> ValidatingAdmissionPolicySpec {
    spec.failure_policy.get_or_insert_with(|| "Fail".to_owned());
    spec.match_constraints = spec.match_constraints.map(completed);
    spec.match_conditions = filled(spec.match_conditions);
    spec.variables = filled(spec.variables);
    let lists = spec.variables.iter_mut().flatten().filter(|variable| variable.name == LIST);
    for list in lists.filter(|list| names_service_accounts(&list.expression)) {
        "[]".clone_into(&mut list.expression);
    }
    spec.validations = filled(spec.validations);
    spec
}

/// Whether an expression is a list of names of ServiceAccounts and nothing else: any other could let every user through.
fn names_service_accounts(expression: &str) -> bool {
    let names_one = |item: &str| {
        let quoted = ['\'', '"'].iter().find_map(|quote| item.strip_prefix(*quote)?.strip_suffix(*quote));
        let name = quoted.and_then(|name| name.strip_prefix("system:serviceaccount:"));
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
        };
        name.and_then(|name| name.split_once(':'))
            .is_some_and(|(namespace, name)| word(namespace) && word(name))
    };
    let items = expression.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    items.is_some_and(|items| items.trim().is_empty() || items.split(',').all(|item| names_one(item.trim())))
}

/// The same of what a policy or a binding matches. The order of words does not count.
fn completed(of: MatchResources) -> MatchResources {
    let rules = |rules: Option<Vec<NamedRuleWithOperations>>| filled(rules).map(|rules| rules.into_iter().map(ordered).collect());
    MatchResources {
        exclude_resource_rules: rules(of.exclude_resource_rules),
        match_policy: of.match_policy.or_else(|| Some("Equivalent".to_owned())),
        namespace_selector: selecting(of.namespace_selector),
        object_selector: selecting(of.object_selector),
        resource_rules: rules(of.resource_rules),
    }
}

fn ordered(rule: NamedRuleWithOperations) -> NamedRuleWithOperations {
    let words = |words: Option<Vec<String>>| {
        filled(words).map(|mut words| {
            words.sort();
            words
        })
    };
    NamedRuleWithOperations {
        api_groups: words(rule.api_groups),
        api_versions: words(rule.api_versions),
        operations: words(rule.operations),
        resource_names: words(rule.resource_names),
        resources: words(rule.resources),
        scope: rule.scope.or_else(|| Some("*".to_owned())),
    }
}

/// A selector that leaves something out; an empty one selects everything, as none does.
fn selecting(selector: Option<LabelSelector>) -> Option<LabelSelector> {
    let selector = selector?;
    let selector = LabelSelector {
        match_expressions: filled(selector.match_expressions),
        match_labels: selector.match_labels.filter(|labels| !labels.is_empty()),
    };
    (selector != LabelSelector::default()).then_some(selector)
}

fn filled<T>(list: Option<Vec<T>>) -> Option<Vec<T>> {
    list.filter(|list| !list.is_empty())
}

fn name(metadata: &ObjectMeta) -> &str {
    metadata.name.as_deref().unwrap_or_default()
}

/// Another one after the object was made anew or its spec changed.
fn age(metadata: &ObjectMeta) -> String {
    format!(
        "{}:{}",
        metadata.uid.as_deref().unwrap_or_default(),
        metadata.generation.unwrap_or_default()
    )
}

/// Applying alone would not do: server-side apply keeps what another manager has added to a list.
fn differs(kind: &str, name: &str, field: &str) -> Unprotected {
    let advice = format!("kubectl delete {} {name}, then {APPLY}", kind.to_lowercase());
    unprotected(format_args!("{field} of the {kind} {name} is not as shipped"), &advice)
}

fn unprotected(why: fmt::Arguments, advice: &str) -> Unprotected {
    Unprotected::Weak(format!("{why}, so any editor could approve and no approval counts: {advice}"))
}

/// The API server did not tell. What it wrote itself is passed on, other texts of kube are not.
fn unknown(kind: &str, name: &str, error: &kube::Error) -> Unprotected {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else fails, there is no answer")]
    let advice = match error {
        kube::Error::Api(status) if status.code == 401 || status.code == 403 => {
            format!("the controller may not read it ({}: {}); {APPLY}", status.code, status.message)
        }
        kube::Error::Api(status) => format!("the API server answered {} ({})", status.code, status.message),
        _ => "the API server does not answer".to_owned(),
    };
    Unprotected::Unknown(format!(
        "whether the {kind} {name} protects approvals is not known, so no approval counts: {advice}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The objects as the API server keeps them: with its defaults, and with what it adds.
    fn installed() -> (Value, Value) {
        let mut policy = serde_json::to_value(&SHIPPED.policy).expect("it serialises");
        let mut binding = serde_json::to_value(&SHIPPED.binding).expect("it serialises");
        policy["metadata"] = json!({"name": "cloudpc-approvals", "uid": "p", "generation": 1});
        policy["status"] = json!({"observedGeneration": 1, "typeChecking": {}});
        binding["metadata"] = json!({"name": "cloudpc-approvals", "uid": "b", "generation": 1});
        (policy, binding)
    }

    fn judged((policy, binding): &(Value, Value)) -> Result<Protection, String> {
        let policy: ValidatingAdmissionPolicy = serde_json::from_value(policy.clone()).expect("a policy");
        let binding: ValidatingAdmissionPolicyBinding = serde_json::from_value(binding.clone()).expect("a binding");
        judge(Some(&policy), Some(&binding)).map_err(|unprotected| unprotected.to_string())
    }

    /// Sets what a pointer leads to, the last part of which may be new.
    fn set(object: &mut Value, pointer: &str, value: Value) {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = object.pointer_mut(parent).expect("it leads somewhere");
        match parent {
            Value::Array(items) if key == "-" => items.push(value),
            Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value,
            other => other[key] = value,
        }
    }

    const RULE: &str = "/spec/matchConstraints/resourceRules/0";

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table")]
    fn s26_every_way_to_weaken_the_policy_or_its_binding_is_seen() {
        let rule = |field: &str| format!("{RULE}/{field}");
        let some = json!({"matchLabels": {"approvals": "unchecked"}});
        let not = json!({"matchExpressions": [{"key": "approvals", "operator": "DoesNotExist"}]});
        let excluded = json!([{"apiGroups": ["cloudpc.dev"], "apiVersions": ["*"], "operations": ["*"], "resources": ["assignments"]}]);
        let validation = |field: &str| format!("/spec/validations/1/{field}");
        let policy = [
            (
                "/metadata/deletionTimestamp".to_owned(),
                json!("2026-11-30T00:00:00Z"),
                "is being deleted",
            ),
            ("/spec/failurePolicy".to_owned(), json!("Ignore"), "spec.failurePolicy"),
            (
                "/spec/paramKind".to_owned(),
                json!({"apiVersion": "v1", "kind": "ConfigMap"}),
                "spec.paramKind",
            ),
            ("/spec/matchConstraints".to_owned(), json!(null), "spec.matchConstraints"),
            (
                "/spec/matchConstraints/matchPolicy".to_owned(),
                json!("Exact"),
                "spec.matchConstraints",
            ),
            (
                "/spec/matchConstraints/namespaceSelector".to_owned(),
                not.clone(),
                "spec.matchConstraints",
            ),
            (
                "/spec/matchConstraints/objectSelector".to_owned(),
                some.clone(),
                "spec.matchConstraints",
            ),
            (
                "/spec/matchConstraints/excludeResourceRules".to_owned(),
                excluded.clone(),
                "spec.matchConstraints",
            ),
            (
                "/spec/matchConstraints/resourceRules".to_owned(),
                json!([]),
                "spec.matchConstraints",
            ),
            (rule("operations"), json!(["CREATE"]), "spec.matchConstraints"),
            (rule("operations"), json!(["UPDATE"]), "spec.matchConstraints"),
            (rule("resources"), json!(["provisioningpolicies"]), "spec.matchConstraints"),
            (rule("resourceNames"), json!(["desk"]), "spec.matchConstraints"),
            (rule("apiGroups"), json!(["example.org"]), "spec.matchConstraints"),
            (rule("apiVersions"), json!(["v1"]), "spec.matchConstraints"),
            (rule("scope"), json!("Cluster"), "spec.matchConstraints"),
            (
                "/spec/matchConditions".to_owned(),
                json!([{"name": "people", "expression": "request.userInfo.username != 'eve'"}]),
                "spec.matchConditions",
            ),
            ("/spec/validations".to_owned(), json!([]), "spec.validations"),
            (validation("expression"), json!("true"), "spec.validations"),
            (validation("reason"), json!(null), "spec.validations"),
            ("/spec/variables/3/expression".to_owned(), json!("false"), "spec.variables"),
            (
                "/spec/variables/0/expression".to_owned(),
                json!("request.userInfo.groups"),
                "spec.variables",
            ),
            (
                "/spec/variables/-".to_owned(),
                json!({"name": "more", "expression": "true"}),
                "spec.variables",
            ),
        ];
        let binding = [
            (
                "/metadata/deletionTimestamp".to_owned(),
                json!("2026-11-30T00:00:00Z"),
                "is being deleted",
            ),
            ("/spec/policyName".to_owned(), json!("another"), "spec.policyName"),
            ("/spec/validationActions".to_owned(), json!(["Warn"]), "spec.validationActions"),
            (
                "/spec/validationActions".to_owned(),
                json!(["Audit", "Warn"]),
                "spec.validationActions",
            ),
            ("/spec/validationActions".to_owned(), json!([]), "spec.validationActions"),
            (
                "/spec/paramRef".to_owned(),
                json!({"name": "a", "namespace": "team", "parameterNotFoundAction": "Allow"}),
                "spec.paramRef",
            ),
            (
                "/spec/matchResources".to_owned(),
                json!({"namespaceSelector": not}),
                "spec.matchResources",
            ),
            (
                "/spec/matchResources".to_owned(),
                json!({"objectSelector": some}),
                "spec.matchResources",
            ),
            (
                "/spec/matchResources".to_owned(),
                json!({"excludeResourceRules": excluded}),
                "spec.matchResources",
            ),
            (
                "/spec/matchResources".to_owned(),
                json!({"resourceRules": [{"apiGroups": ["cloudpc.dev"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}]}),
                "spec.matchResources",
            ),
        ];
        let policy = policy.map(|change| (POLICY, change));
        let binding = binding.map(|change| (BINDING, change));
        for (kind, (pointer, value, said)) in policy.into_iter().chain(binding) {
            let mut objects = installed();
            let object = if kind == POLICY { &mut objects.0 } else { &mut objects.1 };
            set(object, &pointer, value.clone());
            let refusal = judged(&objects).expect_err(&format!("{kind} with {value} in {pointer} passes"));
            let complete = refusal.contains(said) && refusal.contains(&format!("the {kind} cloudpc-approvals"));
            assert!(complete && refusal.contains(APPLY), "{pointer}: {refusal}");
        }
    }

    #[test]
    fn s26_what_is_missing_is_named() {
        let Shipped { policy, binding } = &*SHIPPED;
        for (policy, binding, kind) in [(None, Some(binding), POLICY), (Some(policy), None, BINDING), (None, None, POLICY)] {
            let refusal = judge(policy, binding).expect_err("it is missing").to_string();
            assert!(
                refusal.starts_with(&format!("the {kind} cloudpc-approvals is missing")),
                "{refusal}"
            );
        }
    }

    /// What the API server fills in, and what makes the binding no weaker.
    #[test]
    fn s26_defaults_and_further_actions_are_no_difference() {
        let harmless = [
            (POLICY, "/spec/failurePolicy", json!(null)),
            (POLICY, "/spec/matchConstraints/matchPolicy", json!(null)),
            (POLICY, "/spec/matchConstraints/namespaceSelector", json!(null)),
            (POLICY, "/spec/matchConstraints/objectSelector", json!({"matchLabels": {}})),
            (POLICY, "/spec/matchConstraints/excludeResourceRules", json!([])),
            (POLICY, "/spec/matchConstraints/resourceRules/0/scope", json!(null)),
            (
                POLICY,
                "/spec/matchConstraints/resourceRules/0/operations",
                json!(["UPDATE", "CREATE"]),
            ),
            (POLICY, "/spec/matchConditions", json!([])),
            (
                POLICY,
                "/spec/auditAnnotations",
                json!([{"key": "by", "valueExpression": "request.userInfo.username"}]),
            ),
            (POLICY, "/metadata/labels", json!({"team": "platform"})),
            (BINDING, "/spec/validationActions", json!(["Audit", "Deny"])),
            (
                BINDING,
                "/spec/matchResources",
                json!({"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}),
            ),
        ];
        assert_eq!(judged(&installed()), Ok(Protection("p:1/b:1".to_owned())));
        for (kind, pointer, value) in harmless {
            let mut objects = installed();
            set(if kind == POLICY { &mut objects.0 } else { &mut objects.1 }, pointer, value);
            assert_eq!(judged(&objects), Ok(Protection("p:1/b:1".to_owned())), "{pointer}");
        }
    }

    #[test]
    fn s26_only_the_names_of_service_accounts_may_be_listed() {
        for listed in [
            "[]",
            " [ ] ",
            "['system:serviceaccount:flux-system:kustomize-controller']",
            "[\"system:serviceaccount:a:b\",\n 'system:serviceaccount:c:d.e-1']",
        ] {
            let mut objects = installed();
            set(&mut objects.0, "/spec/variables/0/expression", json!(listed));
            assert!(judged(&objects).is_ok(), "{listed}");
        }
        for other in [
            "",
            "['system:serviceaccount:a:b'",
            "[request.userInfo.username]",
            "['system:serviceaccount:' + request.userInfo.username]",
            "['system:serviceaccount:a:b', variables.user]",
            "['system:serviceaccount:a:b'] + [variables.user]",
            "['system:serviceaccount:a:b'].map(x, variables.user)",
            "['system:serviceaccount:a:b',]",
            "['system:serviceaccount:a']",
            "['jane']",
            "['system:serviceaccount:a:\\x62']",
        ] {
            let mut objects = installed();
            set(&mut objects.0, "/spec/variables/0/expression", json!(other));
            assert!(judged(&objects).is_err_and(|refusal| refusal.contains("spec.variables")), "{other}");
        }
    }

    /// A client whose every request is answered like this.
    fn answering(code: u16, reason: &'static str) -> Client {
        let service = tower::service_fn(move |_: http::Request<kube::client::Body>| async move {
            let status = json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "no"});
            let body = kube::client::Body::from(status.to_string().into_bytes());
            Ok::<_, std::convert::Infallible>(http::Response::builder().status(code).body(body).expect("an answer"))
        });
        Client::new(service, "default")
    }

    #[tokio::test]
    async fn s26_without_a_clear_answer_nothing_is_protected() {
        for (code, reason, said) in [
            (404, "NotFound", "the ValidatingAdmissionPolicy cloudpc-approvals is missing"),
            (404, "", "the API server answered 404 (no)"),
            (403, "Forbidden", "the controller may not read it (403: no); apply the manifests"),
            (401, "Unauthorized", "the controller may not read it (401: no)"),
            (503, "ServiceUnavailable", "the API server answered 503 (no)"),
        ] {
            let refusal = protected(&answering(code, reason)).await.expect_err("nothing is known").to_string();
            assert!(
                refusal.contains(said) && refusal.contains("no approval counts"),
                "{code}: {refusal}"
            );
        }
    }

    /// An editor could have set an approval while the policy was weaker; afterwards it does not count.
    #[test]
    fn s26_the_epoch_is_another_one_after_a_gap() {
        let first = judged(&installed()).expect("protected");
        for (pointer, value) in [("/metadata/uid", json!("new")), ("/metadata/generation", json!(3))] {
            for kind in [POLICY, BINDING] {
                let mut objects = installed();
                set(if kind == POLICY { &mut objects.0 } else { &mut objects.1 }, pointer, value.clone());
                let then = judged(&objects).expect("protected");
                assert_ne!(then.epoch(), first.epoch(), "{kind}: {pointer}");
            }
        }
    }
}
