/** Floor 3: interactions, catalogues, splits, batches. */
export { type Batch, Batches, type BatchOptions, batchCount } from "./batches.ts";
export { Catalogue, type CatalogueRow } from "./catalogue.ts";
export { Histories } from "./histories.ts";
export { Negatives, sharedNegatives } from "./negatives.ts";
export { leaveTwoOut, type Split, type Targets } from "./split/leave-two-out.ts";
