//! One connection: requests in, answers and events out.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter},
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};

use super::{
    call::Call,
    discover,
    error::RpcError,
    line::{Entry, Id, Line, parse_line},
    lines::{Lines, ReadLine},
};
use crate::node::{CommandError, Handle, view::Query};

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// No more input, or nobody takes the output.
    Input,
    /// The node has ended.
    Node,
}

/// Answers requests and tells events until either side ends. What is in flight when the input ends
/// is answered still. Who takes nothing for as long as `patience` is left.
pub async fn serve<R, W>(handle: &Handle, input: R, output: W, patience: Duration) -> Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (out, to_write) = mpsc::channel(LINES_OUT);
    let mut writer = tokio::spawn(write(to_write, output, patience));
    let mut teller = tokio::spawn(tell(handle.clone(), out.clone()));
    let ended = tokio::select! {
        () = read(handle, input, &out) => Ended::Input,
        _ = &mut teller => if handle.is_stopped() { Ended::Node } else { Ended::Input },
        _ = &mut writer => Ended::Input,
    };
    teller.abort();
    drop(out);
    // A reader who takes nothing must not keep us.
    if !writer.is_finished() && timeout(LAST_LINES, &mut writer).await.is_err() {
        writer.abort();
    }
    ended
}

/// Reads requests and has them answered, a bounded number at once, until the input ends.
async fn read<R: AsyncRead + Unpin>(handle: &Handle, input: R, out: &mpsc::Sender<String>) {
    let mut lines = Lines::new(BufReader::new(input));
    let permits = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut answering = JoinSet::new();
    loop {
        let line = match lines.next().await {
            Ok(ReadLine::Line(line)) => parse_line(&line),
            Ok(ReadLine::TooLong) => Line::Single(Entry::unreadable(RpcError::parse(
                "The line is longer than 1 MiB.",
            ))),
            Ok(ReadLine::End) | Err(_) => break,
        };
        let (entries, alone) = match line {
            Line::Single(entry) => (vec![entry], true),
            Line::Batch(entries) => (entries, false),
        };
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            let Ok(permit) = permits.clone().acquire_owned().await else {
                return;
            };
            // Handed in here, in the order of the lines; only the answer is waited for elsewhere.
            let answer = begin(handle, entry.call).await;
            answers.push((entry.id, answer, permit));
        }
        let out = out.clone();
        answering.spawn(async move {
            let mut responses = Vec::with_capacity(answers.len());
            // Until the answer is on its way out, it counts: else those that nobody reads pile up.
            let mut permits = Vec::with_capacity(answers.len());
            for (id, answer, permit) in answers {
                let result = answer.await;
                responses.extend(id.map(|id| response(&id, result)));
                permits.push(permit);
            }
            let line = match (responses.pop(), alone) {
                (None, _) => return,
                (Some(response), true) => response.to_string(),
                (Some(last), false) => {
                    responses.push(last);
                    Value::Array(responses).to_string()
                }
            };
            let _ = out.send(line).await;
        });
        while answering.try_join_next().is_some() {}
    }
    let _ = timeout(LAST_ANSWERS, async {
        while answering.join_next().await.is_some() {}
    })
    .await;
}

type Answering = std::pin::Pin<Box<dyn Future<Output = Result<Value, RpcError>> + Send>>;

/// Hands a call in, and returns what will be its answer.
async fn begin(handle: &Handle, call: Result<Call, RpcError>) -> Answering {
    match call {
        Err(error) => Box::pin(async { Err(error) }),
        Ok(Call::Discover) => Box::pin(async { Ok(discover::document()) }),
        Ok(Call::Command(command)) => {
            let pending = handle.submit_command(command).await;
            Box::pin(async { value(pending.await) })
        }
        Ok(Call::Node(command)) => {
            let pending = handle.submit_node_command(command).await;
            Box::pin(async { value(pending.await) })
        }
        Ok(Call::File(command)) => {
            let pending = handle.submit_file_command(command).await;
            Box::pin(async { value(pending.await) })
        }
        Ok(Call::Query(query)) => {
            let pending = handle.submit_query(query).await;
            Box::pin(async { value(pending.await) })
        }
    }
}

fn value<T: Serialize>(answer: Result<T, CommandError>) -> Result<Value, RpcError> {
    let value = serde_json::to_value(answer?);
    value.map_err(|error| RpcError {
        code: -32603,
        message: format!("The answer has no JSON form: {error}."),
        data: None,
    })
}

fn response(id: &Id, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
    }
}

/// Says `ready`, then every event, until the node or the connection ends.
async fn tell(handle: Handle, out: mpsc::Sender<String>) {
    let mut events = handle.events();
    let Ok(info) = handle.query(Query::NodeInfo).await else {
        return;
    };
    let ready = json!({ "jsonrpc": "2.0", "method": "ready", "params": info });
    if out.send(ready.to_string()).await.is_err() {
        return;
    }
    while let Some(event) = events.next().await {
        let line = json!({ "jsonrpc": "2.0", "method": "event", "params": event });
        if out.send(line.to_string()).await.is_err() {
            return;
        }
    }
}

/// Writes lines, and flushes whenever there is none to write. Ends when a line is not taken in time.
async fn write<W: AsyncWrite + Unpin>(
    mut lines: mpsc::Receiver<String>,
    output: W,
    patience: Duration,
) {
    let mut output = BufWriter::new(output);
    while let Some(line) = lines.recv().await {
        let written = async {
            output.write_all(line.as_bytes()).await?;
            output.write_all(b"\n").await?;
            if lines.is_empty() {
                output.flush().await?;
            }
            std::io::Result::Ok(())
        };
        if !matches!(timeout(patience, written).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Requests that are carried out at once on a connection; then reading waits.
pub(super) const IN_FLIGHT: usize = 32;

/// Lines that wait for a slow reader; then answering waits, and events are counted instead of kept.
const LINES_OUT: usize = 32;

/// How long what is in flight at the end of the input may take still.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long the last lines may take to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
