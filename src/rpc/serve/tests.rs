use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, DuplexStream, Lines as TokioLines, ReadHalf, WriteHalf,
};

use super::*;
use crate::node::{
    Ask, Command, Ends, ErrorKind, MessageId, PersonId, Reply, Timestamp, handle,
    view::{Answer, Event, NodeInfo},
};

/// A client of a connection whose node is played by the test.
struct Client {
    input: Option<WriteHalf<DuplexStream>>,
    output: TokioLines<BufReader<ReadHalf<DuplexStream>>>,
    serving: tokio::task::JoinHandle<Ended>,
}

impl Client {
    async fn connect(buffer: usize) -> (Self, Ends) {
        Self::connect_for(buffer, Duration::MAX).await
    }

    async fn connect_for(buffer: usize, patience: Duration) -> (Self, Ends) {
        let (handle, mut ends) = handle();
        let (ours, theirs) = tokio::io::duplex(buffer);
        let (output, input) = tokio::io::split(ours);
        let (their_input, their_output) = tokio::io::split(theirs);
        let serve = async move { serve(&handle, their_input, their_output, patience).await };
        let serving = tokio::spawn(serve);
        let client = Self {
            input: Some(input),
            output: BufReader::new(output).lines(),
            serving,
        };
        match ends.asks.recv().await {
            Some(Ask::Query(Query::NodeInfo, waiting)) => {
                let info = NodeInfo {
                    name: "Ada".into(),
                    ..NodeInfo::default()
                };
                let _ = waiting.send(Ok(Answer::Node(Box::new(info))));
            }
            _ => panic!("the first thing asked is who we are"),
        }
        (client, ends)
    }

    async fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line = timeout(Duration::from_secs(10), self.output.next_line());
        let line = line
            .await
            .expect("a line in time")
            .unwrap()
            .expect("a line");
        serde_json::from_str(&line).unwrap()
    }

    async fn hang_up(&mut self) -> Ended {
        let mut input = self.input.take().unwrap();
        input.shutdown().await.unwrap();
        (&mut self.serving).await.unwrap()
    }
}

/// The next thing asked, as a command.
async fn command(
    ends: &mut Ends,
) -> (
    Command,
    tokio::sync::oneshot::Sender<Result<Reply, CommandError>>,
) {
    match ends.asks.recv().await {
        Some(Ask::Command(command, waiting)) => (command, waiting),
        _ => panic!("a command is asked"),
    }
}

fn typing(nth: u32) -> String {
    let chat = "00".repeat(32);
    format!(
        r#"{{"jsonrpc":"2.0","id":{nth},"method":"typing.set","params":{{"chat_id":"{chat}","typing":true}}}}"#
    )
}

#[tokio::test]
async fn ready_is_the_first_line() {
    let (mut client, _ends) = Client::connect(4096).await;

    let ready = client.next().await;

    assert_eq!(ready["method"], "ready");
    assert_eq!(ready["params"]["name"], "Ada");
    assert_eq!(ready.get("id"), None);
}

#[tokio::test]
async fn answers_may_come_in_another_order_than_questions() {
    let (mut client, mut ends) = Client::connect(4096).await;
    client.next().await;
    client.send(&typing(1)).await;
    client.send(&typing(2)).await;
    let (_, first) = command(&mut ends).await;
    let (_, second) = command(&mut ends).await;

    second.send(Ok(Reply::Done {})).unwrap();
    assert_eq!(client.next().await["id"], 2);
    first.send(Ok(Reply::Done {})).unwrap();
    assert_eq!(client.next().await["id"], 1);
}

#[tokio::test]
async fn a_result_and_a_refusal_have_their_forms() {
    let (mut client, mut ends) = Client::connect(4096).await;
    client.next().await;

    client.send(&typing(1)).await;
    let sent = Reply::Sent {
        message_id: MessageId([1; 32]),
        sent_at: Timestamp(7),
    };
    command(&mut ends).await.1.send(Ok(sent)).unwrap();
    let result = client.next().await;
    client.send(&typing(2)).await;
    let refusal = CommandError::new(ErrorKind::NotFound, "There is no such chat.");
    command(&mut ends).await.1.send(Err(refusal)).unwrap();

    assert_eq!(
        result,
        json!({"jsonrpc": "2.0", "id": 1, "result": {"message_id": "01".repeat(32), "sent_at": 7}})
    );
    assert_eq!(
        client.next().await,
        json!({"jsonrpc": "2.0", "id": 2, "error":
            {"code": 1, "message": "There is no such chat.", "data": {"kind": "not_found"}}})
    );
}

