//! The line of those who wait for one class: by priority, then by age, and nobody waits for ever. Pure.

use std::collections::BTreeMap;

use super::priority::Priority;

/// How often the oldest may be passed by before it is served whatever its priority.
const PASSED_BY: u32 = 3;

/// Who waits.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: BTreeMap<u64, Priority>,
    tickets: u64,
    passed_by: u32,
}

impl Line {
    /// Joins the line; the ticket says where.
    pub(super) fn enter(&mut self, priority: Priority) -> u64 {
        self.tickets += 1;
        self.waiting.insert(self.tickets, priority);
        self.tickets
    }

    /// If it is this one's turn, the part of the class that it may use up. The oldest may use all when it was passed by too
    /// often.
    pub(super) fn turn(&self, ticket: u64) -> Option<f64> {
        let (oldest, _) = self.waiting.first_key_value()?;
        let (_, first) = self.waiting.iter().map(|(ticket, priority)| (*priority, *ticket)).min()?;
        let overdue = self.passed_by >= PASSED_BY;
        let next = if overdue { *oldest } else { first };
        let part = if overdue { 1.0 } else { self.waiting.get(&ticket)?.part() };
        (next == ticket).then_some(part)
    }

    /// This one had its turn.
    pub(super) fn served(&mut self, ticket: u64) {
        let oldest = self.waiting.first_key_value().is_some_and(|(oldest, _)| *oldest == ticket);
        self.passed_by = if oldest { 0 } else { self.passed_by + 1 };
        self.leave(ticket);
    }

    /// This one is not there any more.
    pub(super) fn leave(&mut self, ticket: u64) {
        if self.waiting.first_key_value().is_some_and(|(oldest, _)| *oldest == ticket) {
            self.passed_by = 0;
        }
        self.waiting.remove(&ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::Priority::{Change, Repair, Resync};
    use super::*;

    fn serve(line: &mut Line) -> Option<u64> {
        let tickets: Vec<u64> = line.waiting.keys().copied().collect();
        let mut next = tickets.into_iter().filter(|ticket| line.turn(*ticket).is_some());
        let ticket = next.next()?;
        assert_eq!(next.next(), None, "one turn at a time");
        line.served(ticket);
        Some(ticket)
    }

    #[test]
    fn a_change_goes_before_a_repair_and_a_repair_before_a_look_around() {
        let mut line = Line::default();
        let tickets = [Resync, Repair, Change, Change].map(|priority| line.enter(priority));
        let order = [tickets[2], tickets[3], tickets[1], tickets[0]];
        assert_eq!(order.map(|_| serve(&mut line).unwrap()), order);
        assert_eq!(serve(&mut line), None);
    }

    #[test]
    fn nobody_waits_for_ever() {
        let mut line = Line::default();
        let patient = [line.enter(Resync), line.enter(Resync)];
        let mut served = Vec::new();
        for _ in 0..8 {
            line.enter(Change);
            line.enter(Change);
            served.push(serve(&mut line).unwrap());
        }
        assert_eq!((served[3], served[7]), (patient[0], patient[1]), "{served:?}");
        assert!(served.iter().filter(|ticket| !patient.contains(ticket)).count() == 6);
    }

    #[test]
    fn who_gives_up_is_in_nobodys_way() {
        let mut line = Line::default();
        let (gone, there) = (line.enter(Change), line.enter(Resync));
        assert_eq!((line.turn(gone), line.turn(there)), (Some(1.0), None));
        line.leave(gone);
        assert_eq!((line.turn(gone), line.turn(there)), (None, Some(Resync.part())));
    }
}
