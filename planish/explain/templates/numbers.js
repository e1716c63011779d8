// Number by number: one number that a layer gives, and the arithmetic that makes it.

const sum = { record: 0, row: 0, column: 0, channel: 0, source: 0 };
const MOST_PRODUCTS = 12;
const MOST_SOURCES = 48;

const nodeWord = { conv: "filter", pool: "map", dense: "unit" };
const recordNow = () => data.arithmetic[sum.record];
const withSign = (value) => (value < 0 ? `− ${short(-value)}` : `+ ${short(value)}`);

// [rows, columns, channels] of what a record gives: a Dense has a row for each place, pools of whole maps have one pixel.
function extentsOf(record) {
  const { shape } = engine.nodes[record.final];
  return shape.length === 3 ? shape : [1, sizeOf(shape.slice(0, -1)), shape.at(-1)];
}

function partsOf(record) {
  const node = engine.nodes[record.node];
  const [x, w] = engine.operandsOf(node, now.values);
  const [, columns, channels] = extentsOf(record);
  const at = (sum.row * columns + sum.column) * channels + sum.channel;
  const [before, biased, given] = [record.node, record.sum, record.final].map((id) => now.values[id][at]);
  return { node, x, w, at, before, biased, given };
}

function keepInside() {
  const record = recordNow();
  const [rows, columns, channels] = extentsOf(record);
  const within = (place, extent) => Math.max(0, Math.min(extent - 1, place));
  Object.assign(sum, { row: within(sum.row, rows), column: within(sum.column, columns), channel: within(sum.channel, channels) });
  sum.source = within(sum.source, record.kind === "conv" ? partsOf(record).w.shape[2] : 1);
}

// -- tables ------------------------------------------------------------------------------------------------------------------

function numberTable(caption, rows, marked = () => "") {
  const table = made("table", { className: "numbers" }, made("caption", {}, caption));
  rows.forEach((row, down) => {
    const cells = row.map((value, across) => made("td", { className: marked(down, across) }, value === null ? "border" : short(value)));
    table.append(made("tr", {}, ...cells));
  });
  return table;
}

const sign = (text) => made("span", { className: "sign", ariaHidden: "true" }, text);

// The numbers of one map under a window: null where it hangs over the border.
function windowNumbers(node, x, [height, width], channel) {
  const rows = Array.from({ length: height }, () => Array(width).fill(null));
  eachTap(node, x.shape, [height, width], sum.row, sum.column, (pixel, tap) => {
    rows[Math.floor(tap / width)][tap % width] = x.value[pixel * x.shape[2] + channel];
  });
  return rows;
}

function windowBox(node, x, [height, width]) {
  let box = null;
  eachTap(node, x.shape, [height, width], sum.row, sum.column, (pixel) => {
    const [row, column] = [Math.floor(pixel / x.shape[1]), pixel % x.shape[1]];
    box ??= [row, row, column, column];
    box = [Math.min(box[0], row), Math.max(box[1], row), Math.min(box[2], column), Math.max(box[3], column)];
  });
  return box;
}

// What the bias and the activation make of a sum, as words.
function ending(record, { before, biased, given }) {
  const parts = [];
  if (record.sum !== record.node) parts.push(`With the bias ${short(before)} ${withSign(biased - before)} = ${short(biased)}.`);
  if (now.off.get(record.final)?.has(sum.channel)) parts.push(`It is switched off, so ${short(given)} goes on.`);
  else if (record.activation === "softmax") parts.push(`softmax makes a share of it: e to the power of ${short(biased)}, divided by the sum of that over all classes, is ${short(given)}.`);
  else if (record.final !== record.sum) parts.push(`${record.activation} makes ${short(given)} of it.`);
  return parts.join(" ");
}

