// A model that was shipped, run by Node on one thread: `node shipped_web.mjs KIND FILE WHERE DOES`, which writes JSON.
//
// KIND is wasm, with the folder of a model as FILE, or onnxruntime-web, with an ONNX file, and the folder that has
// node_modules as WHERE. `first` loads the model and predicts one image, `times` measures one image and 1,000, and `size`
// counts what has to be installed.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [MANY, LEAST_MILLISECONDS] = [1000, 300];

async function wasm(folder) {
  const { load } = await import(pathToFileURL(join(folder, "model.js")));
  const model = await load();
  return { shape: model.inputs[0].shape, predict: (images) => model.predict(images) };
}

async function onnxruntimeWeb(file, where) {
  const ort = createRequire(pathToFileURL(join(where, "here")))("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readFileSync(file), { executionProviders: ["wasm"] });
  const shape = session.inputMetadata[0].shape.slice(1);
  const size = shape.reduce((all, extent) => all * extent, 1);
  const predict = async (images) => {
    const tensor = new ort.Tensor("float32", images, [images.length / size, ...shape]);
    return (await session.run({ [session.inputNames[0]]: tensor }))[session.outputNames[0]].data;
  };
  return { shape, predict };
}

// The median of calls that take a while together, after some that do not count.
async function seconds(call, images) {
  const found = [];
  for (const end = performance.now() + 1.3 * LEAST_MILLISECONDS; performance.now() < end || found.length < 5; ) {
    const started = performance.now();
    await call(images);
    found.push(performance.now() - started);
  }
  const counted = found.slice(found.length >> 2).sort((one, other) => one - other);
  return counted[counted.length >> 1] / 1000;
}

function nbytesIn(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + nbytesIn(join(path, name)), 0);
}

const peak = () => 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf-8"))[1]);

const [kind, file, where, does] = process.argv.slice(2);
if (does === "size") {
  console.log(JSON.stringify({ installed: nbytesIn(kind === "wasm" ? file : join(where, "node_modules")) }));
} else {
  const started = performance.now();
  const { shape, predict } = await { wasm, "onnxruntime-web": onnxruntimeWeb }[kind](file, where);
  const size = shape.reduce((all, extent) => all * extent, 1);
  const images = Float32Array.from({ length: MANY * size }, (_, at) => (Math.imul(at, 2654435761) >>> 0) / 2 ** 32);
  const one = images.slice(0, size);
  await predict(one);
  const load = (performance.now() - started) / 1000;
  const times = does === "times" ? { one: await seconds(predict, one), many: await seconds(predict, images) } : {};
  console.log(JSON.stringify({ load, memory: peak(), ...times }));
}
