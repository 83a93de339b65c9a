//! All routes in one table: what each answers, what it refuses and to whom, and how it pages. The peculiarities of the service
//! that do not fit into a table have a test each.

mod dates;
mod errors;
mod full;
mod oddities;
mod oddities_of_writes;
mod paging;
mod permissions;
mod rows;
mod success;

use crate::routes::support::{ALL_ROLES, Ask, app, user};
use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::graph::routes::{Operation, ROUTES, Route};
use rows::{ROWS, Row, Write};

/// A route with its row.
struct Entry {
    route: &'static Route,
    row: &'static Row,
}

/// The routes that a version has, with their rows.
fn entries(version: ApiVersion) -> impl Iterator<Item = Entry> {
    let there = ROUTES.iter().filter(move |route| !route.beta_only || version == ApiVersion::Beta);
    there.map(|route| Entry {
        route,
        row: ROWS.iter().find(|row| row.path == route.path).expect("every route has a row"),
    })
}

impl Entry {
    /// The path, with this in the place of the id. A second id is that of a member.
    fn path(&self, id: &str) -> String {
        match self.row.path.split_once("{id}") {
            Some((before, rest)) => format!("/{before}{id}{}", rest.replace("{id}", full::USER)),
            None => format!("/{}", self.row.path),
        }
    }

    fn has_id(&self) -> bool {
        self.row.path.contains("{id}")
    }

    fn is_directory(&self) -> bool {
        !self.row.path.starts_with("deviceManagement")
    }

    fn write(&self, operation: &Operation) -> Option<&'static Write> {
        self.row.writes.iter().find(|write| write.method == operation.method)
    }

    /// The answer to a valid request.
    fn status(&self, operation: &Operation) -> u16 {
        self.write(operation).map_or(200, |write| write.status)
    }

    /// A valid request, at this target, by a caller with the permission.
    fn ask(&self, version: ApiVersion, operation: &Operation, target: impl Into<String>) -> Ask {
        let ask = Ask::new(version, operation.method, target).all_members();
        let ask = match self.write(operation).and_then(Write::good) {
            Some(body) => ask.body(&body),
            None => ask,
        };
        if operation.permission.people_only {
            ask.by(user(operation.permission.any_of, operation.permission.user_roles))
        } else {
            ask.by(app(&ALL_ROLES))
        }
    }

    fn place(&self, version: ApiVersion, operation: &Operation) -> String {
        format!("{} {} {}", version.as_str(), operation.method, self.row.path)
    }
}

fn code(answer: &Answer) -> &str {
    answer.body.as_ref().expect("a failure has a body")["error"]["code"]
        .as_str()
        .expect("a code")
}

#[test]
fn every_route_has_one_row_and_every_write_its_body() {
    for route in ROUTES {
        let rows: Vec<&Row> = ROWS.iter().filter(|row| row.path == route.path).collect();
        assert_eq!(rows.len(), 1, "rows of {}", route.path);
        let mut writes: Vec<&str> = rows[0].writes.iter().map(|write| write.method).collect();
        if rows[0].shape.is_some() {
            writes.insert(0, "GET");
        }
        let methods: Vec<&str> = route.operations.iter().map(|one| one.method).collect();
        assert_eq!(writes, methods, "methods of {}", route.path);
    }
    assert_eq!(ROWS.len(), ROUTES.len(), "a row is of no route");
}
