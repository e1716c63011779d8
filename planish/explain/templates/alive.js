// The page that is alive: when the image or what is switched off changes, everything is computed and shown again.
//
// What computes is `engine`: its `computeAll(image, off)` gives the value of every node (see computing.js). The script
// begins; as soon as the model is there as WebAssembly, that goes on. Where it is switched off, nothing changes.

let engine = computationOf(data.computation);
const firstImage = floatsOf(data.computation.image);
const firstValues = engine.computeAll(firstImage);

// `values` are those of the image as it is now; `off` has the channels that are switched off, by node.
// `label` is the right class, where it is known.
const now = { alive: data.computation.alive, image: firstImage.slice(), values: firstValues, off: new Map(), label: data.label, changed: false };

const nodeOf = (id) => ({ ...engine.nodes[id], value: now.values[id] });
const scoresNow = () => now.values[data.computation.scores];

// The class with the highest score; a single score tells two classes apart.
function answer(scores) {
  let best = 0;
  scores.forEach((score, at) => (best = score > scores[best] ? at : best));
  return best;
}

// Slopes of the logit of a class along every node, computed once for each class and image.
let knownSlopes = new Map();

function slopesOf(target) {
  if (!knownSlopes.has(target)) knownSlopes.set(target, engine.slopesOf(now.values, data.computation.logits, target, now.off));
  return knownSlopes.get(target);
}

// -- what is shown, and when -----------------------------------------------------------------------------------------------

// Each: an element, and what shows the new values in it. What is out of sight waits until there is time.
const shows = [];
const follow = (element, show) => element && shows.push({ element, show, stale: false });
let idle = 0;

function inSight(element) {
  const box = element.getBoundingClientRect();
  return box.bottom > -50 && box.top < innerHeight + 50;
}

function showStale(all) {
  for (const each of shows) {
    if (!each.stale || !(all || inSight(each.element))) continue;
    each.stale = false;
    each.show();
  }
}

let frame = 0;

function recompute() {
  frame = 0;
  now.values = engine.computeAll(now.image, now.off);
  knownSlopes = new Map();
  for (const each of shows) each.stale = true;
  showStale(false);
  clearTimeout(idle);
  idle = setTimeout(() => showStale(true), 250);
}

// To be called after the image or `now.off` has changed; a drawing has no right class.
function changed(label = null) {
  Object.assign(now, { changed: true, label });
  frame ||= requestAnimationFrame(recompute);
}

window.addEventListener("scroll", () => showStale(false), { passive: true });

// `data-engine` of the page says which one computes.
async function takeCompiled({ module, nbytes }) {
  document.documentElement.dataset.engine = "script";
  try {
    engine = withCompiled(engine, await compiledEngine(module, engine.nodes));
  } catch {
    return; // the browser, or whoever set it up, does not allow it
  }
  document.documentElement.dataset.engine = "webassembly";
  byId("engine-words").textContent = `What follows a drawing is computed by the model itself, compiled to ${Math.round(nbytes / 1000)} kB of WebAssembly.`;
}

if (data.computation.engine) takeCompiled(data.computation.engine);

// -- pictures from numbers -------------------------------------------------------------------------------------------------

// 0 to 255 for numbers between the smallest and the largest.
function levelsOf(numbers) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of numbers) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high >= low)) [low, high] = [0, 0];
  const span = high - low || 1;
  return { low, high, pixels: Uint8Array.from(numbers, (value) => Math.round((255 * (value - low)) / span)) };
}

// The maps of a layer that the page draws, one after the other, from the layer's output; means over blocks if need be.
function planesOf(layer) {
  const { shape, value } = nodeOf(layer.node);
  if (shape.length < 2) return value.subarray(0, layer.columns);
  const inner = shape.length === 2 ? shape : layer.first ? shape.slice(1) : shape.slice(0, -1);
  const [rows, columns] = [sizeOf(inner.slice(0, -1)), inner.at(-1)];
  const maps = shape.length === 2 ? 1 : sizeOf(shape) / (rows * columns);
  const at = shape.length === 2 || layer.first ? (map, pixel) => map * rows * columns + pixel : (map, pixel) => pixel * maps + map;
  const block = Math.max(Math.ceil(rows / layer.rows), Math.ceil(columns / layer.columns));
  const planes = new Float32Array(layer.maps * layer.rows * layer.columns);
  const counts = new Float32Array(layer.rows * layer.columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const place = Math.floor(row / block) * layer.columns + Math.floor(column / block);
      counts[place] += 1;
      for (let map = 0; map < layer.maps; map++) planes[map * counts.length + place] += value[at(map, row * columns + column)];
    }
  for (let place = 0; place < planes.length; place++) planes[place] /= counts[place % counts.length];
  return planes;
}

// The bytes of the image, as `planish/explain/pixels.py` makes them.
function imagePixels(image, numbers) {
  const { rows, columns, channels, colours, first, low, high } = image;
  const pixels = new Uint8Array(rows * columns * colours);
  for (let place = 0; place < rows * columns; place++)
    for (let colour = 0; colour < colours; colour++) {
      let sum = 0;
      const averaged = colours === channels ? [colour] : Array.from({ length: channels }, (_, channel) => channel);
      for (const channel of averaged) sum += numbers[first ? channel * rows * columns + place : place * channels + channel];
      const share = (sum / averaged.length - low) / (high - low);
      pixels[place * colours + colour] = Math.round(255 * Math.max(0, Math.min(1, share)));
    }
  return pixels;
}

