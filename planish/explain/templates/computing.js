// The model itself, computed by the page: every operation of its graph, forward, and backward for slopes.
//
// `computationOf(source).computeAll(image, off)` is the seam: whatever computes a model in a browser gives an array with
// the value of each node by its number, and leaves out what it does not have. `complete` computes the rest.

function bytesOf(text) {
  const raw = atob(text);
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
const shortsOf = (text) => new Int16Array(bytesOf(text).buffer);

const sizeOf = (shape) => shape.reduce((size, extent) => size * extent, 1);

// How far apart neighbours along each axis are.
const distancesOf = (shape) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

// For every element of an array of that shape, in order: `first` plus what its place along each axis adds.
function offsets(shape, steps, first = 0) {
  const found = new Int32Array(sizeOf(shape));
  const place = shape.map(() => 0);
  let at = first;
  for (let element = 0; element < found.length; element++) {
    found[element] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis];
      if (++place[axis] < shape[axis]) break;
      at -= steps[axis] * shape[axis];
      place[axis] = 0;
    }
  }
  return found;
}

// Which element of an array of shape `from` each element of `shape` is combined with; axes are aligned at the end.
function aligned(from, shape) {
  const missing = shape.length - from.length;
  const distances = distancesOf(from);
  return offsets(shape, shape.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : distances[axis - missing])));
}

// -- operations that only move numbers: where each element of the result comes from, -1 for a border ------------------

function insideBorder([rows, columns, channels], [[top, bottom], [left, right]]) {
  const places = new Int32Array((rows + top + bottom) * (columns + left + right) * channels).fill(-1);
  const width = columns + left + right;
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < columns * channels; at++)
      places[((row + top) * width + left) * channels + at] = row * columns * channels + at;
  return places;
}

const sources = {
  reshape: (node, [x]) => offsets([sizeOf(x.shape)], [1]),
  transpose: (node, [x]) => offsets(node.shape, node.permutation.map((axis) => distancesOf(x.shape)[axis])),
  broadcast_to: (node, [x]) => aligned(x.shape, node.shape),
  pad2d: (node, [x]) => insideBorder(x.shape, node.padding),
  crop2d: (node, [x]) => {
    const [[top], [left]] = node.cropping;
    const steps = distancesOf(x.shape);
    return offsets(node.shape, steps, top * steps[0] + left * steps[1]);
  },
};

function moved(op) {
  const places = (node, shapes) => (node.places ??= sources[op](node, shapes));
  return {
    forward(node, [x], y) {
      const from = places(node, [x]);
      const outside = node.value ?? 0;
      for (let at = 0; at < y.length; at++) y[at] = from[at] < 0 ? outside : x.value[from[at]];
    },
    backward(node, [x], y, slope) {
      const from = places(node, [x]);
      for (let at = 0; at < slope.length; at++) if (from[at] >= 0) x.slope[from[at]] += slope[at];
    },
  };
}

// -- element by element --------------------------------------------------------------------------------------------------

