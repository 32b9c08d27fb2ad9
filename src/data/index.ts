/** Floor 3: interactions, catalogues, splits, batches, and where they come from. */
export { type Batch, Batches, type BatchOptions, batchCount } from "./batches.ts";
export { Catalogue, type CatalogueRow } from "./catalogue.ts";
export { categoryParts, type PathPart, partOf, pathLevels } from "./category-path.ts";
export { ITEM_COLUMNS, LOG_COLUMNS, parseColumnMap } from "./columns.ts";
export { type Dataset, openDataset } from "./dataset.ts";
export { EVERYONE, type Fold, inFold } from "./fold.ts";
export { Histories } from "./histories.ts";
export type { Leaks } from "./inspect/leaks.ts";
export type { TextQuality } from "./inspect/texts.ts";
export { COLD_INTERACTIONS, type Inspection, inspect } from "./inspect.ts";
export { itemText } from "./item-text.ts";
export type { BestReachable, Dropped, Manifest } from "./manifest.ts";
export { Negatives, sharedNegatives } from "./negatives.ts";
export { type PairBatch, pairBatchCount, pairBatches } from "./pairs.ts";
export { type ColumnType, ParquetWriter } from "./parquet-writer.ts";
export { type PreparedInfo, type PrepareOptions, prepare } from "./prepare.ts";
export { type Drawn, Proposal } from "./proposal.ts";
export type { ColumnMap, Source } from "./source.ts";
export * as sources from "./sources/index.ts";
export { leaveTwoOut } from "./split/leave-two-out.ts";
export { ratio } from "./split/ratio.ts";
export type { Split, SplitDescription, Targets } from "./split/split.ts";
export {
  type Cuts,
  LEAVE_TWO_OUT,
  SPLIT_NAMES,
  type SplitChoice,
  type SplitName,
  type SplitOptions,
  splitBy,
  splitChoice,
} from "./split/split-by.ts";
export { temporal } from "./split/temporal.ts";
export { withheldTargets } from "./split/withheld.ts";
export { Users } from "./users.ts";
export { type WindowRule, type Windows, windowCount, windowsOf } from "./windows.ts";
