//! Files that are damaged, or no exports, or hold entries that are not what they should be.

use super::*;

#[tokio::test]
async fn bad_messages_are_told_and_passed() {
    let mut messages = talk(3);
    messages.insert(1, r#"{"type":"message","text":"secret"}"#.to_owned());
    messages.insert(3, "17".to_owned());
    let file = written(&group(&messages));
    let heard = Heard::default();
    let report = import(store(), file.path(), ImportOptions::default(), &heard).await.unwrap();
    assert_eq!((report.messages_read, report.bad_messages), (3, 2));
    let told: Vec<_> = heard.bad.lock().unwrap().iter().map(ToString::to_string).collect();
    let path = file.path().display();
    assert_eq!(
        told,
        [
            format!("{path}: messages[1].id must be the message's number"),
            format!("{path}: messages[3] must be an object"),
        ]
    );
}

#[tokio::test]
async fn a_chat_of_an_unknown_type_does_not_keep_the_others_out() {
    let chats = format!(
        r#"{{"about":"","chats":{{"list":[{{"name":null,"type":null,"id":1,"messages":[{{}}]}},{}]}}}}"#,
        group(&talk(2))
    );
    let heard = Heard::default();
    let report = import(store(), written(&chats).path(), ImportOptions::default(), &heard).await.unwrap();
    assert_eq!((report.chats, report.messages_read, report.bad_messages), (1, 2, 1));
    let bad = heard.bad.lock().unwrap()[0].clone();
    assert_eq!((bad.list.as_str(), bad.index, bad.field.as_str()), ("chats.list", 0, "type"));
}

#[tokio::test]
async fn a_chat_whose_keys_a_tool_has_sorted_is_read_the_same() {
    let (straight, sorted) = (store(), store());
    run(&straight, &fixture()).await.unwrap();
    // Maps of serde_json are sorted: `id`, `messages`, `name`, `type`.
    let value: serde_json::Value = serde_json::from_slice(&std::fs::read(fixture()).unwrap()).unwrap();
    let file = written(&value.to_string());
    let report = run(&sorted, file.path()).await.unwrap();
    assert_eq!((report.chats, report.messages_read), (8, 122));
    assert_eq!(streams(&sorted).await, streams(&straight).await);

    let messages = talk(3).join(",");
    let broken = written(&format!(r#"{{"id":42,"messages":[{messages}, oops],"name":"G","type":"private_group"}}"#));
    assert!(matches!(run(&store(), broken.path()).await, Err(ImportError::BrokenJson { .. })));
}

#[tokio::test]
async fn broken_json_names_its_place_and_what_stands_before_stays() {
    let sound = group(&talk(700));
    let cut = sound.char_indices().nth(sound.len() - 40).unwrap().0;
    for (content, reason, messages) in [
        (sound[..cut].to_owned(), "ends too early", 699),
        (sound.replace("words 600", "words \u{1} 600"), "control character", 599),
        (sound.replace(r#""id":600"#, r#""id" 600"#), "expected", 599),
        (format!("{sound} tail"), "trailing characters", 700),
    ] {
        let file = written(&content);
        let store = store();
        let error = run(&store, file.path()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("{}:1:", file.path().display())), "{text}");
        assert!(text.contains(reason), "{text}");
        let so_far = error.so_far().unwrap();
        assert_eq!(so_far.messages_read, messages, "{reason}");
        assert_eq!(so_far.events_appended, all(&store).await.len() as u64);
    }
}

#[tokio::test]
async fn files_that_are_no_export_are_refused_with_what_is_missing() {
    for (content, says) in [
        ("", "is empty"),
        ("  \n ", "is empty"),
        ("<html><body>messages.html</body></html>", "Machine-readable JSON"),
        ("hello", "Machine-readable JSON"),
        ("\"begun, not ended", "Machine-readable JSON"),
        ("[1, 2]", "not a Telegram Desktop export: its root must be an object"),
        ("\"secret words\"", "its root must be an object"),
        ("{}", "missing `messages`"),
        (r#"{"name":"a package","version":"1"}"#, "missing `messages`"),
        (r#"{"messages":[{"role":"user"}]}"#, "`id` must be"),
        (r#"{"id":5,"type":"thread","name":"n","messages":[]}"#, "`type` must be personal_chat"),
        (r#"{"id":-5,"type":"personal_chat","name":"n","messages":[]}"#, "`id` must be a whole number above 0"),
        (r#"{"id":5,"type":"personal_chat","name":"n","messages":"secret words"}"#, "has another form"),
        (r#"{"chats":["secret words"]}"#, "has another form"),
        (r#"{"chats":{"list":["secret words"]}}"#, "has another form"),
    ] {
        let store = store();
        let text = run(&store, written(content).path()).await.unwrap_err().to_string();
        assert!(text.contains(says), "{content:?}: {text}");
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(all(&store).await, []);
    }
    let folder = tempfile::tempdir().unwrap();
    let text = run(&store(), folder.path()).await.unwrap_err().to_string();
    assert!(text.contains("result.json cannot be read"), "{text}");
    let text = run(&store(), &folder.path().join("absent.json")).await.unwrap_err().to_string();
    assert!(text.contains("absent.json cannot be read"), "{text}");
}

#[tokio::test]
async fn an_entry_larger_than_any_message_ends_the_file_with_what_stands_before() {
    let mut messages = talk(2);
    messages.push(message(3, 1, "P", &"a".repeat(9 * 1024 * 1024)));
    let error = run(&store(), written(&group(&messages)).path()).await.unwrap_err();
    assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");
    assert_eq!(error.so_far().unwrap().messages_read, 2);
}

#[tokio::test]
async fn a_message_too_large_for_the_log_is_bad_and_the_others_are_read() {
    let mut messages = talk(2);
    messages.insert(1, message(3, 1, "P", &"a".repeat(2 * 1024 * 1024)));
    let report = run(&store(), written(&group(&messages)).path()).await.unwrap();
    assert_eq!((report.messages_read, report.bad_messages), (2, 1));
}
