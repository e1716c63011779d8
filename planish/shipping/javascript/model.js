// A model that planish compiled: loads the WebAssembly module beside this file, and predicts with it.
//
// The module imports nothing. Its memory has its last size from the beginning; a section of its own says where images and
// outputs are in it.

const ARRAYS = {
  float32: [Float32Array],
  float64: [Float64Array],
  uint8: [Uint8Array, Uint8ClampedArray],
  int8: [Int8Array],
  uint16: [Uint16Array],
  int16: [Int16Array],
  uint32: [Uint32Array],
  int32: [Int32Array],
};

/** Loads the module: by default the file beside this one. */
export async function load(source = new URL("./model.wasm", import.meta.url)) {
  const module = await compiled(source);
  const facts = factsOf(module);
  return new Model(module, facts, await WebAssembly.instantiate(module));
}

/** A model that is ready to predict; `load()` makes it. */
export class Model {
  #facts;
  #infer;
  #memory;
  #test;

  constructor(module, facts, instance) {
    if (!(instance instanceof WebAssembly.Instance)) {
      throw new TypeError("a model is not loaded by `new Model()`: const model = await load()");
    }
    this.#facts = facts;
    this.#infer = instance.exports.infer;
    this.#memory = instance.exports.memory.buffer;
    this.#test = WebAssembly.Module.customSections(module, "planish.test")[0];
  }

  get name() {
    return this.#facts.name;
  }

  get inputs() {
    return this.#facts.inputs.map(end);
  }

  get outputs() {
    return this.#facts.outputs.map(end);
  }

  get classNames() {
    return this.#facts.notes.class_names ?? null;
  }

  /** What the model is, what it takes and gives. */
  describe() {
    return {
      name: this.name,
      builtBy: `planish ${this.#facts.planish}`,
      inputs: this.inputs,
      outputs: this.outputs,
      classNames: this.classNames,
      preprocessing: this.#facts.notes.preprocessing ?? null,
      multiplyAdds: this.#facts.multiply_adds,
      memoryBytes: this.#memory.byteLength,
      imagesAtATime: this.#facts.images,
    };
  }

