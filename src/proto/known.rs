//! Known answers, for tests: `tests/vectors/protocol.json`, made by `tests/vectors/vectors.py` with
//! other people's primitives.

use serde_json::Value;

/// The bytes of a field; `section` and `field` as in the file.
pub(super) fn known(section: &str, field: &str) -> Vec<u8> {
    let text = known_text(section, field);
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// A field of a fixed length.
pub(super) fn known_array<const N: usize>(section: &str, field: &str) -> [u8; N] {
    known(section, field).try_into().unwrap()
}

/// The text of a field.
pub(super) fn known_text(section: &str, field: &str) -> String {
    let file = include_str!("../../tests/vectors/protocol.json");
    let file: Value = serde_json::from_str(file).unwrap();
    file[section][field].as_str().unwrap().to_owned()
}

mod tests;
