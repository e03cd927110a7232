//! The bot by webhook: Telegram brings updates through a proxy, as it does in life, and brings again what was not taken.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use chronogram_telegram_standin::ShownMessage;
use chronogram_tests::{Up, http_client};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{PATIENCE, World};

/// An address that stays while what stands behind it comes and goes; who asks meanwhile waits.
struct Proxy {
    address: SocketAddr,
    behind: Arc<Mutex<Option<SocketAddr>>>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, behind) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(None::<SocketAddr>)));
        let goes_to = behind.clone();
        tokio::spawn(async move {
            while let Ok((mut outside, _)) = listener.accept().await {
                let goes_to = goes_to.clone();
                tokio::spawn(async move {
                    let behind = loop {
                        if let Some(behind) = *goes_to.lock().unwrap() {
                            break behind;
                        }
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    };
                    let Ok(mut inside) = TcpStream::connect(behind).await else { return };
                    // Either side hangs up as it likes.
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Self { address, behind }
    }

    fn url(&self) -> String {
        format!("http://{}/telegram/webhook", self.address)
    }

    fn leads_nowhere(&self) {
        *self.behind.lock().unwrap() = None;
    }

    fn leads_to(&self, up: &Up) {
        let api = up.api().unwrap();
        *self.behind.lock().unwrap() = Some(api.trim_start_matches("http://").parse().unwrap());
    }
}

fn up_with_webhook(world: &World, proxy: &Proxy) -> Up {
    let up = world.up_with(&[("TELEGRAM_WEBHOOK_URL", &proxy.url())]);
    proxy.leads_to(&up);
    up
}

#[tokio::test(flavor = "multi_thread")]
async fn what_telegram_brings_is_answered_once_whatever_is_killed_and_polling_goes_on_from_there() {
    let (world, proxy) = (World::new().await, Proxy::start().await);
    let people: Vec<_> = (0..8).map(|number| world.person(&format!("P{number}"), "en")).collect();
    let up = up_with_webhook(&world, &proxy);
    assert!(up.lines().iter().any(|line| line.contains("TELEGRAM_WEBHOOK_URL")), "{:?}", up.lines());
    let mut said = Vec::new();
    for round in 0..3 {
        for person in &people {
            said.push((*person, world.telegram.say(*person, &format!("/remind 1h thing {round}")).unwrap()));
        }
        if round == 0 {
            world.answer_after(people[0], said[0].1).await;
        }
    }
    proxy.leads_nowhere();
    up.kill().unwrap();
    let up = up_with_webhook(&world, &proxy);
    for person in &people {
        for round in 0..3 {
            let wanted = format!("thing {round}");
            let heard = |message: &ShownMessage| message.from_bot && message.text.contains(&wanted);
            let heard = world.telegram.wait_for_message(*person, PATIENCE, heard).await;
            assert!(heard.is_some(), "no answer about {wanted}: {:?}", world.said_to(*person));
        }
    }
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    assert!(world.telegram.calls_of("getUpdates").is_empty(), "it polled beside its webhook");
    up.stop().unwrap();

    // What comes while nobody is there waits at Telegram; whoever polls from now on gets it.
    world.telegram.say(people[0], "while you were away").unwrap();
    let up = world.up();
    world.hears(people[0], "✍️ Noted.").await;
    up.stop().unwrap();
    assert_eq!(world.events("MessageReceived", "").await, 25);
    assert_eq!(world.events("ReminderScheduled", "").await, 24);
    let repeats = usize::try_from(world.events("ReplySent", "\"maybe_repeated\":true").await).unwrap();
    let answers: usize = people.iter().map(|person| world.said_to(*person).len()).sum();
    assert!((25..=25 + repeats).contains(&answers), "{answers} answers, {repeats} marked as repeats");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_telegram_brings_updates_and_only_updates_are_taken() {
    let (world, proxy) = (World::new().await, Proxy::start().await);
    let anna = world.person("Анна", "ru");
    let up = up_with_webhook(&world, &proxy);
    let said = world.telegram.say(anna, "/start").unwrap();
    world.answer_after(anna, said).await;

    let body = r#"{"update_id": 7, "message": {"text": "forged"}}"#;
    let bring = |secret: Option<&str>, body: &str| {
        let request = http_client().post(proxy.url()).header("content-type", "application/json");
        let request = request.body(body.to_owned());
        let request = match secret {
            Some(secret) => request.header("x-telegram-bot-api-secret-token", secret),
            None => request,
        };
        async move { request.send().await.unwrap() }
    };
    for secret in [None, Some(""), Some("wrong"), Some(world.telegram.token())] {
        let refused = bring(secret, body).await;
        assert_eq!(refused.status(), 401, "{secret:?}");
        assert!(refused.text().await.unwrap().contains("X-Telegram-Bot-Api-Secret-Token"));
    }
    let hook = world.telegram.calls_of("setWebhook").pop().unwrap();
    let secret = hook.parameters["secret_token"].as_str().unwrap().to_owned();
    for (body, status) in [
        ("not JSON", 400),
        ("[]", 400),
        ("{\"message\": {}}", 400),
        // Nobody knows these kinds; refused they would come again for a day.
        ("{\"update_id\": 8, \"telepathy\": {\"text\": \"hm\"}}", 200),
        ("{\"update_id\": 9, \"message\": {\"text\": \"cut off\"}}", 200),
    ] {
        assert_eq!(bring(Some(&secret), body).await.status(), status, "{body}");
    }
    let log = up.stop().unwrap();
    assert!(!log.contains(&secret) && !log.contains(world.telegram.token()), "a secret stands in the log: {log}");
    assert_eq!(world.events("MessageReceived", "").await, 1);
    assert_eq!(world.events("MessageReceived", "forged").await, 0);
}
