// Keeps the board as the server last told it, says how old that is, and greys it out when it is too old.
"use strict";
const body = document.body;
const staleAfter = Number(body.dataset.staleSeconds);
const age = document.getElementById("age");
const noData = document.getElementById("no-data");
const sound = document.getElementById("sound");
let toldAge = Number(body.dataset.ageSeconds);
let toldAt = performance.now();
let alarmed = false;
let audio = null;

// Make `old` like `fresh` by changing only what differs, so that focus and a screen reader's place stay.
function become(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  becomeChildren(old, fresh);
}

function becomeChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  wanted.forEach((node, index) => {
    const present = old.childNodes[index];
    if (present) become(present, node);
    else old.append(node);
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

function show(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const template = document.createElement("template");
    template.innerHTML = html;
    becomeChildren(document.getElementById(name), template.content);
  }
}

function tellAge() {
  const seconds = Math.floor(toldAge + (performance.now() - toldAt) / 1000);
  age.textContent = body.dataset.updated.replace("{n}", seconds);
  const stale = seconds > staleAfter;
  body.classList.toggle("stale", stale);
  if (stale !== (noData.textContent !== "")) noData.textContent = stale ? noData.dataset.text : "";
  for (const hour of [1, 2, 3]) body.classList.toggle("shift-" + hour, new Date().getHours() % 4 === hour);
}

function beep() {
  if (!audio) return;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.2;
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.6);
}

function wantSound(wanted) {
  audio = wanted ? new AudioContext() : null;
  sound.setAttribute("aria-pressed", String(wanted));
  localStorage.setItem("sound", wanted ? "on" : "off");
}

sound.addEventListener("click", () => wantSound(audio === null));
if (localStorage.getItem("sound") === "on") wantSound(true);

const stream = new EventSource(body.dataset.stream);
stream.addEventListener("message", (event) => {
  const told = JSON.parse(event.data);
  if (told.version !== body.dataset.version) return location.reload();
  toldAge = told.age_seconds;
  toldAt = performance.now();
  show(told.parts);
  if (told.alarm && !alarmed) beep();
  alarmed = told.alarm;
  tellAge();
});
// The browser tries again by itself after a break, but not after a refusal (the session is over, a proxy found no
// engine behind it): the page is loaded anew when there is one to load, so that no error page stays on the wall.
stream.addEventListener("error", () => {
  if (stream.readyState === EventSource.CLOSED) setInterval(loadAnew, 5000);
});

async function loadAnew() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok || answer.status === 401) location.reload();
  } catch {
    // Not there yet.
  }
}

setInterval(tellAge, 1000);
tellAge();
