import { info, type ObjectInfo } from "./info.js";
import { Items } from "./items.js";
import type * as native from "./native.js";

/** All that was there when a watch began has been told; what follows is new. */
export const CAUGHT_UP: unique symbol = Symbol("caught up");

/** What a watch tells: an object that was written or deleted, or once `CAUGHT_UP`. */
export type WatchEvent = ObjectInfo | typeof CAUGHT_UP;

/** The changes of a bucket, see `Bucket.watch`. For as long as it is asked, it keeps the process alive. */
export class Watch extends Items<WatchEvent> {
  /** @internal */
  static begun(items: native.Items<native.Info | null>, signal?: AbortSignal): Watch {
    return new Watch(
      items,
      (event: native.Info | null) => (event === null ? CAUGHT_UP : info(event)),
      signal,
    );
  }
}
