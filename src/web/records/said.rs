//! What programs know by a name, in words.

use crate::web::texts;

/// What was done.
pub(in crate::web) fn action(name: &str) -> String {
    texts::say(&format!("records-action-{name}"))
}

/// Who told.
pub(in crate::web) fn cause(name: &str) -> String {
    texts::say(&format!("records-cause-{name}"))
}

/// How a field stands.
pub(in crate::web) fn state(name: &str) -> String {
    texts::say(&format!("records-state-{name}"))
}

/// A kind of reason why records are not in step.
pub(in crate::web) fn reason(kind: &str) -> String {
    texts::say(&format!("attention-{}", kind.replace('_', "-")))
}

/// What to do about a kind of reason.
pub(in crate::web) fn remedy(kind: &str) -> String {
    texts::say(&format!("attention-{}-remedy", kind.replace('_', "-")))
}

/// What kind of change a failed event tells of.
pub(in crate::web) fn change(kind: &str) -> String {
    texts::say(&format!("failed-change-{}", kind.replace('_', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Cause;
    use crate::store::Action;
    use crate::sync::Skip;

    #[test]
    fn there_are_words_for_every_name() {
        let kinds = || Skip::KINDS.into_iter().chain(["conflicts"]);
        let said = (Action::ALL.iter().map(|one| action(one.as_str())))
            .chain(Cause::ALL.iter().map(|one| cause(one.as_str())))
            .chain(["in-step", "differs", "kept", "conflict"].map(state))
            .chain(kinds().map(reason))
            .chain(kinds().map(remedy))
            .chain(
                [
                    "sweep",
                    "changed",
                    "deleted",
                    "stock_touched",
                    "stock_moved",
                    "take",
                ]
                .map(change),
            );

        for words in said {
            let is_key = ["records-", "attention-", "failed-"]
                .iter()
                .any(|start| words.starts_with(start));
            assert!(!is_key, "no words for {words}");
        }
    }
}
