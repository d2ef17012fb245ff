import { Items } from "./items.js";
import type * as native from "./native.js";

/**
 * A kind of `Finding`.
 *
 * - `settings`: the store has settings by which it loses what it acknowledged, or takes nothing.
 * - `invalid_record`: a record makes no sense.
 * - `data_missing`: chunks of an object are gone, or all of it.
 * - `short`, `long`: the chunks hold fewer bytes than the record says, or more.
 * - `digest_mismatch`: the bytes are not those that were put.
 * - `orphan`: bytes that no object has, and that nobody has written to for the grace; `gc` removes them.
 * - `shared_blob`: two objects share their bytes, which go with the first of them that is replaced or deleted.
 * - `dangling_link`: a link leads to nothing.
 * - `link_loop`: a link leads to itself, or through too many others.
 */
export type FindingKind =
  | "settings"
  | "invalid_record"
  | "data_missing"
  | "short"
  | "long"
  | "digest_mismatch"
  | "orphan"
  | "shared_blob"
  | "dangling_link"
  | "link_loop";

/** Something in a bucket that is not as it should be. */
export interface Finding {
  /** What it is. */
  kind: FindingKind;
  /** The object or link that it is about, if it is about one. */
  name: string | null;
  /** The id of the bytes that it is about, if it is about some. */
  nuid: string | null;
  /** Bytes that there should be. */
  size: number | null;
  /** Bytes that there are. */
  found: number | null;
  /** How long ago the last byte of an orphan was stored, in seconds, by the store's clock. */
  age: number | null;
  /** What is wrong, in words. */
  reason: string;
}

/** What a check has examined. */
export interface CheckReport {
  /** Objects. */
  objects: number;
  /** Bytes of them, as their records say. */
  bytes: number;
  /** Links. */
  links: number;
  /** Markers of deleted objects. */
  deleted: number;
  /** Objects of which the bytes have expired before the record, which is then on its way out: no finding. */
  expired: number;
  /** Blobs: the bytes of one put each. */
  blobs: number;
  /**
   * Blobs that no object has, but that somebody has written to within the grace: puts under way, most likely. No finding.
   */
  underWay: number;
  /** Objects whose bytes were read. */
  readObjects: number;
  /** Bytes that were read. */
  readBytes: number;
  /** Objects of these whose writer gave them no digest: only their size is known to be right. */
  undigested: number;
  /** Findings that were told. */
  findings: number;
}

/** The findings of an examination, see `Bucket.check`. */
export class Check extends Items<Finding> {
  readonly #check: native.Check;

  private constructor(check: native.Check, signal?: AbortSignal) {
    super(
      () => check.begin(),
      (finding: Finding) => finding,
      signal,
    );
    this.#check = check;
  }

  /** @internal */
  static begun(check: native.Check, signal?: AbortSignal): Check {
    return new Check(check, signal);
  }

  /** What was examined so far; of the whole bucket, once there are no more findings. */
  get report(): CheckReport {
    return this.#check.report();
  }
}
