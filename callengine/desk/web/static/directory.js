// The directory's search box (a combobox), the upload of a file, the progress of a load.
import { register } from "./keys.js";

const csrf = document.querySelector("meta[name=csrf]").content;

function box(input) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const said = input.form.querySelector("[data-said]");
  let at = -1, found = [], asked = 0, timer = 0;
  const options = () => [...list.children];
  function close() {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function mark(next) {
    const all = options();
    if (!all.length) return;
    at = (next + all.length) % all.length;
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === at)));
    all[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[at].id);
  }
  function go(hit) { location.assign(hit.path); }
  function draw() {
    list.replaceChildren(...found.map((hit, index) => {
      const one = document.createElement("li");
      one.id = `directory-found-${index}`;
      one.setAttribute("role", "option");
      one.setAttribute("aria-selected", "false");
      const place = [hit.house, hit.flat && `${input.dataset.flat} ${hit.flat}`].filter(Boolean).join(", ");
      one.textContent = [hit.name, place].filter(Boolean).join(" — ");
      one.addEventListener("mousedown", (event) => { event.preventDefault(); go(hit); });
      return one;
    }));
    at = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    said.textContent = found.length ? input.dataset.count.replace("{count}", found.length) : input.dataset.none;
  }
  async function ask() {
    const typed = input.value.trim(), own = ++asked;
    if (typed.length < 2) { close(); said.textContent = ""; return; }
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || own !== asked) return;
    ({ found } = await answer.json());
    if (own === asked) draw();
  }
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask().catch(close), 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.code === "ArrowDown" || event.code === "ArrowUp") {
      if (list.hidden) { if (found.length) draw(); return; }
      event.preventDefault();
      mark(event.code === "ArrowDown" ? at + 1 : at < 0 ? options().length - 1 : at - 1);
    } else if (event.code === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      go(found[at]);
    }
  });
  register("KeyS", document.querySelector(`label[for="${input.id}"]`).textContent, () => { input.focus(); input.select(); });
}

function upload(form) {
  const file = form.querySelector("input[type=file]"), wrong = form.querySelector("#file-wrong"), button = form.querySelector("button");
  const name = crypto.randomUUID();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = file.files[0];
    if (!chosen) return;
    wrong.textContent = "";
    if (chosen.size > Number(form.dataset.limit) * 1024 * 1024) { wrong.textContent = form.dataset.tooBig; file.focus(); return; }
    button.disabled = true;
    wrong.textContent = form.dataset.sending;
    const where = new URLSearchParams({ company: form.querySelector("select").value, name: chosen.name, client_id: name });
    try {
      const answer = await fetch(`${form.getAttribute("action")}?${where}`, { method: "POST", body: chosen, headers: { "X-CSRF": csrf, "Content-Type": "application/octet-stream" } });
      const said = await answer.json();
      if (said.path) { location.assign(said.path); return; }
      wrong.textContent = said.wrong;
    } catch {
      wrong.textContent = form.dataset.failed;
    }
    button.disabled = false;
    file.focus();
  });
}

function progress(place) {
  const bar = place.querySelector("progress");
  const timer = setInterval(async () => {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const { state, done } = await answer.json();
    if (state !== place.dataset.state) { clearInterval(timer); location.reload(); return; }
    bar.value = done;
  }, 700);
}

const input = document.querySelector("[data-suggest]"), form = document.getElementById("directory-upload"), place = document.querySelector("[data-progress]");
if (input) box(input);
if (form) upload(form);
if (place) progress(place);
const wanted = document.getElementById("found");
if (wanted) wanted.focus();
