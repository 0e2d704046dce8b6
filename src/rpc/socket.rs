//! The private socket: the same lines for the other processes of the same user, so that they can ask
//! the instance that holds a profile.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixStream},
    sync::Semaphore,
};
use tracing::{debug, warn};

use super::serve::serve;
use crate::node::Handle;

/// A socket that listens. Its file goes when it is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens for a profile that this process holds: within it, or, where that is impossible
    /// (a path too long, a file system without sockets), in the user's runtime directory.
    ///
    /// # Errors
    ///
    /// Those of the last place tried.
    pub fn bind(profile: &Path) -> io::Result<Self> {
        let within = Self::bind_at(within(profile));
        within.or_else(|_| Self::bind_at(runtime_directory()?.join(name(profile))))
    }

    fn bind_at(path: PathBuf) -> io::Result<Self> {
        // Whoever holds the profile's lock is alone, so an old socket is a dead one.
        if fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket()) {
            fs::remove_file(&path)?;
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Serves a bounded number of connections of this user at once, until the task is dropped.
    pub async fn serve(self, handle: Handle) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(permit) = permits.clone().acquire_owned().await else {
                return;
            };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: later there may be some again.
                    warn!(%error, "the private socket cannot accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            if !is_ours(&stream) {
                debug!("somebody else's process was turned away from the private socket");
                continue;
            }
            let handle = handle.clone();
            tokio::spawn(async move {
                let (input, output) = stream.into_split();
                serve(&handle, input, output, PATIENCE).await;
                drop(permit);
            });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to the instance that holds a profile; `None` if there is none.
pub async fn connect(profile: &Path) -> Option<UnixStream> {
    let elsewhere = runtime_directory().map(|directory| directory.join(name(profile)));
    for path in [Some(within(profile)), elsewhere.ok()]
        .into_iter()
        .flatten()
    {
        if let Ok(stream) = UnixStream::connect(path).await
            && is_ours(&stream)
        {
            return Some(stream);
        }
    }
    None
}

/// The process that answers for a profile, if there is one.
pub async fn holder(profile: &Path) -> Option<i32> {
    connect(profile).await?.peer_cred().ok()?.pid()
}

/// Whether the process at the other end is the same user's.
fn is_ours(stream: &UnixStream) -> bool {
    let us = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|them| them.uid() == us)
}

fn within(profile: &Path) -> PathBuf {
    profile.join("rpc.sock")
}

/// A name for a profile outside of it.
fn name(profile: &Path) -> String {
    let path = profile
        .canonicalize()
        .unwrap_or_else(|_| profile.to_owned());
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    format!("{}.sock", hash.get(..16).unwrap_or_default())
}

/// `betwixt` in `XDG_RUNTIME_DIR`, which only we may enter.
fn runtime_directory() -> io::Result<PathBuf> {
    let base = std::env::var_os("XDG_RUNTIME_DIR").filter(|base| !base.is_empty());
    let directory = PathBuf::from(base.ok_or(io::ErrorKind::NotFound)?).join("betwixt");
    match fs::DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(&directory)?;
    let us = rustix::process::geteuid().as_raw();
    let private = found.is_dir() && found.uid() == us && found.mode().trailing_zeros() >= 6;
    if private {
        Ok(directory)
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Connections served at once; further ones wait.
const CONNECTIONS: usize = 16;

/// How long the other end may take nothing of what is written, before its place is given to others.
const PATIENCE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::node::{Ask, handle, view::Answer};

    /// Serves a socket whose node answers everything with nothing.
    fn serve_at(profile: &Path) -> tokio::task::JoinHandle<()> {
        let socket = Socket::bind(profile).unwrap();
        let (handle, mut ends) = handle();
        tokio::spawn(async move {
            while let Some(ask) = ends.asks.recv().await {
                if let Ask::Query(_, waiting) = ask {
                    let _ = waiting.send(Ok(Answer::Done {}));
                }
            }
        });
        tokio::spawn(socket.serve(handle))
    }

    async fn first_line(mut stream: UnixStream) -> String {
        let mut bytes = [0; 100];
        let read = stream.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }

    #[tokio::test]
    async fn a_process_of_the_same_user_is_served() {
        let dir = tempfile::tempdir().unwrap();
        let _serving = serve_at(dir.path());

        let stream = connect(dir.path()).await.expect("somebody is there");

        assert!(first_line(stream).await.contains("\"ready\""));
        let mode = fs::metadata(within(dir.path()))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_a_stopped_one_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        drop(std::os::unix::net::UnixListener::bind(within(dir.path())).unwrap());
        assert!(connect(dir.path()).await.is_none());

        let serving = serve_at(dir.path());
        assert!(connect(dir.path()).await.is_some());

        serving.abort();
        let _ = serving.await;
        assert!(!within(dir.path()).exists());
    }

    #[tokio::test]
    async fn something_else_in_its_place_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(within(dir.path()), "mine").unwrap();

        let _ = Socket::bind_at(within(dir.path())).unwrap_err();

        assert_eq!(fs::read(within(dir.path())).unwrap(), b"mine");
    }
}
