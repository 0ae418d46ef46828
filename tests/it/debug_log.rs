//! The debug log: what it keeps, what it hides, and how it is read.

mod masking;
