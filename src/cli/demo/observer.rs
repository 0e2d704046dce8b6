//! What somebody on the network between two people sees: a TCP proxy that keeps what it carries.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::cli::failure::Failure;

/// Listens on loopback and carries everything to one port there.
pub(super) struct Observer {
    /// Where it listens.
    pub(super) port: u16,
    seen: Seen,
}

/// Everything carried so far, in both directions.
type Seen = Arc<Mutex<Vec<u8>>>;

impl Observer {
    /// Stands between whoever connects to it and a port.
    pub(super) async fn before(port: u16) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let seen = Seen::default();
        let observer = Self {
            port: listener.local_addr()?.port(),
            seen: seen.clone(),
        };
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                let Ok(to) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let (from_read, from_write) = from.into_split();
                let (to_read, to_write) = to.into_split();
                tokio::spawn(carry(from_read, to_write, seen.clone()));
                tokio::spawn(carry(to_read, from_write, seen.clone()));
            }
        });
        Ok(observer)
    }

    /// How much was seen so far.
    pub(super) fn len(&self) -> usize {
        self.seen().len()
    }

    /// What was seen since.
    pub(super) fn since(&self, len: usize) -> Vec<u8> {
        self.seen().get(len..).unwrap_or_default().to_vec()
    }

    /// Whether some bytes were ever seen.
    pub(super) fn saw(&self, bytes: &[u8]) -> bool {
        !bytes.is_empty()
            && self
                .seen()
                .windows(bytes.len())
                .any(|window| window == bytes)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, seen: Seen) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..len) else {
            return;
        };
        {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.len() < MOST {
                seen.extend_from_slice(bytes);
            }
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Far more than a demo says.
const MOST: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_carries_both_ways_and_keeps_what_it_saw() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let observer = Observer::before(listener.local_addr().unwrap().port())
            .await
            .unwrap();
        let mut near = TcpStream::connect(("127.0.0.1", observer.port))
            .await
            .unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        let mut heard = [0; 5];

        near.write_all(b"hello").await.unwrap();
        far.read_exact(&mut heard).await.unwrap();
        let before = observer.len();
        far.write_all(b"world").await.unwrap();
        near.read_exact(&mut heard).await.unwrap();

        assert_eq!(&heard, b"world");
        assert_eq!(observer.since(before), b"world");
        assert!(observer.saw(b"hello"));
        assert!(!observer.saw(b"nothing"));
    }
}
