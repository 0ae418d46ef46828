//! Why a record is not kept in step, in words for the shop's owner, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Module, Side};

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
        /// Their ids, as far as they were looked at.
        #[serde(default)]
        ids: Vec<String>,
        /// What they match by.
        #[serde(default)]
        by: MatchedBy,
    },
    /// The record that matches is in step with another one.
    LinkedElsewhere {
        /// The side of the record that matches.
        side: Side,
        /// That record's id.
        id: String,
        /// What it matches by.
        #[serde(default)]
        by: MatchedBy,
    },
    /// It refers to a record that is not in step.
    Reference {
        /// The module of the record that it refers to.
        module: Module,
        /// The side that has it.
        side: Side,
        /// Its id there.
        id: String,
    },
    /// It is a guest's order, and those are not to be brought to Vtiger.
    Guest,
    /// One side's record was deleted, the other's edited: nobody but a person can tell which counts.
    DeletedAndEdited {
        /// The side where it was deleted.
        side: Side,
    },
    /// It changes back and forth without end.
    Storm {
        /// The mapping's key.
        field: String,
    },
    /// The other side can't do what this needs.
    Unsupported {
        /// The side that can't.
        side: Side,
        /// What it can't do.
        message: String,
        /// What to do about it.
        remedy: String,
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
    /// A value that lost a conflict was to be taken, and its field was changed meanwhile.
    Overtaken {
        /// The mapping's key.
        field: String,
    },
    /// Trying failed again and again.
    Failed {
        /// The last failure.
        message: String,
    },
}

/// What records find each other by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The e-mail address.
    #[default]
    Email,
    /// WooCommerce's SKU, Vtiger's `productcode`.
    Sku,
    /// The tax's name and rate.
    Label,
    /// The other side's id, kept on the record.
    Order,
}

impl MatchedBy {
    /// What a module's records find each other by.
    pub const fn of(module: Module) -> Self {
        match module {
            Module::Contacts => Self::Email,
            Module::Products => Self::Sku,
            Module::Taxes => Self::Label,
            Module::SalesOrders => Self::Order,
        }
    }
}

impl fmt::Display for MatchedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "e-mail address",
            Self::Sku => "SKU",
            Self::Label => "name and rate",
            Self::Order => "order number",
        })
    }
}

impl Skip {
    /// The names of all kinds.
    pub const KINDS: [&str; 15] = [
        "no_email",
        "invalid_email",
        "mandatory",
        "ambiguous",
        "linked_elsewhere",
        "reference",
        "guest",
        "deleted_and_edited",
        "storm",
        "unsupported",
        "staff",
        "rejected",
        "deleted",
        "overtaken",
        "failed",
    ];

    /// The name of its kind, as programs know it: the one that it is written with.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NoEmail => "no_email",
            Self::InvalidEmail => "invalid_email",
            Self::Mandatory { .. } => "mandatory",
            Self::Ambiguous { .. } => "ambiguous",
            Self::LinkedElsewhere { .. } => "linked_elsewhere",
            Self::Reference { .. } => "reference",
            Self::Guest => "guest",
            Self::DeletedAndEdited { .. } => "deleted_and_edited",
            Self::Storm { .. } => "storm",
            Self::Unsupported { .. } => "unsupported",
            Self::Staff => "staff",
            Self::Rejected { .. } => "rejected",
            Self::Deleted { .. } => "deleted",
            Self::Overtaken { .. } => "overtaken",
            Self::Failed { .. } => "failed",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoEmail => "Enter an e-mail address in the record.".to_owned(),
            Self::InvalidEmail => "Correct the e-mail address in the record.".to_owned(),
            Self::Mandatory { .. } => {
                "Fill the field in, or give its mapping a default value.".to_owned()
            }
            Self::Ambiguous { side, ids, by } => {
                let which = if ids.is_empty() { String::new() } else { format!(" {}", ids.join(" and ")) };
                format!(
                    "Merge the records{which} in {}, give each a {by} of its own, or link the right one by hand with \
                     `woo-vtiger-sync link`.",
                    side.title()
                )
            }
            Self::LinkedElsewhere { side, id, by } => format!(
                "Two records share one {by}. Merge them, or change that of one; in {} look at {id}.",
                side.title()
            ),
            Self::Reference { module, side, id } => format!(
                "Look in the sync log why {} {id} of {} is not in step, and mend that; this one follows by itself.",
                module.one(),
                side.title()
            ),
            Self::Guest => {
                "Nothing, if that is meant. Otherwise set `guests` of the sales orders' settings to another policy."
                    .to_owned()
            }
            Self::DeletedAndEdited { side } => format!(
                "Restore it in {} to keep it, or delete the other one, too.",
                side.title()
            ),
            Self::Storm { .. } => "Find the plugin or workflow that rewrites the field, and stop it there or switch the \
                                   mapping off; then release the record with `woo-vtiger-sync retry`."
                .to_owned(),
            Self::Unsupported { remedy, .. } => remedy.clone(),
            Self::Staff => {
                "Nothing, if this is a colleague. Otherwise give the account the role Customer in WooCommerce.".to_owned()
            }
            Self::Rejected { side, .. } => format!("Correct the value so that {} takes it.", side.title()),
            Self::Deleted { side } => {
                format!("Delete this record too, or restore the other one in {}.", side.title())
            }
            Self::Overtaken { .. } => {
                "Look at the record, and take the value again where that is still meant.".to_owned()
            }
            Self::Failed { .. } => "Mend the cause; the next sweep tries again, and `woo-vtiger-sync failed replay` \
                                    does so at once (`failed list` shows what failed)."
                .to_owned(),
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEmail => f.write_str("it has no e-mail address"),
            Self::InvalidEmail => f.write_str("its e-mail address is not valid"),
            Self::Mandatory { field } => write!(f, "`{field}` is blank, and the other side demands a value"),
            Self::Ambiguous { side, by, .. } => {
                write!(f, "several records in {} have its {by}", side.title())
            }
            Self::LinkedElsewhere { side, by, .. } => {
                write!(
                    f,
                    "the record in {} with its {by} is in step with another one",
                    side.title()
                )
            }
            Self::Reference { module, side, id } => {
                write!(
                    f,
                    "it refers to {} {id} of {}, which is not in step",
                    module.one(),
                    side.title()
                )
            }
            Self::Guest => f.write_str("it is a guest's order, which the settings leave out"),
            Self::DeletedAndEdited { side } => {
                write!(
                    f,
                    "it was edited after its counterpart in {} was deleted",
                    side.title()
                )
            }
            Self::Storm { field } => {
                write!(
                    f,
                    "`{field}` changes back and forth without end, so the record is left alone for now"
                )
            }
            Self::Unsupported { side, message, .. } => write!(f, "{}: {message}", side.title()),
            Self::Staff => f.write_str("its e-mail address belongs to an account of the shop's staff"),
            Self::Rejected { side, message, .. } => {
                write!(f, "{} refuses the values: {message}", side.title())
            }
            Self::Deleted { side } => write!(f, "its counterpart in {} was deleted", side.title()),
            Self::Overtaken { field } => {
                write!(
                    f,
                    "`{field}` was changed before the value that lost could be taken"
                )
            }
            Self::Failed { message } => write!(f, "trying failed again and again: {message}"),
        }
    }
}
