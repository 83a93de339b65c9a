//! SECURITY.md, S19 and S20, over real sockets: a server that cannot prove its name gets no request, and a proxy comes from the
//! environment of the process and from nowhere else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use serde_json::{Value, json};

use crate::graph::http::transport::SendError;
use crate::graph::{Fence, Transport};

/// Set in the process that is the client: what it has to try. Roots and proxies come from its environment.
const TASK: &str = "CLOUDPC_TEST_TLS_TASK";
const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
/// A body that only the proven server may read.
const CANARY: &[u8] = b"bearer-canary";

async fn send(transport: &Transport, url: &str) -> Result<u16, SendError> {
    let request = Request::post(url)
        .header("authorization", "Bearer canary")
        .body(Bytes::from_static(CANARY));
    let answer = transport.send(request.unwrap(), PATIENCE).await?;
    Ok(answer.status().as_u16())
}

/// Runs one test of this file in a process of its own, with this task and environment.
async fn client(test: &str, task: &Value, environment: &[(&str, String)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("graph::tests::tls::{test}")])
        .env(TASK, task.to_string());
    for name in [
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// A certificate authority and the certificates that it can be asked for.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "a test's authority");
        Self {
            pem: params.self_signed(&key).unwrap().pem(),
            issuer: Issuer::new(params, key),
        }
    }

    fn issue(&self, params: &CertificateParams) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().der().clone(), key)
    }
}

/// A certificate for a name, as a server needs it.
fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn altered(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = named("localhost");
    change(&mut params);
    params
}

/// A server on a free port. It counts the requests that it could read.
struct Server {
    port: u16,
    heard: Arc<AtomicUsize>,
    called: Arc<AtomicUsize>,
}

impl Server {
    /// `serve` gives what it could read of a request.
    fn start(serve: impl Fn(TcpStream) -> std::io::Result<Vec<u8>> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, called) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counts = (Arc::clone(&heard), Arc::clone(&called));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counts.1.fetch_add(1, Ordering::SeqCst);
                let read = serve(stream.unwrap()).map_or(0, |read| read.len());
                counts.0.fetch_add(read, Ordering::SeqCst);
            }
        });
        Self { port, heard, called }
    }

    fn tls((certificate, key): (CertificateDer<'static>, KeyPair), versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into());
        let config = Arc::new(config.unwrap());
        Self::start(move |stream| {
            let session = ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
            converse(StreamOwned::new(session, stream))
        })
    }

    /// A server without a newer version than this one: it answers a ClientHello with a ServerHello of that version.
    fn old(minor: u8) -> Self {
        Self::start(move |mut stream| {
            let mut hello = [0; 4096];
            stream.read(&mut hello).map(drop)?;
            let mut body = vec![3, minor];
            body.extend([7; 32]);
            // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
            body.extend([0, 0, 0x2f, 0]);
            let length = u8::try_from(body.len()).unwrap();
            let mut record = vec![22, 3, minor, 0, length + 4, 2, 0, 0, length];
            record.extend(body);
            stream.write_all(&record)?;
            let mut alert = [0; 2];
            stream.read_exact(&mut alert)?;
            // Anything but an alert would be a client that continues.
            Ok(if alert[0] == 21 { Vec::new() } else { alert.to_vec() })
        })
    }
}

/// Reads a request to its end and answers it.
fn converse(mut stream: impl Read + Write) -> std::io::Result<Vec<u8>> {
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.ends_with(CANARY) {
        match stream.read(&mut part)? {
            0 => return Ok(request),
            count => request.extend(&part[..count]),
        }
    }
    stream.write_all(ANSWER)?;
    stream.flush()?;
    Ok(request)
}

const BOTH: &[&SupportedProtocolVersion] = rustls::ALL_VERSIONS;
const NEW: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
const LESS_NEW: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

