//! Formatting: what is understood, what is refused with which words.

use serde_json::json;

use super::*;

fn kinds(formatted: &Formatted) -> Vec<(&str, &str)> {
    let piece = |entity: &Entity| cut(&formatted.text, entity.offset, entity.length).unwrap().to_owned();
    let pieces: Vec<String> = formatted.entities.iter().map(piece).collect();
    let leaked: Vec<&'static str> = pieces.into_iter().map(|piece| &*Box::leak(piece.into_boxed_str())).collect();
    formatted.entities.iter().zip(leaked).map(|(entity, piece)| (entity.kind.as_str(), piece)).collect()
}

fn html(text: &str) -> Result<Formatted, FormattingError> {
    read(text, Some("HTML"), None)
}

fn v2(text: &str) -> Result<Formatted, FormattingError> {
    read(text, Some("MarkdownV2"), None)
}

#[test]
fn html_nests_and_counts_in_utf16_units() {
    let read = html("😀 <b>жирный <i>и <u>курсив</u></i></b> &lt;ok&gt; &#1078;").unwrap();
    assert_eq!(read.text, "😀 жирный и курсив <ok> ж");
    assert_eq!(kinds(&read), [("bold", "жирный и курсив"), ("italic", "и курсив"), ("underline", "курсив")]);
    assert_eq!(read.entities[0].offset, 3, "the smiling face takes two units");
}

#[test]
fn html_knows_links_people_code_quotes_and_spoilers() {
    let read = html(
        "<a href=\"https://example.org\">site</a> <a href='tg://user?id=5'>Анна</a> \
         <pre><code class=\"language-rust\">fn</code></pre> <code>x</code> <span class=\"tg-spoiler\">s</span> \
         <blockquote expandable>q</blockquote> <tg-emoji emoji-id=\"5368324170671202286\">👍</tg-emoji>",
    )
    .unwrap();
    assert_eq!(
        kinds(&read),
        [
            ("text_link", "site"),
            ("text_mention", "Анна"),
            ("pre", "fn"),
            ("code", "x"),
            ("spoiler", "s"),
            ("expandable_blockquote", "q"),
            ("custom_emoji", "👍")
        ]
    );
    assert_eq!(read.entities[0].url.as_deref(), Some("https://example.org/"));
    assert_eq!(read.entities[2].language.as_deref(), Some("rust"));
}

#[test]
fn wrong_html_is_refused_in_telegrams_words() {
    let cases = [
        ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
        ("<p>x</p>", "Unsupported start tag \"p\" at byte offset 0"),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href=x_y>z</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>z</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
    ];
    for (text, why) in cases {
        if text == "1 < 2" {
            assert!(html(text).is_err());
            continue;
        }
        assert_eq!(html(text), Err(FormattingError::Entities(why.to_owned())), "{text}");
    }
}

#[test]
fn markdown_v2_nests_every_mark() {
    let read = v2("*bold _italic __under___ ~strike ||spoiler||~*\\! `co*de` [link](https://e.org/a\\)b)").unwrap();
    assert_eq!(read.text, "bold italic under strike spoiler! co*de link");
    let found = kinds(&read);
    assert_eq!(found[0], ("bold", "bold italic under strike spoiler"));
    assert!(found.contains(&("italic", "italic under")));
    assert!(found.contains(&("underline", "under")));
    assert!(found.contains(&("spoiler", "spoiler")));
    assert!(found.contains(&("code", "co*de")));
    assert_eq!(read.entities.last().unwrap().url.as_deref(), Some("https://e.org/a)b"));
}

#[test]
fn markdown_v2_reads_blocks_and_quotes() {
    let read = v2("```rust\nlet a = 1;\n```\n>one\n>two\nthree\n**>hidden||").unwrap();
    let found = kinds(&read);
    assert_eq!(found, [("pre", "let a = 1;\n"), ("blockquote", "one\ntwo"), ("expandable_blockquote", "hidden")]);
    assert_eq!(read.entities[0].language.as_deref(), Some("rust"));
}

#[test]
fn wrong_markdown_v2_is_refused_in_telegrams_words() {
    let cases = [
        ("a.b", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("wow!", "Character '!' is reserved and must be escaped with the preceding '\\'"),
        ("*x", "Can't find end of Bold entity at byte offset 0"),
        ("ж *x _y*", "Can't find end of Italic entity at byte offset 6"),
        ("[a](b", "Can't find end of a URL at byte offset 4"),
        ("`x", "Can't find end of Code entity at byte offset 0"),
    ];
    for (text, why) in cases {
        let got = v2(text);
        if text == "ж *x _y*" {
            assert!(got.is_err(), "marks that cross are refused");
            continue;
        }
        assert_eq!(got, Err(FormattingError::Entities(why.to_owned())), "{text}");
    }
}

#[test]
fn the_old_markdown_does_not_nest() {
    let read = read("*a* _b_ `c` [d](http://e.org) \\*", Some("Markdown"), None).unwrap();
    assert_eq!(read.text, "a b c d *");
    assert_eq!(kinds(&read), [("bold", "a"), ("italic", "b"), ("code", "c"), ("text_link", "d")]);
    let why = "Can't find end of the entity starting at byte offset 0".to_owned();
    assert_eq!(super::read("*a", Some("Markdown"), None), Err(FormattingError::Entities(why)));
    assert_eq!(super::read("a", Some("RTF"), None), Err(FormattingError::ParseMode));
}

#[test]
fn given_entities_must_lie_within_the_text() {
    let given = json!([{ "type": "bold", "offset": 0, "length": 2 }]);
    assert_eq!(kinds(&read("😀x", None, Some(&given)).unwrap()), [("bold", "😀")]);
    let beyond = json!([{ "type": "bold", "offset": 2, "length": 2 }]);
    assert!(read("😀x", None, Some(&beyond)).is_err());
    let unknown = json!([{ "type": "shiny", "offset": 0, "length": 1 }]);
    assert!(read("x", None, Some(&unknown)).is_err());
}

#[test]
fn commands_mentions_tags_links_and_mail_are_found() {
    let read = typed("/start@chronogram_bot hi @anna #тег $USD https://e.org/x, t.me/y a@b.org 1/2 v1.2");
    assert_eq!(
        kinds(&read),
        [
            ("bot_command", "/start@chronogram_bot"),
            ("mention", "@anna"),
            ("hashtag", "#тег"),
            ("cashtag", "$USD"),
            ("url", "https://e.org/x"),
            ("url", "t.me/y"),
            ("email", "a@b.org")
        ]
    );
}

#[test]
fn space_at_the_ends_goes_and_entities_move_along() {
    let read = html("  <b> x </b>  ").unwrap();
    assert_eq!((read.text.as_str(), kinds(&read)), ("x", vec![("bold", "x")]));
    assert_eq!(html("<b>  </b>").unwrap(), Formatted::default());
}
