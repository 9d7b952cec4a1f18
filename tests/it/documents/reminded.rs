//! When the house speaks of what documents ask for: archives, and deadlines that move.

use super::*;

#[tokio::test]
async fn an_archive_poured_in_makes_no_reminders() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("old bill", bill(8420, date(2024, 3, 18)))
        .await;
    let task = house.tasks(document.id).await.remove(0);
    assert!(task.arrived_late);
    let ladder = Ladder::standard(time(8, 0, 0, 0));
    let plan = reminder::plan(&task, &ladder, &TimeZone::UTC);
    assert_eq!(plan, []);
}

#[tokio::test]
async fn an_archive_is_asked_about_once_the_next_morning() {
    let house = House::on("2026-03-01");
    let anna = |tx: &workmate::store::WriteTx<'_>| {
        let manner = Manner {
            ways: vec![ChannelName::Gotify],
            ..Manner::default()
        };
        let anna = people::create(tx, "Anna", "no password", None)?;
        manners::set(tx, anna.id, &manner)
    };
    let caller = Caller::house("test", "command");
    house.store.write(caller, anna).await.unwrap();
    for number in 0..3 {
        let old = bill(100 + number, date(2024, 3, 18));
        house.understood(&format!("old bill {number}"), old).await;
    }
    let mut remind = house.remind();
    let stop = CancellationToken::new();
    let mut asked = Vec::new();
    for moment in [
        "2026-03-01T20:00",
        "2026-03-02T07:59",
        "2026-03-02T08:00",
        "2026-03-03T08:00",
    ] {
        house.clock.set(format!("{moment}:00Z").parse().unwrap());
        while remind.turn(&stop).await.unwrap() == Turn::More {}
        for channel in [ChannelName::Mqtt, ChannelName::Gotify] {
            let waiting =
                move |tx: &workmate::store::ReadTx<'_>| deliveries::waiting(tx, channel, 10);
            for waiting in house.store.read(Viewer::House, waiting).await.unwrap() {
                let about = match waiting.subject {
                    Subject::Digest { tasks } => tasks.len().to_string(),
                    Subject::Tasks(spoken) => format!("{spoken:?}"),
                    Subject::Test => "test".to_owned(),
                };
                asked.push(format!("{moment} {channel}: {about}"));
            }
        }
    }
    // The one digest waits to be said from the next morning on; no second one joins it.
    assert_eq!(
        asked,
        [
            "2026-03-02T08:00 mqtt: 3",
            "2026-03-02T08:00 gotify: 3",
            "2026-03-03T08:00 mqtt: 3",
            "2026-03-03T08:00 gotify: 3",
        ]
    );
}

/// Lets the clock run hour by hour; what was said meanwhile, one event in a line.
async fn told(house: &House, remind: &mut Remind, until: &str) -> String {
    let until: Timestamp = until.parse().unwrap();
    let stop = CancellationToken::new();
    let mut lines = Vec::new();
    while house.clock.now() < until {
        while remind.turn(&stop).await.unwrap() == Turn::More {}
        let said = house.store.write(Caller::worker("deliver"), |tx| {
            let mut said = Vec::new();
            for waiting in deliveries::waiting(tx, ChannelName::Mqtt, 10)? {
                let id = waiting.delivery.id;
                let attempt = deliveries::begin_attempt(tx, id)?.unwrap();
                deliveries::finish_attempt(tx, id, attempt, &Outcome::Delivered)?;
                let Subject::Tasks(spoken) = waiting.subject else {
                    panic!("{:?}", waiting.subject);
                };
                let lines = spoken.iter().map(|it| {
                    let at = tx.now().strftime("%Y-%m-%d %H:%M");
                    let due = it.task.due.unwrap();
                    format!("{at} {}, due on {due} ({})", it.task.title, it.level)
                });
                said.extend(lines);
            }
            Ok(said)
        });
        lines.extend(said.await.unwrap());
        house.clock.set(house.clock.now() + 1.hour());
    }
    lines.join("\n")
}

#[tokio::test]
async fn the_deadline_that_moved_when_the_document_was_corrected() {
    let house = House::on("2026-03-01");
    let mut remind = house.remind();
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 25)))
        .await;
    assert_snapshot!(told(&house, &mut remind, "2026-03-18T12:00:00Z").await, @r"
    2026-03-18 08:00 Wasserwerk Müller: pay €84.20, due on 2026-03-25 (info)
    ");
    // The page is read anew: the day was the nineteenth, which is tomorrow.
    let id = document.id;
    let again = move |tx: &workmate::store::WriteTx<'_>| {
        documents::retry(tx, id)?;
        pages::keep(tx, id, &reading_of("water bill"))?;
        findings::keep(tx, id, &bill(8420, date(2026, 3, 19)))
    };
    let caller = Caller::worker("test");
    house.store.write(caller, again).await.unwrap();
    house.derive().await;
    // Told at once that it is urgent; nothing is said any more for the day that it was not.
    assert_snapshot!(told(&house, &mut remind, "2026-03-20T12:00:00Z").await, @r"
    2026-03-18 12:00 Wasserwerk Müller: pay €84.20, due on 2026-03-19 (urgent)
    2026-03-19 08:00 Wasserwerk Müller: pay €84.20, due on 2026-03-19 (urgent)
    2026-03-20 08:00 Wasserwerk Müller: pay €84.20, due on 2026-03-19 (overdue)
    ");
    // Paid: the old day passes in silence.
    let task = house.tasks(id).await.remove(0).id;
    let done = move |tx: &workmate::store::WriteTx<'_>| {
        let answer = Answer {
            answer: AnswerKind::Done,
            until: None,
        };
        tasks::answer(tx, task, &answer, tx.now())
    };
    let caller = Caller::house("anna", "web");
    house.store.write(caller, done).await.unwrap();
    assert_snapshot!(told(&house, &mut remind, "2026-03-27T12:00:00Z").await, @"");
}