/// Every server, its property, and whether it may get a request.
fn servers(authority: &Authority) -> Vec<(&'static str, bool, &'static str, Server)> {
    let issued = |params: &CertificateParams| Server::tls(authority.issue(params), BOTH);
    let good = named("localhost");
    let own = KeyPair::generate().unwrap();
    let own_certificate = good.self_signed(&own).unwrap().der().clone();
    let nameless = altered(|params| {
        params.subject_alt_names.clear();
        params.distinguished_name.push(DnType::CommonName, "localhost");
    });
    let called = "https://localhost";
    vec![
        ("TLS 1.3", true, called, Server::tls(authority.issue(&good), NEW)),
        ("TLS 1.2", true, called, Server::tls(authority.issue(&good), LESS_NEW)),
        ("TLS 1.1", false, called, Server::old(2)),
        ("TLS 1.0", false, called, Server::old(1)),
        (
            "expired",
            false,
            called,
            issued(&altered(|params| params.not_after = date_time_ymd(2020, 1, 1))),
        ),
        (
            "not yet valid",
            false,
            called,
            issued(&altered(|params| params.not_before = date_time_ymd(2999, 1, 1))),
        ),
        ("another name", false, called, issued(&named("graph.microsoft.com"))),
        ("a name where an address was called", false, "https://127.0.0.1", issued(&good)),
        ("a name in the subject alone", false, called, issued(&nameless)),
        (
            "a client's certificate",
            false,
            called,
            issued(&altered(|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]
            })),
        ),
        ("self-signed", false, called, Server::tls((own_certificate, own), BOTH)),
        (
            "an unknown authority",
            false,
            called,
            Server::tls(Authority::new().issue(&good), BOTH),
        ),
        ("no TLS", false, called, Server::start(converse_in_clear)),
        ("not even asked for TLS", false, "http://localhost", Server::start(converse)),
    ]
}

/// Answers everything as a web server without TLS does; the bytes count as a request only when they can be read as one.
fn converse_in_clear(mut stream: TcpStream) -> std::io::Result<Vec<u8>> {
    let mut part = [0; 4096];
    let count = stream.read(&mut part)?;
    stream.write_all(ANSWER)?;
    Ok(if part.starts_with(b"POST") {
        part[..count].to_vec()
    } else {
        Vec::new()
    })
}

#[tokio::test]
async fn s19_only_a_server_that_proves_its_name_over_tls_1_2_or_newer_gets_a_request() {
    if let Ok(task) = std::env::var(TASK) {
        let transport = Transport::https(&Fence::always_open()).unwrap();
        for case in serde_json::from_str::<Vec<Value>>(&task).unwrap() {
            let (url, trusted) = (case["url"].as_str().unwrap(), case["trusted"] == true);
            match send(&transport, url).await {
                Ok(status) => assert!(trusted && status == 200, "{case}: {status}"),
                Err(SendError::Connect(_)) => assert!(!trusted, "{case}"),
                Err(error) => assert!(!trusted && url.starts_with("http:"), "{case}: {error}"),
            }
        }
        return;
    }
    let authority = Authority::new();
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), &authority.pem).unwrap();
    let servers = servers(&authority);
    let cases = servers
        .iter()
        .map(|(what, trusted, host, server)| json!({"what": what, "trusted": trusted, "url": format!("{host}:{}/v1.0", server.port)}));
    let task = Value::Array(cases.collect());
    let roots = roots.path().to_string_lossy().into_owned();
    let test = "s19_only_a_server_that_proves_its_name_over_tls_1_2_or_newer_gets_a_request";
    client(test, &task, &[("SSL_CERT_FILE", roots)]).await;
    for (what, trusted, host, server) in servers {
        assert_eq!(
            server.heard.load(Ordering::SeqCst) > 0,
            trusted,
            "{what}: what it heard of a request"
        );
        assert_eq!(
            server.called.load(Ordering::SeqCst) > 0,
            host.starts_with("https:"),
            "{what}: whether it was called"
        );
    }
}

