//! What a program may say of a task: within the limits, and about people who are there.

use super::task_shapes::StepBody;
use crate::domain::id::PersonId;
use crate::domain::task::{LABELS_MAX, LINKS_MAX, STEPS_MAX, labels_of};
use crate::store::{Error, ReadTx, people};
use crate::web::failure::Failure;
use crate::web::pages::task_form::{NOTES_LETTERS_MAX, TITLE_LETTERS_MAX};

/// Moments and people of one task.
const ENTRIES_MAX: usize = 50;

pub(super) fn check_texts(title: Option<&str>, notes: Option<&str>) -> Result<(), Failure> {
    let is_bad = |it: &str| it.trim().is_empty() || it.chars().count() > TITLE_LETTERS_MAX;
    if title.is_some_and(is_bad) {
        return Err(Failure::Invalid(format!(
            "title: 1 to {TITLE_LETTERS_MAX} letters"
        )));
    }
    if notes.is_some_and(|it| it.chars().count() > NOTES_LETTERS_MAX) {
        return Err(Failure::Invalid(format!(
            "notes: at most {NOTES_LETTERS_MAX} letters"
        )));
    }
    Ok(())
}

pub(super) fn check_entries(count: usize) -> Result<(), Failure> {
    if count > ENTRIES_MAX {
        return Err(Failure::Invalid(format!(
            "remind_at, assignees: at most {ENTRIES_MAX}"
        )));
    }
    Ok(())
}

pub(super) fn check_links(count: usize) -> Result<(), Failure> {
    if count > LINKS_MAX {
        return Err(Failure::Invalid(format!(
            "documents, blocked_by: at most {LINKS_MAX}"
        )));
    }
    Ok(())
}

pub(super) fn check_steps(steps: &[StepBody]) -> Result<(), Failure> {
    if steps.len() > STEPS_MAX {
        return Err(Failure::Invalid(format!("steps: at most {STEPS_MAX}")));
    }
    steps
        .iter()
        .try_for_each(|it| check_texts(Some(&it.title), None))
}

pub(super) fn checked_labels(labels: &[String]) -> Result<Vec<String>, Failure> {
    if labels.len() > LABELS_MAX
        || labels
            .iter()
            .any(|it| it.chars().count() > TITLE_LETTERS_MAX)
    {
        return Err(Failure::Invalid(format!(
            "labels: at most {LABELS_MAX}, each of at most {TITLE_LETTERS_MAX} letters"
        )));
    }
    Ok(labels_of(labels.iter().map(String::as_str)))
}

pub(super) fn check_people(tx: &ReadTx<'_>, people: &[PersonId]) -> Result<(), Error> {
    people
        .iter()
        .try_for_each(|it| people::by_id(tx, *it).map(|_| ()))
}
