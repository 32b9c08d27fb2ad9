/** Floor 2: keys and what is drawn with them. */
export { Key } from "./key.ts";
export { Stream } from "./stream.ts";
