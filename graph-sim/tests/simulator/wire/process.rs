//! The program: start line, signals, files, `check`, and the names in its certificate.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use graph_sim::{Simulator, SimulatorOptions};
use serde_json::{Value, json};

use crate::wire::issuer::Issuer;
use crate::wire::support::{SECRET, TENANT, answered, by_secret, client, seed};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_graph-sim"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start_line(child: &mut Child) -> Value {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[tokio::test]
async fn the_program_announces_itself_and_ends_well_on_a_signal() {
    let issuer = Issuer::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("certificates")).unwrap();
    std::fs::write(folder.path().join("certificates/cluster.pem"), &issuer.ca_pem).unwrap();
    let mut seed = seed();
    seed["trust"] = json!(["certificates/cluster.pem"]);
    let file = folder.path().join("seed.yaml");
    std::fs::write(&file, seed.to_string()).unwrap();

    for signal in ["TERM", "INT"] {
        let mut child = program(&["serve", "--log", "trace", "--seed", file.to_str().unwrap()])
            .spawn()
            .unwrap();
        let line = start_line(&mut child);
        let keys: Vec<_> = line.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["graph", "login", "control", "ca"]);
        let ca = line["ca"].as_str().unwrap().to_owned();
        let client = client(&std::fs::read_to_string(&ca).unwrap(), |builder| builder);
        let state = client
            .get(format!("{}/state", line["control"].as_str().unwrap()))
            .send()
            .await
            .unwrap();
        assert_eq!(answered(state).await.1["tenants"][TENANT]["displayName"], "Contoso");

        let token = format!("{}/{TENANT}/oauth2/v2.0/token", line["login"].as_str().unwrap());
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(by_secret())
            .finish();
        let request = client
            .post(token)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let (_, answer) = answered(request.send().await.unwrap()).await;
        let token = answer["access_token"].as_str().unwrap();
        let groups = format!("{}/v1.0/groups", line["graph"].as_str().unwrap());
        assert_eq!(client.get(groups).bearer_auth(token).send().await.unwrap().status().as_u16(), 200);

        assert!(
            Command::new("kill")
                .args(["-s", signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{signal}: {}", String::from_utf8_lossy(&ended.stderr));
        let log = String::from_utf8_lossy(&ended.stderr);
        assert!(log.contains("/oauth2/v2.0/token"), "the request is not logged: {log}");
        assert!(!log.contains(SECRET) && !log.contains(token), "{log}");
        assert!(ended.stdout.is_empty(), "more than one line on standard output");
        assert!(!Path::new(&ca).exists(), "the temporary folder stays behind");
    }
}

#[test]
fn check_tells_a_good_seed_from_a_bad_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.yaml");
    for (yaml, code, named) in [(seed().to_string(), 0, "Contoso"), ("tenant: []".to_owned(), 1, "tenant")] {
        std::fs::write(&file, yaml).unwrap();
        let output = program(&["check", "--seed", file.to_str().unwrap()]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(code), b"".as_slice()),
            "{text}"
        );
        assert!(text.contains(named), "{text}");
    }
    let mut child = program(&["serve", "--seed", file.to_str().unwrap()]).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "", "a start line although it did not start");
}

/// An empty variable is what a Makefile or a compose file passes on for one that is not set.
#[test]
fn an_empty_place_of_the_description_is_none_and_a_wrong_one_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.yaml");
    std::fs::write(&file, seed().to_string()).unwrap();
    for (place, flag, starts) in [
        ("", None, true),
        ("no/such/folder", None, false),
        ("", Some("no/such/folder"), false),
    ] {
        let mut command = program(&["serve", "--seed", file.to_str().unwrap()]);
        command.env("GRAPH_OPENAPI_DIR", place);
        if let Some(flag) = flag {
            command.args(["--openapi", flag]);
        }
        let mut child = command.spawn().unwrap();
        if starts {
            assert!(start_line(&mut child)["graph"].is_string());
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let ended = child.wait_with_output().unwrap();
            assert_eq!(
                (ended.status.code(), ended.stdout.is_empty()),
                (Some(1), true),
                "{place:?} {flag:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_unmodified_client_reaches_it_by_microsofts_names() {
    let options = SimulatorOptions {
        seeds: vec![seed().to_string()],
        ..SimulatorOptions::default()
    };
    let simulator = Simulator::start(options).unwrap();
    let address = simulator.graph_url().trim_start_matches("https://").parse().unwrap();
    let hosts = [
        "localhost",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "dod-graph.microsoft.us",
        "login.chinacloudapi.cn",
    ];
    let client = client(simulator.ca_pem(), |builder| {
        hosts.iter().fold(builder, |builder, host| builder.resolve(host, address))
    });
    for host in hosts {
        // The port in the address wins over that of the name's resolution.
        let url = format!("https://{host}:{}/{TENANT}/v2.0/.well-known/openid-configuration", address.port());
        let (status, answer) = answered(client.get(url).send().await.unwrap()).await;
        assert_eq!(status, 200);
        let endpoint = format!("https://{host}:{}/{TENANT}/oauth2/v2.0/token", address.port());
        assert_eq!(answer["token_endpoint"], json!(endpoint), "links leave the name that was called");
    }
}

#[tokio::test]
async fn dropping_it_stops_it_and_removes_its_folder_also_inside_a_runtime() {
    let simulator = Simulator::start(SimulatorOptions::default()).unwrap();
    let (root, ca, pem) = (
        simulator.graph_url().to_owned(),
        simulator.ca_path().to_owned(),
        simulator.ca_pem().to_owned(),
    );
    assert_eq!(std::fs::read_to_string(&ca).unwrap(), pem);
    let client = client(&pem, |builder| builder);
    assert_eq!(
        client.get(format!("{root}/_sim/health")).send().await.unwrap().status().as_u16(),
        200
    );
    drop(simulator);
    assert!(!ca.exists());
    assert!(client.get(format!("{root}/_sim/health")).send().await.is_err());
}
