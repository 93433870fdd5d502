// Draws every figure of a page with Observable Plot, from the same table that its CSV holds.
"use strict";
(() => {
  const colours = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7"].map((name) => `var(${name})`);
  const number = (value) => (value === null || value === undefined ? "–" : d3.format(".4~g")(value).replace("−", "-"));

  function table(figure) {
    return figure.rows.map((row) => Object.fromEntries(figure.columns.map((name, i) => [name, row[i]])));
  }

  function legend(entries) {
    const list = document.createElement("ul");
    list.className = "legend";
    for (const [label, colour] of entries) {
      const item = list.appendChild(document.createElement("li"));
      const sample = item.appendChild(document.createElement("i"));
      sample.style.background = colour;
      item.append(label);
    }
    return list;
  }

  function base(width, height, more) {
    return { width, height, marginLeft: 56, marginTop: 30, marginBottom: 42, style: { background: "none", fontSize: "12px" }, ...more };
  }

  // A select that redraws; its label is part of it, so that it can be found without seeing.
  function chooser(label, names, chosen, change) {
    const outer = document.createElement("label");
    outer.append(`${label} `);
    const select = outer.appendChild(document.createElement("select"));
    for (const name of names) select.appendChild(new Option(name, name, false, name === chosen));
    select.addEventListener("change", () => change(select.value));
    return outer;
  }

  // A trial that failed badly would flatten all others: the axis ends before it, and its point lies at the edge.
  function fenced(given) {
    const values = d3.sort(given);
    const [q1, q3] = [d3.quantileSorted(values, 0.25), d3.quantileSorted(values, 0.75)];
    const reach = 6 * (q3 - q1) || Infinity;
    return [Math.max(values[0], q1 - reach), Math.min(values.at(-1), q3 + reach)];
  }

  function progress(figure, width, height) {
    const rows = table(figure);
    const series = [...new Set(rows.map((row) => row.series))].filter((name) => name !== "trial" && name !== "best so far");
    const colour = new Map(series.map((name, i) => [name, [colours[1], colours[3]][i % 2]]));
    const expected = rows.filter((row) => colour.has(row.series));
    const trials = rows.filter((row) => row.series === "trial");
    const best = rows.filter((row) => row.series === "best so far");
    const domain = fenced([...trials, ...expected].map((row) => row.value));
    const far = d3.max(rows, (row) => row.trial) || 1;
    const shown = [...series.map((name) => [name, colour.get(name)]), ["trials", colours[2]], ["best so far", colours[0]]];
    const plot = Plot.plot(base(width, height, {
      x: { label: "trials", type: far > 60 ? "log" : "linear", domain: [1, Math.max(far, 2)], tickFormat: ",d", ticks: Math.max(3, width / 110) },
      y: { label: figure.options.y, domain, grid: true, nice: true, clamp: true },
      marks: [
        ...series.map((name) => Plot.areaY(expected.filter((row) => row.series === name), {
          x: "trial", y1: "low", y2: "high", fill: colour.get(name), fillOpacity: 0.12, clip: true })),
        Plot.dot(trials, { x: "trial", y: "value", r: trials.length > 400 ? 1.5 : 2.5, fill: colours[2], fillOpacity: 0.6 }),
        ...series.map((name) => Plot.lineY(expected.filter((row) => row.series === name), {
          x: "trial", y: "value", stroke: colour.get(name), strokeDasharray: "5 4", strokeWidth: 1.6, clip: true })),
        Plot.lineY(best, { x: "trial", y: "value", stroke: colours[0], strokeWidth: 2.4, curve: "step-after" }),
        Plot.tip(rows, Plot.pointer({
          x: "trial", y: "value", fill: "var(--card)", stroke: "var(--line)",
          title: (row) => `${row.series} ${row.trial}\n${number(row.value)}` + (row.low === null ? "" : ` (${number(row.low)} to ${number(row.high)})`) })),
      ],
    }));
    return [legend(shown), plot];
  }

  function bars(figure, width) {
    const rows = table(figure);
    const names = [...new Set(rows.map((row) => row.parameter))].slice(0, 20);
    const kept = rows.filter((row) => names.includes(row.parameter));
    const over = [...new Set(rows.map((row) => row.over))];
    const colour = new Map(over.map((name, i) => [name, colours[i]]));
    const left = Math.min(width * 0.42, 16 + 7 * d3.max(names, (name) => name.length));
    const plot = Plot.plot(base(width, 50 + names.length * (14 * over.length + 12), {
      marginLeft: left,
      x: { label: figure.options.x, grid: true, tickFormat: ".0%", ticks: Math.max(3, width / 120) },
      y: { label: null, domain: over, axis: null },
      fy: { label: null, domain: names, tickFormat: (name) => (name.length * 7 > left ? `${name.slice(0, Math.floor(left / 7) - 2)}…` : name) },
      marks: [
        Plot.barX(kept, { x: "share", y: "over", fy: "parameter", fill: (row) => colour.get(row.over), title: (row) => `${row.parameter}, ${row.over}: ${d3.format(".0%")(row.share)}` }),
        Plot.ruleY(kept.filter((row) => row.low !== null), { x1: "low", x2: "high", y: "over", fy: "parameter", stroke: "var(--ink)" }),
        Plot.ruleX([0]),
      ],
    }));
    return [legend(over.map((name) => [name, colour.get(name)])), plot];
  }

  function shade(rows, maximize) {
    const values = d3.sort(rows.map((row) => row.value));
    const low = d3.quantileSorted(values, 0.05), high = d3.quantileSorted(values, 0.95);
    const from = maximize ? low : high, to = maximize ? high : low;
    return (value) => (to === from ? 1 : Math.min(1, Math.max(0, (value - from) / (to - from))));
  }

  function place(axis, value) {
    if (value === null) return null;
    if (axis.choices) {
      const at = axis.choices.indexOf(value);
      return axis.choices.length > 1 ? at / (axis.choices.length - 1) : 0.5;
    }
    const f = axis.log ? Math.log : Number;
    return axis.high > axis.low ? (f(value) - f(axis.low)) / (f(axis.high) - f(axis.low)) : 0.5;
  }

  function parallel(figure, width, height) {
    const good = shade(table(figure), figure.options.maximize);
    const rows = table(figure).filter((row) => row.value !== null).sort((a, b) => good(a.value) - good(b.value));
    const axes = figure.options.axes;
    const points = rows.flatMap((row) => axes.map((axis) => ({
      number: row.trial, value: row.value, axis: axis.name, at: place(axis, row[axis.name]), good: good(row.value) })));
    const thin = Math.min(1, 200 / rows.length) ** 0.6; // many strong lines would be one area
    const wide = Math.max(width, 100 + axes.length * 78);
    const letters = Math.max(7, Math.floor((wide - 100) / axes.length / 7) - 1);
    const cut = (text) => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text);
    const ends = axes.flatMap((axis) => axis.choices
      ? axis.choices.slice(0, 12).map((choice) => ({ axis: axis.name, at: place(axis, choice), text: cut(String(choice)) }))
      : [{ axis: axis.name, at: 0, text: number(axis.low) }, { axis: axis.name, at: 1, text: number(axis.high) }]);
    const plot = Plot.plot(base(wide, height, {
      style: { background: "none", fontSize: "12px", maxWidth: "none" },
      marginLeft: 40, marginRight: 60, marginTop: 30, marginBottom: 20,
      x: { type: "point", domain: axes.map((axis) => axis.name), axis: "top", label: null, tickFormat: cut, padding: 0.3 },
      y: { domain: [-0.04, 1.04], axis: null },
      marks: [
        Plot.line(points, { x: "axis", y: "at", z: "number", stroke: colours[0], strokeOpacity: (p) => thin * (0.05 + 0.75 * p.good ** 3), strokeWidth: (p) => 0.6 + 1.2 * p.good ** 3 }),
        Plot.ruleX(axes, { x: "name", y1: 0, y2: 1, stroke: "var(--ink)" }),
        Plot.text(ends, { x: "axis", y: "at", text: "text", dx: 5, textAnchor: "start", fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 4 }),
      ],
    }));
    return [plot];
  }

  // Of a logarithmic axis at most five ticks are named: powers of ten, and 2 and 5 where it is short.
  function logTicks(low, high) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const powers = d3.range(first, last + 1);
    if (powers.length > 2) return powers.filter((_, i) => i % Math.ceil(powers.length / 4) === 0).map((p) => 10 ** p);
    return d3.range(first - 1, last + 1).flatMap((p) => [1, 2, 5].map((lead) => lead * 10 ** p)).filter((v) => v >= low && v <= high);
  }

  const short = (value) => (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential().replace("e+", "e") : number(value));

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // A text in so many pixels, its end cut off where it is longer.
  function fitting(text, pixels) {
    const letters = Math.max(3, Math.floor(pixels / 7));
    return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
  }

  // The axis of a parameter that is so many pixels long; names of categories share them across, and have 65 each upwards.
  function scale(axis, pixels, { across = true } = {}) {
    const label = fitting(axis.name, pixels);
    if (axis.choices) return { type: "band", domain: axis.choices, label, tickFormat: (text) => fitting(text, across ? pixels / axis.choices.length - 4 : 65) };
    return { type: axis.log ? "log" : "linear", domain: [axis.low, axis.high], label, ticks: axis.log ? logTicks(axis.low, axis.high) : 4, tickFormat: axis.log ? short : undefined };
  }

  function slice(figure, width, height) {
    const rows = table(figure).filter((row) => row.value !== null);
    const good = shade(rows, figure.options.maximize);
    const domain = fenced(rows.map((row) => row.value));
    const n = Math.max(1, Math.floor(width / 270)), each = Math.floor(width / n) - 8;
    const box = document.createElement("div");
    box.style.cssText = "display:flex;flex-wrap:wrap;gap:8px";
    for (const axis of figure.options.axes) {
      const own = rows.filter((row) => row[axis.name] !== null);
      const at = axis.choices
        ? Plot.tickY(own, { x: axis.name, y: "value", stroke: colours[0], strokeOpacity: (r) => 0.15 + 0.7 * good(r.value) })
        : Plot.dot(own, { x: axis.name, y: "value", r: 2.5, fill: colours[0], fillOpacity: (r) => 0.15 + 0.7 * good(r.value) });
      box.appendChild(Plot.plot(base(each, height, {
        marginBottom: 44, x: scale(axis, each - 80), y: { label: fitting(figure.options.metric, each - 20), domain, grid: true, nice: true, clamp: true, ticks: 4 }, marks: [at] })));
    }
    return [box];
  }

  const ramp = { legend: true, width: 280, marginLeft: 16, marginRight: 16 };

  // Two parameters, numbers first, and the selects that choose others; what was chosen stays with the figure.
  function pair(figure, again) {
    const axes = new Map(figure.options.axes.map((axis) => [axis.name, axis]));
    const names = [...axes.keys()];
    const numeric = names.filter((name) => !axes.get(name).choices);
    const first = numeric[0] || names[0];
    const state = figure.state || (figure.state = { x: first, y: numeric[1] || names.find((name) => name !== first) });
    const form = document.createElement("p");
    form.className = "legend";
    form.append(chooser("Across", names, state.x, (name) => { state.x = name; again(); }), chooser("Up", names, state.y, (name) => { state.y = name; again(); }));
    return { axes, state, form };
  }

  // Points over one category would hide each other: by their number they stand in five lanes.
  function lanes(rows, x, y, mark) {
    if (!x.choices && !y.choices) return [mark(rows, {})];
    return d3.range(5).map((lane) => mark(rows.filter((row) => row.trial % 5 === lane), { dx: x.choices ? 6 * (lane - 2) : 0, dy: y.choices ? 6 * (lane - 2) : 0 }));
  }

  function rank(figure, width, height, again) {
    const { axes, state, form } = pair(figure, again);
    const one = !state.y;
    const [x, y] = [axes.get(state.x), one ? null : axes.get(state.y)];
    const rows = table(figure).filter((row) => row[state.x] !== null && (one || row[state.y] !== null)).sort((a, b) => b.rank - a.rank);
    const last = Math.max(2, figure.options.n_complete);
    const up = one ? { label: figure.options.metric, domain: fenced(rows.map((row) => row.value)), nice: true, clamp: true } : scale(y, width - 80, { across: false });
    const at = { x: state.x, y: one ? "value" : state.y };
    const plot = Plot.plot(base(width, height, {
      x: scale(x, width - 100), y: { ...up, grid: true },
      marginLeft: y && y.choices ? 76 : 56,
      color: { type: "linear", domain: [1, (1 + last) / 2, last], range: [css("--c1"), css("--middle"), css("--c2")], interpolate: "rgb",
        label: `rank of ${d3.format(",d")(figure.options.n_complete)} complete trials, 1 is the best`, ...ramp, ticks: 4, tickFormat: ",d" },
      marks: [
        ...lanes(rows, x, y || {}, (some, shift) => Plot.dot(some, { ...at, ...shift, r: rows.length > 400 ? 3 : 4.5, fill: "rank", stroke: "var(--ink)", strokeWidth: 0.35 })),
        Plot.tip(rows, Plot.pointer({ ...at, fill: "var(--card)", stroke: "var(--line)", title: (row) => `trial ${row.trial}, rank ${number(row.rank)}\n${figure.options.metric}: ${number(row.value)}\n` + [x, y].filter(Boolean).map((axis) => `${axis.name}: ${axis.choices ? row[axis.name] : number(row[axis.name])}`).join("\n") })),
      ],
    }));
    return one ? [plot] : [form, plot];
  }

  function contour(figure, width, height, again) {
    const { axes, state, form } = pair(figure, again);
    if (!state.y) return [document.createTextNode("The search space has one parameter.")];
    const rows = table(figure).filter((row) => row.value !== null && row[state.x] !== null && row[state.y] !== null);
    const [x, y] = [axes.get(state.x), axes.get(state.y)];
    const values = d3.sort(rows.map((row) => row.value));
    const domain = [d3.quantileSorted(values, 0.05), d3.quantileSorted(values, 0.98)];
    const flat = x.choices || y.choices || rows.length < 4 || x.low === x.high || y.low === y.high;
    const plot = Plot.plot(base(width, height, {
      x: scale(x, width - 100), y: { ...scale(y, width - 80, { across: false }), grid: true },
      marginLeft: y.choices ? 76 : 56,
      color: { type: "linear", domain, clamp: true, range: figure.options.maximize ? [css("--ground"), css("--c1")] : [css("--c1"), css("--ground")],
        interpolate: "rgb", label: fitting(figure.options.metric, 230), ...ramp, ticks: 4 },
      marks: [
        ...(flat ? [] : [Plot.contour(rows, {
          x: x.name, y: y.name, fill: (row) => Math.min(domain[1], Math.max(domain[0], row.value)), interpolate: "barycentric", blur: 3,
          thresholds: d3.ticks(domain[0], domain[1], 12), stroke: "var(--card)", strokeWidth: 0.5, clip: true })]),
        Plot.dot(rows, { x: x.name, y: y.name, r: flat ? 4 : 2, fill: flat ? "value" : "var(--ink)", fillOpacity: flat ? 1 : 0.7, stroke: flat ? "var(--ink)" : null, strokeWidth: 0.4,
          title: (row) => `trial ${row.trial}: ${number(row.value)}` }),
      ],
    }));
    return [form, plot];
  }

  function map(figure, width, height) {
    const rows = table(figure);
    const marks = [["chosen", colours[5]], ["alike", colours[0]], ["found", colours[3]], ["other", colours[1]]];
    const colour = new Map(marks);
    const order = new Map(marks.map(([name], i) => [name, -i]));
    rows.sort((a, b) => order.get(a.mark) - order.get(b.mark));
    const named = rows.filter((row) => row.mark === "chosen" || row.mark === "found").slice(-25);
    const shown = marks.filter(([name]) => rows.some((row) => row.mark === name));
    const plot = Plot.plot(base(width, height, {
      x: { label: "first direction", grid: true, nice: true }, y: { label: "second direction", grid: true, nice: true },
      r: { range: [2.5, 8] },
      marks: [
        Plot.dot(rows, { x: "x", y: "y", r: "trials", fill: (row) => colour.get(row.mark), fillOpacity: (row) => (row.mark === "other" ? 0.45 : 0.95), stroke: "var(--card)", strokeWidth: 0.6 }),
        Plot.text(named, { x: "x", y: "y", text: "task", dy: -11, fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 4 }),
        Plot.tip(rows, Plot.pointer({ x: "x", y: "y", fill: "var(--card)", stroke: "var(--line)", title: (row) => `${row.task}\n${row.kind}, ${row.trials} trials` })),
      ],
    }));
    return shown.length > 1 ? [legend(shown.map(([name, tone]) => [name === "other" ? "other past tasks" : name, tone])), plot] : [plot];
  }

  function shares(figure, width, height) {
    const rows = table(figure);
    const sources = [...new Set(rows.map((row) => row.source))];
    const tone = (source, i) => (source === "the study alone" ? "var(--ink)" : source === "other past tasks" ? colours[2] : colours[[0, 1, 3, 4, 5, 6][i % 6]]);
    const colour = new Map(sources.map((source, i) => [source, tone(source, i)]));
    const ticks = [...new Set(rows.map((row) => row.trials))];
    const plot = Plot.plot(base(width, height, {
      x: { type: "point", label: "trials of the study", domain: ticks, padding: 0 },
      y: { label: "share", domain: [0, 1], grid: true, tickFormat: ".0%" },
      marks: ticks.length > 1
        ? [Plot.areaY(rows, { x: "trials", y: "share", z: "source", order: sources, fill: (row) => colour.get(row.source), fillOpacity: 0.85, title: "source" })]
        : [Plot.barY(rows, { x: "trials", y: "share", order: sources, fill: (row) => colour.get(row.source), title: "source" })],
    }));
    return [legend([...colour]), plot];
  }

  function curves(figure, width, height) {
    const rows = table(figure);
    const methods = [...new Set(rows.map((row) => row.method))];
    const colour = new Map(methods.map((method, i) => [method, colours[i % 7]]));
    const floor = Math.max(1e-4, (d3.min(rows.filter((row) => row.regret > 0), (row) => row.regret) || 1e-3) / 2);
    for (const row of rows) for (const name of ["regret", "low", "high"]) row[name] = Math.max(floor, row[name]);
    const bands = rows.filter((row) => ["adaptive", "static portfolio", "cold TPE"].includes(row.method));
    const plot = Plot.plot(base(width, height, {
      x: { type: "log", label: "trials", tickFormat: ",d", ticks: Math.max(3, width / 130) },
      y: { type: "log", label: "mean normalised regret", grid: true, tickFormat: short, ticks: 4 },
      marks: [
        Plot.areaY(bands, { x: "trials", y1: "low", y2: "high", z: "method", fill: (row) => colour.get(row.method), fillOpacity: 0.13 }),
        Plot.lineY(rows, { x: "trials", y: "regret", z: "method", stroke: (row) => colour.get(row.method), strokeWidth: (row) => (row.method === "adaptive" || row.method === "recommended" ? 2.6 : 1.5) }),
        Plot.tip(rows, Plot.pointer({ x: "trials", y: "regret", fill: "var(--card)", stroke: "var(--line)", title: (row) => `${row.method} after ${row.trials}\n${number(row.regret)} (${number(row.low)} to ${number(row.high)})` })),
      ],
    }));
    return [legend([...colour]), plot];
  }

  function edf(figure, width, height) {
    const rows = table(figure);
    const names = [...new Set(rows.map((row) => row.study))];
    const colour = new Map(names.map((name, i) => [name, colours[[0, 1, 3, 4, 5, 6][i % 6]]]));
    const plot = Plot.plot(base(width, height, {
      x: { label: figure.options.x, domain: fenced(rows.map((row) => row.value)), nice: true, clamp: true, ticks: Math.max(3, width / 130) },
      y: { label: figure.options.y, domain: [0, 1], grid: true, tickFormat: ".0%" },
      marks: [
        Plot.lineY(rows, { x: "value", y: "share", z: "study", curve: "step-after", stroke: (row) => colour.get(row.study), strokeWidth: (row) => (row.study === names[0] ? 2.4 : 1.5), clip: true }),
        Plot.dot(rows.filter((row) => names.length > 0 && rows.length < 40), { x: "value", y: "share", r: 2.5, fill: (row) => colour.get(row.study) }),
        Plot.tip(rows, Plot.pointer({ x: "value", y: "share", fill: "var(--card)", stroke: "var(--line)", title: (row) => `${row.study}\n${d3.format(".0%")(row.share)} up to ${number(row.value)}` })),
      ],
    }));
    return [legend([...colour]), plot];
  }

  const states = [["complete", colours[0]], ["pruned", colours[1]], ["fail", colours[5]], ["running", colours[3]], ["waiting", colours[2]]];

  function timeline(figure, width, height) {
    const rows = table(figure);
    const colour = new Map(states);
    const shown = states.filter(([name]) => rows.some((row) => row.state === name));
    const plot = Plot.plot(base(width, height, {
      x: { label: figure.options.x, grid: true, ticks: Math.max(3, width / 130) },
      y: { label: null, domain: shown.map(([name]) => name) }, marginLeft: 72,
      marks: [
        Plot.barX(rows, { x1: (row) => row.start_s / figure.options.seconds, x2: (row) => row.end_s / figure.options.seconds, y: "state", fill: (row) => colour.get(row.state), insetTop: 4, insetBottom: 4,
          title: (row) => `${row.trials > 1 ? `${row.trials} trials from ${row.trial}` : `trial ${row.trial}`}, ${row.state}: ${number(row.end_s - row.start_s)} s` }),
      ],
    }));
    return [legend(shown), plot];
  }

  function steps(figure, width, height) {
    const rows = table(figure);
    const colour = new Map(states);
    const shown = states.filter(([name]) => rows.some((row) => row.state === name));
    const plot = Plot.plot(base(width, height, {
      x: { label: figure.options.x, ticks: d3.ticks(...d3.extent(rows, (row) => row.step), Math.max(3, width / 130)).filter(Number.isInteger), tickFormat: ",d" },
      y: { label: figure.options.y, domain: fenced(rows.map((row) => row.value)), grid: true, nice: true, clamp: true },
      marks: [
        Plot.lineY(rows, { x: "step", y: "value", z: "trial", stroke: (row) => colour.get(row.state), strokeOpacity: 0.5, clip: true }),
        Plot.dot(rows, { x: "step", y: "value", r: 1.6, fill: (row) => colour.get(row.state), fillOpacity: 0.6, clip: true }),
        Plot.tip(rows, Plot.pointer({ x: "step", y: "value", fill: "var(--card)", stroke: "var(--line)", title: (row) => `trial ${row.trial}, ${row.state}\nstep ${row.step}: ${number(row.value)}` })),
      ],
    }));
    return [legend(shown), plot];
  }

  function front(figure, width, height, again) {
    const names = figure.options.names;
    const state = figure.state || (figure.state = { x: names[0], y: names[1] });
    const rows = table(figure);
    const marks = [["front", colours[0]], ["dominated", colours[2]]];
    const colour = new Map(marks);
    rows.sort((a, b) => (a.place === b.place ? 0 : a.place === "front" ? 1 : -1));
    const form = document.createElement("p");
    form.className = "legend";
    if (names.length > 2) form.append(chooser("Across", names, state.x, (name) => { state.x = name; again(); }), chooser("Up", names, state.y, (name) => { state.y = name; again(); }));
    const plot = Plot.plot(base(width, height, {
      x: { label: state.x, grid: true, nice: true, domain: fenced(rows.map((row) => row[state.x])), clamp: true, ticks: Math.max(3, width / 130) },
      y: { label: state.y, grid: true, nice: true, domain: fenced(rows.map((row) => row[state.y])), clamp: true },
      marks: [
        Plot.dot(rows, { x: state.x, y: state.y, r: (row) => (row.place === "front" ? 4 : 2.5), fill: (row) => colour.get(row.place), fillOpacity: (row) => (row.place === "front" ? 1 : 0.5) }),
        Plot.tip(rows, Plot.pointer({ x: state.x, y: state.y, fill: "var(--card)", stroke: "var(--line)", title: (row) => `trial ${row.trial}, ${row.place}\n` + names.map((name) => `${name}: ${number(row[name])}`).join("\n") })),
      ],
    }));
    return [legend(marks), form, plot];
  }

  function volume(figure, width, height) {
    const rows = table(figure);
    const far = rows[rows.length - 1].complete;
    return [Plot.plot(base(width, height, {
      x: { label: figure.options.x, type: far > 60 ? "log" : "linear", domain: [1, Math.max(far, 2)], tickFormat: ",d", ticks: Math.max(3, width / 110) },
      y: { label: figure.options.y, domain: [0, 1], grid: true },
      marks: [
        Plot.areaY(rows, { x: "complete", y: "hypervolume", fill: colours[0], fillOpacity: 0.12, curve: "step-after" }),
        Plot.lineY(rows, { x: "complete", y: "hypervolume", stroke: colours[0], strokeWidth: 2.4, curve: "step-after" }),
        Plot.tip(rows, Plot.pointerX({ x: "complete", y: "hypervolume", fill: "var(--card)", stroke: "var(--line)", title: (row) => `after ${row.complete} complete trials\ntrial ${row.trial}: ${number(row.hypervolume)}` })),
      ],
    }))];
  }
  const drawers = { edf, timeline, steps, front, volume, shares, curves, map, progress, bars, parallel, slice, contour, rank };

  function draw(box, figure) {
    const area = box.querySelector(".plot");
    const width = Math.max(240, Math.floor(area.clientWidth));
    const again = () => draw(box, figure);
    if (figure.rows.length === 0) area.replaceChildren("Nothing to draw yet.");
    else area.replaceChildren(...drawers[figure.kind](figure, width, Number(box.dataset.height), again));
    name(area, box);
    reach(area, box);
    box.dataset.drawn = "yes";
    const svg = area.querySelector("svg");
    const save = box.querySelector("button.svg");
    save.hidden = !svg;
    save.onclick = () => download(area, box);
  }

  // A picture is one thing with one name; Plot's names of its parts have no role that could carry them.
  function name(area, box) {
    const title = box.querySelector("figcaption").textContent;
    for (const part of area.querySelectorAll("svg [aria-label]")) part.removeAttribute("aria-label");
    for (const svg of area.querySelectorAll("svg")) {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", title);
    }
  }

  // What is wider than the page is reached by keys, too.
  function reach(area, box) {
    const isWide = area.scrollWidth > area.clientWidth;
    for (const [attribute, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", `${box.querySelector("figcaption").textContent}, scrolls`]]) {
      if (isWide) area.setAttribute(attribute, value);
      else area.removeAttribute(attribute);
    }
  }

  // The pictures as they are seen, in a file of their own: colours and fonts written out, nothing else copied.
  function download(area, box) {
    const svgs = [...area.querySelectorAll("svg")].filter((svg) => svg.clientWidth > 60);
    const outer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    let top = 0, wide = 0;
    for (const svg of svgs) {
      const copy = plain(svg);
      copy.setAttribute("y", top);
      outer.appendChild(copy);
      top += svg.clientHeight + 8;
      wide = Math.max(wide, svg.clientWidth);
    }
    outer.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    outer.setAttribute("viewBox", `0 0 ${wide} ${top}`);
    outer.setAttribute("width", wide);
    outer.setAttribute("height", top);
    outer.setAttribute("style", `background:${getComputedStyle(document.body).backgroundColor}`);
    const text = new XMLSerializer().serializeToString(outer);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = `${box.id}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    box.dataset.saved = text;
  }

  function plain(svg) {
    const copy = svg.cloneNode(true);
    const from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
    from.forEach((element, i) => {
      const seen = getComputedStyle(element);
      for (const name of ["fill", "stroke"]) if (element.localName !== "style") to[i].setAttribute(name, seen[name]);
      if (element.localName === "text" || element === svg) {
        to[i].setAttribute("font-family", seen.fontFamily);
        to[i].setAttribute("font-size", seen.fontSize);
        to[i].setAttribute("text-anchor", seen.textAnchor);
      }
    });
    for (const style of copy.querySelectorAll("style")) style.remove();
    return copy;
  }

  async function load(box) {
    try {
      const answer = await fetch(box.dataset.source, { headers: { Accept: "application/json" } });
      if (answer.status === 202) {
        box.querySelector(".plot").replaceChildren("What past tasks say is being learned.");
        box.dataset.drawn = "later";
        setTimeout(() => load(box), 1000 * Number(answer.headers.get("Retry-After")));
        return;
      }
      if (!answer.ok) {
        const isProblem = answer.headers.get("Content-Type")?.startsWith("application/problem+json");
        throw new Error(isProblem ? (await answer.json()).detail : `the service answered ${answer.status}`);
      }
      const figure = await answer.json();
      draw(box, figure);
      if (figure.options.learning) {
        setTimeout(() => load(box), 4000);
        return;
      }
      let width = box.clientWidth;
      addEventListener("themechange", () => draw(box, figure));
      new ResizeObserver(() => {
        if (Math.abs(box.clientWidth - width) < 2) return;
        width = box.clientWidth;
        draw(box, figure);
      }).observe(box);
    } catch (error) {
      box.querySelector(".plot").replaceChildren(`The figure could not be drawn: ${error.message}`);
      box.dataset.drawn = "no";
    }
  }

  const changed = () => dispatchEvent(new Event("themechange"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const box of document.querySelectorAll("figure[data-source]")) load(box);
})();