// -- the parts that follow -------------------------------------------------------------------------------------------------

function showLayer(canvas) {
  const layer = data.layers[Number(canvas.dataset.layer)];
  Object.assign(layer, levelsOf(planesOf(layer)));
  paintLayer(canvas);
}

// What a layer gives, in numbers: as `layers.html` has it.
function showValues(line) {
  const { value } = nodeOf(data.layers[Number(line.dataset.values)].node);
  const { low, high } = levelsOf(value);
  const zeros = value.reduce((count, each) => count + (each === 0), 0) / value.length;
  line.textContent = `Values ${short(low)} to ${short(high)}${zeros ? `, ${(100 * zeros).toFixed(1)}% of them zero` : ""}`;
}

// The answer, and whether it is right, where that is known.
function answerText() {
  const scores = scoresNow();
  if (scores.length === 1) return `${data.names[0]}: ${scoreText(scores[0])}`;
  const best = answer(scores);
  const right = now.label === null ? "" : best === now.label ? ". That is right" : `. Right is ${data.names[now.label]}`;
  return `Its answer: ${data.names[best]}, ${scoreText(scores[best])}${right}.`;
}

// A list of classes with bars: all of them in order, or the highest if there are more than `data-most`.
function showBars(list) {
  const scores = [...scoresNow()];
  const most = Number(list.dataset.most ?? scores.length);
  const order = scores.map((_, at) => at);
  if (scores.length > most) order.sort((one, other) => scores[other] - scores[one]).splice(most);
  const longest = Math.max(...scores.map(Math.abs), 1e-9);
  const best = answer(scores);
  list.replaceChildren(
    ...order.map((at) => {
      const bar = made("span");
      bar.style.width = `${Math.max(0, (100 * scores[at]) / longest)}%`;
      const name = made("span", {}, data.names[at]);
      const item = made("li", {}, name, made("span", { className: "bar" }, bar), made("span", { className: "right" }, scoreText(scores[at])));
      item.classList.toggle("best", at === best && scores.length > 1);
      return item;
    }),
  );
}

function showScores() {
  const [scores, logits] = [scoresNow(), now.values[data.computation.logits]];
  const rows = [...byId("scores-rows").rows];
  const order = [...scores.keys()].sort((one, other) => scores[other] - scores[one]).slice(0, rows.length);
  const most = Math.max(scores[order[0]], 0) || 1;
  order.forEach((at, place) => {
    const [name, logit, score, bar] = rows[place].cells;
    const right = at === now.label;
    name.replaceChildren(data.names[at], ...(right ? [" ", made("small", {}, "right")] : []));
    rows[place].classList.toggle("label", right);
    logit.textContent = short(logits[at]);
    score.textContent = scoreText(scores[at]);
    bar.firstChild.style.width = `${(100 * Math.max(0, scores[at])) / most}%`;
  });
}

function updateFlat() {
  const value = now.values[flat.node];
  for (let key = 0; key < flat.size; key++) flat.features[key] = value[indexOf(key, flat.order)];
  flat.most = largestIn(flat.features);
  knownExtremes = null;
  const logits = now.values[data.computation.logits];
  for (const each of classes) {
    if (each !== classes[shown]) continue;
    const slopes = slopesOf(each.index)[flat.node];
    for (let key = 0; key < flat.size; key++) each.weights[key] = slopes[indexOf(key, flat.order)];
    withContributions(each);
    each.logit = logits[each.index];
    each.rest = each.logit - each.contributions.reduce((sum, value) => sum + value, 0);
  }
}

// Until a reader chooses a class, the one looked at is the answer.
function followAnswer() {
  const best = answer(scoresNow());
  const place = classes.findIndex((each) => each.index === best);
  if (!classChosen && place >= 0) byId("class").value = String((shown = place));
  for (const option of byId("class").options) {
    const { name, index } = classes[Number(option.value)];
    option.textContent = `${name} (${scoreText(scoresNow()[index])})`;
  }
}

function followEverything() {
  follow(byId("answer"), () => (byId("answer").textContent = answerText()));
  for (const line of document.querySelectorAll("[data-values]"))
    if (data.layers[Number(line.dataset.values)].node !== null) follow(line, () => showValues(line));
  for (const list of document.querySelectorAll("[data-scores]")) follow(list, () => showBars(list));
  for (const canvas of document.querySelectorAll("canvas[data-layer]"))
    if (data.layers[Number(canvas.dataset.layer)].node !== null) follow(canvas, () => showLayer(canvas));
  follow(byId("input-picture"), () => paintImage(byId("input-picture"), 220));
  follow(byId("scores-rows"), showScores);
  if (!flat || flat.node === null) return;
  follow(byId("map-picture"), () => {
    updateFlat();
    paintUnrolling();
    tell(chosen.key, true);
  });
  follow(byId("class"), () => {
    followAnswer();
    updateFlat();
    paintClass();
  });
}

if (now.alive) followEverything();
