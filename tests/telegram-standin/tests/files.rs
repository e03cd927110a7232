//! Photos, documents, recordings, albums and downloads.

use chronogram_telegram_standin::{Speech, UserId};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::bot::{Bot, Refusal, chatting, id, picture, pixel, read};

async fn upload(bot: &Bot, method: &str, form: Form) -> Result<Value, Refusal> {
    read(method, bot.client.post(bot.url(method)).multipart(form).send().await.unwrap()).await
}

fn file(chat: UserId, field: &str, name: &str, bytes: Vec<u8>) -> Form {
    let part = Part::bytes(bytes).file_name(name.to_owned());
    Form::new().text("chat_id", chat.to_string()).part(field.to_owned(), part)
}

#[tokio::test]
async fn what_is_uploaded_can_be_downloaded() {
    let (standin, bot, anna) = chatting().await;
    let sent = upload(&bot, "sendDocument", file(anna, "document", "data.csv", b"a,b".to_vec())).await.unwrap();
    assert_eq!(sent["document"]["file_name"], "data.csv");
    let file = bot.call("getFile", json!({ "file_id": sent["document"]["file_id"] })).await;
    let path = file["file_path"].as_str().unwrap();
    let url = format!("{}/file/bot{}/{path}", standin.url(), standin.token());
    assert_eq!(bot.client.get(url).send().await.unwrap().bytes().await.unwrap().as_ref(), b"a,b");
    let wrong = format!("{}/file/bot{}/documents/no", standin.url(), standin.token());
    assert_eq!(bot.client.get(wrong).send().await.unwrap().status(), 404);
    assert_eq!(bot.refused("getFile", json!({ "file_id": "x" })).await.0, 400);
}

#[tokio::test]
async fn a_persons_photo_reaches_the_bot_whole() {
    let (standin, bot, anna) = chatting().await;
    standin.send(anna, anna, Speech::photo(picture(640, 480)).caption("look")).unwrap();
    let update = bot.updates().await.pop().unwrap();
    let photo = &update["message"]["photo"][0];
    assert_eq!((photo["width"].clone(), photo["height"].clone()), (json!(640), json!(480)));
    assert_eq!(standin.file(photo["file_id"].as_str().unwrap()).unwrap(), picture(640, 480));
}

#[tokio::test]
async fn a_photo_must_be_a_picture_of_bearable_size() {
    let (_standin, bot, anna) = chatting().await;
    let send = |bytes: Vec<u8>| upload(&bot, "sendPhoto", file(anna, "photo", "p.png", bytes));
    let words = |refusal: Refusal| refusal.text().to_owned();
    assert_eq!(words(send(b"text".to_vec()).await.unwrap_err()), "Bad Request: IMAGE_PROCESS_FAILED");
    assert_eq!(words(send(picture(9_000, 2_000)).await.unwrap_err()), "Bad Request: PHOTO_INVALID_DIMENSIONS");
    assert_eq!(words(send(picture(2_100, 100)).await.unwrap_err()), "Bad Request: PHOTO_INVALID_DIMENSIONS");
    let mut heavy = pixel();
    heavy.resize(10 * 1024 * 1024 + 1, 0);
    assert!(words(send(heavy).await.unwrap_err()).contains("too big for a photo"));
    assert_eq!(words(send(Vec::new()).await.unwrap_err()), "Bad Request: file must be non-empty");
}

#[tokio::test]
async fn uploads_end_at_50_and_downloads_at_20_megabytes() {
    let (_standin, bot, anna) = chatting().await;
    let upload_of = |megabytes: usize| {
        upload(&bot, "sendDocument", file(anna, "document", "big.bin", vec![7; megabytes * 1024 * 1024 + 1]))
    };
    assert_eq!(upload_of(50).await.unwrap_err().status, 413);
    let sent = upload_of(20).await.unwrap();
    let refused = bot.refused("getFile", json!({ "file_id": sent["document"]["file_id"] })).await;
    assert_eq!(refused, (400, "Bad Request: file is too big".into()));
}

#[tokio::test]
async fn a_known_file_is_sent_again_by_its_id_as_the_same_kind_only() {
    let (_standin, bot, anna) = chatting().await;
    let sent = upload(&bot, "sendPhoto", file(anna, "photo", "p.png", pixel())).await.unwrap();
    let file_id = sent["photo"][0]["file_id"].clone();
    bot.call(
        "sendPhoto",
        json!({ "chat_id": anna, "photo": file_id, "caption": "<b>again</b>", "parse_mode": "HTML" }),
    )
    .await;
    let as_document = bot.refused("sendDocument", json!({ "chat_id": anna, "document": file_id })).await;
    assert_eq!(as_document.1, "Bad Request: can't use file of type Photo as Document");
    let unknown = bot.refused("sendPhoto", json!({ "chat_id": anna, "photo": "AgACxyz" })).await;
    assert!(unknown.1.starts_with("Bad Request: wrong remote file identifier specified"));
    let long = json!({ "chat_id": anna, "photo": file_id, "caption": "x".repeat(1025) });
    assert_eq!(bot.refused("sendPhoto", long).await.1, "Bad Request: message caption is too long");
    let voice = upload(&bot, "sendVoice", file(anna, "voice", "v.ogg", b"OggS".to_vec()).text("duration", "7")).await;
    assert_eq!(voice.unwrap()["voice"]["duration"], 7);
}

#[tokio::test]
async fn captions_and_media_are_edited_in_place() {
    let (_standin, bot, anna) = chatting().await;
    let sent = upload(&bot, "sendPhoto", file(anna, "photo", "p.png", pixel())).await.unwrap();
    let message = id(&sent);
    let caption = json!({ "chat_id": anna, "message_id": message, "caption": "new" });
    assert_eq!(bot.call("editMessageCaption", caption).await["caption"], "new");
    let media = json!({ "type": "photo", "media": "attach://fresh", "caption": "fresh" }).to_string();
    let form = file(anna, "fresh", "q.png", picture(2, 2)).text("message_id", message.to_string()).text("media", media);
    let edited = upload(&bot, "editMessageMedia", form).await.unwrap();
    assert_eq!((edited["photo"][0]["width"].clone(), edited["caption"].clone()), (json!(2), json!("fresh")));
}

#[tokio::test]
async fn an_album_is_two_to_ten_of_a_kind() {
    let (_standin, bot, anna) = chatting().await;
    let album = |kinds: &[&str]| {
        let items: Vec<_> = kinds
            .iter()
            .enumerate()
            .map(|(n, kind)| json!({ "type": kind, "media": format!("attach://f{n}") }))
            .collect();
        let mut form = Form::new().text("chat_id", anna.to_string()).text("media", json!(items).to_string());
        for n in 0..kinds.len() {
            form = form.part(format!("f{n}"), Part::bytes(pixel()).file_name("p.png"));
        }
        upload(&bot, "sendMediaGroup", form)
    };
    let sent = album(&["photo", "photo", "photo"]).await.unwrap();
    let groups: Vec<_> = sent.as_array().unwrap().iter().map(|message| message["media_group_id"].clone()).collect();
    assert_eq!(groups.len(), 3);
    assert!(groups[0].is_string() && groups.iter().all(|group| *group == groups[0]));
    album(&["document", "document"]).await.unwrap();
    assert_eq!(album(&["photo"]).await.unwrap_err().text(), "Bad Request: media must include 2-10 items");
    assert!(album(&["photo", "document"]).await.unwrap_err().text().contains("can't be sent together"));
}
