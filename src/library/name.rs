//! Words that many songs share: artists, albums, genres, tags, models. Each is in memory once.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A word or two that many songs share. As large as a pointer; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
// A pointer to a pointer: a library has millions of these, and a wide one would take twice the room.
pub struct Name(Arc<Box<str>>);

impl Name {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl Default for Name {
    fn default() -> Self {
        static NOTHING: std::sync::LazyLock<Name> = std::sync::LazyLock::new(|| Name::from(""));
        NOTHING.clone()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), out)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl From<&String> for Name {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<Name> for String {
    fn eq(&self, other: &Name) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Name> for str {
    fn eq(&self, other: &Name) -> bool {
        self == other.as_str()
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// The names that are in memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: HashSet<Name>,
    /// With no more than this many it is not worth looking for those that nobody uses any more.
    roomy: usize,
}

impl Names {
    /// The one name of that text.
    pub fn get(&mut self, text: &str) -> Name {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let name = Name::from(text);
        self.known.insert(name.clone());
        name
    }

    /// Lets go of what nobody else uses, if there may be much of it.
    pub fn tidy(&mut self) {
        if self.known.len() > self.roomy {
            self.known.retain(|name| Arc::strong_count(&name.0) > 1);
            self.roomy = 2 * self.known.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_in_memory_once_while_somebody_uses_it() {
        let mut names = Names::default();
        let (first, second) = (names.get("Nina Simone"), names.get("Nina Simone"));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert!(!Arc::ptr_eq(&first.0, &names.get("Nina").0));
        names.tidy();
        assert_eq!(names.known.len(), 1);
        assert!(Arc::ptr_eq(&first.0, &names.get("Nina Simone").0));
        drop((first, second));
        for number in 0..10 {
            names.get(&number.to_string());
        }
        names.tidy();
        assert_eq!(names.known.len(), 0);
    }

    #[test]
    fn a_name_is_as_large_as_a_pointer_and_reads_as_its_text() {
        assert_eq!(size_of::<Option<Name>>(), size_of::<usize>());
        let name = Name::from("Björk");
        assert!(name == "Björk" && name.len() == 6 && Name::default().is_empty());
        assert_eq!((format!("{name}"), format!("{name:?}")), ("Björk".to_owned(), "\"Björk\"".to_owned()));
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"Björk\"");
    }
}
