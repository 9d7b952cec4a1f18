//! One call of a language model, and everything that a hostile or broken server may do to it.

use std::time::{Duration, Instant};

use serde_json::json;
use workmate::connect::llm::{AskError, Client, Model, Reply, Settings};
use workmate::domain::counsel::{Prompt, Provider};
use workmate::domain::policy::Class;

use super::server::{Act, MODEL, Server};
use crate::process::free_port;

const OWN: &str = "127.0.0.1:1";

fn settings(provider: Provider, url: &str) -> Settings {
    Settings {
        provider,
        url: url.parse().unwrap(),
        name: MODEL.to_owned(),
        patience: Duration::from_secs(20),
        context_tokens: 4096,
        answer_tokens: 400,
        keep_alive: "5m".to_owned(),
        key: None,
        own: OWN.parse().unwrap(),
    }
}

fn prompt() -> Prompt {
    Prompt {
        system: "Fill in the form.".to_owned(),
        user: "A letter".to_owned(),
        schema: r#"{"type":"object","properties":{"kind":{"type":"string"}}}"#.to_owned(),
        tokens: 10,
    }
}

async fn ask(settings: Settings) -> Result<Reply, AskError> {
    Client::of(settings).ask(Class::Sensitive, &prompt()).await
}

/// How both providers take an act.
async fn both(act: Act) -> [Result<Reply, AskError>; 2] {
    let server = Server::that([act]);
    let ollama = ask(settings(Provider::Ollama, &server.url())).await;
    let openai = ask(settings(Provider::OpenAi, &server.url())).await;
    [ollama, openai]
}

