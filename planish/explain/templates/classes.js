// What counts: the weights of a class over the maps, what each number adds to its logit, and where in the image.

const classes = data.classes;
let shown = 0;
let classChosen = false;
let weightMap = null;
let contributionMap = null;

const withContributions = (each) => (each.contributions = each.weights.map((weight, key) => weight * flat.features[key]));

for (const each of classes) {
  each.weights = floatsOf(each.weights);
  withContributions(each);
}

// [height × width]: every contribution spread evenly over what it saw; running sums of differences fill the windows.
function heatOf(contributions) {
  const { width, height } = data.image;
  const sums = new Float64Array((height + 1) * (width + 1));
  for (let key = 0; key < flat.size; key++) {
    const [top, bottom, left, right] = windowOf(key);
    if (bottom <= top) continue;
    const each = contributions[key] / ((bottom - top) * (right - left));
    sums[top * (width + 1) + left] += each;
    sums[top * (width + 1) + right] -= each;
    sums[bottom * (width + 1) + left] -= each;
    sums[bottom * (width + 1) + right] += each;
  }
  for (let row = 0; row <= height; row++)
    for (let column = 1; column <= width; column++) sums[row * (width + 1) + column] += sums[row * (width + 1) + column - 1];
  for (let place = width + 1; place < sums.length; place++) sums[place] += sums[place - width - 1];
  const heat = new Float64Array(height * width);
  for (let row = 0; row < height; row++) heat.set(sums.subarray(row * (width + 1), row * (width + 1) + width), row * width);
  return heat;
}

// The image in ink on a ground that the heat colours: its darker or its lighter pixels, whichever are fewer.
function paintHeat(canvas, contributions) {
  const { width, height, rows, columns, colours } = data.image;
  const bytes = data.image.pixels;
  const brightness = Array.from({ length: rows * columns }, (_, place) => {
    let sum = 0;
    for (let at = 0; at < colours; at++) sum += bytes[place * colours + at];
    return sum / colours / 255;
  });
  const bright = brightness.reduce((sum, each) => sum + each, 0) > brightness.length / 2;
  const heat = heatOf(contributions);
  const most = largestIn(heat);
  const ink = theme.ramp[2];
  const picture = paintImage(canvas, 300);
  paintGrid(picture.context, 0, 0, height, width, picture.across, (place) => {
    const [row, column] = [Math.floor(place / width), place % width];
    const shownAt = Math.floor((row * rows) / height) * columns + Math.floor((column * columns) / width);
    const strength = bright ? 1 - brightness[shownAt] : brightness[shownAt];
    return mixed(signedColour(heat[place] / most), ink, 0.62 * strength);
  });
}

function tableRow(key, weights, contributions) {
  const row = document.createElement("tr");
  const link = document.createElement("button");
  link.type = "button";
  link.className = "link";
  link.textContent = String(indexOf(key, flat.order));
  link.title = "Show it in the unrolling";
  link.setAttribute("aria-label", `Show index ${indexOf(key, flat.order)} in the unrolling`);
  link.addEventListener("click", () => {
    pause();
    choose(key);
    byId("strip-picture").focus();
  });
  const cells = [short(flat.features[key]), short(weights[key]), signed(contributions[key]), placeText(key), windowText(key) || "–"];
  row.append(document.createElement("td"), ...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  row.firstChild.append(link);
  for (const place of [1, 2, 3]) row.children[place].className = "right";
  return row;
}

function describe(each) {
  const sum = each.contributions.reduce((total, value) => total + value, 0);
  const count = flat.size.toLocaleString("en");
  if (each.exact) return `Together the ${count} numbers add ${signed(sum)} to the logit of ${each.name}; the bias adds ${signed(each.rest)}. That is all of it: ${short(each.logit)}.`;
  const between = byId("sum").dataset.between || "the layers after it";
  return `Together the ${count} numbers add ${signed(sum)} to the logit of ${each.name}; biases on the way add ${signed(each.rest)}, and that makes ${short(each.logit)}. Through ${between} the weights are gradients: they hold for images near this one.`;
}

function paintClass() {
  if (!classes.length) return;
  const each = classes[shown];
  byId("sum").textContent = describe(each);
  if (byId("heat-picture")) paintHeat(byId("heat-picture"), each.contributions);
  const mostWeight = largestIn(each.weights);
  const mostAdded = largestIn(each.contributions);
  weightMap.colourOf = (key) => signedColour(each.weights[key] / mostWeight);
  contributionMap.colourOf = (key) => signedColour(each.contributions[key] / mostAdded);
  weightMap.paint();
  contributionMap.paint();
  const order = [...each.contributions.keys()].sort((one, other) => each.contributions[other] - each.contributions[one]);
  byId("top").tBodies[0].replaceChildren(...order.slice(0, 8).map((key) => tableRow(key, each.weights, each.contributions)));
  weightMap.show(chosen.key);
  contributionMap.show(chosen.key);
}

if (classes.length) {
  weightMap = new TileMap(byId("weights-picture"), null, 20, 300);
  contributionMap = new TileMap(byId("contributions-picture"), null, 20, 300);
  for (const view of [weightMap, contributionMap]) {
    followPointer(view.host, view);
    listeners.push((key) => view.context && view.show(key));
  }
  byId("class").addEventListener("change", () => {
    shown = Number(byId("class").value);
    classChosen = true;
    if (now.changed && flat.node !== null) updateFlat();
    paintClass();
  });
}
