//! Serving until the house closes: nobody is let in any more, and who is inside is heard out.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long those who came last have to say what they want. A connection that has said nothing yet is cut off
/// where it is told to end, with its request on the way.
const LAST_GUESTS: Duration = Duration::from_millis(200);

/// Serves on `listener` until `stop`; a listener that fails stops everything.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let door = Door {
        listener,
        stop: stop.clone(),
    };
    let closing = {
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            tokio::time::sleep(LAST_GUESTS).await;
        }
    };
    // Tapped for nothing: of all listeners but one of the library's own, only those know their callers' address.
    let serving = axum::serve(door.tap_io(|_| {}), service).with_graceful_shutdown(closing);
    if let Err(error) = serving.await {
        log::error!(error:display; "the web ended");
        stop.cancel();
    }
}

/// A listener that lets nobody in once the house closes: they wait for the next one.
struct Door {
    listener: TcpListener,
    stop: CancellationToken,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => pending().await,
            accepted = Listener::accept(&mut self.listener) => accepted,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
