// A card's form: every change goes to the desk within 2 s, and stays in this browser until the desk has it.
import { combobox } from "./combobox.js";

const EVERY = 2000;
const work = document.getElementById("work"), text = work.dataset;
const csrf = document.querySelector("meta[name=csrf]").content;
const tab = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
let card = null;

export function cardOf() { return card && !card.closed ? card : null; }
export function flush() { card?.save(true); }

export async function showCard(id) {
  await card?.save(false);
  const answer = await fetch(`/desk/work/cards/${id}/part`);
  if (!answer.ok) { location.href = `/desk/work/cards/${id}`; return; }
  document.getElementById("card").innerHTML = await answer.text();
  begin();
}

class Card {
  constructor(form) {
    this.form = form;
    this.id = form.dataset.card;
    this.call = form.dataset.call;
    this.company = form.dataset.company;
    this.closed = "closed" in form.dataset;
    this.version = Number(form.dataset.version);
    this.turn = 0;
    this.store = `callengine card ${this.id}`;
    this.kept = this.values();
    this.busy = null;
    this.timer = null;
    this.held = {};
    this.after = {};
  }

  values() {
    const told = {};
    for (const one of this.form.elements) {
      if (!one.name || one.disabled || one.closest("[disabled]") || ["csrf", "version", "tab", "turn"].includes(one.name)) continue;
      told[one.name] = one.type === "checkbox" ? (one.checked ? "1" : "") : one.value;
    }
    return told;
  }

  changes() {
    const now = this.values(), told = {};
    for (const [name, value] of Object.entries(now)) if ((this.kept[name] ?? "") !== value && !(name in this.held)) told[name] = value;
    return told;
  }

  dirty() { return Object.keys(this.changes()).length > 0; }

  touched() {
    this.remember();
    this.say(text.textKeeping);
    if (!this.timer) this.timer = setTimeout(() => this.save(false), EVERY);
  }

  remember() {
    const changes = { ...this.held, ...this.changes() };
    try {
      if (Object.keys(changes).length) localStorage.setItem(this.store, JSON.stringify({ version: this.version, changes, place: this.placeText(), tab, turn: this.turn, after: this.after }));
      else localStorage.removeItem(this.store);
    } catch { /* A browser that keeps nothing: the desk does. */ }
  }

  placeText() { return this.form.querySelector("#place-text").value; }

  say(words, bad = false) {
    const place = this.form.querySelector("#kept");
    place.textContent = words;
    place.classList.toggle("bad", bad);
  }

