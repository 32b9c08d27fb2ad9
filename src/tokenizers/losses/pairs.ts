/** Every two of `count` ways, the lower first. */
export function pairsOf(count: number): (readonly [number, number])[] {
  const ways = Array.from({ length: count }, (_, way) => way);
  return ways.flatMap((a) => ways.slice(a + 1).map((b) => [a, b] as const));
}
