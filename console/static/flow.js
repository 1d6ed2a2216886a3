"use strict";

// The day's traffic as a curve that can be read off and zoomed; without uPlot its drawing stays.
const flow = document.getElementById("flow");
if (flow && window.uPlot) {
  const data = JSON.parse(flow.dataset.flow);
  const ink = () => getComputedStyle(document.body).getPropertyValue("--soft").trim();
  const accent = getComputedStyle(document.body).getPropertyValue("--accent").trim();
  const lines = getComputedStyle(document.body).getPropertyValue("--line").trim();
  const axis = { stroke: ink, grid: { stroke: lines, width: 1 }, ticks: { stroke: lines } };
  flow.replaceChildren();
  const plot = new uPlot({
    width: flow.clientWidth,
    height: 170,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), flow.dataset.zone),
    axes: [{ ...axis, values: "{HH}:{mm}" }, { ...axis, size: 44 }],
    series: [
      { label: flow.dataset.time, value: "{DD}/{MM} {HH}:{mm}" },
      { label: flow.dataset.name, stroke: accent, width: 2, fill: `${accent}22`, paths: uPlot.paths.stepped({ align: 1 }) },
    ],
  }, data, flow);
  new ResizeObserver(() => plot.setSize({ width: flow.clientWidth, height: 170 })).observe(flow);
}
