//! Whether the program starts when somebody logs in: a file in the desktop's `autostart` directory.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Makes it so. The file names this program and this profile.
pub fn set(on: bool, profile: &Path) -> io::Result<()> {
    let Some(base) = directories::BaseDirs::new() else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let program = std::env::current_exe()?;
    set_in(base.config_dir(), on, &program, profile)
}

fn set_in(config: &Path, on: bool, program: &Path, profile: &Path) -> io::Result<()> {
    let file = file(config);
    if !on {
        return match fs::remove_file(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        };
    }
    let (Some(program), Some(profile)) = (program.to_str(), profile.to_str()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Betwixt\nIcon=betwixt\nTerminal=false\n\
         Exec={} --profile {}\n",
        quoted(program),
        quoted(profile)
    );
    fs::write(file, entry)
}

fn file(config: &Path) -> PathBuf {
    config.join("autostart").join("betwixt.desktop")
}

/// An argument as the Desktop Entry Specification wants it, twice: once for `Exec`, once for values.
fn quoted(argument: &str) -> String {
    let mut quoted = String::from("\"");
    for c in argument.chars() {
        match c {
            '"' | '`' | '$' => {
                quoted.push_str("\\\\");
                quoted.push(c);
            }
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            // No path that somebody means has one.
            c if c.is_control() => {}
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_comes_and_goes() {
        let config = tempfile::tempdir().unwrap();
        let set = |on| {
            set_in(
                config.path(),
                on,
                Path::new("/opt/b w"),
                Path::new("/home/a/100%"),
            )
        };

        set(true).unwrap();
        let text = fs::read_to_string(file(config.path())).unwrap();
        assert!(
            text.contains("Exec=\"/opt/b w\" --profile \"/home/a/100%%\"\n"),
            "{text}"
        );
        set(false).unwrap();
        assert!(!file(config.path()).exists());
        set(false).unwrap();
    }

    #[test]
    fn an_odd_path_begins_nothing_else() {
        assert_eq!(quoted("a\"b$c\nX=1\\"), "\"a\\\\\"b\\\\$cX=1\\\\\\\\\"");
    }
}
