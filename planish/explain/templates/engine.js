// The model as WebAssembly, of `planish/explain/engine.py`: it gives the values of the nodes that it has, for an image.

async function compiledEngine(text, nodes) {
  const { module, instance } = await WebAssembly.instantiate(bytesOf(text));
  const facts = JSON.parse(new TextDecoder().decode(WebAssembly.Module.customSections(module, "planish")[0]));
  const { memory, infer } = instance.exports;
  const floatsAt = (at, node) => new Float32Array(memory.buffer, at, sizeOf(nodes[node].shape));

  return (image) => {
    floatsAt(facts.inputs[0].at, 0).set(image);
    infer(facts.context, facts.scratch, 0n, 1n);
    const values = [image];
    for (const { node, at } of facts.outputs) values[node] = floatsAt(at, node).slice();
    return values;
  };
}

// The nodes that are computed from one of whose channels some are switched off, these included.
function behind(nodes, off) {
  const found = nodes.map(() => false);
  nodes.forEach(({ inputs }, id) => (found[id] = off.has(id) || inputs.some((input) => found[input])));
  return found;
}

// An engine with the same seam, in which WebAssembly computes what it can, and the script the rest.
function withCompiled(engine, valuesOf) {
  const computeAll = (image, off = new Map()) => {
    const values = valuesOf(image);
    behind(engine.nodes, off).forEach((changed, id) => changed && delete values[id]);
    return engine.complete(values, off);
  };
  return { ...engine, computeAll };
}
