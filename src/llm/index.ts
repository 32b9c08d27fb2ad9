/** Floor 4: pretrained language models: checkpoints, the decoder, generation, adapters. */
export type { Checkpoint } from "./checkpoint/source.ts";
