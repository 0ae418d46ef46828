//! What is done with the records of a system, by the settings of the modules: what its user has to be allowed.

use crate::sync::{Deletes, Module, ModuleSettings, Side};

/// What is done with some records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// They are read.
    pub reads: bool,
    /// They are created and changed.
    pub writes: bool,
    /// They are deleted.
    pub deletes: bool,
}

impl Use {
    /// Everything.
    pub const ALL: Self = Self {
        reads: true,
        writes: true,
        deletes: true,
    };

    /// What is done on this side with the records of a module that is set so.
    pub fn of(settings: &ModuleSettings, side: Side) -> Self {
        let writes = settings.enabled && settings.direction.writes_to(side);
        Self {
            reads: settings.enabled,
            writes,
            deletes: writes && settings.deletes == Deletes::Propagate,
        }
    }

    /// This, and that.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            reads: self.reads || other.reads,
            writes: self.writes || other.writes,
            deletes: self.deletes || other.deletes,
        }
    }
}

/// What is done with the records of each module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uses(Vec<(Module, Use)>);

impl Uses {
    /// Everything with all of them.
    pub fn all() -> Self {
        Module::ALL.into_iter().map(|module| (module, Use::ALL)).collect()
    }

    /// What is done with a module's records.
    pub fn of(&self, module: Module) -> Use {
        let found = self.0.iter().find(|(other, _)| *other == module);
        found.map(|(_, of_it)| *of_it).unwrap_or_default()
    }
}

impl FromIterator<(Module, Use)> for Uses {
    fn from_iter<T: IntoIterator<Item = (Module, Use)>>(uses: T) -> Self {
        Self(uses.into_iter().collect())
    }
}
