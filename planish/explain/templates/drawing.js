// What every picture needs: colours of the current theme, canvases of the screen's own resolution.

function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  const colour = (name) => [1, 3, 5].map((at) => parseInt(read(name).slice(at, at + 2), 16));
  return {
    card: colour("--card"),
    forClass: colour("--for"),
    against: colour("--against"),
    ramp: ["--ramp-low", "--ramp-middle", "--ramp-high"].map(colour),
    soft: read("--soft"),
    empty: Number(read("--empty")),
    full: Number(read("--full")),
  };
}

let theme = themeColours();

const mixed = (one, other, share) => one.map((part, at) => part + (other[at] - part) * share);

// 0 to 1: from nothing to the largest.
function rampColour(share) {
  const [low, middle, high] = theme.ramp;
  return share < 0.5 ? mixed(low, middle, share * 2) : mixed(middle, high, share * 2 - 1);
}

// -1 to 1: against, nothing, for.
function signedColour(share) {
  return mixed(theme.ramp[0], share < 0 ? theme.against : theme.forClass, Math.min(1, Math.abs(share)));
}

// A hue (0 to 1) as light as the theme's empty cells where the value is 0, and full where it is 1.
function hueColour(hue, share) {
  const lightness = theme.empty + (theme.full - theme.empty) * share;
  const strength = (0.25 + 0.6 * share) * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((shift) => {
    const at = (shift + hue * 12) % 12;
    return 255 * (lightness - strength * Math.max(-1, Math.min(at - 3, 9 - at, 1)));
  });
}

// Numbers between `low` and `high` as colours: signed if they lie on both sides of zero.
function valueColours(low, high) {
  const most = Math.max(-low, high) || 1;
  if (low < 0) return (value) => signedColour(value / most);
  const span = high - Math.min(low, 0) || 1;
  return (value) => rampColour(value / span);
}

const css = (colour) => `rgb(${colour.map(Math.round).join(" ")})`;

// The canvas in CSS pixels, and a context that draws in them.
function contextOf(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

// A grid of cells at (left, top), `cell` wide each; `colourAt(place)` gives [red, green, blue, alpha].
const scratch = document.createElement("canvas");

function paintGrid(context, left, top, rows, columns, cell, colourAt) {
  scratch.width = columns;
  scratch.height = rows;
  const inner = scratch.getContext("2d");
  const pixels = inner.createImageData(columns, rows);
  for (let place = 0; place < rows * columns; place++) {
    const colour = colourAt(place);
    pixels.data.set(colour, place * 4);
    if (colour.length < 4) pixels.data[place * 4 + 3] = 255;
  }
  inner.putImageData(pixels, 0, 0);
  context.drawImage(scratch, left, top, columns * cell, rows * cell);
}

// Puts a frame around something in a picture; `null` takes it away.
function placeRing(ring, box) {
  ring.hidden = !box;
  if (!box) return;
  for (const side of ["left", "top", "width", "height"]) ring.style[side] = `${box[side]}px`;
}

const around = (left, top, width, height, border) => ({
  left: left - border,
  top: top - border,
  width: width + 2 * border,
  height: height + 2 * border,
});

// How wide something may be: the inner width of the element around it.
function roomIn(element) {
  const style = getComputedStyle(element);
  return Math.floor(element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
}

// An element with properties and children; texts are only texts.
function made(tag, properties = {}, ...children) {
  const { dataset = {}, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

const short = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "not a number");
const signed = (value) => (Number.isFinite(value) ? (value < 0 ? "−" : "+") + short(Math.abs(value)) : short(value));

// A share of all as percent, any other number as it is.
function scoreText(value) {
  if (!data.activation || !(value >= 0 && value <= 1)) return short(value);
  return value >= 1e-4 || value === 0 ? `${(100 * value).toFixed(2)}%` : "< 0.01%";
}
