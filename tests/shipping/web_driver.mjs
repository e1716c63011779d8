// Runs models for WebAssembly: what it is asked for comes as JSON on standard input, and so do the answers on standard
// output. Each question is a folder, a list of predictions (arrays by name, or one array), and pieces of JavaScript about
// `model`, of each of which the answer has the value, or the name and the message of the error.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const arrays = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int32: Int32Array };
const given = ({ dtype, base64 }) => new arrays[dtype](new Uint8Array(Buffer.from(base64, "base64")).buffer);
const written = (array) => ({ dtype: array.constructor.name, base64: Buffer.from(array.buffer).toString("base64") });
const one = (value) => "base64" in value;
const mapped = (object, of) => Object.fromEntries(Object.entries(object).map(([name, each]) => [name, of(each)]));

async function value(code, model, api) {
  try {
    return await new Function("model", "api", `return (async () => ${code})()`)(model, api);
  } catch (error) {
    return { error: error.name, message: error.message };
  }
}

const answers = [];
for (const { folder, predictions, code } of JSON.parse(readFileSync(0, "utf-8"))) {
  const api = await import(pathToFileURL(`${folder}/model.js`));
  const model = await api.load();
  const results = predictions.map((images) => model.predict(one(images) ? given(images) : mapped(images, given)));
  answers.push({
    facts: model.describe(),
    deviation: model.test(),
    results: results.map((each) => (ArrayBuffer.isView(each) ? written(each) : mapped(each, written))),
    values: await Promise.all(code.map((each) => value(each, model, api))),
  });
}
console.log(JSON.stringify(answers));
