use super::*;

#[test]
fn names_follow_the_template_and_fit_windows() {
    let id = "44444444-0000-4000-8000-000000000001";
    let named = |template, user| device_name(template, user, id);
    let cases = [
        (
            named(Some("FIN-%USERNAME:4%-%RAND:5%"), Some("grace.hopper@contoso.com")),
            "FIN-grac-",
            14,
        ),
        (named(Some("FIN-%USERNAME:4%-%RAND:5%"), Some("a.b@contoso.com")), "FIN-ab-", 12),
        (named(Some("%RAND:9%"), None), "", 9),
        (named(None, Some("ada@contoso.com")), "CPC-ada-", 13),
        (named(None, None), "CPC-", 15),
        (named(Some("LONGER-THAN-IT-MAY-BE%RAND:99999999999%%"), None), "LONGER-THAN-IT-", 15),
    ];
    for (name, start, length) in cases {
        assert!(name.starts_with(start), "{name}");
        assert_eq!(name.len(), length, "{name}");
    }
    assert_eq!(named(None, None), named(None, None));
    assert_ne!(named(None, None), device_name(None, None, "44444444-0000-4000-8000-000000000002"));
}
