/** Numbers and tables as people read them. */
import type { SplitDescription } from "#data";

/** 198502 → 198,502. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** 3.2 s, 74 s, 12:05 min. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${clock(seconds)} min`;
}

/** 0:07, 12:05, 3:10:00. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

/** .0524 with four digits, as metrics are compared. */
export function figure(value: number): string {
  return value.toFixed(4);
}

/** 0.831 → 83 %. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** 1.4 GB. */
export function bytes(value: number): string {
  if (value < 1e6) return `${Math.round(value / 1e3)} kB`;
  return value < 1e9 ? `${Math.round(value / 1e6)} MB` : `${(value / 1e9).toFixed(1)} GB`;
}

/** 1388534400 → 2014-01-01; what is no date as the number it is. */
export function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 10);
}

/** What stands in a sentence about a protocol when the split is not the usual one. */
export function splitText(split: SplitDescription | undefined): string {
  if (split === undefined) return "";
  const { name, at, times } = split;
  const shares = at === undefined ? [] : [`at ${at.map(percent).join(" and ")}`];
  const days = times === undefined ? [] : [`on ${times.map(day).join(" and ")}`];
  return `, split by ${name} ${[...shares, ...days].join(", ")}`;
}

/** Columns under headings; columns of numbers stand to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at].length)));
  const numeric = headings.map((_, at) => rows.every((row) => /^[-+.\d,\s%sminGMB:]*$/.test(row[at])));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (numeric[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
      .join("  ")
      .trimEnd();
  return [line(headings), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
