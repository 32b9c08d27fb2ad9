/**
 * A model at work without the engine: reads what `deftrec export RUN --out DIR` wrote, with onnxruntime-node and nothing
 * else, and makes the list that `deftrec recommend RUN --history …` makes.
 *   node examples/score-with-onnx.mjs DIR ID,ID,… [topK]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ort from "onnxruntime-node";

const [directory, history = "", topK = "10"] = process.argv.slice(2);
const manifest = JSON.parse(await readFile(join(directory, "manifest.json"), "utf8"));
const ids = JSON.parse(await readFile(join(directory, manifest.items.file), "utf8"));
if (manifest.graph === null) throw new Error(`This model is no graph. How to use it:\n${manifest.use.join("\n")}`);

// Outside ids become indices; what the catalogue does not have is left out.
const indexOf = new Map(ids.map((id, index) => [id, index]));
const known = history.split(",").flatMap((id) => indexOf.get(id.trim()) ?? []);
if (known.length === 0) throw new Error("No item of this history is in the catalogue.");

// One history is one row: nothing is filled up, and the newest item is the last.
const row = known.slice(-manifest.graph.maxLength);
const int32 = (values, dims) => new ort.Tensor("int32", Int32Array.from(values), dims);
const inputs = {
  items: int32(row, [1, row.length]),
  positions: int32(row.keys(), [row.length]),
  last: int32([row.length - 1], [1]),
};
const session = await ort.InferenceSession.create(join(directory, manifest.graph.file));
const feeds = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]]));
const { data: scores } = (await session.run(feeds))[session.outputNames[0]]; // [1, N + 1]

// Everything but padding and the history, best first; of equal scores the lower index.
const seen = new Set(known);
const list = [...scores.keys()]
  .filter((index) => index > 0 && !seen.has(index))
  .sort((a, b) => scores[b] - scores[a] || a - b)
  .slice(0, Number(topK))
  .map((index) => ({ item: ids[index], score: scores[index] }));
console.log(JSON.stringify({ items: list }));
