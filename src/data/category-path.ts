/** Categories that are paths: "Brand/Tools/Saws", "Beauty > Skin > Face". */

const PARTED = /\s*[/>|›]\s*/;

/** A part of a path: its first levels, or what stands behind them. */
export interface PathPart {
  readonly from: "start" | "end";
  readonly levels: number;
}

/** The levels of a path, as they are written. */
export function pathLevels(category: string): readonly string[] {
  return category.trim().split(PARTED);
}

/**
 * That part of a category: its first `levels` levels (all of a shorter path), or all behind them, "" where nothing stands there.
 * Levels stand parted by "/", whatever parted them.
 */
export function partOf(category: string, { from, levels }: PathPart): string {
  const all = pathLevels(category);
  return (from === "start" ? all.slice(0, levels) : all.slice(levels)).join("/");
}

/** What names a category: itself, and each beginning and each end of its path. */
export function categoryParts(category: string): ReadonlySet<string> {
  const depth = pathLevels(category).length;
  const parts = Array.from({ length: depth - 1 }, (_, at) => at + 1).flatMap((levels) => [
    partOf(category, { from: "start", levels }),
    partOf(category, { from: "end", levels }),
  ]);
  return new Set([category, ...parts].filter((part) => part !== ""));
}
