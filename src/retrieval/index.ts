/** Floor 4: who is near: selection, sparse kernels, neighbours; rules about who may be recommended. */
export { ExactNearest } from "./exact.ts";
export { type InteractionOptions, interactionMatrix } from "./interactions.ts";
export { type InverseOptions, inverseBytes, invert } from "./inverse.ts";
export type { Nearest, Neighbours, VectorTable } from "./nearest.ts";
export { type EaseOptions, easeBytes, easeKernel, takenItems } from "./neighbours/ease.ts";
export { type ItemKnnOptions, itemKnnKernel } from "./neighbours/itemknn.ts";
export { sparseNeighbours, type TfIdfOptions, tfIdfVectors } from "./neighbours/tf-idf.ts";
export { DISTANCES, type TransitionOptions, transitionKernel } from "./neighbours/transitions.ts";
export { twoHopKernel } from "./neighbours/two-hop.ts";
export { type VectorNeighbourOptions, vectorNeighbours } from "./neighbours/vectors.ts";
export { countInteractions } from "./popularity.ts";
export { evenedAxes } from "./principal-axes.ts";
export { ReachedRow } from "./reached-row.ts";
export { applyBoosts, type Boost, type Boosts, boosts, type ScoreKind } from "./rules/boost.ts";
export {
  byAttributes,
  byVectors,
  candidatesFor,
  diversify,
  requireDiversity,
  type Similarity,
} from "./rules/diversity.ts";
export { hide } from "./rules/exclude.ts";
export { type Allowed, keepOnly, where } from "./rules/where.ts";
export { savedFloat32, savedInt32 } from "./saved.ts";
export { type Selection, selectTop, Top } from "./select.ts";
export { addDecayedRows, addRow, sparseFromArrays, sparseToArrays } from "./sparse.ts";
export { Symmetric } from "./symmetric.ts";
export { symmetricEigen } from "./symmetric-eigen.ts";
export { trendOf } from "./trend.ts";
