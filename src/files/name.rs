//! Names of files that others chose, made harmless.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{
    proto::text::{is_filler, is_format},
    wire::limits,
};

/// A name that means nothing but itself on any system: no path, no device, nothing hidden, nothing that is
/// shown otherwise than it is; at most `LONGEST` bytes, of which the end with the extension stays.
pub fn harmless(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut out = String::new();
    let mut marks = 0;
    for char in base.nfc() {
        if is_combining_mark(char) {
            marks += 1;
            let base = out.chars().next_back();
            let base = base.is_some_and(|base| base.is_alphanumeric() || is_combining_mark(base));
            let is_shown = !is_format(char) && !matches!(char, '\u{fe00}'..='\u{fe0f}');
            if marks <= limits::COMBINING_MARKS && base && is_shown {
                out.push(char);
            }
            continue;
        }
        marks = 0;
        match char {
            _ if char.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if char.is_control() || is_format(char) || is_filler(char) => {}
            _ if char.is_alphanumeric() || ALLOWED.contains(char) => out.push(char),
            _ => out.push('_'),
        }
    }
    let name = out.trim_start_matches(['.', ' ', '-', '~']);
    let name = shortened(name.trim_end_matches(['.', ' ']));
    let name = name.trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return "file".to_owned();
    }
    if is_device(name) {
        return format!("_{name}");
    }
    name.to_owned()
}

/// What a harmless name says that it is, in small letters; empty if it says nothing.
pub fn extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() => end.to_lowercase(),
        _ => String::new(),
    }
}

fn shortened(name: &str) -> String {
    // Room for what makes it unlike another, or no device.
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let at = name.rfind('.').filter(|at| name.len() - at <= LONGEST_END);
    let (stem, end) = name.split_at(at.unwrap_or(name.len()));
    let mut stem = stem.to_owned();
    while stem.len() + end.len() > LONGEST {
        stem.pop();
    }
    format!("{}{end}", stem.trim_end_matches(['.', ' ']))
}

/// Whether some system takes it for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        let number = stem.strip_prefix(device);
        number.is_some_and(|n| n.chars().count() == 1 && n.chars().all(char::is_numeric))
    });
    numbered || DEVICES.contains(&stem.as_str())
}

/// Bytes of a name.
const LONGEST: usize = 96;

/// Bytes of what is taken for an extension.
const LONGEST_END: usize = 17;

/// Beside letters and digits.
const ALLOWED: &str = "._-()[]+,&'!@#= ~";

const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "clock$", "conin$", "conout$"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_names_become_what_they_should() {
        for (name, becomes) in [
            ("report.pdf", "report.pdf"),
            ("Übung 3 – Lösung.odt", "Übung 3 _ Lösung.odt"),
            ("写真.jpg", "写真.jpg"),
            ("/etc/passwd", "passwd"),
            ("../../.ssh/authorized_keys", "authorized_keys"),
            ("..\\..\\Windows\\System32\\cmd.exe", "cmd.exe"),
            ("C:\\autoexec.bat", "autoexec.bat"),
            ("C:evil.exe", "C_evil.exe"),
            ("\\\\server\\share\\x.lnk", "x.lnk"),
            ("file:///home/x", "x"),
            ("a/", "file"),
            ("", "file"),
            (".", "file"),
            ("..", "file"),
            ("...", "file"),
            (" ", "file"),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("~root", "root"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("photo\u{2066}x\u{2069}.png", "photox.png"),
            ("a\u{200b}b\u{feff}.txt", "ab.txt"),
            ("a\u{3164}.txt", "a.txt"),
            ("0\u{e0100}\u{fe0f}.txt", "0.txt"),
            ("a\0b.txt", "ab.txt"),
            ("a\nb\r.txt", "a b .txt"),
            ("invoice.pdf            .exe", "invoice.pdf .exe"),
            ("a.txt.", "a.txt"),
            ("a.txt . .", "a.txt"),
            ("a.txt:stream:$DATA", "a.txt_stream__DATA"),
            ("a<b>c|d?e*f\"g.txt", "a_b_c_d_e_f_g.txt"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("nul .tar.gz", "_nul .tar.gz"),
            ("COM1", "_COM1"),
            ("com¹.log", "_com¹.log"),
            ("LPT9.x", "_LPT9.x"),
            ("COM10", "COM10"),
            ("console", "console"),
            ("CONIN$", "CONIN_"),
            (
                "a.{00021401-0000-0000-c000-000000000046}",
                "a._00021401-0000-0000-c000-000000000046_",
            ),
            ("a\u{ff0e}exe", "a_exe"),
            ("a\u{2024}exe", "a_exe"),
            ("$(reboot).sh", "_(reboot).sh"),
            ("`id`.txt", "_id_.txt"),
            ("a;b%20c.txt", "a_b_20c.txt"),
        ] {
            assert_eq!(harmless(name), becomes, "{name:?}");
        }
    }

    #[test]
    fn hundreds_of_bad_names_are_harmless() {
        let before = [
            "",
            "/",
            "../",
            "..\\",
            "C:\\",
            "\\\\?\\",
            ".",
            "-",
            "~",
            " ",
            "\0",
            "\u{202e}",
            "\u{200f}",
            "%2e%2e%2f",
            "file://",
            "a/b/",
            "\n",
        ];
        let stems = [
            "a",
            "",
            ".",
            "..",
            "con",
            "NUL",
            "Com1",
            "lpt¹",
            "aux ",
            "\u{3164}",
            "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
            "\u{301}",
            "x:y",
            "${HOME}",
            "*?",
            "\u{1f600}",
            "ﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ",
        ];
        let ends = [
            "",
            ".txt",
            ".tar.gz",
            ".",
            " .",
            ".exe ",
            ":ads",
            ".\u{202e}txt.exe",
            ".lnk",
        ];
        let mut count = 0;
        for before in before {
            for stem in stems {
                for end in ends {
                    is_harmless(&format!("{before}{stem}{end}"));
                    is_harmless(&format!("{before}{}{end}", stem.repeat(90)));
                    count += 2;
                }
            }
        }
        assert!(count > 500);
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = harmless(&format!("{}.tar.gz", "ä".repeat(300)));

        assert!(name.len() <= LONGEST && name.ends_with("ä.gz"), "{name}");
        assert_eq!(extension(&name), "gz");
        assert_eq!(extension("README"), "");
        assert_eq!(extension("photo.png.EXE"), "exe");
    }

    proptest! {
        #[test]
        fn any_name_is_harmless(name: String) {
            is_harmless(&name);
        }
    }

    fn is_harmless(name: &str) {
        let made = harmless(name);
        assert!(!made.is_empty() && made.len() <= 100, "{name:?}: {made:?}");
        assert!(
            !made.starts_with(['.', ' ', '-', '~']),
            "{name:?}: {made:?}"
        );
        assert!(!made.ends_with(['.', ' ']), "{name:?}: {made:?}");
        assert!(!is_device(&made), "{name:?}: {made:?}");
        assert_eq!(harmless(&made), made, "{name:?}");
        for char in made.chars() {
            let shown = char.is_alphanumeric() || ALLOWED.contains(char) || is_combining_mark(char);
            assert!(shown && !is_format(char), "{name:?}: {char:?}");
        }
        let path = std::path::Path::new(&made);
        assert_eq!(
            path.file_name().and_then(std::ffi::OsStr::to_str),
            Some(made.as_str())
        );
    }
}
