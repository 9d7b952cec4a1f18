//! The update of the box, given on the System page.

use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};

use super::harness::{Browser, Web};

async fn give(web: &Web, browser: &Browser, csrf: &str, bundle: &[u8]) -> Response {
    let file = Part::bytes(bundle.to_vec()).file_name("workmate-rpi4.raucb");
    let form = Form::new().text("csrf", csrf.to_owned()).part("file", file);
    let request = web.request("POST", "/system/update");
    let request = request.header("origin", &web.address);
    browser.ask(request).multipart(form).send().await.unwrap()
}

async fn system(web: &Web, browser: &Browser) -> String {
    let page = browser.ask(web.get("/system")).send().await.unwrap();
    page.text().await.unwrap()
}

#[tokio::test]
async fn a_bundle_is_laid_down_for_the_box_and_the_page_says_what_becomes_of_it() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let laid = web.updates().join("bundle.raucb");
    assert!(system(&web, &anna).await.contains("name=\"file\""));

    let refused = give(&web, &anna, "another", b"hsqs...").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let refused = give(&web, &anna, &anna.csrf, b"%PDF-1.7").await;
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(!laid.exists());

    // Longer than any other body may be.
    let bundle = b"hsqs".repeat(200_000);
    let taken = give(&web, &anna, &anna.csrf, &bundle).await;
    assert_eq!(taken.status(), StatusCode::SEE_OTHER);
    assert_eq!(std::fs::read(&laid).unwrap(), bundle);
    let page = system(&web, &anna).await;
    assert!(page.contains("wird eingespielt") && !page.contains("name=\"file\""));
    let refused = give(&web, &anna, &anna.csrf, &bundle).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);

    std::fs::remove_file(&laid).unwrap();
    let said = "refused: signature <verification> failed\n";
    std::fs::write(web.updates().join("state"), said).unwrap();
    let page = system(&web, &anna).await;
    assert!(
        page.contains("signature &#60;verification&#62; failed"),
        "{page}"
    );
    assert!(page.contains("name=\"file\""), "another one can be given");
}
