"use strict";

// Keeps the live page alive: rows and alerts arrive rendered, and take their place by id.
const MOST = { traffic: 40, alerts: 50 };

const fragment = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
};

// A card that somebody stands on keeps its place, and those who stand on it.
const place = (listId, html) => {
  const list = document.getElementById(listId);
  const fresh = fragment(html);
  const old = document.getElementById(fresh.id);
  if (old) {
    const isHere = old.contains(document.activeElement);
    old.replaceWith(fresh);
    window.htmx?.process(fresh);
    if (isHere) fresh.focus();
    return false;
  }
  fresh.classList.add("fresh");
  list.prepend(fresh);
  window.htmx?.process(fresh);
  while (list.children.length > MOST[listId]) list.lastElementChild.remove();
  return fresh;
};

// Two tones for an alert, four for an urgent one. A browser sounds nothing before it was touched.
const sound = document.getElementById("sound");
let audio = null;

const beep = (isUrgent) => {
  if (!audio) return;
  const tones = isUrgent ? [880, 660, 880, 660] : [660, 880];
  tones.forEach((tone, place) => {
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    const start = audio.currentTime + place * 0.18;
    oscillator.frequency.value = tone;
    gain.gain.setValueAtTime(0.2, start);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + 0.17);
  });
};

if (sound && window.AudioContext) {
  const said = sound.firstElementChild;
  sound.hidden = false;
  sound.addEventListener("click", () => {
    const isOn = sound.getAttribute("aria-pressed") !== "true";
    sound.setAttribute("aria-pressed", String(isOn));
    said.textContent = isOn ? said.dataset.on : said.dataset.off;
    if (!isOn) { audio?.close(); audio = null; return; }
    audio = new AudioContext();
    beep(false);
  });
}

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
source.addEventListener("recall", (event) => place("alerts", event.data));
source.addEventListener("alert", (event) => {
  const fresh = place("alerts", event.data);
  if (fresh) beep(fresh.classList.contains("urgent"));
});
window.addEventListener("pagehide", () => source.close());
