//! Quiet mode, as people see and switch it.

use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use workmate::store::{Viewer, overview};

use super::harness::Web;

#[tokio::test]
async fn quiet_mode_is_seen_and_switched_and_ends_by_itself() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let page = async |path: &str| {
        let answer = anna.ask(web.get(path)).send().await.unwrap();
        answer.text().await.unwrap()
    };
    assert!(!page("/").await.contains("Ruhe bis"));
    let system = page("/system").await;
    assert!(system.contains("Ruhe einschalten"), "{system}");

    let switched = anna
        .form(&web, "/system/quiet", &[("on", "1")])
        .send()
        .await;
    let switched = switched.unwrap();
    assert_eq!(switched.status(), StatusCode::SEE_OTHER);
    assert_eq!(switched.headers()[LOCATION], "/system#quiet");
    let until = || web.store.read(Viewer::House, overview::quiet_until);
    let day = SignedDuration::from_hours(24);
    assert_eq!(until().await.unwrap(), Some(web.now() + day));
    let hours = SignedDuration::from_hours;
    // Used in between, the session goes on.
    web.clock.set(web.now() + hours(2));
    let today = page("/").await;
    assert!(today.contains("Ruhe bis morgen, 10:00."), "{today}");
    assert!(page("/system").await.contains("Ruhe beenden"));

    web.clock.set(web.now() + hours(22));
    let today = page("/").await;
    assert!(
        today.contains("Willkommen.") && !today.contains("Ruhe bis"),
        "{today}"
    );
    for on in ["1", "0"] {
        let switched = anna.form(&web, "/system/quiet", &[("on", on)]).send().await;
        assert_eq!(switched.unwrap().status(), StatusCode::SEE_OTHER);
    }
    assert_eq!(until().await.unwrap(), None);
}