function showConvolution(record, parts) {
  const { node, x, w } = parts;
  const [height, width, inputs, filters] = w.shape;
  const group = Math.floor(sum.channel / (filters / node.groups));
  const sees = (source) => group * inputs + source;
  const weightsOf = (source) => Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) => w.value[((row * width + column) * inputs + source) * filters + sum.channel]));
  const productsOf = (source) => {
    const weights = weightsOf(source);
    return windowNumbers(node, x, [height, width], sees(source)).map((row, down) => row.map((value, across) => (value === null ? 0 : value * weights[down][across])));
  };
  const totals = Array.from({ length: inputs }, (_, source) => productsOf(source).flat().reduce((total, value) => total + value, 0));
  const windowed = windowNumbers(node, x, [height, width], sees(sum.source));
  byId("sum-tables").replaceChildren(
    numberTable(`Window of map ${sees(sum.source)}`, windowed, (down, across) => (windowed[down][across] === null ? "outside" : "")), sign("×"),
    numberTable(`Weights of filter ${sum.channel}`, weightsOf(sum.source)), sign("="),
    numberTable("Products", productsOf(sum.source)),
    ...(inputs > 1 ? [sourcesList(totals)] : []),
  );
  const total = inputs > 1 ? `Those of all ${inputs} maps that it sees add up to ${short(parts.before)}.` : "";
  byId("sum-total").textContent = [`The ${height * width} products add up to ${short(totals[sum.source])}.`, total, ending(record, parts)].filter(Boolean).join(" ");
}

// What each of the maps adds; a press shows its products.
function sourcesList(totals) {
  const order = totals.map((_, source) => source).sort((one, other) => Math.abs(totals[other]) - Math.abs(totals[one]));
  const list = made("ul", { className: "sources" });
  list.setAttribute("aria-label", "What each map adds");
  for (const source of order.slice(0, MOST_SOURCES)) {
    const button = made("button", { type: "button", className: "link" }, `map ${source}: ${signed(totals[source])}`);
    button.setAttribute("aria-pressed", String(source === sum.source));
    button.addEventListener("click", () => {
      sum.source = source;
      showSum();
    });
    list.append(made("li", {}, button));
  }
  const rest = order.slice(MOST_SOURCES).reduce((total, source) => total + totals[source], 0);
  if (order.length > MOST_SOURCES) list.append(made("li", {}, `the other ${order.length - MOST_SOURCES}: ${signed(rest)}`));
  return list;
}

function showPool(record, parts) {
  const { node, x, given } = parts;
  const windowed = windowNumbers(node, x, node.window, sum.channel);
  const seen = windowed.flat().filter((value) => value !== null);
  const largest = node.op === "max_pool2d";
  const [most, across] = [Math.max(...seen), node.window[1]];
  const first = windowed.flat().indexOf(most);
  byId("sum-tables").replaceChildren(
    numberTable(`Window of map ${sum.channel}`, windowed, (row, column) => (windowed[row][column] === null ? "outside" : largest && row * across + column === first ? "most" : "")),
  );
  const what = largest ? `The largest of ${seen.length} numbers is` : `The mean of ${seen.length} numbers is`;
  byId("sum-total").textContent = `${what} ${short(parts.before)}. ${parts.before === given ? "" : `It is switched off, so ${short(given)} goes on.`}`;
}

function showDense(record, parts) {
  const { x, w } = parts;
  const [inputs, units] = w.shape;
  const first = sum.column * inputs;
  const products = Array.from({ length: inputs }, (_, at) => x.value[first + at] * w.value[at * units + sum.channel]);
  const order = products.map((_, at) => at).sort((one, other) => Math.abs(products[other]) - Math.abs(products[one]));
  const listed = order.slice(0, MOST_PRODUCTS);
  const isFlat = flat && sizeOf(x.shape) === flat.size && engine.nodes[record.node].inputs[0] === flat.node;
  const keyOf = (at) => keyAtIndex(at, flat.order);
  const head = made("tr", {}, ...["number", "value", "weight", "product"].map((text) => made("th", { scope: "col" }, text)));
  const rows = listed.map((at) => {
    const where = isFlat ? `${at}: ${placeText(keyOf(at))}` : String(at);
    const texts = [short(x.value[first + at]), short(w.value[at * units + sum.channel]), signed(products[at])];
    return made("tr", {}, made("th", { scope: "row" }, where), ...texts.map((text) => made("td", { className: "right" }, text)));
  });
  const table = made("table", {}, made("caption", {}, `The largest products of unit ${sum.channel}`), made("thead", {}, head), made("tbody", {}, ...rows));
  byId("sum-tables").replaceChildren(table);
  const shownTotal = listed.reduce((total, at) => total + products[at], 0);
  const others = inputs > listed.length ? ` The other ${inputs - listed.length} add ${signed(parts.before - shownTotal)}.` : "";
  byId("sum-total").textContent = `These ${listed.length} products add up to ${short(shownTotal)}.${others} All ${inputs} make ${short(parts.before)}. ${ending(record, parts)}`;
}

