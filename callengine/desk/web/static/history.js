// The list of calls by keyboard: J and K go down and up, Enter opens.
import { register } from "./keys.js";

const table = document.querySelector("table.calls");
const links = table ? [...table.querySelectorAll("a.call")] : [];

function step(by) {
  const next = links[Math.min(Math.max(links.indexOf(document.activeElement) + by, 0), links.length - 1)];
  if (next) next.focus();
}

if (links.length) {
  register("KeyJ", table.dataset.next, () => step(1));
  register("KeyK", table.dataset.previous, () => step(-1));
}
