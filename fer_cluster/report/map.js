"use strict";
// The map of faces: fills the empty Bokeh figure, and answers its controls.
(async () => {
  const at = (id) => document.getElementById(id);
  const told = JSON.parse(at("map-points").textContent);
  const state = { run: 0, part: 0, colouring: 0, hidden: new Set(), face: -1 };
  const pages = new Map(); // sheets of faces that were decoded

  // WebGL only where a graphics card draws it: done in software it takes seconds a frame, the canvas does not.
  function hasCard() {
    const context = document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true });
    const told = context?.getExtension("WEBGL_debug_renderer_info");
    const name = told ? context.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context) && !/swiftshader|llvmpipe|software|basic render/i.test(name);
  }
  const figure = JSON.parse(at("map-figure").textContent);
  figure.doc.roots[0].attributes.output_backend = hasCard() ? "webgl" : "canvas";
  const views = await Bokeh.embed.embed_item(figure, "map-plot");
  const held = Bokeh.documents[Bokeh.documents.length - 1];
  const [plot, source, filter, points, mapper] = ["map", "faces", "shown", "points", "colours"].map((name) => held.get_model_by_name(name));

  // While the map moves on a canvas Bokeh draws some of many points, grey: let them keep their colours.
  const moving = views.find_one(points)?.decimated_glyph?.model;
  const seen = { fill_color: { field: "code", transform: mapper }, fill_alpha: 0.75, line_color: null, hatch_color: null };
  moving?.setv(seen);

  // ---- numbers of faces: base64 of little-endian arrays, each once in the page, unpacked once

  const KINDS = { x: Float32Array, y: Float32Array };
  function numbers(owner, key) {
    const name = `_${key}`;
    if (!(name in owner)) {
      const text = atob(told.arrays[owner[key]]);
      const bytes = new Uint8Array(text.length);
      for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
      owner[name] = new (KINDS[key] ?? (bytes.length === told.n ? Uint8Array : Uint16Array))(bytes.buffer);
    }
    return owner[name];
  }
  const run = () => told.runs[state.run];
  const colourings = () => [told.colourings[0], ...run().colourings, ...told.colourings.slice(1)];
  const colouring = () => colourings()[state.colouring];

  // ---- what is drawn

  function place() {
    frame(plot.x_range, numbers(run(), "x"));
    frame(plot.y_range, numbers(run(), "y"));
    paint();
  }

  function frame(range, values) {
    const sorted = Float32Array.from(values).filter((value) => !isNaN(value)).sort();
    const [low, high] = [0.001, 0.999].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
    const margin = 0.05 * (high - low) || 1;
    range.setv({ start: low - margin, end: high + margin, reset_start: low - margin, reset_end: high + margin });
  }

  function paint() {
    const palette = colouring().colours;
    mapper.setv({ palette, low: -0.5, high: palette.length - 0.5 });
    source.data = { x: numbers(run(), "x"), y: numbers(run(), "y"), code: numbers(colouring(), "codes") };
  }

  function inPart(face) {
    return (state.part === run().parts.length || numbers(run(), "part")[face] === state.part) && !isNaN(numbers(run(), "x")[face]);
  }

  function show() {
    const codes = numbers(colouring(), "codes");
    const shown = new Array(told.n);
    let count = 0;
    for (let face = 0; face < told.n; face++) count += shown[face] = inPart(face) && !state.hidden.has(codes[face]);
    for (let face = 0; face < told.n; face++) shown[face] = Boolean(shown[face]);
    plot.lod_factor = Math.max(1, Math.round(count / 4000));
    filter.booleans = shown;
    points.glyph.size = count > 15000 ? 3 : count > 5000 ? 4 : 6;
    moving?.setv({ size: points.glyph.size });
    source.selected.indices = source.selected.indices.filter((face) => shown[face]);
    at("map-shown").textContent = `${count.toLocaleString("en")} of ${told.n.toLocaleString("en")} faces are shown.`;
  }

  // ---- controls

  function options(select, names, chosen) {
    select.replaceChildren(...names.map((name, value) => new Option(name, value, false, value === chosen)));
  }

  function element(tag, text, parent) {
    const made = document.createElement(tag);
    made.textContent = text;
    parent?.append(made);
    return made;
  }

  function legend() {
    const codes = numbers(colouring(), "codes");
    const counts = new Array(colouring().labels.length).fill(0);
    for (let face = 0; face < told.n; face++) if (inPart(face)) counts[codes[face]]++;
    at("map-legend").replaceChildren(...colouring().labels.map((label, code) => key(label, code, counts[code])));
  }

  function key(label, code, count) {
    const button = element("button", "");
    button.type = "button";
    const swatch = element("span", "", button);
    swatch.className = "swatch";
    swatch.style.background = colouring().colours[code];
    element("span", `${label} (${count.toLocaleString("en")})`, button);
    button.setAttribute("aria-pressed", String(!state.hidden.has(code)));
    button.addEventListener("click", () => {
      if (!state.hidden.delete(code)) state.hidden.add(code);
      button.setAttribute("aria-pressed", String(!state.hidden.has(code)));
      show();
    });
    return button;
  }

  function refill() {
    options(at("map-part"), [...run().parts, "all faces"], state.part);
    options(at("map-colour"), colourings().map((one) => one.name), state.colouring);
    legend();
  }

  function chosen(id, change) {
    at(id).addEventListener("change", (event) => {
      change(Number(event.target.value));
      state.hidden.clear();
      refill();
      show();
      tell(state.face);
    });
  }
  chosen("map-run", (value) => { state.run = value; state.part = 0; place(); });
  chosen("map-part", (value) => { state.part = value; });
  chosen("map-colour", (value) => {
    state.colouring = value;
    paint();
  });

  function zoom(factor) {
    for (const range of [plot.x_range, plot.y_range]) {
      const [middle, half] = [(range.start + range.end) / 2, (factor * (range.end - range.start)) / 2];
      range.setv({ start: middle - half, end: middle + half });
    }
  }
  at("map-nearer").addEventListener("click", () => zoom(1 / 1.5));
  at("map-farther").addEventListener("click", () => zoom(1.5));
  at("map-whole").addEventListener("click", () => { frame(plot.x_range, numbers(run(), "x")); frame(plot.y_range, numbers(run(), "y")); });
  if (matchMedia("(pointer: coarse)").matches) plot.toolbar.active_drag = null; // a finger scrolls the page

  // ---- one face: under the pointer, tapped, or asked for by its number

  source.inspect.connect(() => { if (source.inspected.indices.length) tell(source.inspected.indices[0]); });
  at("map-number").max = told.n - 1;
  at("map-number").addEventListener("input", (event) => tell(event.target.value === "" ? -1 : Number(event.target.value)));

  function facts(face) {
    const known = [["face", String(face)], ["part", run().parts[numbers(run(), "part")[face]]]];
    for (const one of colourings()) known.push([one.name, one.labels[numbers(one, "codes")[face]]]);
    for (const one of told.details) known.push([one.name, one.values ? one.values[face] : String(numbers(one, "numbers")[face])]);
    return known;
  }

  function tell(face) {
    if (!(Number.isInteger(face) && face >= 0 && face < told.n)) return;
    state.face = face;
    const list = at("map-told");
    list.replaceChildren();
    for (const [name, value] of facts(face)) {
      if (name.startsWith("votes ") && value === "0") continue;
      element("dt", name, list);
      element("dd", value, list);
    }
    picture(face);
  }

  async function picture(face) {
    const canvas = at("map-picture");
    canvas.hidden = !told.size;
    if (!told.size) return;
    const [height, width] = told.size;
    const each = told.side * told.side;
    const sheet = await page(Math.floor(face / each));
    if (state.face !== face) return; // the pointer went on
    [canvas.width, canvas.height] = [width, height];
    const [row, column] = [Math.floor((face % each) / told.side), face % told.side];
    canvas.getContext("2d").drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
    canvas.dataset.face = face;
    canvas.setAttribute("aria-label", `face ${face}`);
  }

  function page(number) {
    if (!pages.has(number)) {
      const image = new Image();
      image.src = `data:image/webp;base64,${at(`map-sheet-${number}`).textContent.trim()}`;
      pages.set(number, image.decode().then(() => image));
    }
    return pages.get(number);
  }

  // ---- the selection, and its CSV

  source.selected.change.connect(() => {
    const { indices } = source.selected;
    const some = indices.length;
    at("map-count").textContent = some === 1 ? "1 face is selected." : `${some.toLocaleString("en")} faces are selected.`;
    at("map-save").disabled = !some;
    if (some === 1) tell(indices[0]);
  });
  at("map-all").addEventListener("click", () => {
    source.selected.indices = filter.booleans.flatMap((shown, face) => (shown ? [face] : []));
  });
  at("map-none").addEventListener("click", () => { source.selected.indices = []; });
  at("map-save").addEventListener("click", () => save(source.selected.indices));

  function save(faces) {
    const rows = faces.map((face) => [...facts(face).map(([, value]) => value), numbers(run(), "x")[face], numbers(run(), "y")[face]]);
    const head = [...facts(0).map(([name]) => name), "x", "y"];
    const text = [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = "selected_faces.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const NUMBER = "-?[\\d.]+(e-?\\d+)?";
  const NUMBERS = new RegExp(`^${NUMBER}( to ${NUMBER})?$`); // as bins of a nuisance are named

  function cell(value) {
    let text = String(value);
    const formula = /^[=+\-@\t\r]/.test(text) && !NUMBERS.test(text);
    if (typeof value === "string" && formula) text = `'${text}`; // no formula in a spreadsheet
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  options(at("map-run"), told.runs.map((one) => `${one.name} (split ${one.split})`), 0);
  refill();
  place();
  show();
  document.documentElement.dataset.map = "ready";
  performance.mark("map ready");
})();