#[tokio::test]
async fn both_protocols_are_spoken_as_their_servers_want_them() {
    let server = Server::that([Act::Fill(json!({"kind": "invoice"}))]);
    let said = ask(settings(Provider::Ollama, &server.url()))
        .await
        .unwrap();
    assert_eq!(said.text, r#"{"kind":"invoice"}"#);
    assert_eq!(said.tokens_out, Some(7));
    assert!(said.tokens_in > Some(0));
    let base = format!("{}/v1/", server.url());
    for url in [server.url(), base] {
        let also = ask(settings(Provider::OpenAi, &url)).await.unwrap();
        assert_eq!(also, said);
    }
    let asked = server.asked();
    let form = json!({"type": "object", "properties": {"kind": {"type": "string"}}});
    let messages = json!([
        {"role": "system", "content": "Fill in the form."},
        {"role": "user", "content": "A letter"},
    ]);
    let ollama = json!({
        "model": MODEL, "messages": messages, "format": form, "stream": true, "think": false,
        "keep_alive": "5m",
        "options": {"num_ctx": 4096, "num_predict": 400, "temperature": 0},
    });
    assert_eq!(asked[0].body, ollama);
    let schema = json!({"name": "form", "strict": true, "schema": form});
    let openai = json!({
        "model": MODEL, "messages": messages, "stream": false, "temperature": 0,
        "max_tokens": 400,
        "response_format": {"type": "json_schema", "json_schema": schema},
    });
    assert_eq!(asked[1].body, openai);
    assert_eq!(asked[2].path, "/v1/chat/completions");
}

#[tokio::test]
async fn seconds_of_keeping_alive_are_said_as_a_number() {
    let server = Server::that([Act::Say("{}".to_owned())]);
    let mut always = settings(Provider::Ollama, &server.url());
    always.keep_alive = "-1".to_owned();
    ask(always).await.unwrap();
    assert_eq!(server.asked()[0].body["keep_alive"], json!(-1));
}

#[tokio::test]
async fn a_key_is_shown_to_the_server_and_to_nobody_else() {
    let server = Server::that([Act::Say("{}".to_owned())]).with_key("geheim");
    let mut keyed = settings(Provider::OpenAi, &server.url());
    let without = ask(keyed.clone()).await.unwrap_err();
    assert!(matches!(&without, AskError::Refused { reason } if reason.contains("key_file")));
    keyed.key = Some("geheim".to_owned());
    ask(keyed.clone()).await.unwrap();
    let look = Client::of(keyed).look().await.unwrap();
    assert!(look.has_model);
}

#[tokio::test]
async fn a_server_that_fails_is_told_from_one_that_is_away() {
    for status in [500, 400, 413] {
        for outcome in both(Act::Status(status)).await {
            let error = outcome.unwrap_err();
            assert!(
                matches!(error, AskError::Broken { .. }),
                "{status}: {error}"
            );
            assert!(!error.to_string().contains("letter"), "{error}");
        }
    }
    for status in [429, 503] {
        for outcome in both(Act::Status(status)).await {
            assert!(matches!(outcome, Err(AskError::Away { .. })), "{status}");
        }
    }
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let gone = ask(settings(Provider::Ollama, &nobody)).await;
    assert!(matches!(gone, Err(AskError::Away { .. })), "{gone:?}");
    for act in [Act::Reset, Act::Cut] {
        for outcome in both(act.clone()).await {
            assert!(
                matches!(outcome, Err(AskError::Broken { .. })),
                "{act:?}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn nonsense_in_the_place_of_the_protocol_is_no_answer() {
    for bytes in [
        "",
        "hello",
        "{}",
        "[]",
        r#"{"message": 7, "choices": 7, "done": true}"#,
        r#"{"message": {"content": ["a"]}, "choices": [{}], "done": true}"#,
        r#"{"choices": [], "error": "out of memory, while reading: Dear Mrs Brandt"}"#,
        "\u{0}\u{1}\u{2}",
    ] {
        let outcomes = both(Act::Raw(bytes.into())).await;
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert!(matches!(error, AskError::Broken { .. }), "{bytes}: {error}");
            assert!(!error.to_string().contains("Brandt"), "{error}");
        }
    }
    let deep = "[".repeat(100_000);
    for outcome in both(Act::Raw(deep.into())).await {
        assert!(matches!(outcome, Err(AskError::Broken { .. })));
    }
}

#[tokio::test]
async fn answers_without_end_are_ended() {
    let begun = Instant::now();
    for act in [Act::Endless, Act::Huge, Act::Say("a".repeat(200_000))] {
        for outcome in both(act.clone()).await {
            assert!(matches!(outcome, Err(AskError::Broken { .. })), "{act:?}");
        }
    }
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn an_answer_that_drips_has_its_minutes_and_no_more() {
    for provider in [Provider::Ollama, Provider::OpenAi] {
        let server = Server::that([Act::Drip]);
        let mut slow = settings(provider, &server.url());
        slow.patience = Duration::from_millis(700);
        let begun = Instant::now();
        let error = ask(slow).await.unwrap_err();
        assert!(matches!(&error, AskError::Broken { reason } if reason.contains("longer")));
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_millis(700) && took < Duration::from_secs(5),
            "{took:?}"
        );
    }
    // A slow machine is no broken one.
    let wait = Duration::from_millis(900);
    let server = Server::that([Act::Wait(wait), Act::Say("{}".to_owned())]);
    assert!(ask(settings(Provider::Ollama, &server.url())).await.is_ok());
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let elsewhere = Server::that([Act::Say("{}".to_owned())]);
    let to = format!("{}/api/chat", elsewhere.url());
    for outcome in both(Act::Redirect(to)).await {
        let error = outcome.unwrap_err();
        assert!(matches!(&error, AskError::Refused { reason } if reason.contains("redirects")));
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_document_goes_to_no_address_outside_of_the_house() {
    for url in [
        "http://8.8.8.8:11434",
        "http://169.254.169.254",
        "http://0.0.0.0:11434",
        "http://[fd00:ec2::254]",
        // The house's own listener.
        "http://127.0.0.1:1",
    ] {
        let begun = Instant::now();
        let error = ask(settings(Provider::Ollama, url)).await.unwrap_err();
        assert!(matches!(error, AskError::Refused { .. }), "{url}: {error}");
        // Nobody has waited for a connection.
        assert!(begun.elapsed() < Duration::from_secs(2), "{url}");
    }
}
