//! A server outside the house that a test plays.

use axum::Router;

use crate::process::beside;

/// Serves `router` until the test ends; its address, without a path.
pub async fn serving(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(beside(async move {
        axum::serve(listener, router).await.unwrap();
    }));
    address
}
