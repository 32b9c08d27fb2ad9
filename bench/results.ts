/** What quality.ts and deftrec.ts measure and keep in results/. */
import type { Gap } from "./deftrec-gaps.ts";

/** One finished run. */
export interface QualityResult {
  readonly set: string;
  readonly row: string;
  readonly seed: number;
  readonly valid: number;
  readonly masked: Readonly<Record<string, number>>;
  readonly unmasked?: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly peakMemoryBytes: number;
  readonly machine: string;
}

/** One run, asked in one way. */
export interface Result extends QualityResult {
  readonly ask: string;
  /** Of asking everyone with the history masked. */
  readonly askSeconds: number;
  readonly commit: string;
  /** Shares of the responses, where they were asked for. */
  readonly responses?: { readonly valid: number; readonly right: number };
}

/** What stands in the file of results. */
export interface Results {
  readonly results: readonly Result[];
  readonly gaps: readonly Gap[];
}
