// The unrolling: one cell is chosen; the strip, the maps and the image all show it.

const largestIn = (numbers) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

const flat = data.flat;
const chosen = { key: 0, order: flat ? flat.order : "" };
const listeners = [];

if (flat) {
  flat.features = floatsOf(flat.features);
  flat.windows = flat.windows && shortsOf(flat.windows);
  flat.pixels = flat.rows * flat.columns;
  flat.size = flat.pixels * flat.channels;
  flat.most = largestIn(flat.features);
}

// Where a cell is in the row, and which cell is there.
function indexOf(key, order = chosen.order) {
  return order === "channels_last" ? key : (key % flat.channels) * flat.pixels + Math.floor(key / flat.channels);
}

function keyAtIndex(index, order = chosen.order) {
  return order === "channels_last" ? index : (index % flat.pixels) * flat.channels + Math.floor(index / flat.pixels);
}

// [row, column, channel], or what the axes of the map are called.
function positionOf(key) {
  const position = [];
  for (const extent of [...flat.extents].reverse()) {
    position.unshift(key % extent);
    key = Math.floor(key / extent);
  }
  return position;
}

const placeText = (key) => positionOf(key).map((place, axis) => `${flat.axes[axis]} ${place}`).join(", ");

// [first row, end of rows, first column, end of columns], or null.
function windowOf(key) {
  if (!flat.windows) return null;
  const place = (flat.windowsOfPixels ? Math.floor(key / flat.channels) : key) * 4;
  return flat.windows.subarray(place, place + 4);
}

function windowText(key) {
  const found = windowOf(key);
  if (!found) return "";
  if (found[1] === found[0]) return "nothing of the image";
  return `rows ${found[0]}–${found[1] - 1}, columns ${found[2]}–${found[3] - 1}`;
}

function cellText(key) {
  const other = chosen.order === "channels_last" ? "channels_first" : "channels_last";
  const parts = [`Index ${indexOf(key)} is ${placeText(key)}. It holds ${short(flat.features[key])}`];
  if (windowText(key)) parts.push(` and saw ${windowText(key)} of the image`);
  parts.push(".");
  if (indexOf(key, other) !== indexOf(key)) parts.push(` With ${other.replace("_", " ")} its index is ${indexOf(key, other)}.`);
  return parts.join("");
}

// Makes `key` the chosen cell. `quiet` leaves the sentence for screen readers alone, as the animation does.
function choose(key, quiet = false) {
  if (key < 0 || key >= flat.size) return;
  chosen.key = key;
  for (const listener of listeners) listener(key, quiet);
}

const colourings = {
  channel: (key, share) => hueColour((key % flat.channels) / flat.channels, share),
  pixel: (key, share) => hueColour(Math.floor(key / flat.channels) / flat.pixels, share),
  value: (key) => valueColours(Math.min(...extremes()), Math.max(...extremes()))(flat.features[key]),
};

let knownExtremes = null;

function extremes() {
  knownExtremes ??= flat.features.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]);
  return knownExtremes;
}

let colouring = flat && flat.channels > 1 ? "channel" : "value";
const cellColour = (key) => colourings[colouring](key, Math.abs(flat.features[key]) / flat.most);
const faintColour = (key) => mixed(theme.card, cellColour(key), 0.13);

// The flat vector in lines. A line holds whole groups, all channels of a pixel or all pixels of a channel, if they fit.
class Strip {
  constructor(host) {
    Object.assign(this, { host, canvas: host.querySelector("canvas"), ring: host.querySelector(".ring.cell") });
  }

  // All channels of a pixel or all pixels of a channel; without channels, a row of the image.
  get group() {
    if (flat.channels === 1) return flat.columns < flat.size ? flat.columns : 1;
    return chosen.order === "channels_last" ? flat.channels : flat.pixels;
  }

  paint(colourOf = cellColour) {
    this.gutter = 8 * String(flat.size).length + 6;
    const width = roomIn(this.host.parentElement) - this.gutter - 2;
    const fitting = Math.max(1, Math.floor(width / 12));
    const aligned = this.group > 1 && this.group * 4 <= width;
    this.line = Math.min(flat.size, fitting);
    if (aligned) this.line = Math.min(flat.size, Math.max(1, Math.floor(fitting / this.group)) * this.group);
    const cell = Math.min(18, width / this.line);
    this.cell = cell >= 6 ? Math.floor(cell) : cell;
    this.high = Math.max(9, Math.min(16, Math.floor(cell))) + 2;
    this.context = contextOf(this.canvas, this.gutter + this.line * this.cell + 2, Math.ceil(flat.size / this.line) * this.high);
    this.context.font = "11px ui-monospace, monospace";
    this.context.textAlign = "right";
    this.context.textBaseline = "middle";
    for (let index = 0; index < flat.size; index++) {
      if (index % this.line === 0) this.label(index);
      this.paintCell(keyAtIndex(index), colourOf);
    }
  }

