//! Many passes share one request: the list before creates, the read after writes, the groups by name.

use std::sync::Arc;

use serde_json::json;

use tokio::time::Instant;

use crate::api::ResolvedGroup;
use crate::api::UserSetting;
use crate::graph::{Collection, Entity};
use crate::reconcile::name_reservation;
use crate::reconcile::observe::look_since;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;
use crate::tenant::tests::sign_in::{SECRET, Scene, client_secret, seed, tenant};
use crate::tenant::tests::snapshot::packed;

const SETTINGS: Collection = Collection::UserSettings;
const ID: &str = "99999999-0000-4000-8000-000000000001";

fn scene() -> (Scene, Arc<Tenant>) {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    scene.cluster.secret("app", &[("clientSecret", SECRET.as_bytes())]);
    let contoso = scene.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
    (scene, contoso)
}

/// Requests to Graph so far: of lists, and of single objects.
fn requests(scene: &Scene) -> (usize, usize) {
    let sent = scene.sent();
    let paths = sent.iter().filter(|sent| !sent.is_login()).map(|sent| sent.path.as_str());
    let (lists, others): (Vec<_>, Vec<_>) = paths.partition(|path| path.ends_with(SETTINGS.as_str()));
    (lists.len(), others.len())
}

fn is_deferred<T>(result: &Result<T, Stop>) -> bool {
    matches!(result, Err(failure) if failure.is_later())
}

fn setting(name: &str) -> Entity {
    Entity {
        id: ID.to_owned(),
        ..crate::reconcile::tests::entity(json!({"displayName": name}), vec![])
    }
}

#[tokio::test]
async fn creates_that_came_before_a_list_was_asked_for_share_it_and_later_ones_do_not() {
    let (scene, contoso) = scene();
    let snapshot = contoso.snapshot(SETTINGS);
    let known = |uid: usize| {
        let contoso = Arc::clone(&contoso);
        async move { name_reservation::known(&format!("uid-{uid}"), "new", SETTINGS, &contoso).await }
    };
    known(0).await.unwrap();
    assert_eq!(requests(&scene), (1, 0), "one that is alone is answered at once");
    let few = 3;
    for uid in 1..few {
        known(uid).await.unwrap();
    }
    let lists = requests(&scene).0;
    assert_eq!(lists, few, "each wish is newer than the list before it");
    for uid in few..20 {
        assert!(is_deferred(&known(uid).await), "{uid}");
    }
    assert_eq!(requests(&scene), (lists, 0), "many passes wait for one list");
    // The list that serves them all, no matter which pass requests it.
    snapshot.take(packed(vec![setting("taken")]), Instant::now());
    for uid in 0..20 {
        known(uid).await.unwrap();
    }
    assert!(is_deferred(&known(20).await), "the list is older than this wish");
    assert_eq!(requests(&scene), (lists, 0));
    assert_eq!(snapshot.named("Taken").len(), 1);
}

#[tokio::test]
async fn a_list_from_before_a_doubt_says_nothing_about_names() {
    let (scene, contoso) = scene();
    let snapshot = contoso.snapshot(SETTINGS);
    name_reservation::known("uid", "new", SETTINGS, &contoso).await.unwrap();
    name_reservation::known("uid", "new", SETTINGS, &contoso).await.unwrap();
    assert_eq!(requests(&scene).0, 1, "the place in time is kept");
    snapshot.doubt_name("new", None);
    name_reservation::known("uid", "new", SETTINGS, &contoso).await.unwrap();
    assert_eq!(requests(&scene).0, 2);
    snapshot.doubt_name("another", None);
    name_reservation::known("uid", "new", SETTINGS, &contoso).await.unwrap();
    assert_eq!(requests(&scene).0, 2, "the doubt about another name is not about this one");

    let first = snapshot.creating("Fin").unwrap();
    assert!(is_deferred(&snapshot.creating("fin").map(drop)), "one create of a name at a time");
    drop(first);
    assert!(snapshot.creating("fin").is_ok());
}

#[tokio::test]
async fn many_writes_are_seen_in_one_list_and_a_lone_one_by_its_id() {
    let (scene, contoso) = scene();
    let snapshot = contoso.snapshot(SETTINGS);
    snapshot.take(packed(vec![setting("old")]), Instant::now());
    snapshot.outdate(ID);
    assert!(snapshot.get(ID).is_none() && snapshot.named("old").len() == 1);
    let written = Instant::now();
    let look = || look_since::<UserSetting>("uid", ID, written, &contoso);
    assert_eq!(look().await.unwrap(), None);
    assert_eq!(requests(&scene), (0, 1), "alone");

    for uid in 0..20 {
        snapshot.waiting.work(&format!("uid-{uid}"), Instant::now());
    }
    assert!(is_deferred(&look().await));
    assert_eq!(requests(&scene), (0, 1), "with many passes");
    snapshot.take(packed(vec![setting("new")]), Instant::now());
    assert_eq!(look().await.unwrap(), Some(setting("new")));
    assert_eq!(requests(&scene), (0, 1));
    // An object whose assignments cannot be read shows none, and must not be overwritten.
    let unreadable = Entity {
        unreadable: Some("why".to_owned()),
        ..setting("new")
    };
    snapshot.take(packed(vec![unreadable]), Instant::now());
    assert_eq!(look().await.unwrap(), None);
    assert_eq!(requests(&scene), (0, 2));
    // A list that should show the object and does not: it is asked for by its id.
    snapshot.take(packed(vec![]), Instant::now());
    assert_eq!(look().await.unwrap(), None);
    assert_eq!(requests(&scene), (0, 3));
}

#[tokio::test]
async fn a_group_that_many_name_is_looked_up_once_and_one_that_is_missing_again() {
    let (_scene, contoso) = scene();
    let group = || ResolvedGroup {
        reference: "displayName=a".to_owned(),
        id: ID.to_owned(),
        display_name: None,
        gone: None,
    };
    let missing = async { Err(Stop::soon()) };
    assert!(is_deferred(&contoso.group("displayName=a", missing).await));
    contoso.group("displayName=a", async { Ok(group()) }).await.unwrap();
    let again = async { panic!("it is known") };
    assert_eq!(contoso.group("displayName=a", again).await.unwrap().id, ID);
}
