//! S24: many clients that send nothing, or half a request, neither keep probes and metrics from being answered nor
//! cost memory.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::Lab;

/// Set in the processes that are the clients: the address to connect to.
const ADDRESS: &str = "CLOUDPC_TEST_IDLE_ADDRESS";
const CROWD: usize = 1000;
/// The memory that the clients may cost.
const MOST_KIB: u64 = 8 * 1024;

/// Opens all sockets, every second one with the beginning of a request, says so, and waits until its standard input is closed.
fn crowd(address: &str) -> Result<()> {
    let mut sockets = Vec::new();
    for number in 0..CROWD {
        let mut socket = TcpStream::connect(address).with_context(|| format!("socket {number}"))?;
        if number % 2 == 0 {
            // Fails when the server has closed it already, which it may.
            let _ = socket.write_all(b"GET /readyz HTTP/1.1\r\nX-Slow: ");
        }
        sockets.push(socket);
    }
    println!("all sockets are open");
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest)?;
    Ok(())
}

/// The clients in a separate process, because this one would have no sockets left. It ends with its standard input.
struct Crowd(Child);

impl Crowd {
    fn start(address: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "--exact",
                "--nocapture",
                "idle::s24_a_thousand_idle_sockets_cost_neither_readiness_nor_memory",
            ])
            .env(ADDRESS, address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("its output")?;
        let crowd = Self(child);
        let mut lines = BufReader::new(output).lines();
        let open = lines.any(|line| line.is_ok_and(|line| line.contains("all sockets are open")));
        ensure!(open, "the crowd gave up");
        Ok(crowd)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The addresses of the servers for probes and for metrics.
fn addresses(lab: &Lab) -> Result<[String; 2]> {
    let lines = lab.operator().log_lines()?;
    let line = lines.iter().find(|line| line["message"] == "listening").context("it listens")?;
    let address = |server: &str| line[server].as_str().map(str::to_owned).context("an address");
    Ok([address("health")?, address("metrics")?])
}

/// Probes and metrics work.
async fn answers(lab: &Lab) -> Result<()> {
    for path in ["/readyz", "/livez"] {
        let (status, text) = lab.operator().probe(path).await?;
        ensure!(status == 200, "{path}: {status}: {text}");
    }
    let metrics = lab.operator().metrics().await?;
    ensure!(metrics.ends_with("# EOF\n"), "{metrics}");
    Ok(())
}

#[tokio::test]
async fn s24_a_thousand_idle_sockets_cost_neither_readiness_nor_memory() -> Result<()> {
    if let Ok(address) = std::env::var(ADDRESS) {
        return crowd(&address);
    }
    let lab = lab().await;
    answers(&lab).await?;
    let before = lab.operator().rss_kib()?;
    let crowds = addresses(&lab)?
        .iter()
        .map(|address| Crowd::start(address))
        .collect::<Result<Vec<_>>>()?;
    for _ in 0..10 {
        answers(&lab).await?;
    }
    let after = lab.operator().rss_kib()?;
    println!("{CROWD} idle sockets on each port: {before} KiB before, {after} KiB with them");
    ensure!(
        after.saturating_sub(before) <= MOST_KIB,
        "{before} KiB before, {after} KiB with idle sockets"
    );
    drop(crowds);
    answers(&lab).await
}
