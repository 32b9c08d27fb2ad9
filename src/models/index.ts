/** Floor 6: the recommenders. This namespace is the registry: a model is its file, its test and one line here. */
export { popularity } from "./popularity.ts";
export { sasrec } from "./sasrec.ts";
export { transitions } from "./transitions.ts";
