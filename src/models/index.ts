/** Floor 6: the recommenders. This namespace is the registry: a model is its file, its test and one line here. */
export { bprmf } from "./bprmf.ts";
export { contrec } from "./contrec.ts";
export { deftrec } from "./deftrec.ts";
export { ease } from "./ease.ts";
export { gru4rec } from "./gru4rec.ts";
export { itemknn } from "./itemknn.ts";
export { lightgcn } from "./lightgcn.ts";
export { popularity } from "./popularity.ts";
export { sasrec } from "./sasrec.ts";
export { transitions } from "./transitions.ts";
