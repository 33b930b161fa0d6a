// Copying, sharing and printing, where the browser can, and looking again while work goes on. Without this
// script the address is there to select, and a link to look again.
"use strict";
for (const button of document.querySelectorAll("button[data-does]")) {
  const field = document.getElementById(button.dataset.of);
  const does = {
    copy: navigator.clipboard && (() => navigator.clipboard.writeText(field.value).then(() => {
      button.textContent = button.dataset.done;
    })),
    share: navigator.share && (() => navigator.share({ url: field.value, text: field.dataset.text }).catch(() => {})),
    print: () => window.print(),
  }[button.dataset.does];
  if (does) {
    button.hidden = false;
    button.addEventListener("click", does);
  }
}
const again = document.querySelector("[data-again]");
if (again) {
  setTimeout(() => location.replace(location.href), 1000 * again.dataset.again);
}
