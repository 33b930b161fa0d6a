// Lets the phone read a question aloud where there is no recording, and only with a voice that is on the phone
// itself: other voices send the words to somebody's server. What was answered is never spoken.
(() => {
"use strict";
const form = document.getElementById("answers");
const speech = window.speechSynthesis;
if (!form || !form.dataset.listen || !speech || !window.SpeechSynthesisUtterance) return;

const language = (element) => element.closest("[lang]").lang.toLowerCase().split(/[-_]/)[0];
const voice = (wanted) => speech.getVoices().find(
  (each) => each.localService === true && each.lang.toLowerCase().split(/[-_]/)[0] === wanted);
const words = (question) => [...question.querySelectorAll("legend, p[id^='hint.'], .option span, .end span")]
  .map((part) => part.textContent.trim()).filter(Boolean);

const offer = () => {
  for (const question of form.querySelectorAll("fieldset")) {
    if (question.querySelector("audio, .listen") || !voice(language(question))) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet listen";
    button.textContent = form.dataset.listen;
    button.lang = document.documentElement.lang;
    button.addEventListener("click", () => {
      speech.cancel();
      // One part at a time: some browsers stop a long text half-way.
      for (const part of words(question)) {
        const saying = new SpeechSynthesisUtterance(part);
        saying.voice = voice(language(question));
        saying.lang = saying.voice.lang;
        saying.rate = 0.9;
        speech.speak(saying);
      }
    });
    question.querySelector("legend").after(button);
  }
};
offer();
if (speech.addEventListener) speech.addEventListener("voiceschanged", offer);
window.addEventListener("pagehide", () => speech.cancel());
})();
