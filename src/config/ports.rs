//! Where the node listened last, for IPv4 and IPv6: the file `ports` in the profile.

use std::{fs, io, path::Path};

/// The file in the profile.
const FILE: &str = "ports";

/// The ports of last time; none where none is known.
pub fn read_ports(profile: &Path) -> [Option<u16>; 2] {
    let text = fs::read_to_string(profile.join(FILE)).unwrap_or_default();
    let mut ports = text.split_whitespace().map(|port| port.parse().ok());
    [ports.next().flatten(), ports.next().flatten()]
}

/// Remembers ports. Nothing but the addresses in older invites depends on it.
///
/// # Errors
///
/// What the disk says.
pub fn write_ports(profile: &Path, ports: [Option<u16>; 2]) -> io::Result<()> {
    let [ip4, ip6] = ports.map(|port| port.map_or_else(|| "-".to_owned(), |p| p.to_string()));
    let new = profile.join("ports.new");
    fs::write(&new, format!("{ip4} {ip6}\n"))?;
    fs::rename(new, profile.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_remembered_and_nonsense_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_ports(dir.path()), [None, None]);

        write_ports(dir.path(), [Some(4001), None]).unwrap();
        assert_eq!(read_ports(dir.path()), [Some(4001), None]);
        write_ports(dir.path(), [None, Some(65_535)]).unwrap();
        assert_eq!(read_ports(dir.path()), [None, Some(65_535)]);

        fs::write(dir.path().join(FILE), b"70000 \xff x").unwrap();
        assert_eq!(read_ports(dir.path()), [None, None]);
    }
}