  // What this browser kept because the desk was away, or the tab died before the desk had it.
  recall() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(this.store) || "null"); } catch { return; }
    if (!kept || this.closed) return;
    for (const [name, value] of Object.entries(kept.changes)) this.fill(name, value);
    if ("place" in kept.changes) this.form.querySelector("#place-text").value = kept.place;
    this.version = kept.version;
    // What that page sent and perhaps never heard of again is contained in what it kept here.
    this.after = { ...kept.after, [kept.tab]: kept.turn };
    this.shownForm();
    this.touched();
  }

  fill(name, value) {
    for (const one of this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (one.type === "checkbox") one.checked = value === "1";
      else one.value = value;
    }
  }

  async save(going) {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.closed) return;
    if (this.busy && !going) { await this.busy; }
    const changes = this.changes();
    if (!Object.keys(changes).length) { if (!Object.keys(this.held).length) this.say(text.textKept); return; }
    this.busy = this.send(changes, going);
    await this.busy;
    this.busy = null;
  }

  async send(changes, going) {
    this.turn += 1;
    this.remember();
    const body = JSON.stringify({ version: this.version, tab, turn: this.turn, after: this.after, changes });
    let answer, told;
    try {
      answer = await fetch(`/desk/work/cards/${this.id}/draft`, {
        method: "PUT", body, keepalive: going && body.length < 60000, headers: { "Content-Type": "application/json", "X-CSRF": csrf },
        signal: going ? undefined : AbortSignal.timeout(8000),
      });
      told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
    } catch { answer = null; }
    if (!answer || answer.status >= 500) { this.later(answer?.status === 503 ? await answer.text() : ""); return; }
    if (!told) { this.say(`${text.textRefused} (${answer.status})`, true); this.later(); return; }
    if (told.closed) { this.say(text.textRefused, true); return; }
    const lost = told.conflicts || {};
    for (const [name, value] of Object.entries(changes)) if (!(name in lost)) this.kept[name] = value;
    this.version = told.version;
    this.form.elements.version.value = told.version;
    this.form.elements.tab.value = tab;
    this.form.elements.turn.value = this.turn + 1;
    if (Object.keys(lost).length) this.conflict(lost);
    this.remember();
    if (this.dirty()) this.touched();
    else if (!Object.keys(this.held).length) this.say(text.textKept);
    if ("place" in changes || "topic" in changes) this.about();
  }

  // `why`: what the desk said of it.
  later(why = "") {
    this.say(why ? `${text.textLocal}. ${why.trim()}` : text.textLocal, true);
    if (!this.timer) this.timer = setTimeout(() => this.save(false), EVERY);
  }

  // Another tab has written the same field: both texts are shown, the agent decides.
  conflict(lost) {
    const now = this.values();
    for (const [name, theirs] of Object.entries(lost)) this.held[name] = now[name];
    const box = this.form.querySelector("#conflict");
    box.querySelector("p").textContent = text.textConflict;
    box.querySelector(".theirs").textContent = Object.values(lost).join("\n");
    box.hidden = false;
    box.onclick = (event) => {
      const decided = event.target.dataset.decide;
      if (!decided) return;
      const held = Object.keys(this.held);
      this.held = {};
      for (const name of held) {
        this.kept[name] = lost[name];
        if (decided === "theirs") this.fill(name, lost[name]);
      }
      box.hidden = true;
      this.touched();
      this.save(false);
    };
  }

  setPlace(value, words) {
    this.form.elements.place.value = value;
    this.form.querySelector("#place-text").value = words;
    this.touched();
    this.save(false);
  }

  shownForm() {
    const topic = this.form.elements.topic.value;
    for (const one of this.form.querySelectorAll("fieldset.form")) {
      one.hidden = one.dataset.topic !== topic;
      one.disabled = one.hidden || this.closed;
    }
  }

  async about() {
    const answer = await fetch(`/desk/work/cards/${this.id}/about`).catch(() => null);
    if (answer?.ok && card === this) document.getElementById("about").innerHTML = await answer.text();
  }
}

function begin() {
  const form = document.querySelector("form.card");
  card = form ? new Card(form) : null;
  if (!card) return;
  card.recall();
  form.addEventListener("input", (event) => { if (event.target.id !== "place-text") { card.shownForm(); card.touched(); } });
  form.addEventListener("focusout", () => { if (card.dirty()) card.save(false); });
  combobox(form.querySelector("#place-text"), form.querySelector("#place-list"), {
    address: (typed) => `/desk/work/places?company=${encodeURIComponent(form.dataset.company)}&q=${encodeURIComponent(typed)}`,
    chosen: (value, words) => card.setPlace(value, words),
    typed: (words) => { form.elements.place.value = words ? `t${words}` : ""; card.touched(); },
    nothing: text.textNothing,
  });
  form.addEventListener("submit", (event) => {
    if (form.dataset.sending) return;
    event.preventDefault();
    form.dataset.sending = "1";
    const by = event.submitter;
    card.save(false).finally(() => {
      form.elements.version.value = card.version;
      form.elements.tab.value = tab;
      form.elements.turn.value = card.turn + 1;
      if (Object.keys(card.held).length) { delete form.dataset.sending; form.querySelector("#conflict button").focus(); return; }
      form.requestSubmit(by);
    });
  });
}

document.addEventListener("click", async (event) => {
  const who = event.target.closest("[data-checked]");
  if (!who || !card) return;
  const answer = await fetch(`/desk/work/cards/${card.id}/checked`, { method: "POST", headers: { "X-CSRF": csrf }, body: new URLSearchParams({ resident: who.dataset.checked }) });
  if (answer.ok) document.getElementById("person").innerHTML = await answer.text();
});

begin();
