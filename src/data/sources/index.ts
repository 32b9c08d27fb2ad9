/** The formats that can be imported: this namespace is the registry. */
export { amazon } from "./amazon.ts";
export { csv } from "./csv.ts";
export { deftrec } from "./deftrec.ts";
export { jsonl } from "./jsonl.ts";
export { movielens } from "./movielens.ts";
export { pairs } from "./pairs.ts";
export { parquet } from "./parquet.ts";
export { recbole } from "./recbole.ts";
export { sequences } from "./sequences.ts";
export { synthetic } from "./synthetic.ts";
export { tsv } from "./tsv.ts";