  label(index) {
    this.context.fillStyle = theme.soft;
    this.context.fillText(String(index), this.gutter - 6, Math.floor(index / this.line) * this.high + this.high / 2);
  }

  // A wider gap before each group tells where it begins.
  paintCell(key, colourOf = cellColour) {
    const index = indexOf(key);
    const [left, top] = this.placeOf(index);
    const begins = this.group > 1 && index % this.group === 0 && index % this.line !== 0;
    const gap = begins && this.cell >= 4 ? 1.5 : 0;
    this.context.fillStyle = css(colourOf(key));
    this.context.fillRect(left + gap, top, this.cell - gap - (this.cell > 7 ? 1 : 0), this.high - 2);
  }

  placeOf(index) {
    return [this.gutter + (index % this.line) * this.cell, Math.floor(index / this.line) * this.high + 1];
  }

  keyAt(x, y) {
    const column = Math.floor((x - this.gutter) / this.cell);
    const index = Math.floor(y / this.high) * this.line + column;
    return column < 0 || column >= this.line || index < 0 || index >= flat.size ? -1 : keyAtIndex(index);
  }

  show(key) {
    const index = indexOf(key);
    const [left, top] = this.placeOf(index);
    placeRing(this.ring, around(left, top, this.cell, this.high - 2, 2));
    this.host.setAttribute("aria-valuenow", String(index));
    this.host.setAttribute("aria-valuetext", cellText(key));
    const scroller = this.host.parentElement;
    if (top < scroller.scrollTop) scroller.scrollTop = top - 4;
    const bottom = top + this.high + 4 - scroller.clientHeight;
    if (bottom > scroller.scrollTop) scroller.scrollTop = bottom;
  }
}

// Pointing at a cell of a picture chooses it.
function followPointer(host, view) {
  const follow = (event) => {
    const box = host.getBoundingClientRect();
    const key = view.keyAt(event.clientX - box.left, event.clientY - box.top);
    if (key < 0 || key === chosen.key) return;
    pause();
    choose(key);
  };
  host.addEventListener("pointermove", follow);
  host.addEventListener("pointerdown", follow);
}

function followKeys(host, move) {
  host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = move(event.key);
    if (key === null) return;
    event.preventDefault();
    pause();
    choose(key);
  });
}

function alongStrip(name) {
  const { line, group } = strip;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -line, ArrowDown: line, PageUp: -group, PageDown: group };
  const index = indexOf(chosen.key);
  if (name === "Home") return keyAtIndex(0);
  if (name === "End") return keyAtIndex(flat.size - 1);
  if (!(name in steps)) return null;
  const next = index + steps[name];
  return next < 0 || next >= flat.size ? chosen.key : keyAtIndex(next);
}

function alongMap(name) {
  const { rows, columns, channels } = flat;
  const pixel = Math.floor(chosen.key / channels);
  let [row, column, channel] = [Math.floor(pixel / columns), pixel % columns, chosen.key % channels];
  if (name === "ArrowLeft") column -= 1;
  else if (name === "ArrowRight") column += 1;
  else if (name === "ArrowUp") row -= 1;
  else if (name === "ArrowDown") row += 1;
  else if (name === "PageUp") channel -= 1;
  else if (name === "PageDown") channel += 1;
  else if (name === "Home") channel = 0;
  else if (name === "End") channel = channels - 1;
  else return null;
  const within = (place, extent) => Math.max(0, Math.min(extent - 1, place));
  return (within(row, rows) * columns + within(column, columns)) * channels + within(channel, channels);
}

// The animation: cells are drawn faintly, and get their colour when their turn comes.
const play = { next: 0, frame: 0, since: 0 };

function pause() {
  if (!play.frame) return;
  cancelAnimationFrame(play.frame);
  play.frame = 0;
  byId("play").setAttribute("aria-pressed", "false");
  byId("play").textContent = play.next < flat.size ? "Play on" : playLabel();
  if (play.next >= flat.size) play.next = 0;
  choose(chosen.key);
}

