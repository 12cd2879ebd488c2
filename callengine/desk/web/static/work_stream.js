// One stream for all tabs of a browser: a shared worker holds it, so six tabs do not use up its connections.
// A tab that comes later is given what the others were shown.
const ports = new Set();
const regions = {};
let source = null, address = "", last = Date.now(), hello = null, standing = null;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function hear(kind) {
  source.addEventListener(kind, (event) => {
    last = Date.now();
    const data = JSON.parse(event.data);
    if (kind === "patch") Object.assign(regions, data);
    if (kind === "hello") hello = { ...data, heard: last };
    if (kind === "pop" || kind === "filled") standing = data;
    if (kind === "over" || kind === "gone" || kind === "card") standing = null;
    if (kind !== "beat") tell({ kind, data });
  });
}

function open() {
  source = new EventSource(address);
  for (const kind of ["patch", "pop", "filled", "gone", "over", "card", "refused", "hello", "beat"]) hear(kind);
  source.addEventListener("open", () => { last = Date.now(); tell({ kind: "here" }); });
  source.addEventListener("error", () => {
    tell({ kind: "away" });
    if (source.readyState === EventSource.CLOSED) {
      // The door was shut: signed out elsewhere, or the desk refused. Ask again by and by.
      setTimeout(open, 3000);
    }
  });
}

setInterval(() => { if (source && Date.now() - last > 6000) tell({ kind: "away" }); }, 1000);

function welcome(port) {
  port.addEventListener("message", ({ data }) => {
    if (data.kind === "bye") { ports.delete(port); return; }
    ports.add(port);
    if (!source) { address = data.address; open(); return; }
    if (hello) port.postMessage({ kind: "hello", data: hello });
    port.postMessage({ kind: "patch", data: { ...regions } });
    if (standing) port.postMessage({ kind: "pop", data: standing });
    port.postMessage({ kind: source.readyState === EventSource.OPEN ? "here" : "away" });
  });
  port.start();
}

self.addEventListener("connect", (event) => welcome(event.ports[0]));
