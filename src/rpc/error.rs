//! How a request is refused.

use serde::Serialize;
use serde_json::{Value, json};

use crate::node::CommandError;

/// The `error` of a response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RpcError {
    /// JSON-RPC's own, or 1.
    pub code: i32,
    /// A sentence.
    pub message: String,
    /// With code 1: `{"kind": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// The line is not JSON, too long, or nested too deeply.
    pub(super) fn parse(message: impl Into<String>) -> Self {
        Self::own(-32700, message)
    }

    /// It is JSON, but not a request.
    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::own(-32600, message)
    }

    /// There is no such method.
    pub(super) fn no_method(method: &str) -> Self {
        let shown: String = method.chars().take(64).collect();
        let message = format!("There is no method `{shown}`; rpc.discover lists what there is.");
        Self::own(-32601, message)
    }

    /// The parameters are not the method's.
    pub(super) fn invalid_params(method: &str, problem: impl std::fmt::Display) -> Self {
        Self::own(
            -32602,
            format!("The params of {method} do not fit: {problem}."),
        )
    }

    fn own(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }
}

impl From<CommandError> for RpcError {
    fn from(error: CommandError) -> Self {
        Self {
            code: 1,
            message: error.message,
            data: Some(json!({ "kind": error.kind })),
        }
    }
}
