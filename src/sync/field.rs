//! What a system says of the fields that a module's records have.

/// A field that a module's records have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its path, as a mapping names it; a field of which any key may be named ends in `[]`, such as `meta_data[]`.
    pub path: String,
    /// Its name as people see it.
    pub label: String,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether a record needs it.
    pub mandatory: bool,
    /// What it holds.
    pub kind: FieldType,
    /// The most characters that it keeps, where that is known.
    pub length: Option<usize>,
}

/// What a field holds, as its system says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    #[default]
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day or a moment.
    Date,
    /// One of these values.
    Picklist(Vec<String>),
    /// Another module's record; its own fields are named behind a dot.
    Reference,
    /// Something with parts of its own.
    Structure,
}
