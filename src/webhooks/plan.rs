//! What is to be done for the needed webhooks to be there, each once and active. Pure.

use url::Url;

use crate::woocommerce::webhooks::Webhook;

/// The webhooks that a connection needs.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The connection's name.
    pub connection: &'a str,
    /// Where they are to send to.
    pub address: &'a Url,
    /// What they are to tell of.
    pub topics: &'a [&'static str],
}

/// What is to be done about one webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is as it should be.
    Keep,
    /// It sends to our address, but somebody else made it: it is given our name and secret, and made active.
    Adopt {
        /// Whether it was active all the same.
        was_active: bool,
    },
    /// It is ours, but paused or disabled: it is made active.
    Enable,
    /// It is ours, but sends to an address that we had before: it is given the present one.
    Move,
    /// It is missing.
    Create,
    /// There is another one for the topic, and ours is one too many.
    Drop,
}

/// A step for one topic, and the webhook that it is about, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The topic.
    pub topic: &'static str,
    /// The webhook's id.
    pub id: Option<u64>,
    /// What is to be done.
    pub step: Step,
}

impl Wanted<'_> {
    /// The name that our webhook for a topic has in the shop.
    pub fn name(&self, topic: &str) -> String {
        format!("woo-vtiger-sync {}: {topic}", self.connection)
    }

    /// Whether a webhook has the name that we give.
    pub fn is_named(&self, webhook: &Webhook) -> bool {
        webhook.name == self.name(&webhook.topic)
    }

    /// Whether a webhook sends to our address.
    pub fn is_sent_here(&self, webhook: &Webhook) -> bool {
        Url::parse(webhook.delivery_url.trim()).is_ok_and(|url| is_same(&url, self.address))
    }

    /// Whether a webhook is ours: one of our topics that has our name or sends to our address.
    pub fn is_ours(&self, webhook: &Webhook) -> bool {
        let is_wanted = self.topics.iter().any(|topic| *topic == webhook.topic);
        is_wanted && (self.is_named(webhook) || self.is_sent_here(webhook))
    }
}

/// What is to be done about each topic, in their order. No other webhook than our own is in it.
pub fn plan(existing: &[Webhook], wanted: &Wanted<'_>) -> Vec<Planned> {
    let mut planned = Vec::new();
    for &topic in wanted.topics {
        let mut ours: Vec<&Webhook> = existing
            .iter()
            .filter(|webhook| webhook.topic == topic && wanted.is_ours(webhook))
            .collect();
        // The best first: the less is to be done, the less can go wrong.
        ours.sort_by_key(|webhook| {
            let (is_here, is_named) = (wanted.is_sent_here(webhook), wanted.is_named(webhook));
            (!is_here, !webhook.is_active(), !is_named, webhook.id)
        });
        let Some((best, others)) = ours.split_first() else {
            planned.push(Planned {
                topic,
                id: None,
                step: Step::Create,
            });
            continue;
        };
        let step = if !wanted.is_sent_here(best) {
            Step::Move
        } else if !wanted.is_named(best) {
            Step::Adopt {
                was_active: best.is_active(),
            }
        } else if best.is_active() {
            Step::Keep
        } else {
            Step::Enable
        };
        planned.push(Planned {
            topic,
            id: Some(best.id),
            step,
        });
        // What somebody else made stays, be it double.
        let surplus = others.iter().filter(|webhook| wanted.is_named(webhook));
        planned.extend(surplus.map(|webhook| Planned {
            topic,
            id: Some(webhook.id),
            step: Step::Drop,
        }));
    }
    planned
}

/// Whether two addresses are one: but for a slash at the end, and the case of the host's name, which parsing has folded.
fn is_same(one: &Url, other: &Url) -> bool {
    let parts = |url: &Url| {
        let path = url.path().trim_end_matches('/').to_owned();
        let host = url.host_str().map(str::to_owned);
        (
            url.scheme().to_owned(),
            host,
            url.port_or_known_default(),
            path,
            url.query().map(str::to_owned),
        )
    };
    parts(one) == parts(other)
}

#[cfg(test)]
mod tests;
