use super::*;

#[test]
fn a_panic_is_answered_and_counted_and_the_world_stays_usable() {
    let world = Arc::new(Mutex::new(World::new()));
    let service = Service::new(
        world,
        Issuers::default(),
        Arc::new(AccessTokens::new().unwrap()),
        "https://localhost:1".to_owned(),
    );
    let mut guard = service.world();
    let answer = service.catch_panic(|| {
        guard.new_id();
        panic!("a handler's bug")
    });
    drop(guard);
    assert_eq!((answer.status, service.panics()), (500, 1));
    assert_eq!(answer.body.unwrap()["error"]["code"], "generalException");
    assert!(service.world().tenants.is_empty());
}

#[test]
fn links_start_with_a_name_of_ours_only() {
    let world = Arc::new(Mutex::new(World::new()));
    let service = Service::new(
        world,
        Issuers::default(),
        Arc::new(AccessTokens::new().unwrap()),
        "https://localhost:1".to_owned(),
    );
    assert_eq!(service.root(Some("graph.microsoft.com")), "https://graph.microsoft.com");
    assert_eq!(service.root(Some("[::1]:443")), "https://[::1]:443");
    assert_eq!(service.root(Some("elsewhere.example")), "https://localhost:1");
    assert_eq!(service.root(None), "https://localhost:1");
}
