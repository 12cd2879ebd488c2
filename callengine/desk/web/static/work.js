// The agent's page: what the stream brings, the pop, the keys. Nothing here ever moves the focus by itself.
import { register } from "./keys.js";
import { cardOf, showCard, flush } from "./card.js";
import { startClocks, clockIs } from "./clocks.js";

const work = document.getElementById("work"), text = work.dataset;
const at = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]").content;
let offered = null, waiting = null, waitingCard = null;

export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function types() {
  const here = document.activeElement;
  if (!here || !here.closest("#card") || !here.matches("textarea, input:not([type=checkbox]), select")) return false;
  return cardOf() !== null;
}

function showPop(pop) {
  const place = at("pop"), kept = document.activeElement && place.contains(document.activeElement);
  place.innerHTML = pop.html;
  place.hidden = !pop.html;
  if (kept) place.focus();
  offered = pop.call;
  waiting = null;
  at("pop-bar").hidden = !waitingCard;
  fitPop();
  if (pop.fresh) requestAnimationFrame(() => setTimeout(() => {
    performance.mark("pop-shown", { detail: { call: pop.call, at: pop.at } });
  }));
}

function fitPop() {
  const open = cardOf();
  at("pop").classList.toggle("small", open !== null && open.call === offered);
}

function bar(words) {
  at("pop-bar-text").textContent = words;
  at("pop-bar").hidden = false;
}

const hear = {
  hello: (data) => clockIs(data.now, data.heard),
  here: () => { at("desk-away").hidden = true; },
  away: () => { at("desk-away").textContent = text.textAway; at("desk-away").hidden = false; },
  patch: (data) => {
    for (const [name, html] of Object.entries(data)) {
      const place = at(name);
      if (!place || place.dataset.html === html) continue;
      const held = place.contains(document.activeElement) ? document.activeElement : null;
      place.innerHTML = html;
      place.dataset.html = html;
      if (held) refocus(place, held);
    }
    keysOfStage();
  },
  pop: (data) => {
    at("call-said").textContent = data.said;
    document.title = `☎ ${data.said}`;
    data.fresh = true;
    if (!types()) { showPop(data); return; }
    waiting = data;
    bar(data.said);
    requestAnimationFrame(() => setTimeout(() => performance.mark("pop-shown", { detail: { call: data.call, at: data.at } })));
  },
  filled: (data) => {
    if (waiting && waiting.call === data.call) waiting = data;
    else if (offered === data.call) showPop(data);
  },
  refused: (data) => { at("asked").textContent = data.said; },
  gone: () => put(),
  over: (data) => { if (waiting && waiting.call === data.call) put(); if (offered === data.call && !cardOf()) put(); },
  card: (data) => {
    at("call-said").textContent = "";
    const open = cardOf();
    if (open && types()) { waitingCard = data.card; bar(text.textNewCard); return; }
    openCard(data.card);
  },
};

function put() {
  offered = waiting = null;
  at("pop").hidden = true;
  at("pop-bar").hidden = !waitingCard;
  at("call-said").textContent = "";
}

function refocus(place, held) {
  const same = held.id ? `#${CSS.escape(held.id)}` : held.dataset.ask ? `[data-ask="${held.dataset.ask}"]` : held.dataset.card ? `[data-card="${held.dataset.card}"]` : "a, button";
  (place.querySelector(same) || place.querySelector("a, button"))?.focus({ preventScroll: true });
}

async function openCard(id) {
  waitingCard = null;
  at("pop-bar").hidden = !waiting;
  // The one that is open stays: a form is never replaced under somebody's hands.
  if (cardOf()?.id !== String(id)) await showCard(id);
  fitPop();
  history.replaceState(null, "", `/desk/work/cards/${id}`);
}

async function answerBar() {
  if (waiting) showPop({ ...waiting, fresh: false });
  if (waitingCard) await openCard(waitingCard);
  (at("pop").hidden ? at("card") : at("pop")).focus();
}

async function send(path, fields) {
  const body = new URLSearchParams(fields);
  const answer = await fetch(path, { method: "POST", headers: { "X-CSRF": csrf }, body });
  return answer;
}

async function ask(button) {
  button.disabled = true;
  try {
    const answer = await send("/desk/work/ask", { kind: button.dataset.ask, reason: button.dataset.reason || "", client_id: newId() });
    at("asked").textContent = answer.ok ? "" : await answer.text();
  } catch {
    at("asked").textContent = text.textAway;
  } finally {
    button.disabled = false;
  }
}

async function choose(button) {
  const { choose: place, call } = button.dataset;
  if (!place) return;
  for (const one of document.querySelectorAll("[data-choose]")) one.setAttribute("aria-pressed", String(one === button));
  const card = cardOf();
  if (card && card.call === call) { card.setPlace(place, button.querySelector(".where").textContent.trim()); return; }
  await send("/desk/work/choose", { place, call }).catch(() => {});
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask], [data-choose], a[data-card], #pop-show");
  if (!button) return;
  if (button.id === "pop-show") answerBar();
  else if (button.dataset.ask) ask(button);
  else if (button.dataset.choose !== undefined) choose(button);
  else if (button.dataset.card && !event.ctrlKey && !event.metaKey && event.button === 0) {
    event.preventDefault();
    openCard(button.dataset.card).then(() => at("card").focus());
  }
});

// Keys of buttons that come and go with the state and the pop.
function keysOfStage() {
  for (const one of document.querySelectorAll("#state [data-key]")) {
    const key = one.dataset.key;
    register(key, one.textContent.replace(/\s+\S*$/, "").trim() || one.textContent.trim(), () => document.querySelector(`#state [data-key="${key}"]`)?.click());
  }
}

for (let digit = 1; digit <= 9; digit += 1) {
  register(`Digit${digit}`, text.keyDigit, () => {
    document.querySelectorAll("#pop:not([hidden]) [data-choose]")[digit - 1]?.click();
  });
}
register("F2", text.keyPop, answerBar);
// Within the card: address, topic, note, and round again. Outside of it each has its own key too.
const STEPS = ["place-text", "topic", "note"];
register("F8", text.keyNext, () => at(STEPS[(STEPS.indexOf(document.activeElement?.id) + 1) % STEPS.length])?.focus());
register("KeyA", text.keyPlace, () => at("place-text")?.focus());
register("KeyT", text.keyTopic, () => at("topic")?.focus());
register("KeyN", text.keyNote, () => at("note")?.focus());
register("KeyS", text.keySettled, () => at("settled")?.click());
register("KeyV", text.keyChecked, () => {
  const all = document.querySelectorAll("[data-checked]");
  if (all.length === 1) all[0].click();
});
register("Ctrl+Enter", text.keyClose, () => at("close-card")?.click());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.code === "Enter" && !event.repeat && at("close-card")) { event.preventDefault(); at("close-card").click(); }
});

function follow() {
  if (!text.stream) return;
  const take = ({ kind, data }) => hear[kind]?.(data);
  const worker = new SharedWorker(text.worker, { name: `callengine ${text.session}` });
  worker.port.addEventListener("message", (event) => take(event.data));
  worker.port.start();
  worker.port.postMessage({ kind: "hello", address: text.stream });
  addEventListener("pagehide", () => { flush(); worker.port.postMessage({ kind: "bye" }); });
  addEventListener("pageshow", (event) => { if (event.persisted) worker.port.postMessage({ kind: "hello", address: text.stream }); });
}

offered = at("pop").hidden ? null : at("pop").querySelector("[data-call]")?.dataset.call ?? null;
fitPop();
startClocks();
keysOfStage();
follow();
