/** The formats that can be imported: this namespace is the registry. */
export { deftrec } from "./deftrec.ts";
