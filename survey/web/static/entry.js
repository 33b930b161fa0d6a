// Typing paper: as soon as what was typed cannot become another code, the next field is there.
// Without this script Tab does the same.
"use strict";
const all = [...document.querySelectorAll("input[data-codes], textarea[data-page]")];
// What is folded away is passed over.
const fields = () => all.filter((field) => !field.closest("details:not([open])"));
const go = (field, step) => (fields()[fields().indexOf(field) + step] || document.getElementById("send")).focus();
for (const field of all) {
  if (field.matches("textarea")) continue;
  const codes = field.dataset.codes ? field.dataset.codes.split(" ") : [];
  field.addEventListener("focus", () => field.select());
  field.addEventListener("input", () => {
    const value = field.value.trim();
    const known = codes.includes(value);
    field.toggleAttribute("aria-invalid", codes.length > 0 && value !== "" && !codes.some((code) => code.startsWith(value)));
    if (known && !codes.some((code) => code !== value && code.startsWith(value))) go(field, 1);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      go(field, 1);
    } else if (event.key === "ArrowUp" && field !== fields()[0]) {
      event.preventDefault();
      go(field, -1);
    }
  });
}
