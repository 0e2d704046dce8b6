//! What can be asked: the methods, taken from the types that carry them out.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::RpcError;
use crate::node::{
    Command,
    view::{FileCommand, NodeCommand, Query},
};

/// A request that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// `rpc.discover`
    Discover,
    /// For the engine.
    Command(Command),
    /// For the node.
    Node(NodeCommand),
    /// For files.
    File(FileCommand),
    /// For both.
    Query(Query),
}

/// A method and what it takes.
pub(super) struct Method {
    read: fn(&str, Value) -> Result<Call, String>,
    /// The JSON schema of its params; none if it takes none.
    pub(super) params: Option<Value>,
    /// What it does, in a sentence.
    pub(super) summary: String,
}

/// The name of the method that answers with the description of all of them.
pub(super) const DISCOVER: &str = "rpc.discover";

static METHODS: LazyLock<BTreeMap<String, Method>> = LazyLock::new(|| methods(&mut generator()));

/// Makes the schemas of an OpenRPC document.
pub(super) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// All methods by name. What their schemas refer to is left in the generator.
pub(super) fn methods(generator: &mut SchemaGenerator) -> BTreeMap<String, Method> {
    let mut methods = BTreeMap::new();
    add::<Command>(&mut methods, generator, |method, params| {
        read(method, params).map(Call::Command)
    });
    add::<NodeCommand>(&mut methods, generator, |method, params| {
        read(method, params).map(Call::Node)
    });
    add::<FileCommand>(&mut methods, generator, |method, params| {
        read(method, params).map(Call::File)
    });
    add::<Query>(&mut methods, generator, |method, params| {
        read(method, params).map(Call::Query)
    });
    let discover = Method {
        read: |_, _| Ok(Call::Discover),
        params: None,
        summary: "This description.".into(),
    };
    methods.insert(DISCOVER.into(), discover);
    methods
}

impl Call {
    /// Reads the params of a method.
    pub(super) fn read(method: &str, params: Value) -> Result<Self, RpcError> {
        let known = METHODS.get(method);
        let known = known.ok_or_else(|| RpcError::no_method(method))?;
        let empty = match &params {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        let params = match (&known.params, empty) {
            (None, true) => Value::Null,
            (None, false) => return Err(RpcError::invalid_params(method, "it takes none")),
            (Some(_), true) => json!({}),
            (Some(_), false) => params,
        };
        (known.read)(method, params).map_err(|problem| RpcError::invalid_params(method, problem))
    }
}

fn read<T: DeserializeOwned>(method: &str, params: Value) -> Result<T, String> {
    let call = match params {
        Value::Null => json!({ "method": method }),
        params => json!({ "method": method, "params": params }),
    };
    serde_json::from_value(call).map_err(|error| error.to_string())
}

/// Takes the methods from an enum whose variants are tagged with them.
fn add<T: JsonSchema>(
    methods: &mut BTreeMap<String, Method>,
    generator: &mut SchemaGenerator,
    read: fn(&str, Value) -> Result<Call, String>,
) {
    let schema = T::json_schema(generator).to_value();
    let variants = schema.get("oneOf").and_then(Value::as_array);
    for variant in variants.into_iter().flatten() {
        let Some(method) = variant.pointer("/properties/method/const") else {
            continue;
        };
        let summary = variant.get("description").and_then(Value::as_str);
        let known = Method {
            read,
            params: variant.pointer("/properties/params").cloned(),
            summary: summary.unwrap_or_default().to_owned(),
        };
        let method = method.as_str().unwrap_or_default();
        methods.insert(method.to_owned(), known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(method: &str, params: Value) -> (i32, String) {
        let error = Call::read(method, params).unwrap_err();
        (error.code, error.message)
    }

    #[test]
    fn methods_without_params_take_none_or_empty_ones() {
        for params in [json!({}), json!([])] {
            assert_eq!(
                Call::read("node.lock", params),
                Ok(Call::Node(NodeCommand::Lock))
            );
        }
        assert_eq!(problem("node.lock", json!({"now": true})).0, -32602);
    }

    #[test]
    fn params_that_all_may_be_left_out_may_be_left_out_together() {
        let invite = Command::CreateInvite {
            ttl_s: None,
            uses: None,
        };
        assert_eq!(
            Call::read("contact.invite", json!({})),
            Ok(Call::Command(invite))
        );
    }

    #[test]
    fn a_wrong_param_is_named() {
        let (code, missing) = problem("message.get", json!({}));
        let (_, form) = problem("message.get", json!({"message_id": "zz"}));
        let (_, unknown) = problem("contact.add", json!({"lnik": "x"}));

        assert_eq!(code, -32602);
        assert!(
            missing.contains("message.get") && missing.contains("`message_id`"),
            "{missing}"
        );
        assert!(form.contains("64 lower-case hex digits"), "{form}");
        assert!(unknown.contains("lnik"), "{unknown}");
    }

    #[test]
    fn an_unknown_method_is_no_method() {
        assert_eq!(problem("file.open", json!({})).0, -32601);
        assert_eq!(problem(&"x".repeat(10_000), json!({})).1.len(), 120);
    }
}
