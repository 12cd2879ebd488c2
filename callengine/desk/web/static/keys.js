// Keys of a page, by their place on the keyboard (event.code): they are the same in a Russian and a Latin layout.
// A key without Ctrl or Alt works where nothing is typed; with Alt, and a function key, also inside a field. Ctrl stays
// the browser's. "Shift+Digit1" is with Shift.
const known = new Map();

export function register(code, label, action, { alt = false } = {}) {
  known.set((alt ? "Alt+" : "") + code, { label, action });
}

function shown(name) {
  return name.replace("Key", "").replace("Digit", "").replace("Slash", "?").replace("Shift+", "⇧");
}

function types(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])"));
}

function showSheet() {
  const sheet = document.getElementById("sheet");
  const list = sheet.querySelector("dl");
  list.replaceChildren(...[...known].flatMap(([name, { label }]) => {
    const term = document.createElement("dt"), text = document.createElement("dd"), key = document.createElement("kbd");
    key.textContent = shown(name);
    term.append(key);
    text.textContent = label;
    return [term, text];
  }));
  sheet.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.isComposing || event.repeat) return;
  const open = document.querySelector("dialog[open]");
  if (open && !event.altKey) return;
  if (event.code === "Slash" && event.shiftKey && !event.altKey && !types(event.target)) {
    event.preventDefault();
    showSheet();
    return;
  }
  if (!event.altKey && types(event.target) && !/^F\d+$/.test(event.code)) return;
  const found = known.get((event.altKey ? "Alt+" : "") + (event.shiftKey ? "Shift+" : "") + event.code);
  if (found) {
    event.preventDefault();
    found.action(event);
  }
});

// Links and buttons say which key they have: data-key="KeyN".
for (const one of document.querySelectorAll("[data-key]")) {
  register(one.dataset.key, one.dataset.keyLabel || one.textContent.trim(), () => one.click(), { alt: one.hasAttribute("data-key-alt") });
}
