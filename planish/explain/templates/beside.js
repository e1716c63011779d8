// Beside the image: which pixels matter, and what the first weights look like.

const saliency = data.saliency;
if (saliency) Object.assign(saliency, { pixels: bytesOf(saliency.bytes), target: data.classes[0]?.index ?? 0, cell: 1 });

function showSaliency() {
  const target = answer(now.values[data.computation.logits]);
  const slopes = slopesOf(target)[0];
  const { rows, columns } = data.image;
  const most = new Float32Array(rows * columns);
  for (let place = 0; place < most.length; place++)
    for (const at of numberPlaces(place)) most[place] = Math.max(most[place], Math.abs(slopes[at]));
  Object.assign(saliency, levelsOf(most), { slopes, target });
  byId("saliency-class").textContent = data.names[target];
  byId("saliency-pixel").textContent = "";
  paintSaliency();
}

function paintSaliency() {
  if (!saliency) return;
  const canvas = byId("saliency-picture").querySelector("canvas");
  const scale = Math.min(300, roomIn(canvas.closest("figure"))) / Math.max(saliency.columns, saliency.rows * 0.9);
  saliency.cell = scale >= 2 ? Math.floor(scale) : scale;
  const context = contextOf(canvas, saliency.columns * saliency.cell, saliency.rows * saliency.cell);
  const colours = levelColours({ low: 0, high: saliency.high });
  const level = (place) => Math.round((255 * (saliency.low + (saliency.pixels[place] / 255) * (saliency.high - saliency.low))) / (saliency.high || 1));
  paintGrid(context, 0, 0, saliency.rows, saliency.columns, saliency.cell, (place) => colours[level(place)]);
}

// A pixel that is pressed says what it does.
function explainPixel(event) {
  const box = byId("saliency-picture").querySelector("canvas").getBoundingClientRect();
  const row = Math.floor((event.clientY - box.top) / saliency.cell);
  const column = Math.floor((event.clientX - box.left) / saliency.cell);
  if (row < 0 || column < 0 || row >= saliency.rows || column >= saliency.columns) return;
  placeRing(byId("saliency-picture").querySelector(".ring"), around(column * saliency.cell, row * saliency.cell, saliency.cell, saliency.cell, 2));
  const place = row * saliency.columns + column;
  const slope = saliency.low + (saliency.pixels[place] / 255) * (saliency.high - saliency.low);
  const where = saliency.rows === data.image.height ? `Row ${row}, column ${column}` : `The pixels around row ${Math.round((row * data.image.height) / saliency.rows)}, column ${Math.round((column * data.image.width) / saliency.columns)}`;
  byId("saliency-pixel").textContent = `${where}: if its number grows by a little, the logit moves by ${short(slope)} times as much, up or down.`;
}

// A filter as a picture: in colours where the image has them, else the mean of what it sees.
function paintFilter(canvas, weights, filter) {
  const [height, width, inputs, filters] = weights.shape;
  const at = (place, channel) => weights.value[(place * inputs + channel) * filters + filter];
  const most = largestIn(weights.value);
  const cell = Math.max(1, Math.min(16, Math.floor(56 / Math.max(height, width))));
  const context = contextOf(canvas, width * cell, height * cell);
  paintGrid(context, 0, 0, height, width, cell, (place) => {
    if (inputs === 3) return [0, 1, 2].map((channel) => 127.5 + (127.5 * at(place, channel)) / most);
    let sum = 0;
    for (let channel = 0; channel < inputs; channel++) sum += at(place, channel);
    return signedColour(sum / inputs / most);
  });
}

// The weights of a Dense on the image, in the image's own rows and columns.
function weightsAsFilters(record) {
  const weights = engine.operandsOf(engine.nodes[record.node], now.values)[1];
  if (record.kind === "conv") return weights;
  const { height, width, channels, first } = data.image;
  if (first) return null;
  return { value: weights.value, shape: [height, width, channels, weights.shape[1]] };
}

const MOST_FILTERS = 96;

function paintFilters() {
  const host = byId("filters");
  if (!host) return;
  const which = Number(host.dataset.record ?? data.arithmetic.findIndex((each) => each.kind !== "pool"));
  const record = data.arithmetic[which];
  const weights = record && weightsAsFilters(record);
  if (!weights) return;
  const word = record.kind === "conv" ? "Filter" : "Unit";
  if (!host.children.length)
    for (let filter = 0; filter < Math.min(MOST_FILTERS, weights.shape[3]); filter++) {
      const button = made("button", { type: "button", className: "filter" }, made("canvas"), made("span", {}, String(filter)));
      button.setAttribute("aria-label", `${word} ${filter} of ${record.name}: see its numbers`);
      button.addEventListener("click", () => showSumAtMost(which, filter));
      host.append(button);
    }
  [...host.children].forEach((button, filter) => paintFilter(button.firstChild, weights, filter));
}

if (saliency) byId("saliency-picture").addEventListener("click", explainPixel);
if (saliency && now.alive) follow(byId("saliency-picture"), showSaliency);
