//! One version's description: its operations with their options, bodies and answers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::Value;

use super::paths::{Tree, segments};
use super::schema::{Definitions, Use};
use super::shape::{Content, Shape};
use crate::base::answer::ApiVersion;

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// The operations of one version.
#[derive(Debug)]
pub(super) struct Description {
    tree: Tree,
    paths: Vec<Described>,
    /// The body that all failures have, that of undescribed paths too.
    pub error: Option<Content>,
}

/// A path and its operations by method.
#[derive(Debug)]
struct Described {
    template: String,
    operations: HashMap<String, Operation>,
}

/// What the description says of one method of a path.
#[derive(Debug)]
pub(super) struct Operation {
    options: Vec<(String, OptionKind)>,
    pub request: Option<Request>,
    responses: Vec<(String, Option<Content>)>,
}

/// The body that an operation takes.
#[derive(Debug)]
pub(super) struct Request {
    /// Whether it must be there.
    pub required: bool,
    /// What it looks like.
    pub content: Content,
}

/// What a query option takes. Texts and lists of names have a grammar of their own, which is not checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionKind {
    /// A number that is not negative.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Anything.
    Text,
}

/// What was found for a request.
pub(super) struct Found<'a> {
    /// The template of the path, or the path itself in one spelling.
    pub path: String,
    /// The operation, if it is described.
    pub operation: Option<&'a Operation>,
}

impl OptionKind {
    /// Whether a value is one that the option takes.
    pub(super) fn takes(self, value: &str) -> bool {
        match self {
            Self::Number => value.parse::<u32>().is_ok(),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Text => true,
        }
    }

    /// What it takes, for people.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Number => "takes a number that is not negative",
            Self::Boolean => "takes true or false",
            Self::Text => "takes a text",
        }
    }
}

impl Operation {
    /// What a query option takes; nothing when the operation does not have it.
    pub(super) fn option(&self, name: &str) -> Option<OptionKind> {
        let known = |wanted: &str| self.options.iter().find(|(known, _)| known == wanted).map(|(_, kind)| *kind);
        // Graph takes its options with and without the dollar sign (documented).
        known(name).or_else(|| known(&format!("${name}"))).or_else(|| {
            // The token of a next page is part of a link, so no description has it.
            let token = name.strip_prefix('$').unwrap_or(name) == "skiptoken";
            (token && known("$top").is_some()).then_some(OptionKind::Text)
        })
    }

    /// The body that goes with a status; nothing when the status is not described.
    pub(super) fn response(&self, status: u16) -> Option<Option<&Content>> {
        let wanted = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
        let mut found = wanted
            .iter()
            .filter_map(|wanted| self.responses.iter().find(|(known, _)| known == wanted));
        found.next().map(|(_, content)| content.as_ref())
    }
}

impl Description {
    /// Reads the file of a version.
    pub(super) fn read(directory: &Path, version: ApiVersion) -> anyhow::Result<Self> {
        let file = directory.join(format!("openapi-{}-cloudpc.yaml", version.as_str()));
        let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let document: Value = serde_saphyr::from_str(&text).with_context(|| format!("parsing {}", file.display()))?;
        Self::of(&document).with_context(|| format!("understanding {}", file.display()))
    }

    fn of(document: &Value) -> anyhow::Result<Self> {
        let mut reader = Reader::new(document)?;
        let mut description = Self {
            tree: Tree::default(),
            paths: Vec::new(),
            error: None,
        };
        let paths = document["paths"].as_object().context("there are no paths")?;
        for (template, item) in paths {
            let operations = reader.operations(item).with_context(|| format!("path {template}"))?;
            description.tree.insert(template, description.paths.len());
            description.paths.push(Described {
                template: template.clone(),
                operations,
            });
        }
        if let Some(error) = document.pointer("/components/responses/error") {
            description.error = reader.content(&error["content"], Use::Whole)?;
        }
        Ok(description)
    }

    /// The operation of a request.
    pub(super) fn find(&self, path: &str, method: &str) -> Found<'_> {
        let segments = segments(path);
        match self.tree.find(&segments).and_then(|number| self.paths.get(number)) {
            None => Found {
                path: format!("/{}", segments.join("/")),
                operation: None,
            },
            Some(described) => Found {
                path: described.template.clone(),
                operation: described.operations.get(method),
            },
        }
    }
}

