/** Floor 4: who is near: selection, sparse kernels, neighbours. */
export { addTransitionScores, type TransitionOptions, transitionKernel } from "./neighbours/transitions.ts";
export { countInteractions } from "./popularity.ts";
export { savedFloat32, savedInt32 } from "./saved.ts";
export { type Selection, selectTop } from "./select.ts";
export { addRow, sparseFromArrays, sparseToArrays } from "./sparse.ts";
