//! What goes otherwise than usual in a run, and its text form: `options | turn; turn`, such as
//! `replicationLag=PT90S | G4 cut-after; K11 crash-before`.

use std::fmt;
use std::str::FromStr;

/// Which of the two services a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Graph and Entra.
    Graph,
    /// The Kubernetes API.
    Kubernetes,
}

/// A request of a run: the side, and its number there from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// Where it goes.
    pub side: Side,
    /// Counted from the start of the run, over all processes.
    pub number: u32,
}

/// Something that happens at a point.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Turn {
    /// The request at which it happens.
    pub at: Point,
    /// What happens.
    pub what: What,
}

macro_rules! whats {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What can happen at a request.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum What {
            $($(#[$doc])* $name,)*
            /// A person does this just before the request is carried out.
            Hand(String),
        }

        impl What {
            fn simple(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for What {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name => f.write_str($text),)*
                    Self::Hand(name) => write!(f, "hand {name}"),
                }
            }
        }
    };
}

whats! {
    /// The process ends before the request is carried out.
    CrashBefore = "crash-before";
    /// It is carried out, and the process ends before it has the answer.
    CrashAfter = "crash-after";
    /// The connection breaks before the request is carried out.
    CutBefore = "cut-before";
    /// It is carried out, and the connection breaks before the answer.
    CutAfter = "cut-after";
    /// It is carried out, and its answer comes after the client's deadline.
    Slow = "slow";
    /// 429 with `Retry-After: 7`.
    Throttled = "429";
    /// 429 without `Retry-After`.
    ThrottledPlain = "429-plain";
    /// 429 with a fraction.
    ThrottledFraction = "429-2.128";
    /// 429 with a negative number.
    ThrottledNegative = "429-negative";
    /// 429 with zero.
    ThrottledZero = "429-0";
    /// 429 with a date.
    ThrottledDate = "429-date";
    /// 500, not carried out.
    Status500 = "500";
    /// 502, not carried out.
    Status502 = "502";
    /// 503, not carried out.
    Status503 = "503";
    /// 504, not carried out.
    Status504 = "504";
    /// 500, carried out.
    Status500After = "500-after";
    /// 502, carried out.
    Status502After = "502-after";
    /// 503, carried out.
    Status503After = "503-after";
    /// 504, carried out.
    Status504After = "504-after";
    /// 400, not carried out.
    Status400 = "400";
    /// 401, not carried out.
    Status401 = "401";
    /// 403, not carried out.
    Status403 = "403";
    /// 404, not carried out.
    Status404 = "404";
    /// 409, not carried out.
    Status409 = "409";
    /// 412, not carried out.
    Status412 = "412";
    /// It is carried out, and the answer ends in the middle.
    Truncated = "truncated";
    /// It is carried out, and the answer is a page of HTML.
    Html = "html";
    /// The network carries it out twice.
    Replayed = "replayed";
    /// A read is answered by a replica that is 45 s behind.
    Stale = "stale";
    /// A read is answered by a replica that is 10 minutes behind.
    VeryStale = "very-stale";
}

/// All that goes otherwise in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Plan {
    /// Options of the simulator, by name, from the start.
    pub options: Vec<(String, String)>,
    /// In the order of their points.
    pub turns: Vec<Turn>,
}

impl Plan {
    /// This plan with one turn more.
    pub fn and(&self, at: Point, what: What) -> Self {
        let mut more = self.clone();
        more.turns.push(Turn { at, what });
        more
    }

    /// A plan with one option.
    pub fn option(name: &str, value: &str) -> Self {
        Self {
            options: vec![(name.to_owned(), value.to_owned())],
            ..Self::default()
        }
    }

    /// What happens at a point.
    pub fn at(&self, point: Point) -> impl Iterator<Item = &What> {
        self.turns.iter().filter(move |turn| turn.at == point).map(|turn| &turn.what)
    }

    /// How many things go otherwise.
    pub fn size(&self) -> usize {
        self.turns.len() + self.options.len()
    }

    /// The plans with one thing less.
    pub fn smaller(&self) -> impl Iterator<Item = Self> {
        let without_turn = (0..self.turns.len()).map(|index| {
            let mut less = self.clone();
            less.turns.remove(index);
            less
        });
        let without_option = (0..self.options.len()).map(|index| {
            let mut less = self.clone();
            less.options.remove(index);
            less
        });
        without_turn.chain(without_option)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Graph => 'G',
            Side::Kubernetes => 'K',
        };
        write!(f, "{side}{}", self.number)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<String> = self.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let turns: Vec<String> = self.turns.iter().map(|turn| format!("{} {}", turn.at, turn.what)).collect();
        write!(f, "{} | {}", options.join(" "), turns.join("; "))
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a point such as G4 or K11");
        let side = match text.chars().next() {
            Some('G') => Side::Graph,
            Some('K') => Side::Kubernetes,
            _ => return Err(wrong()),
        };
        let number = text[1..].parse().map_err(|_not_a_number| wrong())?;
        Ok(Self { side, number })
    }
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(hand) = text.strip_prefix("hand ") {
            return Ok(Self::Hand(hand.to_owned()));
        }
        Self::simple(text).ok_or_else(|| format!("{text:?} is nothing that can happen"))
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (options, turns) = text.split_once('|').ok_or("a plan has a | between its options and its turns")?;
        let option = |option: &str| {
            let (name, value) = option.split_once('=').ok_or_else(|| format!("{option:?} is not name=value"))?;
            Ok((name.to_owned(), value.to_owned()))
        };
        let turn = |turn: &str| {
            let (at, what) = turn.trim().split_once(' ').ok_or_else(|| format!("{turn:?} is not a turn"))?;
            Ok(Turn {
                at: at.parse()?,
                what: what.parse()?,
            })
        };
        let turns = turns.split(';').filter(|turn| !turn.trim().is_empty());
        Ok(Self {
            options: options.split_whitespace().map(option).collect::<Result<_, String>>()?,
            turns: turns.map(turn).collect::<Result<_, String>>()?,
        })
    }
}
