/** The values that tuning tries for each part of an expert's share. */
export const WEIGHTS = [0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85] as const;
export const TRENDS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] as const;
export const POPULARITIES = [0, 0.1, 0.2, 0.3] as const;
export const CONFIDENCES = [0, 0.25, 0.5, 0.75, 1] as const;

/** A dense softmax raised above 1 costs what it brings: models learn their own temperature. */
export const POWERS = { logits: [1, 0.5, 0.75], mass: [1, 0.5, 0.75, 1.25, 1.5, 2] } as const;

/** Every pair of trend and popularity, and where it stands in the list. */
export const PRIORS = TRENDS.flatMap((trend) => POPULARITIES.map((popularity) => ({ trend, popularity })));
export function priorAt(trend: number, popularity: number): number {
  return PRIORS.findIndex((pair) => pair.trend === trend && pair.popularity === popularity);
}
