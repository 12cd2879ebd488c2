// The preview is made by the desk, as readers will see it; only this region is replaced, never what is typed.
// Files are uploaded beside the form: whatever comes of it, the form stays as it is.
const body = document.getElementById("body"), preview = document.getElementById("preview");
const files = document.getElementById("article-files");
const csrf = document.querySelector("meta[name=csrf]").content;
let waiting = 0;

body?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 400);
});

async function show() {
  const fields = { body: body.value, article: body.form.dataset.article, client_id: body.form.elements.client_id.value };
  const answer = await fetch("/desk/knowledge/preview", {
    method: "POST", headers: { "X-CSRF": csrf }, body: new URLSearchParams(fields),
  });
  if (answer.ok) preview.innerHTML = await answer.text();
}

function put(markdown) {
  body.setRangeText(markdown, body.selectionStart, body.selectionEnd, "end");
  body.focus();
  body.dispatchEvent(new Event("input", { bubbles: true }));
}

function listed(file) {
  const one = document.createElement("li"), link = document.createElement("a"), size = document.createElement("span");
  one.dataset.file = file.id;
  one.dataset.markdown = file.markdown;
  link.href = file.address;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = file.name;
  size.className = "dim";
  size.textContent = `${Math.round(file.size / 1024)} kB`;
  const buttons = ["insert", "remove"].map((what) => {
    const button = document.createElement("button"), of = document.createElement("span");
    button.type = "button";
    button.className = "quiet";
    button.dataset[what] = "";
    button.textContent = files.dataset[what];
    of.className = "said";
    of.textContent = ` ${file.name}`;
    button.append(of);
    return button;
  });
  one.append(link, " ", size, " ", buttons[0], " ", buttons[1]);
  return one;
}

function attach() {
  const chosen = files.querySelector("input"), said = document.getElementById("article-file-said");
  const button = files.querySelector("[data-upload]"), list = files.querySelector("ul");

  async function upload(file) {
    if (file.size > Number(files.dataset.limit) * 1024 * 1024) { said.textContent = files.dataset.tooBig; chosen.focus(); return; }
    const fields = body.form.elements, article = files.dataset.article;
    const owner = article ? { article } : { form: fields.client_id.value, company: fields.company.value };
    // An upload that is tried again after a lost answer is the same file.
    file.once ??= crypto.randomUUID();
    const where = new URLSearchParams({ ...owner, name: file.name, client_id: file.once });
    button.disabled = true;
    said.textContent = files.dataset.sending;
    try {
      const answer = await fetch(`/desk/knowledge/files?${where}`, { method: "POST", body: file, headers: { "X-CSRF": csrf, "Content-Type": "application/octet-stream" } });
      if (answer.status === 413) { said.textContent = files.dataset.tooBig; return; }
      const told = await answer.json();
      if (told.wrong) { said.textContent = told.wrong; return; }
      if (!list.querySelector(`[data-file="${told.id}"]`)) list.append(listed(told));
      said.textContent = files.dataset.uploaded.replace("{name}", told.name);
      chosen.value = "";
      put(told.markdown);
    } catch {
      said.textContent = files.dataset.failed;
    } finally {
      button.disabled = false;
    }
  }

  async function remove(one) {
    try {
      const answer = await fetch(`/desk/knowledge/files/${one.dataset.file}/remove`, { method: "POST", headers: { "X-CSRF": csrf } });
      const told = await answer.json();
      said.textContent = told.wrong ?? "";
      if (answer.ok) { one.remove(); chosen.focus(); }
    } catch {
      said.textContent = files.dataset.failed;
    }
  }

  button.addEventListener("click", () => { if (chosen.files[0]) upload(chosen.files[0]); else chosen.focus(); });
  list.addEventListener("click", (event) => {
    const pressed = event.target.closest("button"), one = pressed?.closest("li");
    if (!one) return;
    if ("insert" in pressed.dataset) put(one.dataset.markdown);
    else remove(one);
  });
  // A picture from the clipboard, or a file that is dropped, goes where the cursor is.
  for (const [kind, of] of [["paste", "clipboardData"], ["drop", "dataTransfer"]]) {
    body.addEventListener(kind, (event) => {
      const file = event[of]?.files[0];
      if (!file) return;
      event.preventDefault();
      upload(file);
    });
  }
}

if (files) attach();
