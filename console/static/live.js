"use strict";

// Keeps the live page alive: rows and alerts arrive rendered, and take their place by id.
const MOST = { traffic: 40, alerts: 50 };

const fragment = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
};

const place = (listId, html) => {
  const list = document.getElementById(listId);
  const fresh = fragment(html);
  const old = document.getElementById(fresh.id);
  if (old) {
    old.replaceWith(fresh);
    return;
  }
  fresh.classList.add("fresh");
  list.prepend(fresh);
  while (list.children.length > MOST[listId]) list.lastElementChild.remove();
};

const state = document.getElementById("state");
const tell = (isOn) => {
  state.classList.toggle("on", isOn);
  state.classList.toggle("off", !isOn);
  state.firstElementChild.textContent = isOn ? state.dataset.on : state.dataset.off;
};

const source = new EventSource("/live/stream");
source.onopen = () => tell(true);
source.onerror = () => tell(false);
source.addEventListener("passage", (event) => place("traffic", event.data));
source.addEventListener("gone", (event) => document.getElementById(`p-${event.data}`)?.remove());
for (const name of ["alert", "recall"]) {
  source.addEventListener(name, (event) => place("alerts", event.data));
}
window.addEventListener("pagehide", () => source.close());