// -- pictures ----------------------------------------------------------------------------------------------------------------

// One channel of a map [rows, columns, channels]; the size of a cell.
function paintChannel(host, { shape, value }, channel) {
  const [rows, columns, channels] = shape;
  const scale = Math.min(220, roomIn(host.parentElement)) / Math.max(rows, columns);
  const cell = scale >= 2 ? Math.min(24, Math.floor(scale)) : scale;
  const plane = Float32Array.from({ length: rows * columns }, (_, pixel) => value[pixel * channels + channel]);
  const { low, high, pixels } = levelsOf(plane);
  const colours = levelColours({ low, high });
  const context = contextOf(host.querySelector("canvas"), columns * cell, rows * cell);
  paintGrid(context, 0, 0, rows, columns, cell, (place) => colours[pixels[place]]);
  return cell;
}

function showPictures(record, { node, x, w }) {
  byId("sum-pictures").hidden = record.kind === "dense";
  if (record.kind === "dense") return;
  const size = record.kind === "conv" ? w.shape.slice(0, 2) : node.window;
  const seen = record.kind === "conv" ? Math.floor(sum.channel / (w.shape[3] / node.groups)) * w.shape[2] + sum.source : sum.channel;
  byId("sum-seen-caption").textContent = `What it sees: map ${seen} of ${x.shape[2]}`;
  byId("sum-given-caption").textContent = `What it gives: map ${sum.channel} of ${extentsOf(record)[2]}`;
  const cell = paintChannel(byId("sum-seen"), x, seen);
  const box = windowBox(node, x, size);
  placeRing(byId("sum-seen").querySelector(".ring"), box && around(box[2] * cell, box[0] * cell, (box[3] - box[2] + 1) * cell, (box[1] - box[0] + 1) * cell, 0));
  sum.cell = paintChannel(byId("sum-given"), { shape: extentsOf(record), value: now.values[record.final] }, sum.channel);
  placeRing(byId("sum-given").querySelector(".ring"), around(sum.column * sum.cell, sum.row * sum.cell, sum.cell, sum.cell, 2));
}

function showFields(record, parts) {
  const [rows, columns, channels] = extentsOf(record);
  const dense = record.kind === "dense";
  const set = (name, extent, wanted = true) => {
    byId(`sum-${name}-field`).hidden = !wanted;
    byId(`sum-${name}`).max = String(extent - 1);
    if (document.activeElement !== byId(`sum-${name}`)) byId(`sum-${name}`).value = String(sum[name]);
  };
  byId("sum-channel-field").firstElementChild.textContent = { conv: "Filter", pool: "Map", dense: "Unit" }[record.kind];
  set("channel", channels);
  set("row", rows, !dense);
  set("column", columns, !dense || columns > 1);
  set("source", record.kind === "conv" ? parts.w.shape[2] : 1, record.kind === "conv" && parts.w.shape[2] > 1);
  byId("sum-layer").value = String(sum.record);
}

function showSum() {
  if (!byId("sum-layer")) return;
  keepInside();
  const record = recordNow();
  const parts = partsOf(record);
  showFields(record, parts);
  showPictures(record, parts);
  ({ conv: showConvolution, pool: showPool, dense: showDense })[record.kind](record, parts);
  if (now.alive) showOff(record);
}

// Where a filter, or a unit, gives most.
function chooseMost(which, channel) {
  Object.assign(sum, { record: which, channel, row: 0, column: 0, source: 0 });
  const record = recordNow();
  const [rows, columns, channels] = extentsOf(record);
  let best = 0;
  for (let pixel = 0; pixel < rows * columns; pixel++)
    if (now.values[record.final][pixel * channels + channel] > now.values[record.final][best * channels + channel]) best = pixel;
  Object.assign(sum, { row: Math.floor(best / columns), column: best % columns });
}

function showSumAtMost(which, channel) {
  chooseMost(which, channel);
  goToSum();
}

// The filter that gives most of all: a better beginning than a corner of the first one.
function chooseFirst() {
  const value = now.values[recordNow().final];
  const at = value.reduce((most, each, place) => (each > value[most] ? place : most), 0);
  chooseMost(sum.record, at % extentsOf(recordNow())[2]);
}

function goToSum() {
  showSum();
  byId("arithmetic").scrollIntoView();
  byId("sum-layer").focus({ preventScroll: true });
}

// -- switching off -----------------------------------------------------------------------------------------------------------

