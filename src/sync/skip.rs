//! Why a record is not kept in step, in words for the shop's owner, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Side;

/// Why a record is not kept in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// It has no e-mail address, by which records of the two systems find each other.
    NoEmail,
    /// What stands in the e-mail field is no address.
    InvalidEmail,
    /// A field without which the other side takes no record is blank.
    Mandatory {
        /// The mapping's key.
        field: String,
    },
    /// Several records of the other side match.
    Ambiguous {
        /// The side that has them.
        side: Side,
    },
    /// The record that matches is in step with another one.
    LinkedElsewhere {
        /// The side of the record that matches.
        side: Side,
        /// That record's id.
        id: String,
    },
    /// The address belongs to an account of the shop's staff.
    Staff,
    /// The other side refuses the values.
    Rejected {
        /// The side that refuses.
        side: Side,
        /// The field that it names.
        field: Option<String>,
        /// What it says.
        message: String,
    },
    /// Its counterpart was deleted.
    Deleted {
        /// The side where it was deleted.
        side: Side,
    },
    /// Trying failed again and again.
    Failed {
        /// The last failure.
        message: String,
    },
}

impl Skip {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoEmail => "Enter an e-mail address in the record.".to_owned(),
            Self::InvalidEmail => "Correct the e-mail address in the record.".to_owned(),
            Self::Mandatory { .. } => {
                "Fill the field in, or give its mapping a default value.".to_owned()
            }
            Self::Ambiguous { side } => {
                format!("Merge the records in {}, or give them different e-mail addresses.", side.title())
            }
            Self::LinkedElsewhere { side, id } => format!(
                "Two records share one e-mail address. Merge them, or change the address of one; in {} look at {id}.",
                side.title()
            ),
            Self::Staff => {
                "Nothing, if this is a colleague. Otherwise give the account the role Customer in WooCommerce.".to_owned()
            }
            Self::Rejected { side, .. } => format!("Correct the value so that {} takes it.", side.title()),
            Self::Deleted { side } => {
                format!("Delete this record too, or restore the other one in {}.", side.title())
            }
            Self::Failed { .. } => "Mend the cause; the next sweep tries again.".to_owned(),
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEmail => f.write_str("it has no e-mail address"),
            Self::InvalidEmail => f.write_str("its e-mail address is not valid"),
            Self::Mandatory { field } => write!(f, "`{field}` is blank, and the other side demands a value"),
            Self::Ambiguous { side } => {
                write!(f, "several records in {} have its e-mail address", side.title())
            }
            Self::LinkedElsewhere { side, .. } => {
                write!(
                    f,
                    "the record in {} with its e-mail address is in step with another one",
                    side.title()
                )
            }
            Self::Staff => f.write_str("its e-mail address belongs to an account of the shop's staff"),
            Self::Rejected { side, message, .. } => {
                write!(f, "{} refuses the values: {message}", side.title())
            }
            Self::Deleted { side } => write!(f, "its counterpart in {} was deleted", side.title()),
            Self::Failed { message } => write!(f, "trying failed again and again: {message}"),
        }
    }
}
