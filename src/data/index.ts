/** Floor 3: interactions, catalogues, splits, batches. */
export { Catalogue, type CatalogueRow } from "./catalogue.ts";
export { Histories } from "./histories.ts";
