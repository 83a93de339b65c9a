//! O5, O6: bounded requests, and none before Graph allows it.

use http::StatusCode;
use jiff::SignedDuration;

use crate::plan::{Side, What};
use crate::wires::Line;
use crate::world::World;

/// More requests than this to one of the two services, apart from watches, in a run of at most some hours with one or two faults, are a storm.
const STORM: usize = 600;

pub fn judge(world: &World) -> Vec<String> {
    let lines = world.wires.lines();
    let mut found = throttled(&lines);
    let to_graph = lines.iter().filter(|line| line.point.side == Side::Graph).count();
    if to_graph > STORM {
        found.push(format!("O5: {to_graph} requests to Graph"));
    }
    let to_kubernetes = lines.iter().filter(|line| line.point.side == Side::Kubernetes && !line.is_watch());
    let to_kubernetes = to_kubernetes.count();
    if to_kubernetes > STORM {
        found.push(format!("O5: {to_kubernetes} requests to Kubernetes"));
    }
    found
}

/// After a 429 no request is sent before its `Retry-After` is over; a process that was started anew does not know of it.
fn throttled(lines: &[Line]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines
        .iter()
        .filter(|line| line.status == Some(StatusCode::TOO_MANY_REQUESTS) && line.point.side == Side::Graph)
    {
        let wait = line.turns.iter().find_map(|what| match what {
            What::Throttled => Some(SignedDuration::from_secs(7)),
            What::ThrottledFraction => Some(SignedDuration::from_millis(2128)),
            What::ThrottledDate => Some(SignedDuration::from_secs(10)),
            What::ThrottledPlain | What::ThrottledNegative | What::ThrottledZero => Some(SignedDuration::from_millis(500)),
            _ => None,
        });
        let (Some(wait), Some(answered)) = (wait, line.answered) else {
            continue;
        };
        let early = lines.iter().filter(|later| {
            later.point.side == Side::Graph
                && later.process == line.process
                && later.sent > answered
                && later.sent < answered + wait
                && !later.is_sign_in()
                && !line.is_sign_in()
        });
        for early in early {
            let after = early.sent.duration_since(answered).as_millis();
            found.push(format!("O6: {} was sent {after} ms after the 429 of {}", early.point, line.point));
        }
    }
    found
}
