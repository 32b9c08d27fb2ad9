/** The commands: one file and one line each. */
export { batch } from "./batch.ts";
export { compare } from "./compare.ts";
export { demo } from "./demo.ts";
export { doctor } from "./doctor.ts";
export { evaluate } from "./evaluate.ts";
export { exportCommand } from "./export.ts";
export { importCommand } from "./import.ts";
export { inspect } from "./inspect.ts";
export { llm } from "./llm.ts";
export { recommend } from "./recommend.ts";
export { search } from "./search.ts";
export { similar } from "./similar.ts";
export { train } from "./train.ts";
