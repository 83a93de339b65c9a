//! Parses a `$filter` by recursive descent. Depth and length are bounded, because any client can
//! send one. The tables of types and queries say what a property can be compared with.

use super::filter::{Expression, Filter, Flaw, Literal, Scope, Test};
use super::literal;
use super::path::property_at;
use super::tables::{Filterable, Operator};
use super::token::{Placed, Token, tokens};
use crate::base::text::excerpt;
use crate::schema::Property;

/// The longest filter, in bytes (assumed; some bound must be).
const LONGEST: usize = 4096;
/// The most parentheses and negations in each other (assumed).
const DEEPEST: usize = 32;

impl Filter {
    /// Parses a filter.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Flaw> {
        let expression = parse(text, scope)?;
        let layer = scope.layer;
        Ok(Self { expression, layer })
    }
}

fn parse(text: &str, scope: &Scope) -> Result<Expression, Flaw> {
    if text.len() > LONGEST {
        return Err(Flaw::Malformed(format!(
            "Invalid filter clause: it is longer than {LONGEST} characters."
        )));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.chars().count(),
        depth: 0,
        negated: false,
        scope,
    };
    let expression = parser.any()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.unexpected("the filter goes on after its end")),
    }
}

struct Parser<'t, 's> {
    tokens: Vec<Placed<'t>>,
    next: usize,
    end: usize,
    depth: usize,
    /// Whether the parser is below a `not`.
    negated: bool,
    scope: &'s Scope,
}

