//! Somebody who lives here, with a browser of their own.

use crate::daemon::Daemon;

/// A person's browser on the daemon.
pub struct Visitor {
    /// The browser, with its cookies.
    pub client: reqwest::Client,
    /// Where the house is.
    pub address: String,
    /// What each form carries.
    pub csrf: String,
}

impl Visitor {
    /// Joins the household under a name, and logs in.
    pub async fn enter(daemon: &Daemon, name: &str) -> Self {
        let secret = format!("{name} keeps a secret");
        daemon
            .command_with(&["person", "add", name], &secret)
            .unwrap();
        crate::process::http();
        let builder = reqwest::Client::builder().cookie_store(true);
        let client = builder.build().unwrap();
        let address = daemon.address.clone();
        let fields = [("name", name), ("password", &secret), ("next", "/me")];
        let page = client
            .post(format!("{address}/login"))
            .body(encoded(&fields));
        let page = page.header("content-type", "application/x-www-form-urlencoded");
        let page = page.send().await.unwrap().text().await.unwrap();
        let after = page
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .expect("a form with a token");
        let csrf = after.split('"').next().unwrap().to_owned();
        Self {
            client,
            address,
            csrf,
        }
    }

    /// Sends a form; the status and the page.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let mut fields = fields.to_vec();
        fields.push(("csrf", &self.csrf));
        let request = self.client.post(format!("{}{path}", self.address));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(encoded(&fields)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// Fields of a form as they travel.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields).finish()
}
