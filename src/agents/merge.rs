//! Puts settings into a file of somebody else's: everything else in it stays as it is, comments and order included.

use std::fmt;

use jsonc_parser::{
    ParseOptions,
    cst::{CstInputValue, CstObject, CstRootNode},
};
use toml_edit::{DocumentMut, Item, Table};

use super::recipe::{Format, Setting, Value};

/// Why a file is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// It is not what it should be; says what its reader says.
    Unreadable(String),
    /// There is something else where a setting or a table should be.
    InTheWay(String),
}

impl fmt::Display for MergeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(formatter, "it cannot be read: {why}"),
            Self::InTheWay(key) => write!(formatter, "`{key}` is something else there"),
        }
    }
}

impl std::error::Error for MergeError {}

/// A file's text with these settings in it.
///
/// # Errors
/// Where the text cannot be read, or a setting's place is taken by something that would be lost.
pub fn merge(text: &str, format: Format, settings: &[Setting]) -> Result<String, MergeError> {
    match format {
        Format::Json => merge_json(text, settings),
        Format::Toml => merge_toml(text, settings),
        Format::Text => Ok(text.to_owned()),
    }
}

/// Whether every setting is in a file already.
#[must_use]
pub fn holds(text: &str, format: Format, settings: &[Setting]) -> bool {
    settings.iter().all(|setting| match format {
        Format::Json => json_value(text, &setting.key).as_ref() == Some(&setting.value),
        Format::Toml => toml_value(text, &setting.key).as_ref() == Some(&setting.value),
        Format::Text => false,
    })
}

fn merge_json(text: &str, settings: &[Setting]) -> Result<String, MergeError> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = json_root(text)?;
    let top = root.object_value().ok_or_else(|| MergeError::InTheWay("the whole file".to_owned()))?;
    for Setting { key, value } in settings {
        let Some((name, tables)) = key.split_last() else { continue };
        let object = tables.iter().try_fold(top.clone(), |object, table| json_table(&object, table))?;
        let value = match value {
            Value::Truth(truth) => CstInputValue::from(*truth),
            Value::Number(number) => CstInputValue::Number(number.to_string()),
            Value::Text(text) => CstInputValue::from(text.clone()),
        };
        match object.get(name) {
            Some(property) if property.object_value().is_some() || property.array_value().is_some() => {
                return Err(MergeError::InTheWay(key.join(".")));
            }
            Some(property) => property.set_value(value),
            None => drop(object.append(name, value)),
        }
    }
    Ok(root.to_string())
}

fn json_root(text: &str) -> Result<CstRootNode, MergeError> {
    CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| MergeError::Unreadable(error.to_string()))
}

fn json_table(object: &CstObject, name: &str) -> Result<CstObject, MergeError> {
    match object.get(name) {
        Some(property) => property.object_value().ok_or_else(|| MergeError::InTheWay(name.to_owned())),
        None => Ok(object.object_value_or_set(name)),
    }
}

fn json_value(text: &str, key: &[String]) -> Option<Value> {
    let (name, tables) = key.split_last()?;
    let mut object = json_root(text).ok()?.object_value()?;
    for table in tables {
        object = object.object_value(table)?;
    }
    let value = object.get(name)?.value()?.to_serde_value()?;
    match value {
        serde_json::Value::Bool(truth) => Some(Value::Truth(truth)),
        serde_json::Value::Number(number) => Some(Value::Number(u32::try_from(number.as_u64()?).ok()?)),
        serde_json::Value::String(text) => Some(Value::Text(text)),
        _ => None,
    }
}

fn merge_toml(text: &str, settings: &[Setting]) -> Result<String, MergeError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| MergeError::Unreadable(error.message().to_owned()))?;
    for Setting { key, value } in settings {
        let Some((name, tables)) = key.split_last() else { continue };
        let mut table: &mut dyn toml_edit::TableLike = document.as_table_mut();
        for inner in tables {
            let item = table.entry(inner).or_insert_with(|| Item::Table(Table::new()));
            table = item.as_table_like_mut().ok_or_else(|| MergeError::InTheWay(inner.clone()))?;
        }
        if table.get(name).is_some_and(|item| !item.is_value()) {
            return Err(MergeError::InTheWay(key.join(".")));
        }
        let mut new = match value {
            Value::Truth(truth) => toml_edit::Value::from(*truth),
            Value::Number(number) => toml_edit::Value::from(i64::from(*number)),
            Value::Text(text) => toml_edit::Value::from(text.as_str()),
        };
        if let Some(old) = table.get(name).and_then(Item::as_value) {
            *new.decor_mut() = old.decor().clone();
        }
        table.insert(name, Item::Value(new));
    }
    Ok(document.to_string())
}

