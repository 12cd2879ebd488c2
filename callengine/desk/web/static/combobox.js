// Premises found while they are typed: the pattern of a combobox with a list, all of it by keyboard.
const PAUSE = 120;

export function combobox(field, list, { address, chosen, typed, nothing }) {
  let timer = null, turn = 0, at = -1, found = [];

  const shut = () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); at = -1; };
  const mark = (index) => {
    at = index;
    [...list.children].forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    if (at >= 0) { field.setAttribute("aria-activedescendant", list.children[at].id); list.children[at].scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  };
  const take = (index) => {
    const [value, words] = found[index];
    field.value = words;
    shut();
    chosen(value, words);
  };
  const show = (rows) => {
    found = rows;
    list.replaceChildren(...(rows.length ? rows : [["", nothing]]).map(([value, words], n) => {
      const row = document.createElement("li");
      row.id = `place-${n}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", "false");
      row.textContent = words;
      if (!value) row.setAttribute("aria-disabled", "true");
      else row.addEventListener("mousedown", (event) => { event.preventDefault(); take(n); });
      return row;
    }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(-1);
  };
  const look = async () => {
    const mine = turn += 1, words = field.value.trim();
    if (words.length < 2) { shut(); return; }
    const answer = await fetch(address(words)).catch(() => null);
    if (mine !== turn || !answer?.ok || document.activeElement !== field) return;
    show(await answer.json());
  };

  field.addEventListener("input", () => { typed(field.value.trim()); clearTimeout(timer); timer = setTimeout(look, PAUSE); });
  field.addEventListener("blur", shut);
  field.addEventListener("keydown", (event) => {
    if (event.code === "Escape" && !list.hidden) { event.preventDefault(); event.stopPropagation(); shut(); return; }
    if (list.hidden || !found.length) {
      if (event.code === "Enter") event.preventDefault();
      if (event.code === "ArrowDown") { event.preventDefault(); look(); }
      return;
    }
    if (event.code === "ArrowDown") { event.preventDefault(); mark((at + 1) % found.length); }
    else if (event.code === "ArrowUp") { event.preventDefault(); mark((at - 1 + found.length) % found.length); }
    else if (event.code === "Enter") { event.preventDefault(); take(Math.max(0, at)); }
  });
}
