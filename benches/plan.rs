//! Benchmarks of the pure core.

fn main() {
    divan::main();
}
