//! The laws that the pure core keeps, whatever the records, mappings and systems: property tests.
//!
//! Each test names its law by the number that this list gives it:
//!
//! 1. records that show what they showed last are left alone
//! 2. what only one side changed moves to the other under every rule
//! 3. swapping the two sides mirrors the plan
//! 4. an applied plan leaves nothing to do
//! 5. hints may come late, twice, in any order or not at all
//! 6. fields outside the mapping are not touched
//! 7. each value written comes from a side or from a transform
//! 8. a conflict is when both sides changed a field to different facts, and only then
//! 9. reversible transforms give back what they were given
//! 10. whatever was written can be read, and nothing panics on anything
//! 11. a record that is not there never changes the one that is
//! 12. an order costs the same on both sides, to the last decimal, and comes back as it was
//! 13. what is edited in an order is written to the lines that it is about, and to no others

mod convergence;
mod defaults;
mod fake;
mod generate;
mod order_edits;
mod orders;
mod plans;
mod reading;
mod references;
mod scene;
mod symmetry;
mod texts;
mod transforms;