function erf(x) {
  // A series where it is quick, and a continued fraction where that is.
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = size;
    let sum = size;
    for (let n = 1; n < 60; n++) {
      term *= -(size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 40; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

const sigmoid = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

// Each: what it is of x, and its slope at x, where it is y.
const functions = {
  relu: [(x) => (x > 0 ? x : 0), (x) => (x > 0 ? 1 : 0)],
  leaky_relu: [(x, { alpha }) => (x > 0 ? x : alpha * x), (x, y, { alpha }) => (x > 0 ? 1 : alpha)],
  elu: [(x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)), (x, y, { alpha }) => (x > 0 ? 1 : y + alpha)],
  sigmoid: [sigmoid, (x, y) => y * (1 - y)],
  tanh: [Math.tanh, (x, y) => 1 - y * y],
  softplus: [(x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), (x) => sigmoid(x)],
  negative: [(x) => -x, () => -1],
  absolute: [Math.abs, (x) => Math.sign(x)],
  square: [(x) => x * x, (x) => 2 * x],
  sqrt: [Math.sqrt, (x, y) => 0.5 / y],
  rsqrt: [(x) => 1 / Math.sqrt(x), (x, y) => (-0.5 * y) / x],
  reciprocal: [(x) => 1 / x, (x, y) => -y * y],
  exp: [Math.exp, (x, y) => y],
  log: [Math.log, (x) => 1 / x],
  erf: [erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)],
};

function ofOne([value, derivative]) {
  return {
    forward(node, [x], y) {
      for (let at = 0; at < y.length; at++) y[at] = value(x.value[at], node);
    },
    backward(node, [x], y, slope) {
      for (let at = 0; at < y.length; at++) if (slope[at]) x.slope[at] += slope[at] * derivative(x.value[at], y[at], node);
    },
  };
}

// Each: what it is of a and b, and its slopes along both, where it is y.
const functionsOfTwo = {
  add: [(a, b) => a + b, () => 1, () => 1],
  subtract: [(a, b) => a - b, () => 1, () => -1],
  multiply: [(a, b) => a * b, (a, b) => b, (a) => a],
  divide: [(a, b) => a / b, (a, b) => 1 / b, (a, b) => -a / (b * b)],
  maximum: [Math.max, (a, b) => (a > b ? 1 : a < b ? 0 : 0.5), (a, b) => (b > a ? 1 : b < a ? 0 : 0.5)],
  minimum: [Math.min, (a, b) => (a < b ? 1 : a > b ? 0 : 0.5), (a, b) => (b < a ? 1 : b > a ? 0 : 0.5)],
};

function ofTwo([value, ...derivatives]) {
  const places = (node, operands) => (node.places ??= operands.map((each) => aligned(each.shape, node.shape)));
  return {
    forward(node, operands, y) {
      const [from, other] = places(node, operands);
      const [a, b] = operands.map((each) => each.value);
      for (let at = 0; at < y.length; at++) y[at] = value(a[from[at]], b[other[at]]);
    },
    backward(node, operands, y, slope) {
      const from = places(node, operands);
      const [a, b] = operands.map((each) => each.value);
      operands.forEach((each, which) => {
        if (!each.slope) return;
        for (let at = 0; at < y.length; at++)
          if (slope[at]) each.slope[from[which][at]] += slope[at] * derivatives[which](a[from[0][at]], b[from[1][at]]);
      });
    },
  };
}

// -- sums, means and maxima along axes -------------------------------------------------------------------------------------

// Which element of the result each element of x goes into.
function goesInto(node, x) {
  const kept = x.shape.map((extent, axis) => (node.axes.includes(axis) ? 1 : extent));
  return (node.places ??= aligned(kept, x.shape));
}

function summed(divided) {
  const share = (node, x) => (divided ? sizeOf(node.shape) / sizeOf(x.shape) : 1);
  return {
    forward(node, [x], y) {
      const into = goesInto(node, x);
      const sums = new Float64Array(y.length);
      for (let at = 0; at < into.length; at++) sums[into[at]] += x.value[at];
      for (let at = 0; at < y.length; at++) y[at] = sums[at] * share(node, x);
    },
    backward(node, [x], y, slope) {
      const into = goesInto(node, x);
      for (let at = 0; at < into.length; at++) x.slope[at] += slope[into[at]] * share(node, x);
    },
  };
}

const largestOf = {
  forward(node, [x], y) {
    const into = goesInto(node, x);
    y.fill(-Infinity);
    for (let at = 0; at < into.length; at++) if (!(x.value[at] <= y[into[at]])) y[into[at]] = x.value[at];
  },
  backward(node, [x], y, slope) {
    const into = goesInto(node, x);
    const equal = new Float64Array(y.length);
    for (let at = 0; at < into.length; at++) equal[into[at]] += x.value[at] === y[into[at]];
    for (let at = 0; at < into.length; at++)
      if (x.value[at] === y[into[at]]) x.slope[at] += slope[into[at]] / equal[into[at]];
  },
};

// -- windows ---------------------------------------------------------------------------------------------------------------

// Calls `visit(element of the map's pixels, tap)` for every pixel of the map that the window at (row, column) sees.
function eachTap(node, [rows, columns], [height, width], row, column, visit) {
  const [[top], [left]] = node.padding;
  const [down, across] = node.dilation ?? [1, 1];
  for (let tapRow = 0; tapRow < height; tapRow++) {
    const y = row * node.strides[0] - top + tapRow * down;
    if (y < 0 || y >= rows) continue;
    for (let tapColumn = 0; tapColumn < width; tapColumn++) {
      const x = column * node.strides[1] - left + tapColumn * across;
      if (x >= 0 && x < columns) visit(y * columns + x, tapRow * width + tapColumn);
    }
  }
}

const convolution = {
  forward(node, [x, w], y) {
    const [rows, columns, filters] = node.shape;
    const [height, width, inputs] = w.shape;
    const outputs = filters / node.groups;
    const channels = x.shape[2];
    const sums = new Float64Array(filters);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        sums.fill(0);
        eachTap(node, x.shape, [height, width], row, column, (pixel, tap) => {
          for (let channel = 0; channel < channels; channel++) {
            const value = x.value[pixel * channels + channel];
            if (value === 0) continue;
            const first = Math.floor(channel / inputs) * outputs;
            const weights = (tap * inputs + (channel % inputs)) * filters;
            for (let at = first; at < first + outputs; at++) sums[at] += value * w.value[weights + at];
          }
        });
        y.set(sums, (row * columns + column) * filters);
      }
    }
  },
  backward(node, [x, w], y, slope) {
    const [rows, columns, filters] = node.shape;
    const [height, width, inputs] = w.shape;
    const outputs = filters / node.groups;
    const channels = x.shape[2];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const own = slope.subarray((row * columns + column) * filters, (row * columns + column + 1) * filters);
        if (own.every((each) => each === 0)) continue;
        eachTap(node, x.shape, [height, width], row, column, (pixel, tap) => {
          for (let channel = 0; channel < channels; channel++) {
            const first = Math.floor(channel / inputs) * outputs;
            const weights = (tap * inputs + (channel % inputs)) * filters;
            let sum = 0;
            for (let at = first; at < first + outputs; at++) if (own[at]) sum += own[at] * w.value[weights + at];
            x.slope[pixel * channels + channel] += sum;
          }
        });
      }
    }
  },
};

