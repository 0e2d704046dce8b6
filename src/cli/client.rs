//! The other end of the automation interface: asks, and hears what happens.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, Lines},
    time::timeout,
};

use super::failure::Failure;
use crate::{node::Handle, rpc};

/// A connection to a node, one request at a time.
pub(super) struct Client {
    lines: Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>,
    output: Box<dyn AsyncWrite + Send + Unpin>,
    /// The params of `ready`.
    pub(super) info: Value,
    events: VecDeque<Value>,
    next_id: u64,
}

impl Client {
    /// Speaks over a pair of streams, once the node is ready.
    pub(super) async fn connect(
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Result<Self, Failure> {
        let input: Box<dyn AsyncRead + Send + Unpin> = Box::new(input);
        let mut client = Self {
            lines: BufReader::new(input).lines(),
            output: Box::new(output),
            info: Value::Null,
            events: VecDeque::new(),
            next_id: 1,
        };
        let mut ready = client.read().await?;
        client.info = ready.get_mut("params").map(Value::take).unwrap_or_default();
        Ok(client)
    }

    /// Speaks to a node of this process.
    pub(super) async fn of(handle: &Handle) -> Result<Self, Failure> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let handle = handle.clone();
        tokio::spawn(async move {
            let (input, output) = tokio::io::split(theirs);
            rpc::serve(&handle, input, output, Duration::MAX).await;
        });
        let (input, output) = tokio::io::split(ours);
        Self::connect(input, output).await
    }

    /// Asks, and waits for the answer.
    pub(super) async fn call(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let line = format!("{request}\n");
        self.output.write_all(line.as_bytes()).await?;
        self.output.flush().await?;
        loop {
            let mut line = self.read().await?;
            if line.get("id").and_then(Value::as_u64) == Some(id) {
                return match line.get("error") {
                    Some(error) => Err(Failure::new(text(error, "message"))),
                    None => Ok(line.get_mut("result").map(Value::take).unwrap_or_default()),
                };
            }
            self.remember(&line);
        }
    }

    /// The next event that fits, within a time; `None` if there was none.
    pub(super) async fn event(
        &mut self,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>, Failure> {
        if let Some(at) = self.events.iter().position(&fits) {
            return Ok(self.events.remove(at));
        }
        let search = async {
            loop {
                let line = self.read().await?;
                match event(&line) {
                    Some(event) if fits(event) => return Ok(Some(event.clone())),
                    _ => self.remember(&line),
                }
            }
        };
        timeout(within, search).await.unwrap_or(Ok(None))
    }

    async fn read(&mut self) -> Result<Value, Failure> {
        match self.lines.next_line().await? {
            Some(line) => serde_json::from_str(&line)
                .map_err(|_| Failure::new("Betwixt answered with something that is not JSON.")),
            None => Err(Failure::new("Betwixt stopped before it answered.")),
        }
    }

    /// Keeps an event for later, the newest if there are too many.
    fn remember(&mut self, line: &Value) {
        if let Some(event) = event(line) {
            if self.events.len() >= EVENTS {
                self.events.pop_front();
            }
            self.events.push_back(event.clone());
        }
    }
}

fn event(line: &Value) -> Option<&Value> {
    let is_event = line.get("method").and_then(Value::as_str) == Some("event");
    line.get("params").filter(|_| is_event)
}

/// A field that is text; empty if it is not there.
pub(super) fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Events kept for later.
const EVENTS: usize = 1024;
