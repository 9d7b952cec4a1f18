// The filters of the documents apply themselves; without this file a button does it.

document.documentElement.classList.add("has-script");

for (const form of document.querySelectorAll("form[data-filter]")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
}
