use super::{file::parse, *};

fn read(text: &str) -> Result<Config, FileError> {
    Ok(Config::of("p".into()).with(parse(text, "config.toml")?))
}

#[test]
fn the_template_changes_nothing() {
    assert_eq!(read(TEMPLATE).unwrap(), Config::of("p".into()));
}

#[test]
fn what_the_template_shows_is_the_default() {
    let shown: Vec<&str> = TEMPLATE
        .lines()
        .filter(|line| line.starts_with('#') && !line.starts_with("# ") && *line != "#")
        .map(|line| line.trim_start_matches('#'))
        .collect();
    let shown = shown.join("\n");

    let set = parse(&shown, "config.toml").unwrap();

    let complete = set.listen.is_some() && set.dial.is_some() && set.relay.is_some();
    assert!(complete && set.mdns.is_some() && set.log.is_some());
    assert_eq!(read(&shown).unwrap(), Config::of("p".into()));
}

#[test]
fn flags_win_over_the_file_and_the_file_over_the_defaults() {
    let file = "mdns = false\nlog = \"info\"\nlisten = [\"/ip4/10.0.0.1/tcp/1\"]";
    let flags = Overrides {
        log: Some("debug".into()),
        ..Overrides::default()
    };

    let config = read(file).unwrap().with(flags);

    assert!(!config.mdns);
    assert_eq!(config.log, "debug");
    assert_eq!(config.listen, ["/ip4/10.0.0.1/tcp/1"]);
    assert!(config.dial.is_empty());
}

#[test]
fn an_error_names_file_line_and_key() {
    let unknown = read("log = \"info\"\nmdsn = true").unwrap_err().to_string();
    let wrong = read("\nmdns = \"yes\"").unwrap_err().to_string();
    let within = read("dial = [\n  \"a\",\n  7,\n]").unwrap_err().to_string();
    let broken = read("log = ").unwrap_err().to_string();

    assert!(
        unknown.starts_with("config.toml, line 2, key `mdsn`: unknown field `mdsn`"),
        "{unknown}"
    );
    assert!(
        wrong.starts_with("config.toml, line 2, key `mdns`: invalid type"),
        "{wrong}"
    );
    assert!(within.contains("key `dial`"), "{within}");
    assert!(broken.contains("line 1, key `log`"), "{broken}");
}

#[test]
fn a_profile_without_a_file_has_the_defaults_and_gets_the_template() {
    let dir = tempfile::tempdir().unwrap();
    let overrides = || Overrides {
        profile: Some(dir.path().into()),
        ..Overrides::default()
    };

    let before = Config::load(overrides()).unwrap();
    write_template(dir.path());

    assert_eq!(before, Config::of(dir.path().into()));
    assert_eq!(Config::load(overrides()).unwrap(), before);
    assert_eq!(
        std::fs::read_to_string(dir.path().join(FILE)).unwrap(),
        TEMPLATE
    );
}

#[test]
fn a_passphrase_is_the_first_line_of_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "correct horse\nsecond\n").unwrap();
    let mut config = Config::of(dir.path().into());

    config.passphrase_file = Some(path);
    assert_eq!(
        config.passphrase().unwrap().unwrap().as_str(),
        "correct horse"
    );

    config.passphrase_file = Some(dir.path().join("none"));
    assert!(config.passphrase().is_err());
}
