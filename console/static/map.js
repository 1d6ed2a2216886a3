"use strict";

// The map on tiles; where Leaflet or its tiles are missing, the drawing below it stays.
const box = document.getElementById("map");
if (box && window.L) {
  const shown = JSON.parse(box.dataset.map);
  const colour = { up: "#0f766e", down: "#b42318", clock_off: "#92400e", degraded: "#92400e", unheard: "#5b6778" };
  const map = L.map(box, { zoomControl: true, attributionControl: true });
  L.tileLayer(shown.tiles, { maxZoom: shown.deepest, attribution: shown.attribution }).addTo(map);
  const text = (value) => { const span = document.createElement("span"); span.textContent = value; return span; };
  for (const line of shown.lines) {
    L.polyline(line.ends, { color: line.kind === "section" ? "#1d4ed8" : "#92400e", weight: 4, opacity: 0.8 })
      .bindTooltip(text(line.name)).addTo(map);
  }
  for (const camera of shown.cameras) {
    L.circleMarker(camera.at, { radius: 9, color: colour[camera.state], fillOpacity: 0.9 })
      .bindTooltip(text(camera.name)).addTo(map);
  }
  map.fitBounds(L.latLngBounds(shown.cameras.map((camera) => camera.at)).pad(0.2), { maxZoom: 15 });
  document.getElementById("drawing").hidden = true;
}
