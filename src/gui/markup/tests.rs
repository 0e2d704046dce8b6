use proptest::prelude::*;

use super::*;

/// What is shown, with what stands out in brackets.
fn shown(text: &str) -> String {
    let mut out = Vec::new();
    for block in parse(text) {
        let mut line = match &block.kind {
            Kind::Plain => String::new(),
            Kind::Quote => "quote ".into(),
            Kind::Code => "block ".into(),
            Kind::Item(None) => "item ".into(),
            Kind::Item(Some(number)) => format!("item {} ", &text[number.clone()]),
        };
        for span in &block.spans {
            let Style {
                bold,
                italic,
                strike,
                code,
            } = span.style;
            let marks = [
                (bold, 'B'),
                (italic, 'I'),
                (strike, 'S'),
                (code, 'C'),
                (span.link, 'L'),
            ];
            let marks: String = marks.iter().filter(|m| m.0).map(|m| m.1).collect();
            let words = &text[span.range.clone()];
            if marks.is_empty() || block.kind == Kind::Code {
                line.push_str(words);
            } else {
                line = format!("{line}{marks}[{words}]");
            }
        }
        out.push(line);
    }
    out.join(" | ")
}

#[test]
fn marks_in_pairs_make_what_is_between_stand_out() {
    for (text, wanted) in [
        ("*bold*", "B[bold]"),
        ("**bold**", "B[bold]"),
        (
            "_soft_ and ~gone~ and ~~gone~~",
            "I[soft] and S[gone] and S[gone]",
        ),
        ("*bold _and soft_*", "B[bold ]BI[and soft]"),
        ("(*bold*)!", "(B[bold])!"),
        ("`*as it is*` here", "C[*as it is*] here"),
        ("```a ` b```", "C[a ` b]"),
        ("**a *b* c**", "B[a ]B[b]B[ c]"),
        ("_a *b_ c*", "I[a *b] c*"),
        ("*дом*", "B[дом]"),
    ] {
        assert_eq!(shown(text), wanted, "{text}");
    }
}

#[test]
fn what_is_no_pair_is_text() {
    for text in [
        "2*3*4",
        "5 * 3 * 2",
        "snake_case_name",
        "*alone",
        "****",
        "~/a and ~/b",
        "it costs ~5, or ~6",
        "`tick",
        "``",
        "```",
        "*two\nlines*",
        "a_ _b",
        "",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn lines_are_quotes_and_items_by_how_they_begin() {
    assert_eq!(
        shown("> so _he_ said\n> twice\nand I:\n- one\n* two\n3. three\n10) ten"),
        "quote so I[he] said\ntwice | and I: | item one | item two | item 3. three | item 10) ten"
    );
    assert_eq!(
        shown(">no\n-no\n1.no\n2026. A year"),
        ">no\n-no\n1.no\n2026. A year"
    );
    assert_eq!(shown("a\n\nb"), "a\n\nb");
}

#[test]
fn a_fence_keeps_what_is_inside() {
    assert_eq!(
        shown("see\n```\n*x* = 1\n\n  y\n```\nthere"),
        "see | block *x* = 1\n\n  y | there"
    );
    assert_eq!(shown("```a\nb```"), "block a\nb");
    assert_eq!(shown("```\nno end"), "```\nno end");
    assert_eq!(shown("```\n```"), "block ");
}

#[test]
fn links_end_before_the_punctuation_of_the_sentence() {
    for (text, wanted) in [
        (
            "see https://osm.example/r/8842, or http://a.example.",
            "see L[https://osm.example/r/8842], or L[http://a.example].",
        ),
        ("(https://a.example/x)", "(L[https://a.example/x])"),
        ("https://a.example/x_(y) z", "L[https://a.example/x_(y)] z"),
        ("*https://a.example/a_b_c*", "BL[https://a.example/a_b_c]"),
        ("HTTPS://A.example", "L[HTTPS://A.example]"),
        ("betwixt://c/#abc", "L[betwixt://c/#abc]"),
        ("`https://a.example`", "C[https://a.example]"),
    ] {
        assert_eq!(shown(text), wanted, "{text}");
    }
}

#[test]
fn what_only_looks_like_a_link_is_text() {
    for text in [
        "xhttps://a.example",
        "https://",
        "http:// a",
        "ftp://a.example",
        "javascript://a.example",
        "file:///etc/passwd",
        "https://)",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn a_text_without_its_marks_is_one_to_read() {
    assert_eq!(
        plain("*Hi* `x`\n- one\n2. two\n> three"),
        "Hi x\n• one\n2. two\nthree"
    );
}

/// Work is counted in spans and blocks: a parser that goes back over what it saw does not end here.
#[test]
fn hostile_texts_are_understood_in_one_pass() {
    let hostile = [
        "*".to_owned(),
        "*a".to_owned(),
        "*a ".to_owned(),
        "*a* ".to_owned(),
        "_a *b ~c ".to_owned(),
        "` ``` ".to_owned(),
        "```\n``` x\n".to_owned(),
        "\n".to_owned(),
        "> ".to_owned(),
        "- a\n".to_owned(),
        "https://a(".to_owned(),
        "https://a.example/)))))))) ".to_owned(),
        "\u{202e}\u{2066}".to_owned(),
        "a\u{301}\u{302}\u{303}".to_owned(),
    ];
    for unit in hostile {
        let text = unit.repeat(1_000_000 / unit.len());

        let blocks = parse(&text);

        let spans: usize = blocks.iter().map(|block| block.spans.len()).sum();
        assert!(spans <= text.len() && blocks.len() <= text.len());
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '*' | '_' | '~' | '`' | '>' | '-' | '•' | ' ' | '\n')
        || c.is_ascii_digit()
        || matches!(c, '.' | ')')
        || c.is_whitespace()
}

proptest! {
    #[test]
    fn what_is_shown_of_any_text_is_the_text_without_marks(
        text in "(\\PC|[*_~`>\\-•1-9.) \\n]){0,60}|(.{0,4}https?://.{0,9}[*)_]{0,2} ?){0,4}|(```\\n?.{0,6}\\n?){0,5}",
    ) {
        let mut at = 0;
        let mut left_out = String::new();
        for block in parse(&text) {
            if let Kind::Item(Some(number)) = &block.kind {
                prop_assert!(text.get(number.clone()).is_some());
            }
            for span in &block.spans {
                prop_assert!(span.range.start >= at && span.range.end > span.range.start || block.kind == Kind::Code);
                left_out.push_str(text.get(at..span.range.start).unwrap());
                prop_assert!(text.get(span.range.clone()).is_some());
                at = span.range.end;
            }
        }
        left_out.push_str(text.get(at..).unwrap());
        prop_assert!(left_out.chars().all(is_mark), "{left_out:?}");
    }
}