const eachOutput = (node, visit) => {
  const [rows, columns, channels] = node.shape;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let channel = 0; channel < channels; channel++) visit(row, column, channel, (row * columns + column) * channels + channel);
};

// Where in the map the largest number of a window is.
function placeOfLargest(node, x, row, column, channel) {
  const channels = x.shape[2];
  let place = -1;
  eachTap(node, x.shape, node.window, row, column, (pixel) => {
    const at = pixel * channels + channel;
    if (place < 0 || x.value[at] > x.value[place]) place = at;
  });
  return place;
}

const maxPool = {
  forward(node, [x], y) {
    eachOutput(node, (row, column, channel, at) => (y[at] = x.value[placeOfLargest(node, x, row, column, channel)]));
  },
  backward(node, [x], y, slope) {
    eachOutput(node, (row, column, channel, at) => {
      if (slope[at]) x.slope[placeOfLargest(node, x, row, column, channel)] += slope[at];
    });
  },
};

const averagePool = {
  forward(node, [x], y) {
    eachOutput(node, (row, column, channel, at) => {
      let [sum, count] = [0, 0];
      eachTap(node, x.shape, node.window, row, column, (pixel) => {
        sum += x.value[pixel * x.shape[2] + channel];
        count += 1;
      });
      y[at] = sum / count;
    });
  },
  backward(node, [x], y, slope) {
    eachOutput(node, (row, column, channel, at) => {
      const seen = [];
      eachTap(node, x.shape, node.window, row, column, (pixel) => seen.push(pixel * x.shape[2] + channel));
      for (const place of seen) x.slope[place] += slope[at] / seen.length;
    });
  },
};

// -- the rest ----------------------------------------------------------------------------------------------------------------

const dense = {
  forward(node, [x, w], y) {
    const [inputs, units] = w.shape;
    const sums = new Float64Array(units);
    for (let line = 0; line * units < y.length; line++) {
      sums.fill(0);
      for (let at = 0; at < inputs; at++) {
        const value = x.value[line * inputs + at];
        if (value !== 0) for (let unit = 0; unit < units; unit++) sums[unit] += value * w.value[at * units + unit];
      }
      y.set(sums, line * units);
    }
  },
  backward(node, [x, w], y, slope) {
    const [inputs, units] = w.shape;
    for (let line = 0; line * units < y.length; line++)
      for (let at = 0; at < inputs; at++) {
        let sum = 0;
        for (let unit = 0; unit < units; unit++) sum += slope[line * units + unit] * w.value[at * units + unit];
        x.slope[line * inputs + at] += sum;
      }
  },
};