#[tokio::test]
async fn nonsense_is_answered_and_the_connection_goes_on() {
    let (mut client, _ends) = Client::connect(4 * 1024 * 1024).await;
    client.next().await;

    client.send("nonsense").await;
    client.send(&"x".repeat(2 * 1024 * 1024)).await;
    client
        .send(r#"{"jsonrpc":"2.0","id":3,"method":"no.such"}"#)
        .await;

    assert_eq!(client.next().await["error"]["code"], -32700);
    assert_eq!(
        client.next().await["error"]["message"],
        "The line is longer than 1 MiB."
    );
    let unknown = client.next().await;
    assert_eq!(
        (&unknown["id"], &unknown["error"]["code"]),
        (&json!(3), &json!(-32601))
    );
}

#[tokio::test]
async fn a_batch_is_answered_together_and_a_notification_not_at_all() {
    let (mut client, mut ends) = Client::connect(65536).await;
    client.next().await;
    let notification = typing(0).replace(r#""id":0,"#, "");

    client.send(&notification).await;
    client
        .send(&format!("[{},{notification},7]", typing(1)))
        .await;
    for _ in 0..3 {
        command(&mut ends).await.1.send(Ok(Reply::Done {})).unwrap();
    }

    let answers = client.next().await;
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
    assert_eq!(answers[1]["error"]["code"], -32600);
    assert_eq!(answers.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn at_most_32_requests_are_in_flight() {
    let (mut client, mut ends) = Client::connect(65536).await;
    client.next().await;
    for nth in 0..40 {
        client.send(&typing(nth)).await;
    }
    let mut waiting = Vec::new();
    for _ in 0..IN_FLIGHT {
        waiting.push(command(&mut ends).await.1);
    }

    let more = timeout(Duration::from_millis(50), ends.asks.recv()).await;
    assert!(more.is_err(), "the 33rd waits");

    for waiting in waiting {
        waiting.send(Ok(Reply::Done {})).unwrap();
    }
    for _ in IN_FLIGHT..40 {
        command(&mut ends).await.1.send(Ok(Reply::Done {})).unwrap();
    }
    for _ in 0..40 {
        assert_eq!(client.next().await["result"], json!({}));
    }
}

#[tokio::test]
async fn what_is_in_flight_when_the_input_ends_is_answered() {
    let (mut client, mut ends) = Client::connect(4096).await;
    client.next().await;
    client.send(&typing(1)).await;
    let (_, waiting) = command(&mut ends).await;

    let answering = tokio::spawn(async move { waiting.send(Ok(Reply::Done {})).unwrap() });
    let ended = client.hang_up().await;

    answering.await.unwrap();
    assert_eq!(ended, Ended::Input);
    assert_eq!(client.next().await["id"], 1);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_events_and_not_the_node() {
    let (mut client, ends) = Client::connect(256).await;
    client.next().await;
    let presence = |nth: usize| Event::Presence {
        person_id: PersonId([u8::try_from(nth % 256).unwrap(); 32]),
        online: true,
    };

    for nth in 0..10_000 {
        ends.events.send(presence(nth)).unwrap();
        if nth % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }

    let mut missed = 0;
    let mut told = 0;
    while missed + told < 10_000 {
        match client.next().await["params"].clone() {
            event if event["type"] == "missed" => missed += event["count"].as_u64().unwrap(),
            _ => told += 1,
        }
    }
    assert!(missed > 5000, "{missed}");
    assert_eq!(missed + told, 10_000);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_cannot_hold_the_end_up() {
    let (mut client, ends) = Client::connect(64).await;
    for _ in 0..100 {
        let _ = ends.events.send(Event::Missed { count: 1 });
    }

    let ended = timeout(Duration::from_secs(5), client.hang_up()).await;

    assert_eq!(ended.expect("in time"), Ended::Input);
}

#[tokio::test]
async fn answers_that_nobody_reads_do_not_pile_up() {
    let (mut client, mut ends) = Client::connect(64).await;
    let mut input = client.input.take().unwrap();
    let answered = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = answered.clone();
    let node = tokio::spawn(async move {
        loop {
            let (_, waiting) = command(&mut ends).await;
            let _ = waiting.send(Ok(Reply::Done {}));
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });

    let asking = async {
        loop {
            let line = format!("{}\n", typing(1));
            input.write_all(line.as_bytes()).await.unwrap();
        }
    };
    let asked = timeout(Duration::from_millis(500), asking).await;

    assert!(asked.is_err());
    let answered = answered.load(std::sync::atomic::Ordering::Relaxed);
    assert!(answered <= IN_FLIGHT + LINES_OUT + 8, "{answered}");
    assert!(answered >= IN_FLIGHT, "{answered}");
    node.abort();
}

#[tokio::test]
async fn a_reader_that_takes_nothing_for_too_long_is_left() {
    let (mut client, ends) = Client::connect_for(64, Duration::from_millis(100)).await;
    for _ in 0..100 {
        let _ = ends.events.send(Event::Missed { count: 1 });
    }

    let ended = timeout(Duration::from_secs(5), &mut client.serving).await;

    assert_eq!(ended.expect("in time").unwrap(), Ended::Input);
}

#[tokio::test]
async fn the_connection_ends_with_the_node() {
    let (mut client, ends) = Client::connect(4096).await;
    client.next().await;

    drop(ends);

    assert_eq!((&mut client.serving).await.unwrap(), Ended::Node);
    let mut rest = String::new();
    client
        .output
        .into_inner()
        .read_to_string(&mut rest)
        .await
        .unwrap();
    assert_eq!(rest, "");
}
