// The image as something to draw on: with a pointer, with keys, or with a picture that is dropped on it.

const pad = { host: byId("pad-picture"), row: 0, column: 0, last: null, scale: 1 };

// The numbers that stand for the ground and for ink: the image's border says which is which.
function inkOf(image) {
  const { rows, columns, low, high } = data.image;
  const border = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (row % (rows - 1) === 0 || column % (columns - 1) === 0) border.push(brightnessAt(image, row * columns + column));
  border.sort((one, other) => one - other);
  const bright = border[border.length >> 1] > (low + high) / 2;
  return bright ? { ground: high, ink: low } : { ground: low, ink: high };
}

function numberPlaces(place) {
  const { rows, columns, channels, first } = data.image;
  return Array.from({ length: channels }, (_, channel) => (first ? channel * rows * columns + place : place * channels + channel));
}

const brightnessAt = (image, place) => numberPlaces(place).reduce((sum, at) => sum + image[at], 0) / data.image.channels;

function paintPad() {
  if (!pad.host) return;
  const widest = byId("pad").classList.contains("pinned") ? 150 : 300;
  const { across, down } = paintImage(pad.host.querySelector("canvas"), widest);
  Object.assign(pad, { across, down });
  if (now.alive) showCursor();
}

function showCursor() {
  const focused = document.activeElement === pad.host && pad.host.matches(":focus-visible");
  const box = around(pad.column * pad.across, pad.row * pad.down, pad.across, pad.down, 1);
  placeRing(pad.host.querySelector(".ring"), focused ? box : null);
}

function showImage() {
  data.image.pixels = imagePixels(data.image, now.image);
  paintPad();
  if (windowPicture) windowPicture = paintImage(byId("window-picture").querySelector("canvas"), 300);
  byId("answer-now").textContent = answerText();
}

// What the pen leaves at a pixel, of each channel.
function inkAt(at) {
  const { low, high, colours, channels } = data.image;
  if (colours !== 3 || channels !== 3 || !byId("pad-colour")) return pad.ink.ink;
  const part = parseInt(byId("pad-colour").value.slice(1 + 2 * at, 3 + 2 * at), 16) / 255;
  return low + part * (high - low);
}

// A round spot with a soft edge, never lighter than what is there.
function spot(row, column) {
  const { rows, columns } = data.image;
  const radius = (Number(byId("pad-pen").value) * Math.max(rows, columns)) / 84;
  for (let y = Math.max(0, Math.floor(row - radius - 1)); y <= Math.min(rows - 1, row + radius + 1); y++)
    for (let x = Math.max(0, Math.floor(column - radius - 1)); x <= Math.min(columns - 1, column + radius + 1); x++) {
      const cover = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(y + 0.5 - row, x + 0.5 - column)));
      if (cover === 0) continue;
      numberPlaces(y * columns + x).forEach((at, channel) => {
        const ink = inkAt(channel);
        const covered = pad.ink.ground + cover * (ink - pad.ink.ground);
        if (Math.abs(covered - ink) < Math.abs(now.image[at] - ink)) now.image[at] = covered;
      });
    }
}

function stroke(from, to) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.row - from.row, to.column - from.column)));
  for (let step = 1; step <= steps; step++) {
    const share = step / steps;
    spot(from.row + (to.row - from.row) * share, from.column + (to.column - from.column) * share);
  }
  changed();
}

function pointAt(event) {
  const box = pad.host.querySelector("canvas").getBoundingClientRect();
  return { row: (event.clientY - box.top) / pad.down, column: (event.clientX - box.left) / pad.across };
}

function followPen() {
  pad.host.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.host.setPointerCapture(event.pointerId);
    pad.last = pointAt(event);
    stroke(pad.last, pad.last);
  });
  pad.host.addEventListener("pointermove", (event) => {
    if (!pad.last) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const point = pointAt(each);
      stroke(pad.last, point);
      pad.last = point;
    }
  });
  for (const end of ["pointerup", "pointercancel"]) pad.host.addEventListener(end, () => (pad.last = null));
}