fn toml_value(text: &str, key: &[String]) -> Option<Value> {
    let document: DocumentMut = text.parse().ok()?;
    let mut item = document.as_item();
    for name in key {
        item = item.as_table_like()?.get(name)?;
    }
    let value = item.as_value()?;
    value
        .as_bool()
        .map(Value::Truth)
        .or_else(|| u32::try_from(value.as_integer()?).ok().map(Value::Number))
        .or_else(|| value.as_str().map(|text| Value::Text(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &[&str], value: Value) -> Setting {
        Setting { key: key.iter().map(|name| (*name).to_owned()).collect(), value }
    }

    fn shell() -> [Setting; 1] {
        [setting(&["env", "SHELL"], Value::Text("/x/bash".into()))]
    }

    #[test]
    fn json_keeps_comments_order_and_everything_else() {
        let text = "{\n  // mine\n  \"z\": [1, 2], /* two */\n  \"env\": {\n    \"A\": \"b\"\n  },\n  \"a\": null\n}\n";
        let merged = merge(text, Format::Json, &shell()).unwrap();
        assert_eq!(
            merged,
            "{\n  // mine\n  \"z\": [1, 2], /* two */\n  \"env\": {\n    \"A\": \"b\",\n    \"SHELL\": \"/x/bash\"\n  },\n  \
             \"a\": null\n}\n"
        );
        assert!(holds(&merged, Format::Json, &shell()) && !holds(text, Format::Json, &shell()));
        assert_eq!(merge(&merged, Format::Json, &shell()).unwrap(), merged);
    }

    #[test]
    fn an_empty_file_and_one_without_the_table_get_it() {
        for text in ["", "{}\n", "{\n  \"a\": 1\n}\n"] {
            let merged = merge(text, Format::Json, &shell()).unwrap();
            assert!(holds(&merged, Format::Json, &shell()), "{merged}");
            assert!(!text.contains('a') || merged.contains("\"a\": 1"), "{merged}");
        }
    }

    #[test]
    fn what_would_be_lost_is_an_error() {
        for text in ["{\"env\": 1}", "{\"env\": {\"SHELL\": {\"a\": 1}}}", "[]", "{\"env\": {", "env = 1"] {
            assert!(merge(text, Format::Json, &shell()).is_err(), "{text}");
        }
        for text in ["env = 1", "[env.SHELL]\na = 1", "[env", "{}"] {
            assert!(merge(text, Format::Toml, &shell()).is_err(), "{text}");
        }
    }

    #[test]
    fn toml_keeps_comments_order_and_everything_else() {
        let off = [setting(&["features", "snapshot"], Value::Truth(false))];
        let text =
            "# mine\nmodel = \"x\" # y\n\n[features]\nsnapshot = true # no\nother = 1\n\n[z]\na = [ 1,2 ]\n";
        let merged = merge(text, Format::Toml, &off).unwrap();
        assert_eq!(merged, text.replace("true", "false"));
        let added = merge("# mine\nmodel = \"x\"\n", Format::Toml, &off).unwrap();
        assert_eq!(added, "# mine\nmodel = \"x\"\n\n[features]\nsnapshot = false\n");
        assert!(holds(&added, Format::Toml, &off));
        assert!(holds("features.snapshot = false", Format::Toml, &off));
    }

    #[test]
    fn values_of_every_kind_are_written() {
        let settings = [
            setting(&["a", "b", "n"], Value::Number(3600)),
            setting(&["a", "t"], Value::Truth(true)),
            setting(&["s"], Value::Text("it's \"x\"\\\n".into())),
        ];
        for format in [Format::Json, Format::Toml] {
            let merged = merge("", format, &settings).unwrap();
            assert!(holds(&merged, format, &settings), "{merged}");
        }
    }
}
