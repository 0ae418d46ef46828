//! `/customers`: what is refused, what is listed, and how writes are answered.

use serde_json::{Value, json};

use super::{display_name, edit, has_username, register, remove, view};
use crate::simulator::woocommerce::answer::{Answer, ApiError, Fields};
use crate::simulator::woocommerce::fields::{self, ALLOW_ALL, id_of, is_email, text_of};
use crate::simulator::woocommerce::query::Query;
use crate::simulator::woocommerce::shop::{Resource, Shop};
use crate::simulator::woocommerce::text;

const ROLES: &[&str] = &[
    "customer",
    "all",
    "administrator",
    "editor",
    "author",
    "contributor",
    "subscriber",
    "shop_manager",
];

/// The collection of customers.
pub(in crate::simulator::woocommerce) struct Customers;

impl Resource for Customers {
    const PATH: &'static str = "customers";
    const REQUIRED: &'static [&'static str] = &["email"];

    fn allows(&self, shop: &Shop, id: u64) -> &'static [&'static str] {
        let customer = shop.customers.get(&id);
        if customer.is_some_and(|user| text_of(user, "role") == "administrator") {
            &ALLOW_ALL[..4]
        } else {
            ALLOW_ALL
        }
    }

    fn check(given: &Fields, creates: bool) -> Result<(), ApiError> {
        let wrong = fields::wrong_types(
            given,
            &[
                ("email", if creates { "string" } else { "email" }),
                ("first_name", "string"),
                ("last_name", "string"),
                ("username", "string"),
                ("password", "string"),
                ("billing", "address"),
                ("shipping", "address"),
                ("meta_data", "array"),
            ],
        );
        ApiError::of_invalid(&wrong)
    }

    /// Dates in the query are ignored: there is no way to ask for what changed.
    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let role = query.one_of("role", ROLES)?;
        let orderby = query.one_of("orderby", &["name", "id", "include", "registered_date"])?;
        let descends = query.one_of("order", &["asc", "desc"])? == "desc";
        let (include, exclude) = (query.ids("include"), query.ids("exclude"));
        let email = query.get("email").map(str::to_lowercase);
        let search = query.get("search").map(str::to_lowercase);
        let has_text = |customer: &Fields, search: &str| {
            let searched = [
                text_of(customer, "email"),
                text_of(customer, "username"),
                &display_name(customer),
            ];
            searched.join("\n").to_lowercase().contains(search)
        };
        let matches = |id: &u64, customer: &Fields| {
            (role == "all" || text_of(customer, "role") == role)
                && (include.is_empty() || include.contains(id))
                && !exclude.contains(id)
                && email
                    .as_ref()
                    .is_none_or(|email| text_of(customer, "email").to_lowercase() == *email)
                && search.as_ref().is_none_or(|search| has_text(customer, search))
        };
        let ids = shop.customers.listed(query, || {
            let mut found: Vec<_> = shop
                .customers
                .iter()
                .filter(|(id, customer)| matches(id, customer))
                .collect();
            match orderby {
                "name" => found.sort_by_cached_key(|(_, customer)| display_name(customer).to_lowercase()),
                "registered_date" => {
                    found.sort_by_cached_key(|(_, customer)| text_of(customer, "date_created_gmt"));
                }
                "include" => found.sort_by_key(|(id, _)| include.iter().position(|wanted| wanted == *id)),
                _ => {}
            }
            if descends {
                found.reverse();
            }
            Ok(found.into_iter().map(|(&id, _)| id).collect())
        })?;
        let collection = format!("{}/customers", shop.rest());
        query.page(&collection, ids.iter(), &[], |&id| {
            view(shop, id, &shop.customers[&id])
        })
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let customer = shop.customers.get(&id).ok_or_else(|| invalid_id(404))?;
        Ok(view(shop, id, customer))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        if id_of(given, "id") != 0 {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_customer_exists",
                "Cannot create existing resource.",
            ));
        }
        let email = text_of(given, "email");
        if email.is_empty() {
            return Err(ApiError::new(
                400,
                "registration-error-invalid-email",
                "Please provide a valid email address.",
            ));
        }
        check_emails(given)?;
        if by_email(shop, email).is_some() {
            let message = format!(
                "An account is already registered with {email}. Please log in or use a different email address."
            );
            return Err(ApiError::new(400, "registration-error-email-exists", message));
        }
        let username = text_of(given, "username").to_owned();
        if !username.is_empty() && has_username(shop, &username) {
            return Err(ApiError::new(
                400,
                "registration-error-username-exists",
                "An account is already registered with that username. Please choose another.",
            ));
        }
        let id = register(shop, given);
        if text_of(given, "password").is_empty() {
            // WordPress made a password up, and reminds the user to change it.
            let nag = json!({"meta_data": [{"key": "default_password_nag", "value": "1"}]});
            if let (Some(customer), Value::Object(nag)) = (shop.customers.get_mut(&id), nag) {
                fields::merge_meta(customer, &nag, &mut shop.next_meta);
            }
        }
        answer(shop, id, given)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        let customer = shop.customers.get(&id).ok_or_else(|| invalid_id(400))?;
        if let Some(email) = given.get("email").and_then(Value::as_str)
            && by_email(shop, email).is_some_and(|owner| owner != id)
        {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_customer_invalid_email",
                "Email address is invalid.",
            ));
        }
        if let Some(username) = given.get("username").and_then(Value::as_str)
            && username != text_of(customer, "username")
        {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_customer_invalid_argument",
                "Username isn't editable.",
            ));
        }
        check_emails(given)?;
        edit(shop, id, given);
        answer(shop, id, given)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        if !force {
            return Err(ApiError::new(
                501,
                "woocommerce_rest_trash_not_supported",
                "Customers do not support trashing.",
            ));
        }
        let Some(customer) = shop.customers.get(&id) else {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_invalid_id",
                "Invalid resource id.",
            ));
        };
        if text_of(customer, "role") == "administrator" {
            return Err(ApiError::new(
                403,
                "woocommerce_rest_cannot_delete",
                "Sorry, you are not allowed to delete this resource.",
            ));
        }
        let was = view(shop, id, customer);
        remove(shop, id);
        Ok(was)
    }
}

