// Keeps the parts marked `data-live` as they are in the house: when the house says that something
// has changed, the page is fetched again and those parts are exchanged. A part in which somebody
// is typing, or has a menu open, waits.

// Under which path the house lies: none, or the one that Home Assistant has for it.
const base = document.querySelector("meta[name=base]")?.content ?? "";
const parts = () => document.querySelectorAll("[data-live][id]");
const offline = document.getElementById("offline");

const isInUse = (part) => {
  const active = document.activeElement;
  const isTyping = part.contains(active) && active.matches("input, textarea, select");
  return isTyping || part.querySelector("details.menu[open], details.correct[open], .choose :checked") !== null;
};

// Moves the bar of a document that is being read; a page without that bar has nothing to move.
function move({ id, pages_done: done, pages }) {
  for (const bar of document.querySelectorAll(`progress[data-reading="${CSS.escape(id)}"]`)) {
    bar.max = pages;
    bar.value = done;
    const label = bar.parentElement.querySelector(".bar-label");
    if (label) label.textContent = bar.dataset.label.replace("{done}", done).replace("{pages}", pages);
  }
}

let waiting = null;
let isRefreshing = false;

async function refresh() {
  waiting = null;
  if (isRefreshing) return soon(500);
  isRefreshing = true;
  try {
    const response = await fetch(location.href, { headers: { "X-Live": "1" } });
    if (response.redirected && new URL(response.url).pathname === "/login") {
      location.assign("/login");
      return;
    }
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    let isLeftOver = false;
    for (const part of parts()) {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.innerHTML) continue;
      if (isInUse(part)) {
        isLeftOver = true;
        continue;
      }
      exchange(part, next);
    }
    exchangeNavigation(fresh);
    if (isLeftOver) soon(4000);
  } catch {
    soon(5000);
  } finally {
    isRefreshing = false;
  }
}

function exchange(part, next) {
  const open = new Set();
  part.querySelectorAll("details[open]").forEach((it, index) => open.add(it.id || index));
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(...document.importNode(next, true).childNodes);
  part.querySelectorAll("details").forEach((it, index) => {
    if (open.has(it.id || index) && !it.classList.contains("menu")) it.open = true;
  });
  if (focused) document.getElementById(focused)?.focus();
  document.dispatchEvent(new CustomEvent("workmate:changed"));
}

function exchangeNavigation(fresh) {
  const [now, next] = [document.querySelector(".nav"), fresh.querySelector(".nav")];
  if (now && next && now.innerHTML !== next.innerHTML && !now.contains(document.activeElement)) {
    now.replaceChildren(...document.importNode(next, true).childNodes);
  }
}

function soon(milliseconds) {
  if (waiting === null) waiting = setTimeout(refresh, milliseconds);
}

function listen() {
  const events = new EventSource(`${base}/api/v1/events`);
  for (const name of ["document", "task", "reminder"]) {
    events.addEventListener(name, () => soon(150));
  }
  events.addEventListener("progress", (event) => move(JSON.parse(event.data)));
  let wasLost = false;
  events.addEventListener("open", () => {
    if (offline) offline.hidden = true;
    if (wasLost) soon(0);
    wasLost = false;
  });
  events.addEventListener("error", () => {
    wasLost = true;
    setTimeout(() => {
      if (wasLost && offline) offline.hidden = false;
    }, 3000);
    // A refused stream is not tried again by the browser itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 10000);
  });
  addEventListener("pagehide", () => events.close(), { once: true });
}

listen();
// A page that comes back from the browser's memory is old.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    listen();
    soon(0);
  }
});