/// Reads operations out of a document.
struct Reader<'a> {
    document: &'a Value,
    whole: Arc<Definitions>,
    change: Arc<Definitions>,
    /// Most operations share their bodies with others; each is compiled once.
    shapes: HashMap<(Use, String), Arc<Shape>>,
}

impl<'a> Reader<'a> {
    fn new(document: &'a Value) -> anyhow::Result<Self> {
        let schemas = document.pointer("/components/schemas").context("there are no schemas")?;
        Ok(Self {
            document,
            whole: Arc::new(Definitions::of(schemas, Use::Whole)?),
            change: Arc::new(Definitions::of(schemas, Use::Change)?),
            shapes: HashMap::new(),
        })
    }

    fn operations(&mut self, item: &Value) -> anyhow::Result<HashMap<String, Operation>> {
        let mut operations = HashMap::new();
        for method in METHODS {
            let Some(described) = item.get(method) else { continue };
            let operation = self.operation(method, item, described).with_context(|| method.to_owned())?;
            operations.insert(method.to_uppercase(), operation);
        }
        Ok(operations)
    }

    fn operation(&mut self, method: &str, item: &Value, described: &Value) -> anyhow::Result<Operation> {
        let mut options = Vec::new();
        for parameter in [item, described].iter().flat_map(|from| from["parameters"].as_array()).flatten() {
            let parameter = self.resolve(parameter)?;
            if parameter["in"] == "query" {
                options.push(option(parameter)?);
            }
        }
        // What a PATCH leaves out stays as it is, so nothing is required in it.
        let usage = if method == "patch" { Use::Change } else { Use::Whole };
        let request = match described.get("requestBody") {
            None => None,
            Some(request) => {
                let request = self.resolve(request)?;
                let content = self.content(&request["content"], usage)?;
                content.map(|content| Request {
                    required: request["required"] == true,
                    content,
                })
            }
        };
        let mut responses = Vec::new();
        for (status, response) in described["responses"].as_object().into_iter().flatten() {
            let response = self.resolve(response)?;
            responses.push((status.clone(), self.content(&response["content"], Use::Whole)?));
        }
        Ok(Operation {
            options,
            request,
            responses,
        })
    }

    fn content(&mut self, content: &Value, usage: Use) -> anyhow::Result<Option<Content>> {
        for media_type in ["application/json", "text/plain"] {
            if let Some(schema) = content.get(media_type).and_then(|one| one.get("schema")) {
                return Ok(Some(Content::Json(self.shape(schema, usage)?)));
            }
        }
        let other = content.as_object().is_some_and(|content| !content.is_empty());
        Ok(other.then_some(Content::Opaque))
    }

    fn shape(&mut self, schema: &Value, usage: Use) -> anyhow::Result<Arc<Shape>> {
        let key = (usage, schema.to_string());
        if let Some(shape) = self.shapes.get(&key) {
            return Ok(Arc::clone(shape));
        }
        let definitions = match usage {
            Use::Whole => &self.whole,
            Use::Change => &self.change,
        };
        let shape = Arc::new(Shape::new(definitions.convert(schema)?, Arc::clone(definitions)));
        self.shapes.insert(key, Arc::clone(&shape));
        Ok(shape)
    }

    fn resolve<'v>(&self, value: &'v Value) -> anyhow::Result<&'v Value>
    where
        'a: 'v,
    {
        let Some(reference) = value["$ref"].as_str() else {
            return Ok(value);
        };
        let pointer = reference.strip_prefix('#').unwrap_or(reference);
        self.document.pointer(pointer).with_context(|| format!("{reference} leads nowhere"))
    }
}

/// The name of a query option and what it takes. A name with a star is a parameter alias, `@name`.
fn option(parameter: &Value) -> anyhow::Result<(String, OptionKind)> {
    let Some(name) = parameter["name"].as_str() else {
        bail!("a parameter has no name");
    };
    let name = name.strip_suffix('*').map_or_else(|| name.to_owned(), |alias| format!("@{alias}"));
    let kind = match parameter["schema"]["type"].as_str() {
        Some("integer") => OptionKind::Number,
        Some("boolean") => OptionKind::Boolean,
        _ => OptionKind::Text,
    };
    Ok((name, kind))
}
