// Clocks of the page run in the browser, by the desk's clock: no stream is needed for a second that goes by.
let ahead = 0;

export function clockIs(now, heard) {
  ahead = Date.parse(now) - (heard || Date.now());
}

function words(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60), rest = String(whole % 60).padStart(2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

function turn() {
  const now = Date.now() + ahead;
  for (const one of document.querySelectorAll(".clock")) {
    const { since, until } = one.dataset;
    const left = until ? (Date.parse(until) - now) / 1000 : (now - Date.parse(since)) / 1000;
    const shown = until && left <= -1 ? `−${words(-left)}` : words(left);
    if (one.textContent !== shown) one.textContent = shown;
    if (until) one.classList.toggle("bad", left < 0);
  }
}

export function startClocks() {
  turn();
  setInterval(turn, 500);
  new MutationObserver(turn).observe(document.getElementById("work"), { childList: true, subtree: true });
}
