/** Learning rates over the steps of a training. */

/** The rate of a step; steps count from 1. */
export type Schedule = (step: number) => number;

export interface WarmupCosine {
  /** The highest rate. */
  readonly peak: number;
  /** Share of all steps in which the rate rises in a straight line to the peak. */
  readonly warmup: number;
  readonly totalSteps: number;
  /** The rate at the end; 0 when not said. */
  readonly minimum?: number;
}

/**
 * Rises to the peak, then falls along half a cosine (SGDR without restarts, arXiv 1608.03983, equation 5), which reaches
 * the minimum one step after the last, so that no step is spent at a rate of 0.
 */
export function warmupCosine({ peak, warmup, totalSteps, minimum = 0 }: WarmupCosine): Schedule {
  const rising = Math.round(warmup * totalSteps);
  return (step) => {
    if (step <= rising) return (peak * step) / rising;
    const progress = Math.min(1, (step - rising) / (totalSteps - rising + 1));
    return minimum + (peak - minimum) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}
