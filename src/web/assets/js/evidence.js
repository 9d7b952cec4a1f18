// A claim and the words that support it light up together. Links do the same without this file.

const counterpart = (id) => {
  const [prefix, mark] = [id.slice(0, 2), id.slice(2)];
  return document.getElementById((prefix === "e-" ? "f-" : "e-") + mark);
};

function light(element, isLit) {
  const own = element.closest(".finding") ?? element.querySelector?.("rect") ?? element;
  if (!own?.id) return;
  own.classList.toggle("is-lit", isLit);
  counterpart(own.id)?.classList.toggle("is-lit", isLit);
}

const target = (event) =>
  event.target instanceof Element ? event.target.closest(".finding, .marks a") : null;
for (const [name, isLit] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(name, (event) => {
    const element = target(event);
    if (element) light(element, isLit);
  });
}

// The page with the words comes into view inside its column, without moving the claims away.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-evidence]") : null;
  const hash = link?.hash;
  if (!hash) return;
  const mark = document.getElementById(hash.slice(1));
  if (!mark) return;
  event.preventDefault();
  history.replaceState(null, "", hash);
  for (const lit of document.querySelectorAll(".marks .is-lit")) lit.classList.remove("is-lit");
  mark.classList.add("is-lit");
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  mark.scrollIntoView({ block: "center", behavior: isCalm ? "auto" : "smooth" });
});
