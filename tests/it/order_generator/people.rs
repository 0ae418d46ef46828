//! Who orders, and from where.

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use serde_json::{Value as Json, json};

const FIRST_NAMES: [&str; 8] = [
    "Anna",
    "Søren",
    "Zoë",
    "María",
    "李",
    "Ольга",
    "Ng\u{169}",
    "D'Arcy",
];
const LAST_NAMES: [&str; 8] = [
    "Müller",
    "O'Brien",
    "Yılmaz",
    "小明",
    "Петрова",
    "Smith & Co",
    "García",
    "Łukasz",
];
const STREETS: [&str; 6] = [
    "Straße des 17. Juni 135",
    "4 Main Street",
    "ul. Żelazna 5",
    "東京都千代田区 1-1",
    "5 Web St #3",
    "Rue \"Neuve\" 8",
];
const SECOND_LINES: [&str; 4] = ["", "", "Hinterhaus", "c/o 😀 Café"];
const PLACES: [(&str, &str, &str, &str); 6] = [
    ("Berlin", "DE-BE", "10115", "DE"),
    ("Oakland", "CA", "94601", "US"),
    ("Łódź", "", "90-001", "PL"),
    ("千代田区", "JP13", "100-0001", "JP"),
    ("Kuwait City", "", "", "KW"),
    ("Montréal", "QC", "H2X 1Y4", "CA"),
];
const COMPANIES: [&str; 5] = ["", "", "", "Fischer & Sons", "Atelier “Dubois”"];
const NOTES: [&str; 6] = [
    "",
    "",
    "Please leave it at the door.",
    "Ring twice\r\nthen wait 🙂",
    "Für \"Élise\" <gift>",
    "Rechnung an & von\n\nFirma",
];

/// A billing address, and the shipping address: the same, another, or none.
pub(super) fn addresses(random: &mut SmallRng) -> (Json, Json) {
    let mut billing = address(random);
    let shipping = match random.random_range(0..4) {
        0 => address(random),
        1 => {
            let names = [
                "first_name",
                "last_name",
                "company",
                "address_1",
                "address_2",
                "city",
                "state",
                "postcode",
                "country",
                "phone",
            ];
            names
                .into_iter()
                .map(|name| (name.to_owned(), json!("")))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        _ => billing.clone(),
    };
    let email = match random.random_range(0..20) {
        0 => String::new(),
        nth => format!("Guest{nth:02}@Shop.example"),
    };
    billing["email"] = json!(email);
    (billing, shipping)
}

/// What the customer had to say.
pub(super) fn note(random: &mut SmallRng) -> &'static str {
    NOTES.choose(random).unwrap()
}

fn address(random: &mut SmallRng) -> Json {
    let (city, state, postcode, country) = PLACES.choose(random).unwrap();
    json!({
        "first_name": FIRST_NAMES.choose(random).unwrap(),
        "last_name": LAST_NAMES.choose(random).unwrap(),
        "company": COMPANIES.choose(random).unwrap(),
        "address_1": STREETS.choose(random).unwrap(),
        "address_2": SECOND_LINES.choose(random).unwrap(),
        "city": city,
        "state": state,
        "postcode": postcode,
        "country": country,
        "phone": format!("+49 30 {:06}", random.random_range(0..999_999)),
    })
}
