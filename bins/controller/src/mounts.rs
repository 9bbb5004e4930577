//! The Secrets and ConfigMaps that an object refers to, found by the type of a field.
