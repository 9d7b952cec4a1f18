// Sends files one after the other, with their progress, from the button or by drag and drop.
// Without this file the form sends them all at once.

// Under which path the house lies: none, or the one that Home Assistant has for it.
const base = document.querySelector("meta[name=base]")?.content ?? "";
document.documentElement.classList.add("has-script");
const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

for (const form of document.querySelectorAll("form[data-upload]")) {
  const list = form.querySelector(".uploads");
  const input = form.querySelector("input[type=file]");
  const queue = [];
  let isSending = false;

  const add = (files) => {
    for (const file of files) {
      const line = document.createElement("li");
      const name = document.createElement("span");
      const state = document.createElement("span");
      const bar = document.createElement("progress");
      name.textContent = file.name;
      state.textContent = form.dataset.waiting;
      bar.max = 1;
      bar.value = 0;
      line.append(name, state, bar);
      list.append(line);
      queue.push({ file, line, name, state, bar, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` });
    }
    next();
  };

  const next = () => {
    if (isSending || queue.length === 0) return;
    isSending = true;
    send(form, queue.shift()).finally(() => {
      isSending = false;
      next();
    });
  };

  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });

  // The whole page takes a drop; the form shows where it goes.
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    form.classList.add("is-over");
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) form.classList.remove("is-over");
  });
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    form.classList.remove("is-over");
    add([...event.dataTransfer.files]);
  });
}

function send(form, item) {
  const { promise, resolve } = deferred();
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", item.file, item.file.name);
  item.state.textContent = form.dataset.sending;
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) item.bar.value = event.loaded / event.total;
  });
  request.addEventListener("loadend", () => {
    item.bar.remove();
    const answer = parsed(request.responseText);
    if (request.status === 201 || request.status === 200) {
      const link = document.createElement("a");
      link.href = `${base}/documents/${answer.id}`;
      link.textContent = item.file.name;
      item.name.replaceChildren(link);
      item.state.className = "is-kept";
      item.state.textContent = request.status === 201 ? form.dataset.kept : form.dataset.known;
    } else {
      item.state.className = "is-failed";
      item.state.textContent = form.dataset.failed;
      const reason = reasonFor(form, request.status) ?? answer.detail;
      if (reason) {
        const why = document.createElement("span");
        why.className = "why";
        why.textContent = reason;
        item.line.append(why);
      }
    }
    resolve();
  });
  request.open("POST", `${base}/api/v1/documents`);
  request.setRequestHeader("X-CSRF-Token", csrf);
  request.setRequestHeader("Idempotency-Key", item.key);
  request.send(body);
  return promise;
}

// The usual reasons stand on the page in its language; the API explains the others.
function reasonFor(form, status) {
  const { tooLarge, wrongType, diskFull } = form.dataset;
  return { 413: tooLarge, 415: wrongType, 507: diskFull }[status];
}

function deferred() {
  let resolve;
  const promise = new Promise((it) => (resolve = it));
  return { promise, resolve };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
