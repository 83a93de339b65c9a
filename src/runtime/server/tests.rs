//! The servers over real sockets on free local ports.

use crate::runtime::server::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot::error::TryRecvError;

struct Bench {
    probes: SocketAddr,
    scrapes: SocketAddr,
    health: Health,
    metrics: Metrics,
    shutdown: Shutdown,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn start() -> Bench {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(any, any).await.expect("free ports");
    let shutdown = Shutdown::new();
    let (health, metrics) = (Health::new(), Metrics::new());
    Bench {
        probes: server.health_address().expect("bound"),
        scrapes: server.metrics_address().expect("bound"),
        task: tokio::spawn(server.run(health.clone(), metrics.clone(), shutdown.clone())),
        health,
        metrics,
        shutdown,
    }
}

/// Sends a request and reads the answer to its end, which is the end of the connection.
async fn send(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("is read");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("is answered");
    answer
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = send(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("{answer}"));
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
    (status, body.unwrap_or_default().to_owned())
}

/// S21: the health port shows whether the process is well, and nothing else.
#[tokio::test]
async fn s21_the_health_port_says_ok_and_holds_no_data() {
    let b = start().await;
    b.metrics.leader(true);
    assert_ne!(b.probes, b.scrapes);
    for path in ["/livez", "/readyz", "/livez?verbose", "/readyz?verbose=1"] {
        assert_eq!(get(b.probes, path).await, (200, "ok\n".to_owned()), "{path}");
    }
    for path in ["/metrics", "/", "/debug", "/livez/caches", "/..", "//livez"] {
        assert_eq!(get(b.probes, path).await, (404, String::new()), "{path}");
    }
    assert_eq!(get(b.scrapes, "/livez").await.0, 404);
    b.shutdown.cancel();
}

#[tokio::test]
async fn readiness_follows_the_components_and_liveness_does_not() {
    let b = start().await;
    b.health.expect("watches");
    b.health.expect("definitions");
    b.health.set_ready("watches", false);
    assert_eq!(
        get(b.probes, "/readyz").await,
        (503, "not ready: definitions, watches\n".to_owned())
    );
    assert_eq!(get(b.probes, "/livez").await, (200, "ok\n".to_owned()));

    b.health.set_ready("definitions", true);
    assert_eq!(get(b.probes, "/readyz").await, (503, "not ready: watches\n".to_owned()));
    b.health.set_ready("watches", true);
    b.health.expect("watches");
    assert_eq!(get(b.probes, "/readyz").await, (200, "ok\n".to_owned()));
    b.health.set_missing("watches", "no answer");
    assert_eq!(get(b.probes, "/readyz").await, (503, "not ready: watches (no answer)\n".to_owned()));

    b.shutdown.cancel();
    b.task.await.expect("no panic").expect("ends well");
    assert!(TcpStream::connect(b.probes).await.is_err());
}

#[tokio::test]
async fn metrics_are_served_on_their_own_port_only() {
    let b = start().await;
    b.metrics.drift("Kind");
    let answer = send(b.scrapes, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let expected = format!("content-type: {}", metrics::CONTENT_TYPE);
    assert!(answer.contains(&expected), "{answer}");
    assert!(answer.contains("cloudpc_drift_detected_total{kind=\"Kind\"} 1\n"));
    assert!(answer.ends_with("# EOF\n"), "{answer}");

    assert_eq!(get(b.probes, "/metrics").await.0, 404);
    assert_eq!(get(b.scrapes, "/readyz").await.0, 404);
}

#[tokio::test]
async fn s24_silent_clients_do_not_keep_a_probe_out() {
    let b = start().await;
    let mut idle = Vec::new();
    for _ in 0..3 * MAX_CONNECTIONS {
        idle.push(TcpStream::connect(b.probes).await.expect("connects"));
    }
    assert_eq!(get(b.probes, "/readyz").await.0, 200);
    drop(idle);
}

#[tokio::test]
async fn only_the_oldest_connection_makes_room() {
    let mut connections = Connections::default();
    let mut closed = Vec::new();
    for _ in 0..=MAX_CONNECTIONS {
        let (open, end) = tokio::sync::oneshot::channel::<()>();
        connections.open(async move {
            let _open = open;
            std::future::pending::<()>().await;
        });
        closed.push(end);
    }
    // An aborted task ends at its next turn, which on this runtime comes before ours.
    tokio::task::yield_now().await;
    let states: Vec<_> = closed.iter_mut().map(|end| end.try_recv()).collect();
    assert_eq!(states[0], Err(TryRecvError::Closed));
    assert!(states[1..].iter().all(|state| *state == Err(TryRecvError::Empty)));
}

#[tokio::test]
async fn s24_oversized_headers_are_refused() {
    let b = start().await;
    let header = "h".repeat(64 * 1024);
    let request = format!("GET /livez HTTP/1.1\r\nHost: x\r\nX: {header}\r\n\r\n");
    let mut stream = TcpStream::connect(b.probes).await.expect("connects");
    // The server may close before it has read everything.
    let _sent = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _read = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(get(b.probes, "/livez").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn s24_a_client_that_sends_half_a_request_is_cut_off() {
    let b = start().await;
    let began = tokio::time::Instant::now();
    let answer = send(b.probes, "GET /livez HTTP/1.1\r\nHost").await;
    assert!(!answer.contains("200"), "{answer}");
    // Virtual time: the limit for headers applied, not the one for whole connections.
    assert!(began.elapsed() < CONNECTION_TIMEOUT);
}

#[tokio::test]
async fn s24_a_body_is_neither_wanted_nor_read() {
    let b = start().await;
    // The rest of the body never comes; an answer shows that the server does not wait for it.
    for (head, status) in [
        ("POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000", "405"),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000", "200"),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", "200"),
    ] {
        let answer = send(b.probes, &format!("{head}\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
        assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{head}: {answer}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let b = start().await;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let error = Server::bind(any, b.probes).await.expect_err("in use");
    assert!(error.to_string().contains(&b.probes.to_string()), "{error}");
}
