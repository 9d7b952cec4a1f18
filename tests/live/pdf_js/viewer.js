// Shows /document.pdf as Firefox would, and answers what the tests ask: where the words of the text
// layer stand, what is copied, what a search finds and where.

import * as pdfjs from "/pdf_js/legacy/build/pdf.mjs";

globalThis.pdfjsLib = pdfjs;
const { EventBus, PDFFindController, PDFLinkService, PDFViewer } = await import(
  "/pdf_js/legacy/web/pdf_viewer.mjs"
);
pdfjs.GlobalWorkerOptions.workerSrc = "/pdf_js/legacy/build/pdf.worker.mjs";

const eventBus = new EventBus();
const linkService = new PDFLinkService({ eventBus });
const findController = new PDFFindController({ eventBus, linkService });
const viewer = new PDFViewer({
  container: document.getElementById("room"),
  eventBus,
  linkService,
  findController,
});
linkService.setViewer(viewer);

const shown = new Promise((resolve) => {
  eventBus.on("textlayerrendered", (event) => event.pageNumber === 1 && resolve());
});
const loading = pdfjs.getDocument({ url: "/document.pdf", isEvalSupported: false });
const file = await loading.promise;
viewer.setDocument(file);
linkService.setDocument(file, null);
await shown;

const page = document.querySelector(".page");
const layer = page.querySelector(".textLayer");

// In thousandths of the page's width, from its top left corner.
function place(rect) {
  const sheet = page.querySelector(".canvasWrapper").getBoundingClientRect();
  const scale = 1000 / sheet.width;
  return {
    x: (rect.left - sheet.left) * scale,
    y: (rect.top - sheet.top) * scale,
    w: rect.width * scale,
    h: rect.height * scale,
  };
}

globalThis.words = () =>
  [...layer.querySelectorAll("span")]
    .filter((it) => it.childElementCount === 0 && it.textContent.trim() !== "")
    .map((it) => ({ text: it.textContent, box: place(it.getBoundingClientRect()) }));

globalThis.copied = () => {
  const selection = getSelection();
  selection.removeAllRanges();
  selection.selectAllChildren(layer);
  return selection.toString();
};

let asked = "";
let matches = null;
eventBus.on("updatefindcontrolstate", ({ state, rawQuery }) => {
  // 3: it still searches.
  if (rawQuery !== asked || state === 3) return;
  matches = findController.pageMatches.reduce((sum, it) => sum + (it?.length ?? 0), 0);
});

globalThis.search = (query) => {
  asked = query;
  matches = null;
  eventBus.dispatch("find", { type: "", query, highlightAll: true, caseSensitive: true });
};

// How often the last search found something, and where it is marked; null while it runs.
globalThis.found = () => {
  const marked = [...layer.querySelectorAll(".highlight")].filter((it) => it.textContent.trim());
  const text = marked.map((it) => it.textContent).join(" ");
  const isMarked = text.replace(/\s+/g, " ").startsWith(asked);
  if (matches === null || (matches > 0 && !isMarked)) return null;
  return { matches, boxes: marked.map((it) => place(it.getBoundingClientRect())) };
};

document.body.dataset.ready = "yes";
