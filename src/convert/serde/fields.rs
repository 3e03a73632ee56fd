//! Structures of named fields: what a procedural macro would write.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// Defines a structure that is serialized and deserialized field by field. Fields that it does not
/// have are passed over.
macro_rules! structure {
    ($structure:ident as $name:literal { $($field:ident: $type:ty),* $(,)? }) => {
        struct $structure {
            $($field: $type),*
        }

        impl $structure {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl serde::Serialize for $structure {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;

                let mut fields = serializer.serialize_struct($name, Self::FIELDS.len())?;
                $(fields.serialize_field(stringify!($field), &self.$field)?;)*
                fields.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $structure {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_struct($name, Self::FIELDS, Fields)
            }
        }

        struct Fields;

        impl<'de> serde::de::Visitor<'de> for Fields {
            type Value = $structure;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} with {}", $name, $structure::FIELDS.join(", "))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut items: A,
            ) -> Result<$structure, A::Error> {
                use serde::de::Error;

                $(let Some($field) = items.next_element()? else {
                    return Err(A::Error::missing_field(stringify!($field)));
                };)*
                Ok($structure { $($field),* })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> Result<$structure, A::Error> {
                use serde::de::Error;

                $(let mut $field = None;)*
                let key = || crate::convert::serde::fields::Key($structure::FIELDS);
                while let Some(name) = entries.next_key_seed(key())? {
                    match name {
                        $(Some(stringify!($field)) => {
                            if $field.replace(entries.next_value()?).is_some() {
                                return Err(A::Error::duplicate_field(stringify!($field)));
                            }
                        })*
                        _ => {
                            entries.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                $(let Some($field) = $field else {
                    return Err(A::Error::missing_field(stringify!($field)));
                };)*
                Ok($structure { $($field),* })
            }
        }
    };
}
pub(super) use structure;

/// Finds out which of these fields is meant.
pub(super) struct Key(pub(super) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.join(", "))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        self.visit_bytes(name.as_bytes())
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|field| field.as_bytes() == name))
    }

    fn visit_u64<E: Error>(self, index: u64) -> Result<Self::Value, E> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        Ok(self.0.get(index).copied())
    }
}
