/** Floor 4: who is near: selection, sparse kernels, neighbours. */
export { ExactNearest } from "./exact.ts";
export type { Nearest, Neighbours, VectorTable } from "./nearest.ts";
export { addTransitionScores, type TransitionOptions, transitionKernel } from "./neighbours/transitions.ts";
export { countInteractions } from "./popularity.ts";
export { savedFloat32, savedInt32 } from "./saved.ts";
export { type Selection, selectTop, Top } from "./select.ts";
export { addRow, sparseFromArrays, sparseToArrays } from "./sparse.ts";
