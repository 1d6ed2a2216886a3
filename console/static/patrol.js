"use strict";

// Says whether hits still arrive: without the stream an empty page would look like a quiet night.
const state = document.getElementById("state");
const tell = (isOn) => {
  state.hidden = false;
  state.classList.toggle("on", isOn);
  state.classList.toggle("off", !isOn);
  state.firstElementChild.textContent = isOn ? state.dataset.on : state.dataset.off;
};
document.addEventListener("htmx:sseOpen", () => tell(true));
document.addEventListener("htmx:sseError", () => tell(false));
document.addEventListener("htmx:sendError", () => tell(false));
window.addEventListener("offline", () => tell(false));

// Sorts the hits by how far they are. The place of the phone stays in the phone.
const EARTH_KM = 6371;
const radians = (degrees) => (degrees * Math.PI) / 180;

const distanceKm = (here, sheet) => {
  const lat = radians(sheet.dataset.lat - here.latitude);
  const lon = radians(sheet.dataset.lon - here.longitude);
  const part = Math.sin(lat / 2) ** 2
    + Math.cos(radians(here.latitude)) * Math.cos(radians(sheet.dataset.lat)) * Math.sin(lon / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(part));
};

const near = document.getElementById("near");
const where = document.getElementById("where");
let here = null;

const sort = () => {
  const list = document.querySelector(".hits");
  if (!here || !list) return;
  const sheets = [...list.children].map((sheet) => [sheet.dataset.lat ? distanceKm(here, sheet) : Infinity, sheet]);
  sheets.sort((one, other) => one[0] - other[0]);
  for (const [km, sheet] of sheets) {
    if (km < Infinity) sheet.querySelector(".distance").textContent = `${km.toFixed(1)} ${where.dataset.away}`;
    list.append(sheet);
  }
};

if (near && navigator.geolocation) {
  near.hidden = false;
  near.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
    (position) => { here = position.coords; where.textContent = ""; sort(); },
    () => { where.textContent = where.dataset.denied; },
    { enableHighAccuracy: true, maximumAge: 30000, timeout: 10000 },
  ));
  document.addEventListener("htmx:afterSettle", sort);
}
