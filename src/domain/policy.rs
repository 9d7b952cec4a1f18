//! What may leave the box: the one function that every byte of content passes on its way out.

use super::document::named;

named! {
    /// How carefully a document's content is kept; sensitive unless known better.
    Class {
        /// Anybody may read it.
        Public = "public",
        /// The household's own.
        Internal = "internal",
        /// About somebody outside.
        Customer = "customer",
        /// Health, money, authorities; also everything not known better.
        Sensitive = "sensitive",
    }
}

named! {
    /// How much a channel tells.
    Detail {
        /// Sender, amount, title.
        Full = "full",
        /// The title alone.
        Title = "title",
        /// That there is something, and by when.
        None = "none",
    }
}

/// Where content would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// This machine.
    Loopback,
    /// An address that a person configured on the local network.
    Lan,
    /// Anywhere else.
    Internet,
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A reminder that a person asked for on that channel; carries at most what `Detail` says.
    Remind(Detail),
    /// Retained where anybody who subscribes later reads it.
    Retain,
    /// A language model is asked about the content.
    AskModel,
}

/// Whether content of this class may go there for that.
pub const fn allows(class: Class, destination: Destination, purpose: Purpose) -> bool {
    match (purpose, destination) {
        // A reminder is what the person configured the channel for; a model on the local network
        // is the household's own.
        (Purpose::Remind(_), _) | (Purpose::AskModel, Destination::Loopback | Destination::Lan) => {
            true
        }
        // Retained messages carry counts and days; content only of what anybody may read.
        (Purpose::AskModel, Destination::Internet) | (Purpose::Retain, _) => {
            matches!(class, Class::Public)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensitive_letter_never_reaches_a_model_on_the_internet_nor_a_retained_topic() {
        assert!(!allows(
            Class::Sensitive,
            Destination::Internet,
            Purpose::AskModel
        ));
        assert!(!allows(Class::Sensitive, Destination::Lan, Purpose::Retain));
        assert!(allows(
            Class::Sensitive,
            Destination::Lan,
            Purpose::AskModel
        ));
        assert!(allows(
            Class::Sensitive,
            Destination::Internet,
            Purpose::Remind(Detail::Full)
        ));
    }
}
