//! What is done where the two sides differ.

use jiff::ToSpan;
use jiff::civil::date;

use super::*;

const ALL: Features = Features(127);
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn task(number: u128, title: &str) -> Task {
    Task::new(TaskId::new(NOW, number), title.to_owned(), NOW)
}

fn item(uid: &str, title: &str) -> Item {
    Item {
        uid: uid.to_owned(),
        entry: Entry {
            title: title.to_owned(),
            due: None,
            is_done: false,
        },
        description: String::new(),
    }
}

fn pair(task: Task, uid: Option<&str>) -> Pair {
    Pair {
        agreed: entry(&task, Keeps::Hours),
        task,
        uid: uid.map(str::to_owned),
        came: Came::FromHere,
        missing_since: None,
        is_dismissed: false,
    }
}

fn look(pairs: Vec<Pair>, unpaired: Vec<Task>, items: Vec<Item>) -> Look {
    Look {
        pairs,
        unpaired,
        items,
        features: ALL,
        now: NOW + 1.hour(),
    }
}

#[test]
fn what_is_new_goes_to_the_other_side() {
    let (bins, milk) = (task(1, "Bins"), item("m", "Milk"));
    let steps = steps(&look(Vec::new(), vec![bins.clone()], vec![milk.clone()]));
    let entry = entry(&bins, Keeps::Hours);
    let add = Step::Add {
        task: bins.id,
        entry,
    };
    assert_eq!(steps, [add, Step::Take(milk)]);
}

#[test]
fn an_item_that_was_being_added_is_found_and_not_added_again() {
    let bins = pair(task(1, "Bins"), None);
    let adopt = Step::Adopt {
        task: bins.task.id,
        uid: "b".to_owned(),
        agreed: bins.agreed.clone(),
    };
    // By what it says, or by the page it points to, whatever it says by now.
    let mut renamed = item("b", "All the bins");
    renamed.description = format!("http://nas/tasks/{}", bins.task.id);
    for found in [item("b", "Bins"), renamed] {
        let steps = steps(&look(vec![bins.clone()], Vec::new(), vec![found]));
        assert_eq!(steps, std::slice::from_ref(&adopt));
    }
    let again = steps(&look(vec![bins.clone()], Vec::new(), Vec::new()));
    assert!(matches!(again.as_slice(), [Step::Add { .. }]));
}

#[test]
fn what_both_say_is_left_alone() {
    let bins = pair(task(1, "Bins"), Some("b"));
    let still = look(vec![bins.clone()], Vec::new(), vec![item("b", "Bins")]);
    assert_eq!(steps(&still), []);
    let renamed = look(vec![bins], Vec::new(), vec![item("b", "All the bins")]);
    let found = steps(&renamed);
    let [Step::Settle { wanted, there, .. }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((wanted.title.as_str(), wanted), ("All the bins", there));
}

#[test]
fn an_item_counts_as_taken_away_after_a_while() {
    let mut bins = pair(task(1, "Bins"), Some("b"));
    let id = bins.task.id;
    let gone = |bins: &Pair| steps(&look(vec![bins.clone()], Vec::new(), Vec::new()));
    assert_eq!(gone(&bins), [Step::Miss { task: id }]);
    bins.missing_since = Some(NOW + 1.hour() - 1.second());
    assert_eq!(gone(&bins), []);
    bins.missing_since = Some(NOW);
    let came = Came::FromHere;
    assert_eq!(gone(&bins), [Step::Vanished { task: id, came }]);
    bins.task.status = Status::Done;
    assert_eq!(gone(&bins), [Step::Part { task: id }]);
    bins.is_dismissed = true;
    bins.task.status = Status::Open;
    assert_eq!(gone(&bins), []);
}

#[test]
fn what_is_nobodys_any_more_or_private_goes_from_the_list() {
    let mut bins = pair(task(1, "Bins"), Some("b"));
    bins.task.visible_to = Visibility::Persons(Vec::new());
    let items = vec![item("b", "Bins")];
    let found = steps(&look(vec![bins.clone()], Vec::new(), items.clone()));
    assert!(matches!(found.as_slice(), [Step::Remove { .. }]));
    // A list that cannot remove has it ticked; it never comes back as a task.
    bins.task.status = Status::NotMine;
    let mut fixed = look(vec![bins], Vec::new(), items);
    fixed.features = Features(1);
    assert_eq!(steps(&fixed), []);
}

#[test]
fn a_list_that_keeps_days_alone_is_not_told_of_hours() {
    let mut bins = task(1, "Bins");
    (bins.due, bins.due_time) = (Some(date(2026, 3, 1)), Some(jiff::civil::time(9, 0, 0, 0)));
    assert_eq!(
        entry(&bins, Keeps::Days).due,
        Some((date(2026, 3, 1), None))
    );
    assert_eq!(entry(&bins, Keeps::Nothing).due, None);
}
