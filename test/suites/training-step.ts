/** A real training step for tests of rooms below `train`. */
export { TrainingStep } from "#train";