impl<'t> Parser<'t, '_> {
    fn any(&mut self) -> Result<Expression, Flaw> {
        let first = self.all()?;
        let mut parts = vec![first];
        while self.takes_word("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Flaw> {
        let first = self.one()?;
        let mut parts = vec![first];
        while self.takes_word("and") {
            parts.push(self.one()?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn one(&mut self) -> Result<Expression, Flaw> {
        if self.takes_word("not") {
            return self.negation();
        }
        if self.takes(&Token::Open) {
            return self.deeper(|parser| {
                let inner = parser.any()?;
                parser.expect(&Token::Close, "a parenthesis is not closed")?;
                Ok(inner)
            });
        }
        let word = self.word("a property or a function is missing")?;
        if self.takes(&Token::Open) {
            return self.function(word);
        }
        self.comparison(word)
    }

    /// `not` binds closer than a comparison, so that only a parenthesis, a function or another `not` can follow it.
    fn negation(&mut self) -> Result<Expression, Flaw> {
        let follows = self.tokens.get(self.next + 1).map(|placed| &placed.token);
        let whole = match self.peek() {
            Some(Token::Open | Token::Word("not")) => true,
            Some(Token::Word(_)) => follows == Some(&Token::Open),
            _ => false,
        };
        if !whole {
            return Err(self.unexpected("'not' takes a function or a condition in parentheses"));
        }
        let outer = std::mem::replace(&mut self.negated, true);
        let inner = self.deeper(Self::one)?;
        self.negated = outer;
        Ok(Expression::Not(Box::new(inner)))
    }

    /// `startswith(path,'text')`, read up to its parenthesis.
    fn function(&mut self, name: &str) -> Result<Expression, Flaw> {
        let operator = Operator::function(name)
            .ok_or_else(|| Flaw::Unsupported(format!("Invalid filter clause: the function '{}' is not known.", excerpt(name))))?;
        let path = self.word("a function takes a property first")?;
        let (filterable, property) = self.comparable(path, operator)?;
        self.expect(&Token::Comma, "a function takes a property and a string")?;
        let value = self.literal(filterable, property, operator)?;
        self.expect(&Token::Close, "a function is not closed")?;
        Ok(test(filterable, operator, vec![value]))
    }

    /// `path eq value` or `path in (value,value)`, read up to its operator.
    fn comparison(&mut self, path: &str) -> Result<Expression, Flaw> {
        let word = self.word("a comparison takes an operator")?;
        let Some(operator) = Operator::infix(word) else {
            self.next -= 1;
            return Err(self.unexpected("this is no operator of a comparison"));
        };
        let (filterable, property) = self.comparable(path, operator)?;
        if operator != Operator::In {
            let value = self.literal(filterable, property, operator)?;
            return Ok(test(filterable, operator, vec![value]));
        }
        self.expect(&Token::Open, "'in' takes a list in parentheses")?;
        let mut values = vec![self.literal(filterable, property, operator)?];
        while self.takes(&Token::Comma) {
            values.push(self.literal(filterable, property, operator)?);
        }
        self.expect(&Token::Close, "a list is not closed")?;
        Ok(test(filterable, operator, values))
    }

    /// The property of a path, if it can be compared in this way.
    fn comparable(&self, path: &str, operator: Operator) -> Result<(&'static Filterable, &'static Property), Flaw> {
        let Scope { ty, version, filter, .. } = *self.scope;
        let shown = excerpt(path);
        let Some(found) = property_at(ty, version, path) else {
            return Err(Flaw::Malformed(format!(
                "Invalid filter clause: the type 'microsoft.graph.{}' has no property '{shown}'.",
                ty.name
            )));
        };
        let filterable = filter.iter().find(|one| one.path == path && found.is_comparable(version));
        let Some(filterable) = filterable else {
            return Err(Flaw::Unsupported(format!(
                "Invalid filter clause: the property '{shown}' of 'microsoft.graph.{}' cannot be filtered by.",
                ty.name
            )));
        };
        let refused = if !filterable.operators.has(operator) {
            operator.name()
        } else if self.negated && !filterable.operators.can_be_negated() {
            "not"
        } else {
            return Ok((filterable, found.property));
        };
        Err(Flaw::Unsupported(format!(
            "Invalid filter clause: the operator '{refused}' is not supported for the property '{shown}'."
        )))
    }

    fn literal(&mut self, filterable: &Filterable, property: &Property, operator: Operator) -> Result<Literal, Flaw> {
        let token = self.tokens.get(self.next).map(|placed| placed.token.clone());
        let raw = match token {
            Some(Token::Text(text)) => Some(Literal::Text(text)),
            Some(Token::Word(word)) => literal::of_word(word),
            _ => None,
        };
        let Some(raw) = raw else {
            return Err(self.unexpected("a value is missing or is no literal"));
        };
        self.next += 1;
        let shown = excerpt(&raw.to_string());
        let fitting = literal::fitting(raw, property.kind, self.scope.version, operator, filterable.operators);
        fitting.ok_or_else(|| {
            Flaw::Malformed(format!(
                "Invalid filter clause: the property '{}' of type '{}' cannot be compared with {shown} by '{}'.",
                filterable.path,
                literal::type_name(property.kind),
                operator.name()
            ))
        })
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Flaw>) -> Result<T, Flaw> {
        if self.depth == DEEPEST {
            return Err(self.unexpected("the filter is nested too deeply"));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.next).map(|placed| &placed.token)
    }

    fn takes(&mut self, token: &Token<'_>) -> bool {
        let there = self.peek() == Some(token);
        self.next += usize::from(there);
        there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word))
    }

    fn word(&mut self, missing: &str) -> Result<&'t str, Flaw> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = *word;
                self.next += 1;
                Ok(word)
            }
            _ => Err(self.unexpected(missing)),
        }
    }

    fn expect(&mut self, token: &Token<'_>, missing: &str) -> Result<(), Flaw> {
        if self.takes(token) { Ok(()) } else { Err(self.unexpected(missing)) }
    }

    fn unexpected(&self, what: &str) -> Flaw {
        let at = self.tokens.get(self.next).map_or(self.end, |placed| placed.at);
        Flaw::syntax(at, what)
    }
}

fn test(filterable: &Filterable, operator: Operator, values: Vec<Literal>) -> Expression {
    let path = filterable.path;
    Expression::Test(Test { path, operator, values })
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}
