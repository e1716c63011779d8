// A small model that TensorFlow.js made and saved, with what it gives: `npm install @tensorflow/tfjs-core@4.22.0
// @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 && node record_tfjs.cjs`, which writes recorded/.
const tf = {...require('@tensorflow/tfjs-core'), ...require('@tensorflow/tfjs-layers')};
require('@tensorflow/tfjs-backend-cpu');
const fs = require('fs');
(async () => {
  await tf.setBackend('cpu');
  const image = tf.input({shape: [7, 6, 2], name: 'image'});
  const inner = tf.sequential({name: 'inner', layers: [
    tf.layers.batchNormalization({inputShape: [5, 4, 3], name: 'norm'}),
    tf.layers.depthwiseConv2d({kernelSize: 2, name: 'depthwise', padding: 'same'}),
  ]});
  const conv = tf.layers.conv2d({filters: 3, kernelSize: 3, activation: 'relu', name: 'conv'}).apply(image);
  const both = tf.layers.add({name: 'both'}).apply([inner.apply(conv), conv]);
  const separable = tf.layers.separableConv2d({filters: 4, kernelSize: 2, name: 'separable', strides: 2}).apply(both);
  const flat = tf.layers.flatten({name: 'flat'}).apply(tf.layers.leakyReLU({alpha: 0.25, name: 'leaky'}).apply(separable));
  const y = tf.layers.dense({units: 3, activation: 'softmax', name: 'dense'}).apply(flat);
  const model = tf.model({inputs: image, outputs: y, name: 'recorded'});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  let seed = 1;
  const next = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
  model.setWeights(model.getWeights().map(w => tf.tensor(Float32Array.from({length: w.size}, () => 0.05 + 0.25 * next()), w.shape)));
  const x = tf.tensor(Float32Array.from({length: 3 * 7 * 6 * 2}, next), [3, 7, 6, 2]);
  const out = model.predict(x);
  await model.save(tf.io.withSaveHandler(async artifacts => {
    fs.mkdirSync('recorded', {recursive: true});
    const {weightData, weightSpecs, ...rest} = artifacts;
    const data = Buffer.from(weightData);
    fs.writeFileSync('recorded/weights.bin', data);
    fs.writeFileSync('recorded/model.json', JSON.stringify({...rest, weightsManifest: [{paths: ['weights.bin'], weights: weightSpecs}]}));
    return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
  }), {includeOptimizer: true});
  fs.writeFileSync('recorded/answer.json', JSON.stringify({x: [...x.dataSync()], y: [...out.dataSync()]}));
})();
