// Saves each answer as it is given, keeps it on the device until the server has it, waits for a connection,
// asks whether somebody is still there, and leaves at once on Shift three times. Every page works without it.
// Small on purpose: one statement a line, whole-line comments only (scripts.py takes those out).
(() => {
"use strict";
const form = document.getElementById("answers");
const status = document.getElementById("kept");
const still = document.getElementById("still");
if (!form || !status || !window.fetch || !window.URLSearchParams || !Object.entries) return;

const here = form.getAttribute("action");
const token = form.elements.csrf.value;
const page = form.elements.sequence.value;
const queue = [];
let ready = false, busy = false, away = false, tries = 0, count = 0, timer = 0, pressed = null, leaving = null;
let end = Date.now() + form.dataset.left * 1000;

const tell = (what) => {
  status.textContent = what ? status.dataset[what] : "";
  status.classList.toggle("off", what === "off" || what === "wait");
};

// What is on its way is sealed with a key made from the secret of this visit's pages: when the visit is over
// nobody can open it, whoever holds the phone. Without a vault (plain http, very old phones) the page keeps it.
const subtle = window.crypto && crypto.subtle;
let vault = null;
let lock = null;
let mark = "kept.";
try {
  vault = subtle && window.localStorage;
} catch (refused) {
  vault = null;
}
const bytes = (text) => new TextEncoder().encode(text);
const packed = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
const unpacked = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const secret = (name) => subtle.digest("SHA-256", bytes(name + " " + token));

const seal = (batch) => {
  if (!lock) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  subtle.encrypt({ name: "AES-GCM", iv }, lock, bytes(JSON.stringify(batch))).then((sealed) => {
    if (!batch.done) vault.setItem(mark + batch.id, packed(iv) + packed(sealed));
  }).catch(() => {});
};
const unseal = (name) => {
  const text = vault.getItem(name) || "";
  const iv = unpacked(text.slice(0, 16));
  return subtle.decrypt({ name: "AES-GCM", iv }, lock, unpacked(text.slice(16)))
    .then((data) => JSON.parse(new TextDecoder().decode(data)))
    .catch(() => vault.removeItem(name));
};
const forget = (batch) => {
  batch.done = true;
  if (vault) vault.removeItem(mark + batch.id);
};
const kept = () => Object.keys(vault || {}).filter((name) => name.startsWith("kept."));
const wipe = () => {
  queue.splice(0).forEach((batch) => { batch.done = true; });
  kept().forEach((name) => vault.removeItem(name));
};

// What an earlier page of this visit could not send; what another visit left cannot be opened, and goes.
const adopt = () => {
  const names = kept();
  names.filter((name) => !name.startsWith(mark)).forEach((name) => vault.removeItem(name));
  return Promise.all(names.filter((name) => name.startsWith(mark)).sort().map(unseal)).then((found) => {
    const theirs = found.filter(Boolean);
    theirs.filter((batch) => batch.to === here).forEach(show);
    queue.unshift(...theirs);
  });
};
const show = (batch) => {
  for (const [name, value] of new URLSearchParams(batch.body)) {
    for (const field of inputs(name)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = field.checked || field.value === value;
      else field.value = value;
    }
    if (name.startsWith("i.")) known[name] = given(name).toString();
  }
};

const inputs = (name) => [...form.elements].filter((field) => field.name === name);
const given = (name) => {
  const values = new URLSearchParams();
  for (const field of inputs(name)) {
    if ((field.type !== "radio" && field.type !== "checkbox") || field.checked) values.append(name, field.value);
  }
  if (!values.toString()) values.append(name, "");
  return values;
};
const known = {};
for (const field of form.elements) {
  if (field.name.startsWith("i.")) known[field.name] = given(field.name).toString();
}

const note = (name) => {
  if (!name || !name.startsWith("i.")) return;
  const body = given(name);
  if (known[name] === body.toString()) return;
  known[name] = body.toString();
  const id = Date.now() + "-" + String(1000 + ++count);
  body.append("csrf", token);
  body.append("sequence", "k-" + page + "-" + id);
  const batch = { id, to: here, body: body.toString() };
  queue.push(batch);
  seal(batch);
  send();
};

const post = (to, body) => {
  const stop = window.AbortController && new AbortController();
  if (stop) setTimeout(() => stop.abort(), 20000);
  return fetch(to, {
    method: "POST", body, credentials: "same-origin", redirect: "manual",
    headers: { "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded" },
    signal: stop ? stop.signal : undefined,
  });
};
const later = () => {
  away = true;
  tell(leaving ? "wait" : "off");
  timer = setTimeout(send, Math.min(30000, 1000 * Math.pow(2, tries++)) * (0.75 + Math.random() / 2));
};
const heard = (answer) => {
  tries = 0;
  if (answer.ok) answer.clone().json().then((found) => { if (found.left) end = Date.now() + found.left * 1000; }).catch(() => {});
};

// One at a time and in order: an older answer can then never arrive after a newer one.
const send = () => {
  clearTimeout(timer);
  if (busy || !ready) return;
  const batch = queue[0];
  if (!batch && !leaving) {
    if (!away || navigator.onLine === false) return;
    away = false;
    tell("back");
    return;
  }
  busy = true;
  if (!batch) return go();
  post(batch.to + "/keep", batch.body).then((answer) => {
    busy = false;
    if (answer.status === 503) return later();
    heard(answer);
    if (answer.status === 403) return over();
    forget(batch);
    if (queue[0] === batch) queue.shift();
    if (!queue.length && !away && !leaving) tell(answer.ok ? "saved" : "");
    send();
  }).catch(() => {
    busy = false;
    later();
  });
};
const go = () => {
  const mine = kept();
  post(leaving.to, leaving.body).then((answer) => {
    busy = false;
    if (answer.status === 503) return later();
    if (!answer.ok) return itself();
    return answer.json().then((found) => {
      leaving = null;
      mine.forEach((name) => vault.removeItem(name));
      location.assign(found.go);
    });
  }).catch(() => {
    busy = false;
    later();
  });
};
// The page that explains what is wrong comes from the server, in the ordinary way.
const itself = () => {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "do";
  field.value = leaving.wish;
  form.append(field);
  form.submit();
};
const over = () => {
  wipe();
  location.replace("/mine");
};

let typing = 0;
form.addEventListener("change", (event) => note(event.target.name));
form.addEventListener("input", (event) => {
  clearTimeout(typing);
  if (status.textContent && !away) tell("");
  typing = setTimeout(note, 1500, event.target.name);
});
form.addEventListener("click", (event) => {
  pressed = event.target.closest("button") || pressed;
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (leaving) return;
  Object.keys(known).forEach(note);
  // The form holds all that this page has not sent yet; only what is on its way must come first.
  queue.splice(busy ? 1 : 0, queue.length, ...queue.slice(busy ? 1 : 0).filter((batch) => batch.to !== here));
  const wish = pressed ? pressed.value : "next";
  const body = new URLSearchParams(new FormData(form));
  body.append("do", wish);
  leaving = { to: here, body: body.toString(), wish };
  send();
});
window.addEventListener("offline", () => {
  away = true;
  tell(leaving ? "wait" : "off");
});
window.addEventListener("online", () => {
  tries = 0;
  send();
});

// Somebody still there? Asked two minutes before the visit ends, and at the latest half-way.
let before = null;
const warning = Math.min(120000, form.dataset.left * 500);
const watch = () => {
  const left = end - Date.now();
  if (left <= 0) {
    clearInterval(watching);
    post("/over", "csrf=" + encodeURIComponent(token)).then(over, over);
  } else if (left <= warning && still.hidden) {
    still.hidden = false;
    before = document.activeElement;
    still.querySelector("button").focus();
  } else if (left > warning && !still.hidden) {
    still.hidden = true;
    if (before) before.focus();
  }
};
const watching = setInterval(watch, 5000);
document.addEventListener("visibilitychange", watch);
const stay = (event) => {
  event.preventDefault();
  post("/stay", "csrf=" + encodeURIComponent(token)).then((answer) => {
    if (answer.status === 403) return over();
    heard(answer);
    setTimeout(watch, 50);
  }).catch(() => tell("off"));
};
still.addEventListener("submit", stay);
still.addEventListener("keydown", (event) => {
  if (event.key === "Tab") event.preventDefault();
});

// Away from here. Nothing of it may be in front again, whatever the browser remembered.
let shifts = [];
const exit = document.querySelector("form[action='/exit']");
exit.addEventListener("submit", () => {
  wipe();
  setTimeout(() => { document.body.hidden = true; });
});
document.addEventListener("keydown", (event) => {
  shifts = event.key === "Shift" && !event.repeat ? [...shifts, Date.now()].slice(-3) : [];
  if (shifts.length === 3 && shifts[2] - shifts[0] < 2000) exit.querySelector("button").click();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

Promise.resolve().then(() => vault && Promise.all([secret("mark"), secret("key")]).then(([name, key]) => {
  mark = "kept." + packed(name).slice(0, 8) + ".";
  return subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}).then((key) => {
  lock = key;
  queue.forEach(seal);
  return adopt();
})).catch(() => {}).then(() => {
  ready = true;
  if (navigator.onLine === false) later();
  else send();
});
})();