#[tokio::test]
async fn s20_a_proxy_comes_from_the_environment_and_is_never_asked_for_the_metadata_service() {
    if let Ok(task) = std::env::var(TASK) {
        let task: Value = serde_json::from_str(&task).unwrap();
        let refused = send(&Transport::https(&Fence::always_open()).unwrap(), task["graph"].as_str().unwrap()).await;
        assert!(matches!(refused, Err(SendError::Connect(_))), "{refused:?}");
        let metadata = send(&Transport::metadata(&Fence::always_open()), task["metadata"].as_str().unwrap()).await;
        return assert_eq!(metadata, Ok(200));
    }
    let (asked, questions) = std::sync::mpsc::channel();
    let proxy = Server::start(move |mut stream| {
        let mut part = [0; 4096];
        let count = stream.read(&mut part)?;
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")?;
        // Fails only when the test is over.
        let _ = asked.send(
            String::from_utf8_lossy(&part[..count])
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        );
        Ok(Vec::new())
    });
    let (graph, metadata) = (Server::start(|_stream| Ok(Vec::new())), Server::start(converse));
    let task = json!({
        "graph": format!("https://localhost:{}/v1.0", graph.port),
        "metadata": format!("http://127.0.0.1:{}/metadata", metadata.port),
    });
    let test = "s20_a_proxy_comes_from_the_environment_and_is_never_asked_for_the_metadata_service";
    client(test, &task, &[]).await;
    assert_eq!((proxy.called.load(Ordering::SeqCst), graph.called.load(Ordering::SeqCst)), (0, 1));

    let through = format!("http://127.0.0.1:{}", proxy.port);
    client(test, &task, &[("HTTPS_PROXY", through.clone()), ("HTTP_PROXY", through)]).await;
    assert_eq!(
        questions.try_iter().collect::<Vec<_>>(),
        [format!("CONNECT localhost:{} HTTP/1.1", graph.port)]
    );
    assert_eq!(
        (graph.called.load(Ordering::SeqCst), metadata.called.load(Ordering::SeqCst)),
        (1, 2)
    );
}

/// Reads the head of a request, byte by byte so that nothing behind it is taken.
fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[tokio::test]
async fn s20_through_a_proxy_the_server_still_has_to_prove_its_name_and_the_proxy_sees_no_request() {
    if let Ok(task) = std::env::var(TASK) {
        let transport = Transport::https(&Fence::always_open()).unwrap();
        let task: Value = serde_json::from_str(&task).unwrap();
        assert_eq!(send(&transport, task["good"].as_str().unwrap()).await, Ok(200));
        let refused = send(&transport, task["forged"].as_str().unwrap()).await;
        return assert!(matches!(refused, Err(SendError::Connect(_))), "{refused:?}");
    }
    let authority = Authority::new();
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), &authority.pem).unwrap();
    let good = Server::tls(authority.issue(&named("localhost")), BOTH);
    let forged = Server::tls(Authority::new().issue(&named("localhost")), BOTH);
    let (asked, questions) = std::sync::mpsc::channel();
    let proxy = Server::start(move |mut stream| {
        let question = head(&mut stream)?;
        let target = question.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let _ = asked.send(question.to_lowercase());
        let mut server = TcpStream::connect(target)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let (mut upwards, mut from) = (server.try_clone()?, stream.try_clone()?);
        std::thread::spawn(move || std::io::copy(&mut from, &mut upwards));
        std::io::copy(&mut server, &mut stream)?;
        Ok(Vec::new())
    });
    let task = json!({
        "good": format!("https://localhost:{}/v1.0", good.port),
        "forged": format!("https://localhost:{}/v1.0", forged.port),
    });
    let test = "s20_through_a_proxy_the_server_still_has_to_prove_its_name_and_the_proxy_sees_no_request";
    let environment = [
        ("SSL_CERT_FILE", roots.path().to_string_lossy().into_owned()),
        ("HTTPS_PROXY", format!("http://user:word@127.0.0.1:{}", proxy.port)),
    ];
    client(test, &task, &environment).await;
    let heard = |server: &Server| server.heard.load(Ordering::SeqCst) > 0;
    assert_eq!((heard(&good), heard(&forged)), (true, false));
    for (question, port) in questions.try_iter().zip([good.port, forged.port]) {
        assert!(
            question.starts_with(&format!("connect localhost:{port} http/1.1\r\n")),
            "{question}"
        );
        assert!(question.contains("proxy-authorization: basic dxnlcjp3b3jk\r\n"), "{question}");
        assert!(!question.contains("canary"), "{question}");
    }
    assert_eq!(proxy.called.load(Ordering::SeqCst), 2);
}
