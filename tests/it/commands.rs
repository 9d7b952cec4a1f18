//! The commands, as somebody at a terminal meets them.

use crate::daemon::Daemon;

#[tokio::test]
async fn the_doctor_finds_a_prepared_machine_well() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let said = daemon.command(&["doctor"]).unwrap();
    for line in [
        "well   daemon: it runs and its store answers",
        "well   letters on pictures: deu",
        "well   letters on pictures: eng",
        "well   reader: it starts",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("WRONG"), "{said}");
    assert_eq!(daemon.command(&["health"]).unwrap(), "well");

    let report = daemon.command(&["doctor", "--report"]).unwrap();
    let found = "well   daemon: it runs and its store answers";
    for part in [found, "== Machine", "cores", "data.dir = ", "== Log"] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[tokio::test]
async fn commands_work_beside_a_running_daemon_and_without_one() {
    let mut daemon = Daemon::prepare(&[]);
    let file = daemon.desk().join("letter.txt");
    std::fs::write(&file, "a letter with more than a few words in it").unwrap();
    let file = file.display().to_string();
    let without = daemon.command(&["add", &file]).unwrap();
    assert!(daemon.command(&["health"]).is_err());
    daemon.start().await;
    let beside = daemon.command(&["add", &file]).unwrap();
    let id = |said: &str| said.split_whitespace().next().unwrap().to_owned();
    assert_eq!(id(&without), id(&beside));
    assert!(beside.contains("was here already"), "{beside}");
    assert!(
        daemon
            .command(&["person", "link"])
            .unwrap()
            .contains("/first-login/")
    );
    assert!(
        daemon
            .command(&["journal", "verify"])
            .unwrap()
            .contains("unbroken")
    );
    let twice = daemon.command(&["token", "create", "test"]).unwrap_err();
    assert!(twice.contains("there is a token test already"), "{twice}");
}

#[test]
fn a_wrong_configuration_says_where_and_what() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("workmate.toml");
    std::fs::write(&file, "[server]\nlitsen = \"x\"\n").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_workmate"));
    let output = command
        .arg("check")
        .arg("--config")
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        said.contains("line 2: there is no key `server.litsen`; did you mean `listen`?"),
        "{said}"
    );
}

#[test]
fn a_picture_becomes_a_searchable_pdf_that_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("leer.png");
    let grey = image::GrayImage::from_pixel(62, 88, image::Luma([255]));
    grey.save(&file).unwrap();
    let archive = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_workmate"));
        command.arg("archive").arg(&file).output().unwrap()
    };
    let first = archive();
    assert!(first.status.success(), "{first:?}");
    let copy = dir.path().join("leer.searchable.pdf");
    let said = String::from_utf8_lossy(&first.stdout).into_owned();
    assert_eq!(said.trim(), copy.display().to_string());
    assert!(std::fs::read(&copy).unwrap().starts_with(b"%PDF-"));
    let second = archive();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("is there already"), "{said}");
}

#[test]
fn a_deadline_explains_itself_or_says_that_there_is_none() {
    let deadline = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_workmate"));
        command.arg("deadline").args(arguments).output().unwrap()
    };
    let found = deadline(&[
        "Einspruch innerhalb eines Monats nach Bekanntgabe",
        "--kind",
        "tax",
        "--issued",
        "2026-01-28",
        "--json",
    ]);
    assert!(found.status.success(), "{found:?}");
    let answer: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let first = &answer["deadlines"][0];
    assert_eq!(first["due"], "2026-03-02");
    assert_eq!(first["safe_due"], "2026-02-28");
    assert_eq!(first["law"], "§ 355 Abs. 1 AO");
    assert_eq!(first["steps"][1]["law"], "§ 108 Abs. 3 AO");
    assert_eq!(first["steps"][1]["to"], "2026-02-02");

    let none = deadline(&["Vielen Dank.", "--issued", "2026-01-28"]);
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(said.contains("the text sets no deadline"), "{said}");

    let elsewhere = deadline(&["x", "--issued", "2026-01-28", "--region", "FR"]);
    assert_eq!(elsewhere.status.code(), Some(2));
}
