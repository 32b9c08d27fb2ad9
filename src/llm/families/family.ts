/**
 * What distinguishes the decoders that share one architecture. Adding a family is a file here, its test and an export line:
 * how its files call it, and which parts of the shared decoder it uses.
 */
import type { DecoderParts } from "../config.ts";

export interface Family {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `general.architecture` of GGUF files. */
  readonly ggufArchitecture: string;
  /** GGUF files hold the rows of queries and keys in the order of neighbouring pairs, where ours are halves. */
  readonly interleavedInGguf: boolean;
  /** Its parts, given the switches that config.json has for them. */
  parts(switches: { readonly attentionBias: boolean; readonly feedForwardBias: boolean }): DecoderParts;
}
