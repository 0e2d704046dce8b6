//! One line of input: a request, a batch of them, or nonsense.

use serde_json::{Map, Value};

use super::{call::Call, error::RpcError};

/// What a line holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// One request, or what stands in its place.
    Single(Entry),
    /// Several; they are answered together.
    Batch(Vec<Entry>),
}

/// A request, or why it is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// To be repeated in the response. Without one there is no response.
    pub id: Option<Id>,
    /// What is asked, or the refusal.
    pub call: Result<Call, RpcError>,
}

/// The id of a request: a string, a number or null.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Id(Value);

impl Id {
    /// The id of a response to something whose id could not be read.
    pub const UNREADABLE: Self = Self(Value::Null);
}

/// Reads a line, without its end. Any bytes give something to answer.
pub fn parse_line(line: &[u8]) -> Line {
    if depth(line) > DEPTH {
        let message = format!("The line is nested deeper than {DEPTH} levels.");
        return Line::Single(Entry::unreadable(RpcError::parse(message)));
    }
    match serde_json::from_slice(line) {
        Ok(Value::Array(requests)) => batch(requests),
        Ok(request) => Line::Single(Entry::read(request)),
        Err(error) => {
            let message = format!("The line is not JSON: {error}.");
            Line::Single(Entry::unreadable(RpcError::parse(message)))
        }
    }
}

fn batch(requests: Vec<Value>) -> Line {
    let refused =
        |message: String| Line::Single(Entry::unreadable(RpcError::invalid_request(message)));
    match requests.len() {
        0 => refused("The batch is empty.".into()),
        1..=BATCH => Line::Batch(requests.into_iter().map(Entry::read).collect()),
        _ => refused(format!("A batch holds at most {BATCH} requests.")),
    }
}

impl Entry {
    /// What stands for a line that cannot be read as a request.
    pub(super) fn unreadable(error: RpcError) -> Self {
        Self {
            id: Some(Id::UNREADABLE),
            call: Err(error),
        }
    }

    fn read(request: Value) -> Self {
        let Value::Object(mut request) = request else {
            return Self::unreadable(RpcError::invalid_request("A request is a JSON object."));
        };
        let id = match request.remove("id") {
            None => None,
            Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => Some(Id(id)),
            Some(_) => {
                let message = "The id of a request is a string or a number.";
                return Self::unreadable(RpcError::invalid_request(message));
            }
        };
        match method(&mut request) {
            Ok((method, params)) => Self {
                id,
                call: Call::read(&method, params),
            },
            // What is no request at all is answered, id or not.
            Err(error) => Self {
                id: Some(id.unwrap_or(Id::UNREADABLE)),
                call: Err(error),
            },
        }
    }
}

fn method(request: &mut Map<String, Value>) -> Result<(String, Value), RpcError> {
    if request.remove("jsonrpc").as_ref().and_then(Value::as_str) != Some("2.0") {
        let message = "A request has \"jsonrpc\": \"2.0\".";
        return Err(RpcError::invalid_request(message));
    }
    let Some(Value::String(method)) = request.remove("method") else {
        let message = "A request has a \"method\", which is a string.";
        return Err(RpcError::invalid_request(message));
    };
    match request.remove("params") {
        None | Some(Value::Null) => Ok((method, Value::Object(Map::new()))),
        Some(params @ (Value::Object(_) | Value::Array(_))) => Ok((method, params)),
        Some(_) => Err(RpcError::invalid_request(
            "The \"params\" are a JSON object.",
        )),
    }
}

/// How deeply arrays and objects are nested, if the line is JSON.
fn depth(line: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Deeper than any request, and far from where a recursive parser would end.
const DEPTH: usize = 64;

/// As many as may be in flight at once.
const BATCH: usize = super::serve::IN_FLIGHT;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::node::view::Query;

    fn code(line: &[u8]) -> (Option<Id>, i32) {
        match parse_line(line) {
            Line::Single(Entry {
                id,
                call: Err(error),
            }) => (id, error.code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_is_read_with_its_id() {
        let line = parse_line(br#"{"jsonrpc":"2.0","id":"a","method":"node.info"}"#);

        let entry = Entry {
            id: Some(Id(json!("a"))),
            call: Ok(Call::Query(Query::NodeInfo)),
        };
        assert_eq!(line, Line::Single(entry));
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for line in ["", "{", "hello", "\"", "{\"a\":\u{1}}", "1 2"] {
            assert_eq!(
                code(line.as_bytes()),
                (Some(Id::UNREADABLE), -32700),
                "{line}"
            );
        }
        assert_eq!(code(&[0xff, 0xfe]).1, -32700);
    }

    #[test]
    fn what_is_json_and_no_request_is_an_invalid_request() {
        for line in [
            "1",
            "null",
            "[]",
            "{}",
            r#"{"jsonrpc":"1.0","method":"node.info"}"#,
            r#"{"jsonrpc":"2.0","method":7}"#,
            r#"{"jsonrpc":"2.0","method":"node.info","params":7}"#,
            r#"{"jsonrpc":"2.0","method":"node.info","id":{}}"#,
        ] {
            assert_eq!(
                code(line.as_bytes()),
                (Some(Id::UNREADABLE), -32600),
                "{line}"
            );
        }
        let with_id = r#"{"jsonrpc":"2.0","id":4}"#;
        assert_eq!(code(with_id.as_bytes()), (Some(Id(json!(4))), -32600));
    }

    #[test]
    fn nesting_beyond_64_levels_is_refused_and_64_is_not() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"node.info","params":{open}{close}}}"#)
        };

        assert_eq!(code(nested(64).as_bytes()).1, -32700);
        assert_eq!(code(nested(63).as_bytes()).1, -32602);
        assert_eq!(code("[".repeat(100_000).as_bytes()).1, -32700);
    }

    #[test]
    fn brackets_within_strings_do_not_nest() {
        assert_eq!(depth(br#"{"a":"[[[\"[[{"}"#), 1);
        assert_eq!(depth(br#"[{"a":[]}, {}]"#), 3);
    }

    #[test]
    fn a_batch_holds_at_most_32_requests() {
        let batch = |count: usize| format!("[{}]", vec!["1"; count].join(","));

        assert!(
            matches!(parse_line(batch(32).as_bytes()), Line::Batch(entries) if entries.len() == 32)
        );
        assert_eq!(code(batch(33).as_bytes()).1, -32600);
    }

    proptest! {
        #[test]
        fn any_bytes_give_something_to_answer(line in prop::collection::vec(any::<u8>(), 0..256)) {
            parse_line(&line);
        }

        #[test]
        fn any_text_in_any_place_gives_something_to_answer(
            method in "(node\\.info|message\\.send|contact\\.add|.*)",
            key in ".*",
            value in ".*",
        ) {
            let line = json!({
                "jsonrpc": "2.0", "id": value, "method": method,
                "params": { "chat_id": value, "text": value, key: value },
            });
            parse_line(line.to_string().as_bytes());
        }
    }
}
