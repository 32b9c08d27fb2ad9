/** What the network is made for. */
export interface Space {
  readonly items: number;
  readonly groups: number;
  /** What the groups are called, where they are the catalogue's own categories or parts of them. */
  readonly groupNames?: readonly string[];
  /** Width F of the vectors of item texts; 0 where there are none. */
  readonly textWidth: number;
  /** Width W of continuous tokens. */
  readonly tokenWidth: number;
  /** Width L of what a frozen language model makes of histories; 0 where none reads. */
  readonly languageWidth: number;
}
