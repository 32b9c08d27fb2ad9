/** Floor 4: who is near: selection, sparse kernels, neighbours. */
export { addTransitionScores, type TransitionOptions, transitionKernel } from "./neighbours/transitions.ts";
export { countInteractions } from "./popularity.ts";
export { type Selection, selectTop } from "./select.ts";
export { addRow, type SparseRows, sparseFromArrays, sparseToArrays } from "./sparse.ts";
