//! Traces for a collector of OpenTelemetry: OTLP over HTTP, in JSON
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! JSON and not protobuf, because every collector takes both, and a hundred spans a day are worth no second
//! encoder.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::SendError;
use super::http::{self, Http};
use super::push::judged;

/// For one request, answer included.
const PATIENCE: Duration = Duration::from_secs(20);

/// Something that took its time, as a collector knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace: u128,
    /// Its number, from 1; the same in no other span of the trace.
    pub id: u64,
    /// The span that it is a part of.
    pub parent: Option<u64>,
    /// What was done.
    pub name: String,
    /// From when
    pub start: Timestamp,
    /// to when.
    pub end: Timestamp,
    /// Whether it went wrong.
    pub has_failed: bool,
    /// More about it.
    pub attributes: Vec<(&'static str, String)>,
}

/// A collector that somebody configured.
#[derive(Clone)]
pub struct Collector {
    http: Http,
    url: Url,
    authorization: Option<String>,
}

/// Secrets never show.
impl std::fmt::Debug for Collector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Collector")
    }
}

impl Collector {
    /// Tells the collector at `url`, with that value of the header `Authorization`.
    pub const fn new(http: Http, url: Url, authorization: Option<String>) -> Self {
        Self {
            http,
            url,
            authorization,
        }
    }

    /// Tells it `spans`.
    ///
    /// # Errors
    /// Transient while it is away or has too much to do, permanent where it does not understand.
    pub async fn tell(&self, spans: &[Span]) -> Result<(), SendError> {
        let reached = self.http.reach(&self.url, PATIENCE).await?;
        let mut request = reached.post("/v1/traces", request(spans).to_string());
        if let Some(authorization) = &self.authorization {
            request = request.header(reqwest::header::AUTHORIZATION, authorization);
        }
        let answer = request.send().await.map_err(|it| http::trouble(&it))?;
        judged(answer.status().as_u16())
    }
}

/// An `ExportTraceServiceRequest`.
fn request(spans: &[Span]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let resource = attributes(&[
        ("service.name", "workmate".to_owned()),
        ("service.version", version.to_owned()),
    ]);
    let spans: Vec<Value> = spans.iter().map(span).collect();
    let scope = json!({"name": "workmate", "version": version});
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }]})
}

fn span(it: &Span) -> Value {
    // 0 is unset, 2 an error, 1 a span's kind that is nobody's request.
    let status = if it.has_failed { 2 } else { 0 };
    let parent = it.parent.map(id).unwrap_or_default();
    json!({
        "traceId": format!("{:032x}", it.trace),
        "spanId": id(it.id),
        "parentSpanId": parent,
        "name": it.name,
        "kind": 1,
        "startTimeUnixNano": it.start.as_nanosecond().to_string(),
        "endTimeUnixNano": it.end.as_nanosecond().to_string(),
        "attributes": attributes(&it.attributes),
        "status": {"code": status},
    })
}

fn id(number: u64) -> String {
    format!("{number:016x}")
}

fn attributes(of: &[(&'static str, String)]) -> Vec<Value> {
    of.iter()
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_as_the_protocol_has_it() {
        let told = request(&[Span {
            trace: 0x0199_0000_0000_0000_0000_0000_0000_00ff,
            id: 7,
            parent: Some(3),
            name: "document read".to_owned(),
            start: Timestamp::from_second(1).unwrap(),
            end: Timestamp::from_millisecond(1500).unwrap(),
            has_failed: true,
            attributes: vec![("workmate.actor", "read_documents".to_owned())],
        }]);
        let resource = &told["resourceSpans"][0];
        let name = json!({"key": "service.name", "value": {"stringValue": "workmate"}});
        assert_eq!(resource["resource"]["attributes"][0], name);
        let scope = &resource["scopeSpans"][0];
        assert_eq!(scope["scope"]["name"], "workmate");
        let expected = json!([{
            "traceId": "019900000000000000000000000000ff",
            "spanId": "0000000000000007",
            "parentSpanId": "0000000000000003",
            "name": "document read",
            "kind": 1,
            "startTimeUnixNano": "1000000000",
            "endTimeUnixNano": "1500000000",
            "attributes": [
                {"key": "workmate.actor", "value": {"stringValue": "read_documents"}},
            ],
            "status": {"code": 2},
        }]);
        assert_eq!(scope["spans"], expected);
    }
}