const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function followPadKeys() {
  pad.host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = () => ({ row: pad.row + 0.5, column: pad.column + 0.5 });
    const before = middle();
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      pad.row = Math.max(0, Math.min(data.image.rows - 1, pad.row + down));
      pad.column = Math.max(0, Math.min(data.image.columns - 1, pad.column + right));
      if (event.shiftKey) stroke(before, middle());
    } else if (event.key === " ") stroke(before, before);
    else if (event.key === "Delete" || event.key === "Backspace") clearPad();
    else return;
    event.preventDefault();
    showCursor();
  });
  for (const event of ["focus", "blur"]) pad.host.addEventListener(event, showCursor);
}

function clearPad() {
  now.image.fill(pad.ink.ground);
  changed();
}

function setImage(numbers, label) {
  now.image.set(numbers);
  pad.ink = inkOf(numbers);
  changed(label);
}

// -- pictures from files ---------------------------------------------------------------------------------------------------

// The picture in the middle of a square of its own border's colour, in the size of the image: [rows * columns * 4] bytes.
function scaledDown(bitmap) {
  const { rows, columns } = data.image;
  const canvas = made("canvas", { width: columns, height: rows });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, 1, 1, 0, 0, columns, rows);
  const scale = Math.min(columns / bitmap.width, rows / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.drawImage(bitmap, (columns - width) / 2, (rows - height) / 2, width, height);
  return context.getImageData(0, 0, columns, rows).data;
}

function imageFrom(bytes, swapped) {
  const { rows, columns, channels, colours, low, high } = data.image;
  const numbers = new Float32Array(now.image.length);
  for (let place = 0; place < rows * columns; place++) {
    const [red, green, blue] = bytes.subarray(place * 4, place * 4 + 3);
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    numberPlaces(place).forEach((at, channel) => {
      const byte = colours === 3 && channels === 3 ? [red, green, blue][channel] : grey;
      numbers[at] = low + ((swapped ? 255 - byte : byte) / 255) * (high - low);
    });
  }
  return numbers;
}

// Where a drawing is dark on light, and the model has learned from light on dark, it is swapped.
function takePicture() {
  const swapped = byId("pad-swap").checked;
  setImage(imageFrom(pad.bytes, swapped));
}

async function readPicture(file) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    byId("answer-now").textContent = `${file.name} is not a picture that this browser can read.`;
    return;
  }
  pad.bytes = scaledDown(bitmap);
  const grey = data.image.colours === 1;
  const learned = inkOf(firstImage).ground;
  byId("pad-swap").checked = grey && inkOf(imageFrom(pad.bytes, false)).ground !== learned;
  takePicture();
}

function followFiles() {
  byId("pad-file").addEventListener("change", () => byId("pad-file").files[0] && readPicture(byId("pad-file").files[0]));
  byId("pad-swap").addEventListener("change", () => {
    if (pad.bytes) takePicture();
    else setImage(now.image.map((value) => data.image.low + data.image.high - value));
  });
  const area = byId("pad");
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("dropping");
  });
  area.addEventListener("dragleave", () => area.classList.remove("dropping"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("dropping");
    if (event.dataTransfer.files[0]) readPicture(event.dataTransfer.files[0]);
  });
}

if (now.alive) {
  pad.ink = inkOf(firstImage);
  pad.host.setAttribute("role", "application");
  pad.host.setAttribute("aria-roledescription", "drawing pad");
  pad.host.tabIndex = 0;
  pad.host.classList.add("widget", "drawing");
  for (const id of ["alive-words", "answer-now", "pad-hint", "pad-controls", "now"]) byId(id).hidden = false;
  follow(pad.host, showImage);
  followPen();
  followPadKeys();
  followFiles();
  byId("pad-clear").addEventListener("click", clearPad);
  byId("pad-first").addEventListener("click", () => {
    pad.bytes = null;
    byId("pad-swap").checked = false;
    setImage(firstImage, data.label);
  });
  byId("pad-pin").addEventListener("change", () => {
    byId("pad").classList.toggle("pinned", byId("pad-pin").checked);
    paintPad();
  });
  for (const list of document.querySelectorAll("[data-scores]")) showBars(list);
  showImage();
}