  /** What the model makes of one image or several, one behind the other. */
  predict(images) {
    const given = this.#checked(images);
    const results = this.#facts.outputs.map(({ dtype, shape }) => new ARRAYS[dtype][0](given.count * sizeOf(shape)));
    for (let first = 0; first < given.count; first += this.#facts.images) {
      this.#run(given.arrays, results, first, Math.min(this.#facts.images, given.count - first));
    }
    if (results.length === 1) return results[0];
    return Object.fromEntries(this.#facts.outputs.map(({ name }, place) => [name, results[place]]));
  }

  /** Predicts an image of the model's own, and compares. The largest deviation, as a share of the largest output. */
  test() {
    const images = Object.fromEntries(this.#facts.inputs.map((each) => [each.name, testImage(each)]));
    const given = this.#checked(images);
    const results = this.#facts.outputs.map(({ dtype, shape }) => new ARRAYS[dtype][0](sizeOf(shape)));
    this.#run(given.arrays, results, 0, 1);
    const worst = Math.max(...results.map((result, place) => this.#deviation(result, place)));
    if (!(worst <= this.#facts.tolerance)) {
      throw new Error(`${this.name}: outputs are up to ${worst} off, of the largest, and ${this.#facts.tolerance} is expected at most`);
    }
    return worst;
  }

  #deviation(result, place) {
    const { dtype, test } = this.#facts.outputs[place];
    const expected = new ARRAYS[dtype][0](this.#test.slice(test, test + result.byteLength));
    let [largest, worst] = [0, 0];
    for (let at = 0; at < result.length; at++) {
      if (!Number.isFinite(expected[at])) continue; // the model's own: how far off, no number tells
      largest = Math.max(largest, Math.abs(expected[at]));
      worst = Math.max(worst, Math.abs(result[at] - expected[at])); // NaN stays
    }
    return worst === 0 ? 0 : worst / largest;
  }

  #run(arrays, results, first, count) {
    const { inputs, outputs, context, scratch } = this.#facts;
    inputs.forEach(({ at, dtype, shape }, place) => {
      if (at === null) return; // nothing of the output depends on it
      const size = sizeOf(shape);
      this.#view(dtype, at, count * size).set(arrays[place].subarray(first * size, (first + count) * size));
    });
    this.#infer(context, scratch, 0n, BigInt(count));
    outputs.forEach(({ at, dtype, shape }, place) => {
      const size = sizeOf(shape);
      results[place].set(this.#view(dtype, at, count * size), first * size);
    });
  }

  #view(dtype, at, length) {
    return new ARRAYS[dtype][0](this.#memory, at, length);
  }

  /** The array of each input, and how many images they have. */
  #checked(images) {
    const { inputs } = this.#facts;
    const arrays = ArrayBuffer.isView(images) || Array.isArray(images) ? this.#only(images) : this.#named(images);
    const counts = inputs.map((each, place) => countOf(each, arrays[place]));
    const other = counts.findIndex((count) => count !== counts[0]);
    if (other > 0) {
      throw new RangeError(
        `predict: input ${inputs[0].name} has ${counts[0]} images, but input ${inputs[other].name} has ${counts[other]}`,
      );
    }
    return { arrays, count: counts[0] };
  }

  #only(images) {
    const { inputs } = this.#facts;
    if (inputs.length === 1) return [images];
    throw new TypeError(`predict: this model takes an object with an array for each of ${inputs.map(({ name }) => name).join(", ")}`);
  }

  #named(images) {
    const { inputs } = this.#facts;
    const names = inputs.map(({ name }) => name);
    if (images === null || typeof images !== "object") {
      throw new TypeError(`predict: ${ARRAYS[inputs[0].dtype][0].name} expected, but received ${kindOf(images)}`);
    }
    const missing = names.find((name) => !(name in images));
    if (missing !== undefined) throw new TypeError(`predict: the object has nothing for input ${missing}; this model takes ${names.join(", ")}`);
    const unknown = Object.keys(images).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new TypeError(`predict: this model has no input ${unknown}; it takes ${names.join(", ")}`);
    return names.map((name) => images[name]);
  }
}

// -- images ----------------------------------------------------------------------------------------------------------------

const sizeOf = (shape) => shape.reduce((size, extent) => size * extent, 1);
const end = ({ name, shape, dtype }) => ({ name, shape: [...shape], dtype });

function countOf({ name, shape, dtype }, array) {
  const [expected] = ARRAYS[dtype];
  if (!ARRAYS[dtype].some((each) => isA(array, each.name))) {
    throw new TypeError(
      `predict: input ${name} takes a ${expected.name}, but received ${kindOf(array)}: ${expected.name}.from(numbers) makes one`,
    );
  }
  const size = sizeOf(shape);
  if (array.length === 0 || array.length % size !== 0) {
    throw new RangeError(
      `predict: input ${name} takes images of ${shape.join(" x ") || 1} = ${size} numbers each, but received ${array.length}`,
    );
  }
  return array.length / size;
}

// Of this kind, whichever frame or sandbox made it: each has classes of its own.
const isA = (value, kind) => Object.prototype.toString.call(value) === `[object ${kind}]`;

function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? value.constructor?.name ?? "an object" : typeof value;
}

// The same numbers as in `planish/shipping/self_test.py`.
function testImage({ dtype, shape }) {
  const whole = !dtype.startsWith("float");
  return ARRAYS[dtype][0].from({ length: sizeOf(shape) }, (_, place) => {
    const bits = Math.imul(place, 2654435761) >>> 0;
    return whole ? bits >>> 31 : bits / 2 ** 32;
  });
}

// -- modules ---------------------------------------------------------------------------------------------------------------

function factsOf(module) {
  const [facts] = WebAssembly.Module.customSections(module, "planish");
  if (facts === undefined || WebAssembly.Module.imports(module).length > 0) {
    throw new TypeError("load: this WebAssembly module is not a model that planish compiled");
  }
  return JSON.parse(new TextDecoder().decode(facts));
}

async function compiled(source) {
  if (isA(source, "WebAssembly.Module")) return source;
  if (isA(source, "ArrayBuffer") || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  if (isA(source, "Response")) return fromResponse(source);
  if (isA(source, "URL") || typeof source === "string") return fromAddress(source);
  throw new TypeError(`load: a URL, bytes, a Response or a WebAssembly.Module expected, but received ${kindOf(source)}`);
}

// Node's `fetch` reads no files; a name that is not an address is the name of a file there.
async function fromAddress(source) {
  const isFile = isA(source, "URL") ? source.protocol === "file:" : !/^(https?|data|blob):/.test(source);
  if (isFile && typeof process === "object" && process.versions?.node) {
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ "node:fs/promises");
    return WebAssembly.compile(await readFile(String(source).startsWith("file:") ? new URL(source) : source));
  }
  return fromResponse(await fetch(source));
}

async function fromResponse(response) {
  if (!response.ok) throw new Error(`load: ${response.url} answers with ${response.status} ${response.statusText}`);
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