// Whoever wants no motion gets a line at each press.
const still = matchMedia("(prefers-reduced-motion: reduce)");

function showLine() {
  if (play.next === 0) fade();
  const end = Math.min(flat.size, play.next + strip.line);
  for (; play.next < end; play.next++) {
    const key = keyAtIndex(play.next);
    map.paintCell(key, cellColour(key));
    strip.paintCell(key);
  }
  choose(keyAtIndex(play.next - 1));
  if (play.next >= flat.size) play.next = 0;
  byId("play").textContent = play.next ? "Show the next line" : playLabel();
}

const playLabel = () => (still.matches ? "Show the first line" : "Play the order");

function fade() {
  map.colourOf = faintColour;
  map.paint();
  map.colourOf = cellColour;
  strip.paint(faintColour);
}

function start() {
  if (still.matches) {
    showLine();
    return;
  }
  if (play.next === 0) fade();
  byId("play").setAttribute("aria-pressed", "true");
  byId("play").textContent = "Pause";
  byId("readout").setAttribute("aria-live", "off");
  play.since = performance.now();
  play.frame = requestAnimationFrame(advance);
}

function advance(now) {
  const each = Math.min(60, Math.max(2, 16000 / flat.size));
  const due = Math.min(flat.size - play.next, Math.floor((now - play.since) / each));
  play.since += due * each;
  for (let step = 0; step < due; step++, play.next++) {
    const key = keyAtIndex(play.next);
    map.paintCell(key, cellColour(key));
    strip.paintCell(key);
  }
  if (due) choose(keyAtIndex(play.next - 1), true);
  if (play.next < flat.size) play.frame = requestAnimationFrame(advance);
  else pause();
}

function stopPlaying() {
  pause();
  play.next = 0;
  byId("play").textContent = playLabel();
}

let map = null;
let strip = null;
let windowPicture = null;

function paintUnrolling() {
  if (!flat) return;
  stopPlaying();
  if (byId("window-picture")) windowPicture = paintImage(byId("window-picture").querySelector("canvas"), 300);
  map.paint();
  strip.paint();
  choose(chosen.key, true);
}

function showWindow(key) {
  const found = windowOf(key);
  const ring = byId("window-picture") && byId("window-picture").querySelector(".ring");
  if (!ring) return;
  const { across, down } = windowPicture;
  const [top, bottom, left, right] = found || [0, 0, 0, 0];
  const box = bottom > top && around(left * across, top * down, (right - left) * across, (bottom - top) * down, 0);
  placeRing(ring, box || null);
}

function tell(key, quiet) {
  if (document.activeElement !== byId("index")) byId("index").value = indexOf(key);
  byId("readout").setAttribute("aria-live", quiet ? "off" : "polite");
  byId("readout").classList.remove("wrong");
  byId("readout").textContent = cellText(key);
}

function goToTyped() {
  const text = byId("index").value;
  const index = Number(text);
  if (text !== "" && Number.isInteger(index) && index >= 0 && index < flat.size) {
    byId("index").removeAttribute("aria-invalid");
    pause();
    choose(keyAtIndex(index));
    return;
  }
  byId("index").setAttribute("aria-invalid", "true");
  byId("readout").classList.add("wrong");
  byId("readout").textContent = `There is no index ${text || "without a number"}: they go from 0 to ${flat.size - 1}.`;
}

if (flat) {
  map = new TileMap(byId("map-picture"), cellColour, 32);
  strip = new Strip(byId("strip-picture"));
  listeners.push((key) => map.show(key), (key) => strip.show(key), showWindow, tell);
  followPointer(map.host, map);
  followPointer(strip.host, strip);
  followKeys(map.host, alongMap);
  followKeys(strip.host, alongStrip);
  byId("index").addEventListener("input", goToTyped);
  byId("play").addEventListener("click", () => (play.frame ? pause() : start()));
  for (const input of document.querySelectorAll("input[name=order]")) {
    input.addEventListener("change", () => {
      chosen.order = input.value;
      paintUnrolling();
      choose(chosen.key);
    });
  }
  for (const input of document.querySelectorAll("input[name=colours]")) {
    input.addEventListener("change", () => {
      colouring = input.value;
      paintUnrolling();
    });
  }
}
