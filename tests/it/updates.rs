//! `workmate update`: the box's own program installs what it is given.

use std::fs;

use crate::daemon::Daemon;
use crate::process::beside;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_is_handed_over_and_its_end_is_told() {
    let daemon = Daemon::prepare(&[]);
    let bundle = daemon.desk().join("workmate.raucb");
    fs::write(&bundle, "hsqs and more").unwrap();
    let given = bundle.to_str().unwrap();
    let refused = daemon.command(&["update", given]).unwrap_err();
    assert!(refused.contains("no image of workmate"), "{refused}");

    let mut daemon = daemon;
    let (folder, state) = (daemon.desk().join("box"), daemon.desk().join("state"));
    fs::create_dir(&folder).unwrap();
    daemon.set("WORKMATE_UPDATE__FOLDER", folder.to_str().unwrap());
    daemon.set("WORKMATE_UPDATE__STATE", state.to_str().unwrap());
    let letter = daemon.desk().join("letter.txt");
    fs::write(&letter, "Dear Sir").unwrap();
    let refused = daemon.command(&["update", letter.to_str().unwrap()]);
    assert!(refused.unwrap_err().contains("no update of the box"));

    for (said, expected) in [
        (
            "refused: signature verification failed",
            Err("verification"),
        ),
        ("installed", Ok("starts anew")),
    ] {
        // The image's program: it takes the bundle away and says what became of it.
        let (laid, state) = (folder.join("bundle.raucb"), state.clone());
        let install = beside(async move {
            while !laid.exists() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            assert_eq!(fs::read(&laid).unwrap(), b"hsqs and more");
            fs::write(&state, "installing").unwrap();
            fs::remove_file(&laid).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
            fs::write(&state, said).unwrap();
        });
        let told = daemon.command(&["update", given]);
        install.await.unwrap();
        match (told, expected) {
            (Ok(told), Ok(word)) | (Err(told), Err(word)) => assert!(told.contains(word), "{told}"),
            other => panic!("{other:?}"),
        }
    }
}
