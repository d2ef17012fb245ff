package io.jetblob

/** What became of a write that failed with [JetblobException.Unknown], see [Bucket.resolve]. */
public sealed interface Resolved {
    /** It took effect, and what it wrote, [info], is what stands there. */
    public data class Committed(val info: ObjectInfo) : Resolved

    /** It took no effect. */
    public data object NotCommitted : Resolved

    /**
     * Something was written since, and nobody can tell any more whether it stood there in between. [info] is what is there
     * now, if anything is.
     */
    public data class Changed(val info: ObjectInfo?) : Resolved
}

internal fun io.jetblob.ffi.Resolved.lifted(): Resolved = when (this) {
    is io.jetblob.ffi.Resolved.Committed -> Resolved.Committed(info)
    is io.jetblob.ffi.Resolved.NotCommitted -> Resolved.NotCommitted
    is io.jetblob.ffi.Resolved.Changed -> Resolved.Changed(info)
}
