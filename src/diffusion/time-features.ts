/**
 * What a denoiser knows of the noise level: sines and cosines of ½ log SNR at frequencies from 2 down to 0.02.
 * Clamped, because past ±5.5 (e-folds of signal against noise) nothing changes any more.
 */
import { ConfigError } from "#base";
import { float32, type NdArray } from "#tensor";
import type { Gaussian } from "./gaussian.ts";

const CLAMP = 5.5;
const HIGHEST = 2;
const SPREAD = 100;

/** The features of every step, to be looked up by step: [S, width]. */
export function timeFeatures(chain: Gaussian, width: number): NdArray<Float32Array> {
  if (width < 2 || width % 2 !== 0) {
    throw new ConfigError(`timeFeatures: expected an even width, sines beside cosines, got ${width}.`, {
      field: "width",
    });
  }
  const half = width / 2;
  const table = new Float32Array(chain.steps * width);
  for (let step = 0; step < chain.steps; step++) {
    const level = Math.max(-CLAMP, Math.min(CLAMP, chain.halfLogSnr(step)));
    for (let k = 0; k < half; k++) {
      const angle = level * HIGHEST * SPREAD ** (-k / Math.max(1, half - 1));
      table[step * width + k] = Math.sin(angle);
      table[step * width + half + k] = Math.cos(angle);
    }
  }
  return float32(table, [chain.steps, width]);
}