const joined = {
  // Where the elements of each operand go in the result.
  places(node, operands) {
    let start = 0;
    const distances = distancesOf(node.shape);
    return (node.places ??= operands.map((each) => {
      const found = offsets(each.shape, distances, start * distances[node.axis]);
      start += each.shape[node.axis];
      return found;
    }));
  },
  forward(node, operands, y) {
    joined.places(node, operands).forEach((into, which) => {
      for (let at = 0; at < into.length; at++) y[into[at]] = operands[which].value[at];
    });
  },
  backward(node, operands, y, slope) {
    joined.places(node, operands).forEach((into, which) => {
      if (!operands[which].slope) return;
      for (let at = 0; at < into.length; at++) operands[which].slope[at] += slope[into[at]];
    });
  },
};

// Along the last axis.
const softmax = {
  forward(node, [x], y) {
    const classes = node.shape.at(-1);
    for (let first = 0; first < y.length; first += classes) {
      const line = x.value.subarray(first, first + classes);
      const most = line.reduce((one, other) => Math.max(one, other), -Infinity);
      let sum = 0;
      for (const value of line) sum += Math.exp(value - most);
      for (let at = 0; at < classes; at++) y[first + at] = Math.exp(line[at] - most) / sum;
    }
  },
  backward(node, [x], y, slope) {
    const classes = node.shape.at(-1);
    for (let first = 0; first < y.length; first += classes) {
      let mean = 0;
      for (let at = first; at < first + classes; at++) mean += slope[at] * y[at];
      for (let at = first; at < first + classes; at++) x.slope[at] += y[at] * (slope[at] - mean);
    }
  },
};

const operations = {
  ...Object.fromEntries(Object.keys(sources).map((op) => [op, moved(op)])),
  ...Object.fromEntries(Object.entries(functions).map(([op, each]) => [op, ofOne(each)])),
  ...Object.fromEntries(Object.entries(functionsOfTwo).map(([op, each]) => [op, ofTwo(each)])),
  reduce_sum: summed(false),
  reduce_mean: summed(true),
  reduce_max: largestOf,
  conv2d: convolution,
  max_pool2d: maxPool,
  average_pool2d: averagePool,
  dense,
  concatenate: joined,
  softmax,
};

// Channels, the last axis of a value, that are switched off are zero.
function silence(value, channels, off) {
  for (const channel of off) for (let at = channel; at < value.length; at += channels) value[at] = 0;
}

// A model in the form of `planish/explain/computation.py`. Operands are numbers of nodes, or of constants from -1 down.
function computationOf(source) {
  const { nodes } = source;
  const constants = source.constants.map(({ shape, values }) => ({ shape, value: floatsOf(values) }));
  const operandsOf = (node, values, slopes) =>
    node.inputs.map((id) => (id < 0 ? constants[-1 - id] : { shape: nodes[id].shape, value: values[id], slope: slopes && slopes[id] }));

  // Computes what `values` does not have. `off`: the channels that are switched off, by the number of the node.
  function complete(values, off = new Map()) {
    nodes.forEach((node, id) => {
      if (values[id] !== undefined) return;
      values[id] = new Float32Array(sizeOf(node.shape));
      operations[node.op].forward(node, operandsOf(node, values), values[id]);
      if (off.has(id)) silence(values[id], node.shape.at(-1), off.get(id));
    });
    return values;
  }

  // The slope of one element of a node along every element of the nodes that it is computed from.
  function slopesOf(values, id, element, off = new Map()) {
    const slopes = nodes.map((node) => new Float64Array(sizeOf(node.shape)));
    slopes[id][element] = 1;
    for (let at = id; at > 0; at--) {
      const node = nodes[at];
      if (node.op === "input" || slopes[at].every((slope) => slope === 0)) continue;
      if (off.has(at)) silence(slopes[at], node.shape.at(-1), off.get(at));
      operations[node.op].backward(node, operandsOf(node, values, slopes), values[at], slopes[at]);
    }
    return slopes;
  }

  return { nodes, constants, operandsOf, complete, slopesOf, computeAll: (image, off) => complete([image], off) };
}
