/** Models that read a history item by item: what they share. */
export { type Reader, SequenceNetwork } from "./network.ts";
export { requireNoGaps, type SequenceLoss, type SequenceOptions, sequenceShape } from "./options.ts";
export { openSequence } from "./ranker.ts";
export { type SequenceBatch, sequenceStage } from "./stage.ts";
