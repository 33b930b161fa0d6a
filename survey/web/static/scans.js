// Confirming scans: F2 shows the whole page, with the question that is in hand; F2 or Escape leads back.
// Without this script there is a link at every question.
"use strict";
const whole = document.getElementById("whole");
const [picture, here] = whole.querySelectorAll("image, rect");
document.addEventListener("keydown", (event) => {
  if (event.key !== "F2") return;
  event.preventDefault();
  if (whole.open) {
    whole.close();
    return;
  }
  const field = document.activeElement.closest("[data-page]") || document.querySelector("[data-page]");
  if (!field) return;
  const address = `/desk/scans/pages/${field.dataset.page}/picture`;
  if (picture.getAttribute("href") !== address) picture.setAttribute("href", address);
  const place = field.dataset.place.split(" ");
  ["x", "y", "width", "height"].forEach((name, at) => here.setAttribute(name, place[at]));
  whole.showModal();
  here.scrollIntoView({ block: "center" });
});
