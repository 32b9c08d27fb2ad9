/** How the pages write figures: four places, ± the standard deviation of several. */

export function figure(values: readonly number[]): string {
  if (values.length === 0) return "";
  const shown = short(mean(values));
  if (values.length < 2) return shown;
  const squares = values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0);
  return `${shown} ± ${short(Math.sqrt(squares / (values.length - 1)))}`;
}

/** Four places, without the nought before them. */
export function short(value: number): string {
  return value.toFixed(4).replace(/^(-?)0\./, "$1.");
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that a share of all is at or below (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
