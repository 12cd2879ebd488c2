// The preview is made by the desk, as readers will see it; only this region is replaced, never what is typed.
const body = document.getElementById("body"), preview = document.getElementById("preview");
let waiting = 0;

body?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 400);
});

async function show() {
  const csrf = document.querySelector("meta[name=csrf]").content;
  const answer = await fetch("/desk/knowledge/preview", {
    method: "POST", headers: { "X-CSRF": csrf }, body: new URLSearchParams({ body: body.value }),
  });
  if (answer.ok) preview.innerHTML = await answer.text();
}
