// Pictures of feature maps: of the image, of each layer's output, and of the maps whose cells can be pointed at.

const GAP = 4;

// How many columns of tiles, and how large their cells: as large as fits into `width` and about `height`.
function tiling(tiles, rows, columns, width, height, largest) {
  let found = { cell: 1, across: Math.max(1, Math.floor((width + GAP) / (columns + GAP))) };
  for (let cell = largest; cell >= 1; cell--) {
    const across = Math.floor((width + GAP) / (columns * cell + GAP));
    if (across >= 1 && Math.ceil(tiles / across) * (rows * cell + GAP) - GAP <= height) {
      found = { cell, across };
      break;
    }
  }
  found.across = Math.min(found.across, tiles);
  if (columns > width) found.cell = width / columns;
  return found;
}

// The picture of an image as it is carried: one or three bytes a pixel.
function paintPicture(canvas, image, widest) {
  const room = roomIn(canvas.closest("figure, .layer-picture, li"));
  const scale = Math.min(widest, room) / Math.max(image.width, image.height * 0.9);
  const cell = (scale >= 2 ? Math.floor(scale) : scale) * (image.width / image.columns);
  const [width, height] = [image.columns * cell, image.rows * cell];
  const bytes = image.pixels;
  const at = (place) =>
    image.colours === 3 ? [...bytes.subarray(place * 3, place * 3 + 3)] : [bytes[place], bytes[place], bytes[place]];
  const context = contextOf(canvas, width, height);
  paintGrid(context, 0, 0, image.rows, image.columns, cell, at);
  return { context, width, height, across: width / image.width, down: height / image.height };
}

const paintImage = (canvas, widest) => paintPicture(canvas, data.image, widest);

for (const each of [data.image, ...data.layers]) if (each) each.pixels = bytesOf(each.bytes);

// A colour for each of the 256 levels between `low` and `high`.
function levelColours({ low, high }) {
  const colour = valueColours(low, high);
  return Array.from({ length: 256 }, (_, level) => colour(low + (level / 255) * (high - low)));
}

function paintLayer(canvas) {
  const layer = data.layers[Number(canvas.dataset.layer)];
  const colours = levelColours(layer);
  const colourAt = (place) => colours[layer.pixels[place]];
  const width = roomIn(canvas.parentElement);
  if (layer.rows === 1 && layer.maps === 1) {
    paintRow(canvas, layer, width, colourAt);
    return;
  }
  const { cell, across } = tiling(layer.maps, layer.rows, layer.columns, width, layer.maps === 1 ? 220 : 300, 12);
  const down = Math.ceil(layer.maps / across);
  const [wide, high] = [layer.columns * cell + GAP, layer.rows * cell + GAP];
  const context = contextOf(canvas, across * wide - GAP, down * high - GAP);
  const size = layer.rows * layer.columns;
  for (let map = 0; map < layer.maps; map++) {
    const [left, top] = [(map % across) * wide, Math.floor(map / across) * high];
    paintGrid(context, left, top, layer.rows, layer.columns, cell, (place) => colourAt(map * size + place));
  }
  layer.tiles = { cell, across, wide, high };
}

// Which cell of which map is at a place in a layer's picture: [row, column, map], or null between them.
function cellOfLayer(layer, x, y) {
  const { cell, across, wide, high } = layer.tiles;
  const map = Math.floor(y / high) * across + Math.floor(x / wide);
  const [row, column] = [Math.floor((y % high) / cell), Math.floor((x % wide) / cell)];
  return map < layer.maps && row < layer.rows && column < layer.columns ? [row, column, map] : null;
}

// A vector: cells beside each other, in as many lines as it takes; in lines of whole groups, if it has groups that fit.
function paintRow(canvas, { columns: count, group }, width, colourAt) {
  const fits = group > 1 && group * 3 <= width;
  const cell = fits ? Math.min(12, Math.floor(width / group)) : Math.max(6, Math.min(28, Math.floor(width / count)));
  const across = Math.min(count, fits ? Math.max(1, Math.floor(width / (group * cell))) * group : Math.floor(width / cell));
  const height = Math.max(10, cell);
  const context = contextOf(canvas, across * cell, Math.ceil(count / across) * (height + 1));
  for (let place = 0; place < count; place++) {
    context.fillStyle = css(colourAt(place));
    context.fillRect((place % across) * cell, Math.floor(place / across) * (height + 1), cell - (cell > 8), height);
  }
}

// The maps that Flatten unrolls, a tile for each channel. Cells are numbered with the channels last.
class TileMap {
  constructor(host, colourOf, largest, tallest = 420) {
    Object.assign(this, { host, colourOf, largest, tallest, canvas: host.querySelector("canvas") });
    this.ring = host.querySelector(".ring.cell");
    this.tileRing = host.querySelector(".ring.tile");
  }

  paint() {
    const { rows, columns, channels } = data.flat;
    const width = roomIn(this.host.parentElement);
    Object.assign(this, tiling(channels, rows, columns, width, this.tallest, this.largest));
    this.wide = columns * this.cell + GAP;
    this.high = rows * this.cell + GAP;
    const down = Math.ceil(channels / this.across);
    this.context = contextOf(this.canvas, this.across * this.wide - GAP, down * this.high - GAP);
    for (let channel = 0; channel < channels; channel++) {
      const [left, top] = this.corner(channel);
      paintGrid(this.context, left, top, rows, columns, this.cell, (pixel) => this.colourOf(pixel * channels + channel));
    }
  }

  corner(channel) {
    return [(channel % this.across) * this.wide, Math.floor(channel / this.across) * this.high];
  }

  // Where a cell is: [left, top].
  placeOf(key) {
    const { columns, channels } = data.flat;
    const [left, top] = this.corner(key % channels);
    const pixel = Math.floor(key / channels);
    return [left + (pixel % columns) * this.cell, top + Math.floor(pixel / columns) * this.cell];
  }

  paintCell(key, colour) {
    const [left, top] = this.placeOf(key);
    this.context.fillStyle = css(colour);
    this.context.fillRect(left, top, this.cell, this.cell);
  }

  // The cell at a place in the picture; -1 between tiles.
  keyAt(x, y) {
    const { rows, columns, channels } = data.flat;
    const channel = Math.floor(y / this.high) * this.across + Math.floor(x / this.wide);
    const [column, row] = [Math.floor((x % this.wide) / this.cell), Math.floor((y % this.high) / this.cell)];
    if (x < 0 || y < 0 || x >= this.across * this.wide || channel >= channels || row >= rows || column >= columns) return -1;
    return (row * columns + column) * channels + channel;
  }

  show(key) {
    const { rows, columns, channels } = data.flat;
    const [left, top] = this.placeOf(key);
    placeRing(this.ring, around(left, top, this.cell, this.cell, 2));
    if (this.tileRing) {
      const [tileLeft, tileTop] = this.corner(key % channels);
      placeRing(this.tileRing, around(tileLeft, tileTop, columns * this.cell, rows * this.cell, 1));
    }
  }
}