/// The answer to a write: names show as they were sent, less tags and backslashes, not yet as HTML.
fn answer(shop: &Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
    let mut shown = Customers.get(shop, id)?;
    for name in ["first_name", "last_name"] {
        if let Some(Value::String(sent)) = given.get(name) {
            shown[name] = text::name_as_answered(sent).into();
        }
    }
    Ok(shown)
}

/// What WooCommerce checks where WordPress has not, as in a batch.
fn check_emails(given: &Fields) -> Result<(), ApiError> {
    let bad = |email: Option<&Value>| {
        email
            .and_then(Value::as_str)
            .is_some_and(|email| !is_email(email))
    };
    if bad(given.get("email")) {
        return Err(ApiError::new(
            400,
            "customer_invalid_email",
            "Invalid email address",
        ));
    }
    if bad(given.get("billing").and_then(|billing| billing.get("email"))) {
        return Err(ApiError::new(
            400,
            "customer_invalid_billing_email",
            "Invalid billing email address",
        ));
    }
    Ok(())
}

fn invalid_id(status: u16) -> ApiError {
    ApiError::new(status, "woocommerce_rest_invalid_id", "Invalid resource ID.")
}

/// The user with this e-mail address.
pub(in crate::simulator::woocommerce) fn by_email(shop: &Shop, email: &str) -> Option<u64> {
    let mut customers = shop.customers.iter();
    customers
        .find_map(|(&id, customer)| (text_of(customer, "email").eq_ignore_ascii_case(email)).then_some(id))
}
