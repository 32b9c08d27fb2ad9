/** What stands in a prepared dataset's `manifest.json`: where it came from, what was kept and what was left out. */
import { z } from "zod";

/** Changes when prepared datasets change shape: older ones are prepared anew. */
export const LAYOUT = 1;

const count = z.int().min(0);

const metrics = z.record(z.string(), z.number());
const masks = z.object({ masked: metrics, unmasked: metrics });

/** The best a recommender can do where the true next-item distribution is known. */
export const bestReachableSchema = z.object({ valid: masks, test: masks });
/** Metrics by name, of validation and test targets, with the history masked and not. */
export type BestReachable = z.output<typeof bestReachableSchema>;

/** Interactions that were read and not kept, by reason. */
export const droppedSchema = z.object({
  /** No user or no item in the row. */
  withoutId: count,
  /** The same user, item and time once more. */
  duplicates: count,
  belowMinRating: count,
  /** Of users or items with too few interactions (`--min-user`, `--min-item`). */
  belowMinCount: count,
});
/** How many interactions were dropped, by reason. */
export type Dropped = z.output<typeof droppedSchema>;

/** `manifest.json`, as it is checked when a dataset is opened. */
export const manifestSchema = z.object({
  layout: z.literal(LAYOUT),
  name: z.string(),
  format: z.string(),
  /** SHA-256 of what was read and of the options that shape it. */
  hash: z.string(),
  options: z.record(z.string(), z.unknown()),
  users: count,
  items: count,
  interactions: count,
  /** Whether interactions carry times. */
  timestamps: z.boolean(),
  dropped: droppedSchema,
  warnings: z.array(z.string()),
  bestReachable: bestReachableSchema.optional(),
  /** Sizes of the other files. */
  bytes: z.record(z.string(), count),
});
/** The content of `manifest.json`. */
export type Manifest = z.output<typeof manifestSchema>;
