//! The settings that a module starts with.

use super::{ConflictRule, Direction, FieldKind, FieldMapping, Module, ModuleSettings, PathError};

/// Contacts: WooCommerce's customer against Vtiger's Contacts. Names: WooCommerce REST v3 and Vtiger `describe`.
const CONTACTS: [(&str, &str); 15] = [
    ("first_name", "firstname"),
    ("last_name", "lastname"),
    ("email", "email"),
    ("billing.phone", "phone"),
    ("billing.company", "account_id.accountname"),
    ("billing.address_1 + billing.address_2", "mailingstreet"),
    ("billing.city", "mailingcity"),
    ("billing.state", "mailingstate"),
    ("billing.postcode", "mailingzip"),
    ("billing.country", "mailingcountry"),
    ("shipping.address_1 + shipping.address_2", "otherstreet"),
    ("shipping.city", "othercity"),
    ("shipping.state", "otherstate"),
    ("shipping.postcode", "otherzip"),
    ("shipping.country", "othercountry"),
];

impl ModuleSettings {
    /// The settings that `module` starts with.
    ///
    /// # Errors
    /// None in practice: the paths are part of the program, and a test reads them all.
    pub fn default_for(module: Module) -> Result<Self, PathError> {
        let mappings = match module {
            Module::Contacts => CONTACTS
                .iter()
                .map(|(woo, vtiger)| contact_field(woo, vtiger))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            enabled: true,
            direction: Direction::Both,
            conflict: ConflictRule::LastUpdated,
            sync_from: None,
            mappings,
        })
    }
}

fn contact_field(woocommerce: &'static str, vtiger: &'static str) -> Result<FieldMapping, PathError> {
    let mut mapping = FieldMapping::both(woocommerce, vtiger)?;
    // WooCommerce refuses a customer without e-mail, Vtiger a contact without last name.
    mapping.mandatory = matches!(woocommerce, "email" | "last_name");
    if woocommerce == "email" {
        mapping.kind = FieldKind::Email;
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_that_modules_start_with_are_valid() {
        for module in Module::ALL {
            let settings = ModuleSettings::default_for(module).unwrap();
            settings.validate().unwrap();
            assert!(!settings.mappings.is_empty());
        }
    }
}
