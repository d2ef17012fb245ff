/** Bytes that no object has, and that nobody has written to for a while. */
export interface Orphan {
  /** Their id. */
  nuid: string;
  /** How many they are. */
  bytes: number;
  /** How long ago the last of them was stored, in seconds, by the store's clock. */
  age: number;
}

/** What a `gc` did. */
export interface GcReport {
  /** Blobs, the bytes of one put each, that were looked at. */
  blobs: number;
  /** Those that somebody has written to within the grace: they are left, whether an object has them or not. */
  young: number;
  /** Orphans that are gone; in a dry run, those that would be. */
  removed: Orphan[];
  /** Orphans that somebody else removed or wrote to before it was their turn. */
  left: number;
}
