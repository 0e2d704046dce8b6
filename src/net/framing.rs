//! Messages on a stream: a big-endian u32 length, and that many bytes.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Reads one message of at most `limit` bytes; the limit is looked at before anything is allocated.
pub(crate) async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    limit: usize,
) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| too_long())?;
    if length > limit {
        return Err(too_long());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

/// Appends one message to what will be written.
pub(crate) fn append(out: &mut Vec<u8>, message: &[u8]) {
    // Messages are far below 4 GiB: their limits are in `wire::limits`.
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(message);
}

/// Writes one message and flushes it.
pub(crate) async fn write<S: AsyncWrite + Unpin>(stream: &mut S, message: &[u8]) -> io::Result<()> {
    let mut out = Vec::with_capacity(message.len().saturating_add(4));
    append(&mut out, message);
    stream.write_all(&out).await?;
    stream.flush().await
}

/// The error for a message that is not what it should be.
pub(crate) fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed message")
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "message above its limit")
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, io::Cursor};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_above_the_limit_is_refused_before_anything_is_read() {
        let mut stream = Cursor::new(u32::MAX.to_be_bytes());

        let error = block_on(read(&mut stream, 100)).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(messages: Vec<Vec<u8>>) {
            let mut bytes = Vec::new();
            for message in &messages {
                append(&mut bytes, message);
            }

            let mut stream = Cursor::new(bytes);
            for message in &messages {
                prop_assert_eq!(&block_on(read(&mut stream, 1000)).unwrap(), message);
            }
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = block_on(read(&mut Cursor::new(bytes), 1000));
        }
    }
}
