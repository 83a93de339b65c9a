//! Lists of a fake API server whose objects have any size.

use crate::runtime::paging::*;
use proptest::prelude::*;

/// What the server was asked for: the first object and the number of them, and how many bytes that was.
type Asked = Arc<Mutex<Vec<(usize, u32, usize)>>>;

/// A server with objects of these sizes. A list continues at its `continue` token.
fn server(sizes: Vec<usize>) -> (Client, Asked) {
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    let answer = move |request: Request<Body>| {
        let number = |name: &str| {
            let query = request.uri().query().unwrap_or_default().as_bytes();
            let found = form_urlencoded::parse(query).find(|(key, _)| key == name);
            found.and_then(|(_, value)| value.parse::<usize>().ok())
        };
        let (from, limit) = (number("continue").unwrap_or(0), number("limit"));
        let until = limit.map_or(sizes.len(), |limit| sizes.len().min(from + limit));
        let bytes = sizes[from..until].iter().sum();
        seen.lock().push((from, u32::try_from(limit.unwrap_or(0)).unwrap(), bytes));
        let status = if request.uri().path() == "/gone" { 410 } else { 200 };
        let response = Response::builder().status(status).body(Body::from(vec![b' '; bytes]));
        std::future::ready(Ok::<_, BoxError>(response.unwrap()))
    };
    (small_pages(&Client::new(service_fn(answer), "default")), asked)
}

/// Reads a list to its end as kube does, and gives the largest page that was read.
async fn list(sizes: Vec<usize>) -> (usize, Vec<(usize, u32, usize)>) {
    let (client, asked) = server(sizes.clone());
    let (mut from, mut largest) = (0, 0);
    while from < sizes.len() {
        let uri = format!("/apis/x/v1/things?&limit=500&continue={from}&resourceVersionMatch=a%26b");
        let request = Request::get(uri).body(Body::empty()).unwrap();
        let response = client.send(request).await.unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes().len();
        // The fake reports what the answer of a real server contains.
        let (at, count, sent) = *asked.lock().last().unwrap();
        assert_eq!((at, sent), (from, bytes));
        from += count as usize;
        largest = largest.max(bytes);
    }
    let asked = asked.lock().clone();
    (largest, asked)
}

#[tokio::test]
async fn s47_small_objects_come_in_large_pages_and_large_ones_in_small_pages() {
    let (largest, asked) = list(vec![4_000; 10_000]).await;
    assert!(largest <= LARGEST && asked.len() <= 24, "{largest} bytes, {} pages", asked.len());
    assert_eq!(
        asked[..2].iter().map(|(_, count, _)| *count).collect::<Vec<_>>(),
        [FIRST, FIRST * GROWTH]
    );

    // 700 objects with 256 KiB of annotations each.
    let (largest, asked) = list(vec![264_000; 700]).await;
    assert!(largest <= LARGEST, "{largest}");
    let given_up = asked.iter().filter(|(_, _, bytes)| *bytes > LARGEST).count();
    assert!(given_up <= 2 && asked.len() < 120, "{given_up} of {}", asked.len());

    // Small ones first, to be asked for many of the others.
    let mut sizes = vec![100; 5_000];
    sizes.extend(vec![1_400_000; 50]);
    assert!(list(sizes).await.0 <= LARGEST);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn s47_every_object_comes_once_and_no_page_is_large(sizes in proptest::collection::vec(prop_oneof![4 => 1_usize..2_000, 1 => 1_usize..6_000_000], 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (largest, asked) = runtime.block_on(list(sizes.clone()));
        prop_assert!(largest <= LARGEST.max(*sizes.iter().max().unwrap()));
        prop_assert!(asked.iter().all(|(_, count, _)| (1..=500).contains(count)));
    }
}

#[tokio::test]
async fn what_is_no_page_and_what_fails_is_passed_on() {
    let (client, asked) = server(vec![LARGEST; 2]);
    for (uri, status, bytes, count) in [
        ("/apis/x/v1/things?&limit=500&watch=true", 200, 2 * LARGEST, 500),
        ("/apis/x/v1/things", 200, 2 * LARGEST, 0),
        ("/gone?limit=7", 410, 2 * LARGEST, 7),
    ] {
        let request = Request::get(uri).body(Body::empty()).unwrap();
        let response = client.send(request).await.unwrap();
        assert_eq!(response.status(), status, "{uri}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), bytes, "{uri}");
        assert_eq!(asked.lock().last().unwrap().1, count, "{uri}");
    }
}

#[test]
fn only_the_number_in_a_query_changes() {
    let uri: Uri = "https://h:1/apis/x?&limit=500&continue=a%2Bb%3D&fieldSelector=x%3Dy"
        .parse()
        .unwrap();
    let changed = with_limit(&uri, 7).unwrap();
    assert_eq!((changed.host(), changed.path()), (Some("h"), "/apis/x"));
    let pairs: Vec<_> = form_urlencoded::parse(changed.query().unwrap().as_bytes()).into_owned().collect();
    let expected = [("continue", "a+b="), ("fieldSelector", "x=y"), ("limit", "7")];
    assert_eq!(
        pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect::<Vec<_>>(),
        expected
    );
}
