//! The three-way merge of one field: what each side shows now against what it showed when they last agreed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConflictRule, Direction, Side, Sides, Value};

/// What becomes of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Neither side changed it.
    Unchanged,
    /// Both sides hold the same fact, whoever changed it.
    Agreed,
    /// Nothing is written although the sides differ, for this reason.
    Kept(Reason),
    /// The value of `from` goes to the other side.
    Moved {
        /// The side that the value comes from.
        from: Side,
        /// Why.
        because: Reason,
    },
    /// Both sides changed it to different values.
    Conflict {
        /// The side whose value stays.
        winner: Side,
        /// What decided it.
        because: Reason,
    },
    /// A person took the value that had lost a conflict: it was written back to this side, and moves from there.
    Taken {
        /// The side that the value is of.
        side: Side,
    },
}

/// Why a field's value moves, stays or wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Only this side changed it.
    Changed,
    /// The other side had no value when the records met first.
    FilledBlank,
    /// The record is new on the other side.
    New,
    /// The conflict rule.
    Rule(ConflictRule),
    /// The field travels the other way only.
    Direction,
    /// The other side can't do without a value here.
    Mandatory,
    /// The other side's record lets nobody write this field.
    ReadOnly,
    /// What it refers to has no counterpart on the other side.
    Unresolved,
}

impl Decision {
    /// The side whose value is to be written to the other, if any.
    pub const fn source(self) -> Option<Side> {
        match self {
            Self::Moved { from, .. } => Some(from),
            Self::Conflict { winner, .. } => Some(winner),
            Self::Unchanged | Self::Agreed | Self::Kept(_) | Self::Taken { .. } => None,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("unchanged"),
            Self::Agreed => f.write_str("the same on both sides"),
            Self::Kept(Reason::Mandatory) => {
                f.write_str("not moved: the other side can't do without a value")
            }
            Self::Kept(Reason::ReadOnly) => {
                f.write_str("not moved: the other side's record doesn't let this field be written")
            }
            Self::Kept(Reason::Unresolved) => f.write_str("not moved: what it refers to is not in step"),
            Self::Kept(_) => f.write_str("not moved: this field travels the other way only"),
            Self::Moved {
                from,
                because: Reason::FilledBlank,
            } => {
                write!(f, "filled from {}, as it was blank", from.title())
            }
            Self::Moved {
                from,
                because: Reason::New,
            } => write!(f, "new from {}", from.title()),
            Self::Moved { from, .. } => write!(f, "changed in {}", from.title()),
            Self::Taken { side } => {
                write!(f, "the value of {} was taken by hand", side.title())
            }
            Self::Conflict {
                winner,
                because: Reason::Rule(rule),
            } => {
                write!(f, "changed on both sides; {} won ({rule})", winner.title())
            }
            Self::Conflict { winner, .. } => {
                write!(
                    f,
                    "changed on both sides; {} won, as this field travels one way only",
                    winner.title()
                )
            }
        }
    }
}

/// What is known of one field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// What each side shows now.
    pub now: Sides<&'a Value>,
    /// Whether each side shows something else than when they last agreed; `None` when they never did.
    pub changed: Option<Sides<bool>>,
    /// Whether both sides hold the same fact.
    pub same: bool,
    /// Which way the field travels.
    pub direction: Direction,
    /// The conflict rule, and the side that wins by it.
    pub rule: (ConflictRule, Side),
}

/// Decides what becomes of one field.
pub(super) fn merge(field: &Field<'_>) -> Decision {
    match field.changed {
        Some(Sides {
            woocommerce: false,
            vtiger: false,
        }) => Decision::Unchanged,
        _ if field.same => Decision::Agreed,
        Some(Sides {
            woocommerce: true,
            vtiger: false,
        }) => moved(field, Side::WooCommerce),
        Some(Sides {
            woocommerce: false,
            vtiger: true,
        }) => moved(field, Side::Vtiger),
        Some(_) => conflict(field),
        None => first_meeting(field),
    }
}

fn moved(field: &Field<'_>, from: Side) -> Decision {
    if field.direction.writes_to(from.opposite()) {
        Decision::Moved {
            from,
            because: Reason::Changed,
        }
    } else {
        Decision::Kept(Reason::Direction)
    }
}

fn conflict(field: &Field<'_>) -> Decision {
    let (rule, winner) = field.rule;
    match field.direction {
        Direction::Both => Decision::Conflict {
            winner,
            because: Reason::Rule(rule),
        },
        Direction::ToVtiger => Decision::Conflict {
            winner: Side::WooCommerce,
            because: Reason::Direction,
        },
        Direction::ToWooCommerce => Decision::Conflict {
            winner: Side::Vtiger,
            because: Reason::Direction,
        },
    }
}

/// Two records that exist already and meet for the first time: nothing is blanked, what is blank is filled, and the
/// rule decides the rest.
fn first_meeting(field: &Field<'_>) -> Decision {
    let mut blank = Side::BOTH
        .into_iter()
        .filter(|side| field.now.of(*side).is_blank())
        .peekable();
    if blank.peek().is_none() {
        return conflict(field);
    }
    // Where both are blank a default value or a fixed one may have to be written.
    match blank.find(|side| field.direction.writes_to(*side)) {
        Some(to) => Decision::Moved {
            from: to.opposite(),
            because: Reason::FilledBlank,
        },
        None => Decision::Kept(Reason::Direction),
    }
}