function showOff(record) {
  const silent = now.off.get(record.final)?.has(sum.channel) ?? false;
  const button = byId("sum-off");
  button.textContent = `Switch ${nodeWord[record.kind]} ${sum.channel} ${silent ? "on" : "off"}`;
  button.setAttribute("aria-pressed", String(silent));
}

function switchOff() {
  const { final } = recordNow();
  const channels = now.off.get(final) ?? new Set();
  if (!channels.delete(sum.channel)) channels.add(sum.channel);
  now.off.delete(final);
  if (channels.size) now.off.set(final, channels);
  changed(now.label);
}

const offWords = () =>
  data.arithmetic
    .filter((record) => now.off.has(record.final))
    .map((record) => `${nodeWord[record.kind]}${now.off.get(record.final).size > 1 ? "s" : ""} ${[...now.off.get(record.final)].join(", ")} of ${record.name}`)
    .join("; ");

const changeText = (change) => (data.activation ? `${change < 0 ? "−" : "+"}${(100 * Math.abs(change)).toFixed(2)} points` : signed(change));

function showEffect() {
  byId("effect").hidden = now.off.size === 0;
  if (now.off.size === 0) return;
  const id = data.computation.scores;
  const [before, after] = [engine.computeAll(now.image)[id], now.values[id]];
  const order = [...after.keys()].sort((one, other) => Math.max(before[other], after[other]) - Math.max(before[one], after[one]));
  const [was, is] = [answer(before), answer(after)];
  const same = was === is ? "The answer stays" : `The answer was ${data.names[was]}, and is now`;
  byId("effect-words").textContent = `Switched off: ${offWords()}. ${same} ${data.names[is]}.`;
  byId("effect-rows").replaceChildren(
    ...order.slice(0, 6).map((at) =>
      made("tr", {}, made("th", { scope: "row" }, data.names[at]), ...[scoreText(before[at]), scoreText(after[at]), changeText(after[at] - before[at])].map((text) => made("td", { className: "right" }, text))),
    ),
  );
}

// -- what readers do -----------------------------------------------------------------------------------------------------------

function followField(name) {
  byId(`sum-${name}`).addEventListener("input", () => {
    const value = Number(byId(`sum-${name}`).value);
    const fits = byId(`sum-${name}`).value !== "" && Number.isInteger(value) && value >= 0 && value <= Number(byId(`sum-${name}`).max);
    byId(`sum-${name}`).toggleAttribute("aria-invalid", !fits);
    if (!fits) return;
    sum[name] = value;
    showSum();
  });
  byId(`sum-${name}`).addEventListener("blur", showSum);
}

// A press on a map of a layer shows the arithmetic of that number.
function followLayer(canvas) {
  const place = Number(canvas.dataset.layer);
  const which = data.arithmetic.findIndex((record) => record.card === place && record.output);
  const layer = data.layers[place];
  if (which < 0 || layer.maps * layer.rows === 1) return;
  const record = data.arithmetic[which];
  const [rows, columns] = extentsOf(record);
  if (rows !== layer.rows || columns !== layer.columns) return;
  canvas.classList.add("pressed");
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const found = cellOfLayer(layer, event.clientX - box.left, event.clientY - box.top);
    if (!found) return;
    const [row, column, channel] = found;
    Object.assign(sum, { record: which, row, column, channel, source: 0 });
    goToSum();
  });
}

if (byId("sum-layer")) {
  byId("sum-layer").addEventListener("change", () => {
    sum.record = Number(byId("sum-layer").value);
    chooseFirst();
    showSum();
  });
  for (const name of ["row", "column", "channel", "source"]) followField(name);
  byId("sum-given").addEventListener("click", (event) => {
    const box = byId("sum-given").querySelector("canvas").getBoundingClientRect();
    Object.assign(sum, { row: Math.floor((event.clientY - box.top) / sum.cell), column: Math.floor((event.clientX - box.left) / sum.cell) });
    showSum();
  });
  for (const canvas of document.querySelectorAll("canvas[data-layer]")) followLayer(canvas);
  if (now.alive) {
    byId("sum-off").addEventListener("click", switchOff);
    byId("all-on").addEventListener("click", () => {
      now.off = new Map();
      changed(now.label);
      byId("sum-off").focus();
    });
    follow(byId("sum-tables"), showSum);
    follow(byId("arithmetic"), showEffect);
  }
  chooseFirst();
}
