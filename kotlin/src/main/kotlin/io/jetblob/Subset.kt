package io.jetblob

/** Of which objects a check reads the bytes: chosen at random by a seed, the same for the same seed and the same objects. */
public sealed interface Subset {
    /** So many objects of a hundred. */
    public data class Percent(val percent: Double) : Subset

    /**
     * One of several parts, [part] counted from 1. Together they are all objects: a check of another part each night has
     * read everything in the end.
     */
    public data class Part(val part: Long, val of: Long) : Subset

    /** Objects of about so many bytes together. */
    public data class Bytes(val bytes: Long) : Subset
}

internal fun Subset.lowered(): io.jetblob.ffi.Subset = when (this) {
    is Subset.Percent -> io.jetblob.ffi.Subset.Percent(percent)
    is Subset.Part -> io.jetblob.ffi.Subset.Part(part, of)
    is Subset.Bytes -> io.jetblob.ffi.Subset.Bytes(bytes)
}
