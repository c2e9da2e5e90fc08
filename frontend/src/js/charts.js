// Draws every figure[data-chart] from the table inside it (templates/ui/chart.html), so that picture and table cannot differ.
// Loaded on pages with charts only. No style is written into markup: the content security policy refuses that.

import { BarChart, LineChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, ToolboxComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, DataZoomComponent, GridComponent, ToolboxComponent, TooltipComponent, CanvasRenderer]);

const LINE_PX = 2;
const AREA_OPACITY = 0.1;
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const charts = new Map();

/** What a custom property comes to: light-dark() is only resolved where it is used. */
function readColours(element) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const resolve = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const series = { accent: "accent", muted: "muted", info: "info", warning: "warning", error: "error", success: "success" };
  const tones = Object.fromEntries(Object.entries(series).map(([tone, name]) => [tone, resolve(name)]));
  const colours = { tones, line: resolve("line"), muted: resolve("muted"), accent: resolve("accent"), text: resolve("text") };
  probe.remove();
  return colours;
}

function readTable(figure) {
  const rows = [...figure.querySelectorAll("tbody tr")];
  const series = [...figure.querySelectorAll("thead th[data-kind]")].map((heading, index) => ({
    name: heading.textContent.trim(),
    kind: heading.dataset.kind,
    tone: heading.dataset.tone,
    stack: heading.dataset.stack,
    values: rows.map((row) => row.cells[index + 1].dataset.value || null),
    shown: rows.map((row) => row.cells[index + 1].textContent.trim()),
  }));
  const labels = rows.map((row) => row.cells[0].dataset.label);
  return { labels, titles: rows.map((row) => row.cells[0].textContent.trim()), series };
}

function makeAxisFormat({ cell, currency }) {
  const options = { notation: "compact", maximumFractionDigits: 1 };
  if (cell === "money") Object.assign(options, { style: "currency", currency });
  const format = new Intl.NumberFormat("en-US", options);
  return (value) => (cell === "percent" ? `${format.format(value)}%` : format.format(value));
}

function makeTip(table, colours, index) {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const title = document.createElement("strong");
  title.textContent = table.titles[index];
  box.append(title);
  for (const item of table.series) {
    const line = document.createElement("span");
    const mark = document.createElement("i");
    mark.style.background = colours.tones[item.tone];
    const value = document.createElement("b");
    value.textContent = item.shown[index];
    line.append(mark, item.name, value);
    box.append(line);
  }
  return box;
}

function makeSeries(item, colours) {
  const colour = colours.tones[item.tone];
  const shared = { name: item.name, data: item.values, itemStyle: { color: colour }, stack: item.stack };
  if (item.kind === "bar") return { ...shared, type: "bar", barMaxWidth: 28 };
  return {
    ...shared,
    type: "line",
    symbol: "circle",
    symbolSize: 6,
    showSymbol: item.values.length === 1,
    lineStyle: { width: LINE_PX, color: colour },
    areaStyle: item.kind === "area" ? { color: colour, opacity: AREA_OPACITY } : undefined,
    emphasis: { disabled: true },
  };
}

function makeOption(figure) {
  const table = readTable(figure);
  const colours = readColours(figure);
  const words = { color: colours.muted, fontSize: 12, fontFamily: getComputedStyle(figure).fontFamily };
  const isWhole = figure.dataset.cell === "number";
  return {
    animation: !stillness.matches,
    animationDuration: 250,
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: table.labels,
      boundaryGap: table.series.some((item) => item.kind === "bar") || table.labels.length === 1,
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
      axisLabel: { ...words, hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right", margin: 10 },
    },
    yAxis: {
      type: "value",
      minInterval: isWhole ? 1 : 0,
      splitNumber: 4,
      axisLabel: { ...words, formatter: makeAxisFormat(figure.dataset) },
      splitLine: { lineStyle: { color: colours.line } },
    },
    tooltip: {
      trigger: "axis",
      confine: true,
      className: "chart-tip-frame",
      backgroundColor: "transparent",
      borderWidth: 0,
      padding: 0,
      extraCssText: "box-shadow:none",
      transitionDuration: stillness.matches ? 0 : 0.15,
      axisPointer: { type: "line", lineStyle: { color: colours.muted, type: "solid" } },
      formatter: (points) => makeTip(table, colours, points[0].dataIndex),
    },
    // The toolbox lends its way of choosing a range with the mouse; its own buttons stay out of sight.
    toolbox: {
      itemSize: 0,
      showTitle: false,
      feature: { dataZoom: { yAxisIndex: "none", brushStyle: { color: colours.accent, opacity: 0.15 } } },
    },
    series: table.series.map((item) => makeSeries(item, colours)),
  };
}

function resetZoom(chart) {
  chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 });
}

function showsAll(event) {
  const range = event.batch?.[0] ?? event;
  return range.start === 0 && range.end === 100;
}

function draw(figure) {
  const plot = figure.querySelector("[data-chart-plot]");
  const reset = figure.querySelector("[data-chart-reset]");
  const chart = init(plot);
  const drawn = { chart, isZoomed: false };
  charts.set(figure, drawn);
  chart.setOption(makeOption(figure));
  chart.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true });
  chart.on("datazoom", (event) => {
    drawn.isZoomed = !showsAll(event);
    reset.hidden = !drawn.isZoomed;
  });
  chart.getZr().on("dblclick", () => resetZoom(chart));
  reset.addEventListener("click", () => resetZoom(chart));
  new ResizeObserver(() => chart.resize()).observe(plot);
}

/** Draws new figures, and the others again from what their tables say now; the zoom stays. */
function drawAll() {
  for (const [figure, { chart }] of charts) {
    if (figure.isConnected) continue;
    chart.dispose();
    charts.delete(figure);
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const drawn = charts.get(figure);
    if (!drawn) draw(figure);
    else {
      drawn.chart.setOption(makeOption(figure), { replaceMerge: ["series"] });
      figure.querySelector("[data-chart-reset]").hidden = !drawn.isZoomed;
    }
    figure.dataset.drawn = "";
  }
}

document.addEventListener("DOMContentLoaded", drawAll);
document.addEventListener("htmx:after:swap", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
stillness.addEventListener("change", drawAll);
