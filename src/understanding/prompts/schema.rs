//! The JSON schema of an answer. A server that keeps to it can only answer with what stands on the
//! page; whether it did is checked all the same.

use serde_json::{Map, Value as Json, json};

use crate::domain::counsel::{Gap, Material};
use crate::domain::document::Kind;
use crate::understanding::answer::KIND_WORDS;

/// The schema of the form about `material`: a text for each gap, one of its choices or empty. It keeps
/// to the part of JSON Schema that grammars of small servers and the strict mode of large ones know.
pub fn schema(material: &Material) -> String {
    let mut properties = Map::new();
    for gap in &material.gaps {
        if *gap == Gap::Kind {
            let kinds = Kind::ALL.iter().map(|it| it.as_str());
            properties.insert(gap.as_str().to_owned(), one_of(kinds));
            properties.insert(KIND_WORDS.to_owned(), json!({"type": "string"}));
            continue;
        }
        let choices = material.choices.iter().filter(|it| it.gap == *gap);
        let words = one_of(choices.map(|it| it.words.as_str()));
        properties.insert(gap.as_str().to_owned(), words);
    }
    let required: Vec<&String> = properties.keys().collect();
    let schema = json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    });
    schema.to_string()
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> Json {
    let words: Vec<&str> = words.chain([""]).collect();
    json!({"type": "string", "enum": words})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counsel::Choice;
    use crate::domain::finding::{Evidence, Value};
    use crate::domain::value::Rect;

    #[test]
    fn only_what_stands_on_the_page_can_be_answered() {
        let evidence = Evidence {
            page: 1,
            text: "Stadtwerke \"Süd\"".to_owned(),
            at: Rect::default(),
        };
        let material = Material {
            gaps: vec![Gap::Kind, Gap::Sender],
            lines: Vec::new(),
            choices: vec![Choice {
                gap: Gap::Sender,
                words: evidence.text.clone(),
                value: Value::Text(evidence.text.clone()),
                evidence,
            }],
        };
        let schema: Json = serde_json::from_str(&schema(&material)).unwrap();
        let sender = &schema["properties"]["sender"];
        assert_eq!(sender["enum"], json!(["Stadtwerke \"Süd\"", ""]));
        assert_eq!(schema["required"], json!(["kind", "kind_words", "sender"]));
        let kinds = schema["properties"]["kind"]["enum"].as_array().unwrap();
        assert_eq!(kinds.len(), Kind::ALL.len() + 1);
    }
}
