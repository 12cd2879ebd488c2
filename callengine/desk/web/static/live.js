// A page that is looked at: its regions are patched by the stream, its clocks run here. The focus stays where it is.
const live = document.getElementById("live");

function clockWords(seconds) {
  const whole = Math.max(0, Math.floor(seconds)), minutes = Math.floor(whole / 60), rest = String(whole % 60).padStart(2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

function follow(live) {
  const ahead = Date.parse(live.dataset.now) - Date.now();
  const away = document.getElementById("desk-away");
  let heard = Date.now();

  function turn() {
    const now = Date.now() + ahead;
    for (const one of live.querySelectorAll(".clock")) {
      const { since, until, warn, bad } = one.dataset;
      const seconds = until ? (Date.parse(until) - now) / 1000 : (now - Date.parse(since)) / 1000;
      one.textContent = until && seconds <= -1 ? `−${clockWords(-seconds)}` : clockWords(seconds);
      if (until) one.classList.toggle("bad", seconds < 0);
      if (bad) one.classList.toggle("bad", seconds >= Number(bad));
      if (warn) one.classList.toggle("warn", seconds >= Number(warn) && !(bad && seconds >= Number(bad)));
    }
    if (Date.now() - heard > 6000 && away.hidden) {
      away.textContent = live.dataset.away;
      away.hidden = false;
    }
  }

  function hear() {
    heard = Date.now();
    away.hidden = true;
  }

  function patch(event) {
    hear();
    for (const [name, html] of Object.entries(JSON.parse(event.data))) {
      const place = document.getElementById(name);
      if (!place) continue;
      const held = place.contains(document.activeElement) ? document.activeElement.id : "";
      place.innerHTML = html;
      if (held) document.getElementById(held)?.focus({ preventScroll: true });
    }
    turn();
  }

  const stream = new EventSource(live.dataset.stream);
  stream.addEventListener("patch", patch);
  stream.addEventListener("beat", hear);
  addEventListener("pagehide", () => stream.close());
  turn();
  setInterval(turn, 500);
}

if (live) follow(live);

// A key that leads to the first link of a region.
for (const one of document.querySelectorAll("[data-focus]")) {
  one.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector(one.dataset.focus)?.focus();
  });
}
