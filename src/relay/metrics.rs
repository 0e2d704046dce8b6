//! Numbers and health for whoever runs the relay, over HTTP on this machine only.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::timeout,
};

use super::{RelayError, stats::Stats};

/// Connections at once.
const CONNECTIONS: usize = 8;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Begins to tell them.
pub(super) async fn serve(
    address: SocketAddr,
    stats: Arc<Stats>,
) -> Result<JoinHandle<()>, RelayError> {
    let failed = |reason: String| RelayError::Metrics { address, reason };
    if !address.ip().is_loopback() {
        let reason = "they are for this machine only; say 127.0.0.1 or [::1], and put a proxy of \
                      your own before it if others are to read them";
        return Err(failed(reason.into()));
    }
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|e| failed(e.to_string()))?;
    let told = listener.local_addr().unwrap_or(address);
    tracing::info!(%told, "numbers are told");
    Ok(tokio::spawn(accept(listener, stats)))
}

async fn accept(listener: TcpListener, stats: Arc<Stats>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let stats = Arc::clone(&stats);
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, answer(stream, stats)).await;
            drop(place);
        });
    }
}

async fn answer(stream: TcpStream, stats: Arc<Stats>) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = respond(request.method(), request.uri().path(), &stats);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(8 * 1024)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a request for numbers failed");
    }
}

fn respond(method: &Method, path: &str, stats: &Stats) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (method, path) {
        (&Method::GET, "/metrics") => (StatusCode::OK, PROMETHEUS, stats.text()),
        (&Method::GET, "/health") => {
            let (status, text) = stats.health();
            (status_of(status), PLAIN, text.to_owned())
        }
        _ => (
            StatusCode::NOT_FOUND,
            PLAIN,
            "There are /metrics and /health.\n".to_owned(),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn status_of(is_well: bool) -> StatusCode {
    if is_well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

const PLAIN: &str = "text/plain; charset=utf-8";
