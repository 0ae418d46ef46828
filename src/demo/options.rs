//! What can be asked of the demonstration.

use std::path::PathBuf;
use std::time::Duration;

/// What is asked of the demonstration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A configuration file; what it says of the connection `demo` holds, other connections are left out.
    pub config: Option<PathBuf>,
    /// Whether a person is to connect the two systems in the browser.
    pub by_hand: bool,
    /// How long people go on editing; for ever without it.
    pub duration: Option<Duration>,
    /// Whether to compare both sides at the end.
    pub exit_when_converged: bool,
    /// The share of API requests that fail, 0 to 1.
    pub faults: f64,
    /// The share of webhooks and callbacks that get lost, 0 to 1.
    pub lost_webhooks: f64,
    /// How many customers the shop has at first.
    pub customers: usize,
    /// The folder for the database; without it, one that is removed at the end.
    pub data: Option<PathBuf>,
}

/// Reads a time such as `30s`, `5m` or `1h`.
///
/// # Errors
/// When it is none; the text says how to write it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let help = || format!("`{text}` is no time; write it like 30s, 5m or 1h");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(help)?;
    let number: u64 = text[..split].parse().map_err(|_| help())?;
    let seconds = match &text[split..] {
        "s" => number,
        "m" => number.saturating_mul(60),
        "h" => number.saturating_mul(3600),
        _ => return Err(help()),
    };
    Ok(Duration::from_secs(seconds))
}

/// Reads a share such as `5%` or `0.05`.
///
/// # Errors
/// When it is none or not between nothing and all; the text says how to write it.
pub fn share(text: &str) -> Result<f64, String> {
    let help = || format!("`{text}` is no share; write it like 5% or 0.05");
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| help())? / 100.0,
        None => text.parse().map_err(|_| help())?,
    };
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(share("5%"), Ok(0.05));
        assert_eq!(share("0.1"), Ok(0.1));
        for text in ["", "s", "10", "-1s", "10d"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["", "%", "101%", "-1%", "2", "NaN"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
