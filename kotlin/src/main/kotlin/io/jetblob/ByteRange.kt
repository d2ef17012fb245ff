package io.jetblob

/** Which bytes of an object. What it says beyond the end is left out. */
public sealed interface ByteRange {
    /** All of them. */
    public data object All : ByteRange

    /** From [start] up to, and without, [end]. */
    public data class Bounded(val start: Long, val end: Long) : ByteRange

    /** From [start] on. */
    public data class From(val start: Long) : ByteRange

    /** The last [count]. */
    public data class Suffix(val count: Long) : ByteRange
}

internal fun ByteRange.lowered(): io.jetblob.ffi.ByteRange = when (this) {
    ByteRange.All -> io.jetblob.ffi.ByteRange.All
    is ByteRange.Bounded -> io.jetblob.ffi.ByteRange.Bounded(start, end)
    is ByteRange.From -> io.jetblob.ffi.ByteRange.From(start)
    is ByteRange.Suffix -> io.jetblob.ffi.ByteRange.Suffix(count)
}
