//! How much was done and how late, as bars. They are drawn with attributes alone, as no page may hold a style.

use crate::clock::Timestamp;
use crate::history::{Point, Series};
use crate::web::texts;

/// How wide and high the drawings are, in their own units.
const WIDTH: u64 = 960;
const HEIGHT: u64 = 120;

/// What a step's bars leave between them.
const GAP: u64 = 2;

/// Two drawings over the same steps of time.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) steps: Vec<Step>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// Whether there is nothing to draw.
    pub(super) is_empty: bool,
    /// Whether it is known of any record how late it came.
    pub(super) is_timed: bool,
    /// The highest number of records in a step.
    pub(super) most: u64,
    pub(super) synced: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    /// The longest that one took, in words.
    pub(super) slowest: String,
    pub(super) numbers: Vec<Bar>,
    pub(super) times: Vec<Bar>,
}

/// What the drawings show of one step, in numbers.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) start: Timestamp,
    pub(super) synced: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
    pub(super) mean: String,
    pub(super) slowest: String,
}

/// A rectangle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) kind: &'static str,
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
}

impl Chart {
    pub(super) fn new(series: &Series) -> Self {
        let points = &series.points;
        let sum = |of: fn(&Point) -> u64| points.iter().map(of).sum::<u64>();
        let all = |point: &Point| point.synced() + point.unsynced();
        let most = points.iter().map(all).max().unwrap_or_default();
        let slowest = points.iter().filter_map(|point| point.slowest_ms).max();
        let from = points
            .first()
            .map_or_else(Timestamp::default, |point| point.start);
        let last = points.last().map_or_else(Timestamp::default, |point| point.start);
        let mut numbers = Vec::new();
        let mut times = Vec::new();
        let step = WIDTH / u64::try_from(points.len().max(1)).unwrap_or(u64::MAX);
        for (x, point) in (0..).map(|nth| nth * step).zip(points) {
            let mut foot = HEIGHT;
            let parts = [
                ("synced", point.synced()),
                ("skipped", point.skipped),
                ("failed", point.failed),
            ];
            for (kind, number) in parts {
                let height = height(number, most);
                foot = foot.saturating_sub(height);
                numbers.extend(bar(kind, x, foot, step, height));
            }
            let slow = slowest.unwrap_or_default();
            let longest = height(point.slowest_ms.unwrap_or_default(), slow);
            let mean = height(point.mean_ms.unwrap_or_default(), slow);
            times.extend(bar("slowest", x, HEIGHT - longest, step, longest));
            times.extend(bar("mean", x, HEIGHT - mean, step, mean));
        }
        Self {
            from,
            until: last + std::time::Duration::from_secs(series.step_seconds),
            is_empty: most == 0,
            is_timed: slowest.is_some(),
            most,
            synced: sum(Point::synced),
            skipped: sum(|point| point.skipped),
            failed: sum(|point| point.failed),
            slowest: seconds(slowest.unwrap_or_default()),
            numbers,
            times,
            steps: points.iter().map(Step::new).collect(),
        }
    }
}

impl Chart {
    /// What the numbers' drawing shows, in words.
    pub(super) fn described(&self) -> String {
        let values = [
            ("synced", self.synced.into()),
            ("skipped", (self.skipped + self.failed).into()),
            ("most", self.most.into()),
        ];
        texts::say_with("log-chart-numbers-described", &values)
    }
}

impl Step {
    fn new(point: &Point) -> Self {
        let time = |ms: Option<u64>| ms.map(seconds).unwrap_or_default();
        Self {
            start: point.start,
            synced: point.synced(),
            skipped: point.skipped,
            failed: point.failed,
            mean: time(point.mean_ms),
            slowest: time(point.slowest_ms),
        }
    }
}

/// So high is a bar that stands for this much of the most; what is there at all can be seen.
fn height(part: u64, most: u64) -> u64 {
    match part.saturating_mul(HEIGHT).checked_div(most) {
        Some(0) if part > 0 => 1,
        Some(height) => height.min(HEIGHT),
        None => 0,
    }
}

fn bar(kind: &'static str, x: u64, y: u64, step: u64, height: u64) -> Option<Bar> {
    (height > 0).then(|| Bar {
        kind,
        x,
        y,
        width: step.saturating_sub(GAP).max(1),
        height,
    })
}

/// A time in seconds, with one decimal.
fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_each_other_and_the_smallest_can_be_seen() {
        let point = |start: i64, updated, failed| Point {
            start: Timestamp::from_seconds(start),
            created: 0,
            updated,
            other: 0,
            skipped: 0,
            failed,
            mean_ms: None,
            slowest_ms: None,
        };
        let series = Series {
            step_seconds: 60,
            points: vec![point(0, 999, 1), point(60, 0, 0)],
        };

        let chart = Chart::new(&series);

        let heights: Vec<(&str, u64, u64)> = (chart.numbers.iter())
            .map(|bar| (bar.kind, bar.y, bar.height))
            .collect();
        assert_eq!(heights, [("synced", 1, 119), ("failed", 0, 1)]);
        assert_eq!((chart.synced, chart.failed, chart.most), (999, 1, 1000));
        assert!(!chart.is_empty && !chart.is_timed);
        assert_eq!(seconds(2_345), "2.3 s");
    }
}
