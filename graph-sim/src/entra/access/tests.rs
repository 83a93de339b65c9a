use super::*;
use crate::entra::claims::for_app;
use crate::world::App;

#[test]
fn good_signatures_are_remembered_up_to_a_limit_and_bad_ones_never() {
    let tokens = AccessTokens::new().unwrap();
    let token = |unique: usize| {
        let claims = for_app(
            &Tenant::default(),
            &App::default(),
            "audience",
            jiff::Timestamp::UNIX_EPOCH,
            unique.to_string(),
        );
        tokens.sign(&claims).unwrap()
    };
    let remembered = || tokens.verified.lock().unwrap().len();
    let first = token(0);
    assert!(Arc::ptr_eq(&tokens.verified(&first).unwrap(), &tokens.verified(&first).unwrap()));
    assert!(
        tokens
            .verified(&AccessTokens::new().unwrap().sign(&*tokens.verified(&first).unwrap()).unwrap())
            .is_err()
    );
    assert_eq!(remembered(), 1);
    for unique in 1..=REMEMBERED {
        tokens.verified(&token(unique)).unwrap();
    }
    assert!(remembered() <= REMEMBERED && tokens.verified(&first).is_ok());
}
