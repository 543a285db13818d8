//! What this session of the console did and took back: that alone is taken back without a question.

use kami_store::ActRecord;

/// An act of this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// The one of this number.
    Act(u64),
    /// The one that made this batch.
    Batch(u64),
}

impl Own {
    fn is(self, act: &ActRecord) -> bool {
        match self {
            Self::Act(id) => act.id == id,
            Self::Batch(id) => act.batch_id == Some(id),
        }
    }
}

/// The acts of this session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Those that stand, the newest last.
    done: Vec<Own>,
    /// The takings back that can be taken back themselves, the newest last.
    undone: Vec<u64>,
}

impl Session {
    /// An act was done.
    pub fn did(&mut self, own: Own) {
        self.done.push(own);
        self.undone.clear();
    }

    /// An act was taken back by another, or found to be nothing to take back.
    pub fn took_back(&mut self, act: &ActRecord, by: Option<u64>) {
        if self.undone.contains(&act.id) {
            self.undone.retain(|undo| *undo != act.id);
            self.done.extend(by.map(Own::Act));
        } else {
            self.done.retain(|own| !own.is(act));
            self.undone.extend(by);
        }
    }

    /// Whether it did an act.
    pub fn is_own(&self, act: &ActRecord) -> bool {
        self.undone.contains(&act.id) || self.done.iter().any(|own| own.is(act))
    }

    /// What can be taken back, the newest first.
    pub fn done(&self) -> Vec<Own> {
        self.done.iter().rev().copied().collect()
    }

    /// The last taking back, which can be taken back.
    pub fn last_undone(&self) -> Option<Own> {
        self.undone.last().copied().map(Own::Act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(id: u64, batch_id: Option<u64>) -> ActRecord {
        ActRecord {
            id,
            act: "disable".to_owned(),
            operator: "li".to_owned(),
            account: None,
            done_at: chrono::DateTime::UNIX_EPOCH,
            card_count: 1,
            batch_id,
            undoes: None,
            subject: None,
            undone_by: None,
        }
    }

    #[test]
    fn undo_goes_back_act_by_act_and_redo_forward() {
        let mut session = Session::default();
        session.did(Own::Act(1));
        session.did(Own::Batch(7));
        assert_eq!(session.done(), [Own::Batch(7), Own::Act(1)]);
        assert!(session.is_own(&act(2, Some(7))) && !session.is_own(&act(2, Some(8))));
        session.took_back(&act(2, Some(7)), Some(3));
        session.took_back(&act(1, None), Some(4));
        assert_eq!((session.done(), session.last_undone()), (vec![], Some(Own::Act(4))));
        session.took_back(&act(4, None), Some(5));
        assert_eq!((session.done(), session.last_undone()), (vec![Own::Act(5)], Some(Own::Act(3))));
        session.took_back(&act(5, None), Some(6));
        assert_eq!((session.done(), session.last_undone()), (vec![], Some(Own::Act(6))));
        session.did(Own::Act(8));
        assert_eq!(session.last_undone(), None, "what comes after something new is no longer done again");
    }

    #[test]
    fn the_act_of_another_is_not_its_own_until_it_has_taken_it_back() {
        let mut session = Session::default();
        assert!(!session.is_own(&act(1, None)));
        session.took_back(&act(1, None), Some(2));
        assert!(session.is_own(&act(2, None)));
        assert_eq!(session.last_undone(), Some(Own::Act(2)));
    }
}
