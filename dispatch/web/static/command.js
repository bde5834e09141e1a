// Draws the charts of the command. Their numbers are those of the tables on the page, and are drawn anew when these change.
"use strict";
(() => {
  const boxes = Array.from(document.querySelectorAll("[data-chart]"));
  if (!boxes.length || !window.echarts) return;
  document.documentElement.classList.add("has-charts");
  const dark = document.body.classList.contains("wall");
  const ink = dark ? "#f4f7fa" : "#1f2328";
  const soft = dark ? "#c3cfdb" : "#4d545c";
  const edge = dark ? "#0d1b2a" : "#fff";
  const text = { color: ink, fontSize: dark ? 16 : 14, fontFamily: getComputedStyle(document.body).fontFamily };
  // from nothing late to most of it late: each light enough for dark letters; what is late is written on it besides
  const STEPS = [
    { color: "#b9dfc6", above: -1, upTo: 0, said: "0" },
    { color: "#ffe9a8", above: 0, upTo: 0.1, said: "≤ 10%" },
    { color: "#ffc078", above: 0.1, upTo: 0.3, said: "≤ 30%" },
    { color: "#f58a7a", above: 0.3, upTo: 1, said: "> 30%" },
  ];
  const EMPTY = dark ? "#c3cfdb" : "#e4e7eb";
  const ASPECT = 0.75; // of a degree of longitude to one of latitude, as the charts draw them
  const SIZE = dark ? 15 : 13;
  const LINE = 17;
  const base = { animation: false, textStyle: text, aria: { enabled: false } };
  const tooltip = { renderMode: "richText", confine: true };

  const numberOf = (cell) => Number(cell.textContent.trim());

  /** The rows of the table of grids below. */
  function below() {
    return Array.from(document.querySelectorAll("#below tbody tr")).map((row) => ({
      code: row.dataset.code,
      name: row.dataset.name,
      open: Number(row.dataset.open),
      overdue: Number(row.dataset.overdue),
    }));
  }

  const shareOf = (one) => (one.open ? one.overdue / one.open : NaN);
  const stepOf = (one) => STEPS.find((step) => shareOf(one) > step.above && shareOf(one) <= step.upTo);
  const colourOf = (one) => (one.open ? stepOf(one).color : EMPTY);
  const saidOf = (one, box) =>
    one.open ? `${one.name}\n${box.dataset.late} ${one.overdue}/${one.open}` : `${one.name}\n${box.dataset.none}`;

  function treemap(chart, box) {
    const rows = below().filter((one) => one.open);
    chart.setOption({
      ...base,
      tooltip: { ...tooltip, formatter: (at) => (at.data && at.data.one ? saidOf(at.data.one, box) : "") },
      series: [{
        type: "treemap",
        left: 0, right: 0, top: 0, bottom: 0,
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        itemStyle: { borderColor: edge, borderWidth: 1, gapWidth: 2 },
        label: { color: "#1f2328", fontSize: 14, lineHeight: 18, formatter: (at) => `${at.data.one.name}\n${at.data.one.open}` },
        data: rows.map((one) => ({
          name: one.name, value: one.open, one, cursor: "pointer", itemStyle: { color: colourOf(one) },
        })),
      }],
    }, true);
  }

  /** How wide and high each piece of land is on the screen, in pixels, as the map fits it in. */
  function rooms(land, width, height) {
    const boxOf = (one) => {
      const points = one.geometry.coordinates.flat(one.geometry.type === "Polygon" ? 1 : 2);
      const lons = points.map((point) => point[0]);
      const lats = points.map((point) => point[1]);
      return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    };
    const boxes = land.features.map((one) => [one.properties.code, boxOf(one)]);
    const all = [0, 1, 2, 3].map((at) => Math[at < 2 ? "min" : "max"](...boxes.map((one) => one[1][at])));
    const scale = Math.min(width / ((all[2] - all[0]) * ASPECT), height / (all[3] - all[1]));
    return new Map(boxes.map(([code, [west, south, east, north]]) => [
      code, [(east - west) * ASPECT * scale, (north - south) * scale],
    ]));
  }

  function map(chart, box, land) {
    const rows = new Map(below().map((one) => [one.code, one]));
    const named = new Map(land.features.map((one) => [one.properties.code, one.properties.name]));
    const room = rooms(land, box.clientWidth - 8, box.clientHeight - 8);
    const label = (at) => {
      const one = rows.get(at.name);
      const name = named.get(at.name) || "";
      const [wide, high] = room.get(at.name) || [0, 0];
      const count = one && one.open ? `${one.overdue}/${one.open}` : "";
      const lines = [name, count].filter((line) => line && wide >= line.length * (line === name ? SIZE : SIZE * 0.6));
      return high >= LINE * lines.length ? lines.join("\n") : high >= LINE ? lines.slice(-1)[0] || "" : "";
    };
    chart.setOption({
      ...base,
      tooltip: {
        ...tooltip,
        formatter: (at) => (rows.has(at.name) ? saidOf(rows.get(at.name), box) : named.get(at.name) || ""),
      },
      series: [{
        type: "map",
        map: `land-${box.dataset.grid}`,
        nameProperty: "code",
        left: 4, right: 4, top: 4, bottom: 4, preserveAspect: "contain",
        roam: false,
        selectedMode: false,
        cursor: "pointer",
        itemStyle: { areaColor: EMPTY, borderColor: dark ? "#0d1b2a" : "#5a6169", borderWidth: 1 },
        label: { show: true, color: "#1f2328", fontSize: SIZE, lineHeight: LINE, formatter: label },
        labelLayout: { hideOverlap: true },
        emphasis: { label: { color: "#1f2328" }, itemStyle: { areaColor: "#cfe3fa" } },
        data: Array.from(rows.values()).map((one) => ({
          name: one.code, value: one.overdue, itemStyle: { areaColor: colourOf(one) },
        })),
      }],
    }, true);
  }

  /** What the colours of the map mean, in words below it. */
  function legend(box) {
    const list = document.createElement("ul");
    list.className = "legend";
    const items = [{ color: EMPTY, said: box.dataset.none }].concat(STEPS);
    const title = document.createElement("li");
    title.textContent = box.dataset.legend;
    list.append(title);
    items.forEach((step) => {
      const item = document.createElement("li");
      const patch = document.createElement("i");
      patch.style.background = step.color;
      item.append(patch, step.said);
      list.append(item);
    });
    box.after(list);
  }

  /** A table of the page as names and columns of numbers. */
  function table(id) {
    const found = document.getElementById(id);
    const names = Array.from(found.tHead.rows[0].cells).map((cell) => cell.textContent.trim());
    const rows = Array.from(found.tBodies[0].rows).map((row) => Array.from(row.cells));
    return {
      rows: rows.map((cells) => cells[0].firstChild.textContent.trim()),
      columns: names.slice(1).map((name, at) => ({ name, values: rows.map((cells) => numberOf(cells[at + 1])) })),
    };
  }

  const COLOURS = ["#1a6b36", "#b3141b", "#7a8794", "#c9ced4"];
  const DECALS = [
    { symbol: "none" },
    { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: "rgba(255,255,255,.55)" },
    { symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.5, color: "rgba(255,255,255,.6)" },
    { symbol: "none" },
  ];

  function bars(chart, box) {
    const found = table(box.dataset.of);
    chart.setOption({
      ...base,
      tooltip: { ...tooltip, trigger: "axis", axisPointer: { type: "none" } },
      legend: { bottom: 0, textStyle: text, selectedMode: false },
      grid: { left: 8, right: 24, top: 8, bottom: 40, containLabel: true },
      xAxis: { type: "value", minInterval: 1, splitNumber: box.clientWidth < 500 ? 3 : 5, axisLabel: { color: soft, fontSize: 13, hideOverlap: true } },
      yAxis: { type: "category", inverse: true, data: found.rows, axisLabel: { ...text, width: 100, overflow: "break" }, axisTick: { show: false } },
      series: found.columns.map((column, at) => ({
        type: "bar", name: column.name, stack: "all", barMaxWidth: 34, data: column.values,
        itemStyle: { color: COLOURS[at], decal: DECALS[at], borderColor: edge, borderWidth: 1 },
      })),
    }, true);
  }

  function lines(chart, box) {
    const found = table(box.dataset.of);
    const kinds = ["solid", "dashed"];
    const marks = ["circle", "triangle"];
    const colours = ["#0b57a4", "#1a6b36"];
    chart.setOption({
      ...base,
      tooltip: { ...tooltip, trigger: "axis" },
      legend: { top: 0, textStyle: text, selectedMode: false, itemWidth: 40 },
      grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: found.rows, boundaryGap: found.rows.length < 2, axisLabel: { color: soft, fontSize: 13, formatter: (day) => day.slice(5) } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: soft, fontSize: 13 } },
      series: found.columns.map((column, at) => ({
        type: "line", name: column.name, data: column.values, symbol: marks[at], symbolSize: 7, showSymbol: found.rows.length <= 62,
        lineStyle: { color: colours[at], type: kinds[at], width: 2 }, itemStyle: { color: colours[at] },
      })),
    }, true);
  }

  const DRAWN = { treemap, map, bars, lines };

  function follow(code) {
    if (!dark && code && document.querySelector(`#below tr[data-code="${CSS.escape(code)}"]`)) {
      location.assign(`/command?grid=${encodeURIComponent(code)}`);
    }
  }

  async function begin(box) {
    const kind = box.dataset.chart;
    let land = null;
    if (kind === "map") {
      const answer = await fetch(`/command/outlines/${encodeURIComponent(box.dataset.grid)}`, { credentials: "same-origin" });
      land = answer.ok ? await answer.json() : null;
      if (!land || !land.features.length) {
        (box.closest("section") || box).hidden = true;
        return;
      }
      window.echarts.registerMap(`land-${box.dataset.grid}`, land);
      legend(box);
    }
    const chart = window.echarts.init(box, null, { renderer: "canvas" });
    const draw = () => DRAWN[kind](chart, box, land);
    draw();
    if (kind === "treemap") chart.on("click", (at) => follow(at.data && at.data.one && at.data.one.code));
    if (kind === "map") chart.on("click", (at) => follow(at.name));
    new ResizeObserver(() => { chart.resize(); draw(); }).observe(box);
    const now = document.getElementById("now");
    if (!now) return;
    let waiting = 0;
    new MutationObserver(() => {
      clearTimeout(waiting);
      waiting = setTimeout(draw, 100);
    }).observe(now, { subtree: true, childList: true, attributes: true, characterData: true });
  }

  boxes.forEach((box) => { begin(box).catch(() => { box.hidden = true; }); });
})();
